import { mkdir } from 'node:fs/promises'
import { expect } from 'chai'
import { JsonRpcProvider } from 'ethers'
import type { Page } from 'playwright-core'
import { workLoader } from '../../minter/cli/runs.ts'
import { openSite, type Site } from '../../minter/cli/site.ts'
import { openRendered, type Rendered } from '../pipeline/tiny-studio.ts'
import { inChromium } from './chromium.ts'
import { buildPages } from './house.ts'
import { expectFits, seriousFindings, SHOTS, THEMES } from './looks.ts'
import { installWallet, testWallet } from './wallet.ts'

const [CANDIDATES, OPERATOR, STRANGER, CHAIN] = [24, 0, 5, 31_337]

describe('the review page in Chromium', function () {
  this.timeout(180_000)
  const { browser } = inChromium(this)
  let rendered: Rendered
  let provider: JsonRpcProvider
  let site: Site
  let page: Page

  before(async () => {
    await buildPages()
    await mkdir(SHOTS, { recursive: true })
    rendered = await openRendered(CANDIDATES)
    const { studio } = rendered
    provider = new JsonRpcProvider(studio.access.url, undefined, { cacheTimeout: -1 })
    const { signal } = new AbortController()
    site = await openSite({ studio, loadWork: workLoader(studio.runs), port: 0, logLevel: 'silent', signal })
  })
  after(async () => {
    provider?.destroy()
    await site?.close()
    await rendered?.close()
  })
  beforeEach(async () => {
    page = await browser().newPage({ viewport: { width: 1440, height: 900 } })
  })
  afterEach(() => page.close())

  async function signIn(account: number): Promise<void> {
    await installWallet(page, testWallet(provider, account, CHAIN))
    await page.goto(`${site.url}/review`)
    await page.getByRole('button', { name: 'Sign in with Test Purse' }).click()
  }
  const chosen = () => page.locator('.tile[aria-pressed="true"]')

  it('shows a wallet without a role that there is nothing to review', async () => {
    await signIn(STRANGER)
    await page.getByText('There is nothing to review').waitFor()
    expect(await page.locator('.tile').count()).to.equal(0)
  })

  it('signs the operator in by the address that the program prints, and takes it out of the address bar', async () => {
    await page.goto(site.reviewLink())
    await page.locator('.tile').first().waitFor()
    expect(page.url()).to.equal(`${site.url}/review`)
    await page.reload()
    await page.locator('.tile').first().waitFor()
    expect(await page.locator('.tile').count()).to.equal(CANDIDATES)
  })

  it('lets a curator go through the candidates and veto one by the keyboard alone', async () => {
    await signIn(OPERATOR)
    await page.locator('.tile').first().waitFor()
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: `${SHOTS}/review.png` })
    const first = await chosen().getAttribute('aria-label')

    await chosen().focus()
    await page.keyboard.press('ArrowRight')
    const second = await chosen().getAttribute('aria-label')
    expect(second)
      .to.match(/^Rank 2,/u)
      .and.not.to.equal(first)
    await page.keyboard.press('v')
    await page.keyboard.type('Reads as a letter.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('1 vetoed').waitFor()
    const [, candidate = ''] = /candidate (\d+)/u.exec(second ?? '') ?? []
    expect(await page.locator('.tile.out', { hasText: 'vetoed' }).getAttribute('aria-label')).to.include(
      `candidate ${candidate}, vetoed`,
    )
  })

  for (const theme of THEMES) {
    it(`has no serious accessibility findings and fits every screen, ${theme}`, async () => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await page.goto(`${site.url}/review`)
      await page.getByText('No wallet').first().waitFor()
      await expectFits(page, `review-door-%-${theme}`)
      expect(await seriousFindings(page), 'before signing in').to.deep.equal([])
      await page.goto(site.reviewLink())
      await page.reload()
      await page.locator('.tile').first().waitFor()
      await page.waitForLoadState('networkidle')
      await expectFits(page, `review-%-${theme}`)
      expect(await seriousFindings(page), 'the contact sheet').to.deep.equal([])
    })
  }
})
