import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { expectFits, seriousFindings, THEMES } from './looks.ts'
import { FREE, TAKEN, visiting } from './shared-house.ts'
import { installWallet, testWallet } from './wallet.ts'

const PAGES = [
  ['drop', '/drops/1'],
  ['piece', `/drops/1/pieces/${FREE}`],
  ['taken', `/drops/1/pieces/${TAKEN}`],
] as const
/** The time of day in a text, in minutes. */
function minutes(text: string): number {
  const [, hour, minute] = /(\d\d):(\d\d)/u.exec(text) ?? []
  return Number(hour) * 60 + Number(minute)
}

/** The pieces in the order in which they hang. */
function ranksOn(page: Page): Promise<readonly (string | null)[]> {
  return page.locator('.piece').evaluateAll((cards) => cards.map((card) => card.getAttribute('data-rank')))
}

describe('the gallery in Chromium', function () {
  const { another, complaints, house, page } = visiting(this)
  const go = async (path: string, on: Page = page()) => {
    await on.goto(house().url + path)
    await on.locator('h1').waitFor()
  }

  it('shows every piece of the edition to a visitor without a wallet', async () => {
    await go('/drops/1')
    await page().locator('.piece img').first().waitFor()
    expect(await page().locator('.piece').count()).to.equal(5)
    expect(await page().locator('.piece .taken').count()).to.equal(3)
    expect(await page().locator('h1').innerText()).to.equal('Small loom')
    expect(await page().locator('.piece img').first().getAttribute('alt')).to.match(/^No\. 1: \w+ \w+, /u)
    expect(complaints).to.deep.equal([])
  })

  it('needs less than 150 kB of compressed JavaScript before a wallet is chosen', async () => {
    const scripts: string[] = []
    page().on('response', (response) => response.request().resourceType() === 'script' && scripts.push(response.url()))
    await go('/drops/1')
    await page().locator('.piece img').first().waitFor()
    const sizes = await Promise.all(
      scripts.map(async (url) => gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length),
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(1, 150_000)
  })

  it('asks the server for nothing that came with the page', async () => {
    const asked: string[] = []
    page().on('request', (request) => asked.push(new URL(request.url()).pathname))
    await go(`/drops/1/pieces/${FREE}`)
    await page().locator('.mint .primary').waitFor()
    expect(asked.filter((path) => path.startsWith('/api/'))).to.deep.equal([])
  })

  it('can be read without JavaScript: title, story, pictures, phases', async () => {
    const plain = await another({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } })
    await go('/drops/1', plain)
    expect(await plain.title()).to.equal('Small loom')
    expect(await plain.locator('.story').innerText()).to.include('Sixteen cloths')
    expect(await plain.locator('.piece img').count()).to.equal(5)
    expect(await plain.locator('main').innerText()).to.match(/Encore: \d{4}-\d\d-\d\d \d\d:\d\d UTC/u)
    await plain.locator('.piece').first().click()
    expect(await plain.locator('h1').innerText()).to.equal('No. 1')
  })

  it('says when each phase is, in the visitor’s zone and in UTC, and hands out a calendar file', async () => {
    const elsewhere = await another({ timezoneId: 'Asia/Kathmandu', locale: 'en-GB' })
    await go('/drops/1', elsewhere)
    const encore = elsewhere.locator('.phases li').filter({ hasText: 'Encore' })
    expect(await encore.innerText()).to.match(/Kath?mandu/u)
    const [local, , utc] = await encore.locator('time').allInnerTexts()
    expect((minutes(local!) - minutes(utc!) + 1440) % 1440).to.equal(5 * 60 + 45)
    const downloading = elsewhere.waitForEvent('download')
    await encore.getByRole('link', { name: 'Add to calendar' }).click()
    const file = await readFile(await (await downloading).path(), 'utf8')
    expect(file).to.match(/BEGIN:VEVENT\r\n.*SUMMARY:Small loom: Encore\r\n/su)
  })

  it('tells the server what is done with a piece, and of the visitor nothing', async () => {
    const visitor = await another({})
    const told = visitor.waitForRequest(/engagement/u)
    await go(`/drops/1/pieces/${FREE}`, visitor)
    await visitor.getByRole('button', { name: 'Save for later' }).click()
    // As when the tab is left; what goes out while a page is really torn down, nobody can watch.
    await visitor.evaluate('dispatchEvent(new Event("pagehide"))')
    const request = await told
    const acts = ['view', 'save'].map((act) => ({ rank: FREE, act }))
    expect(request.postDataJSON()).to.deep.equal({ acts })
    expect(await request.headerValue('cookie')).to.equal(null)
    await go(`/drops/1?saved`, visitor)
    await visitor.locator('.piece').first().waitFor()
    expect(await ranksOn(visitor)).to.deep.equal([String(FREE)])
  })

  it('tells nothing of a visitor whose browser asks not to be followed', async () => {
    const visitor = await another({})
    await visitor.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }))
    let told = false
    visitor.on('request', (request) => (told ||= request.url().includes('engagement')))
    await go(`/drops/1/pieces/${FREE}`, visitor)
    await visitor.getByRole('button', { name: 'Save for later' }).click()
    await go('/drops/1', visitor)
    await visitor.locator('.piece').first().waitFor()
    expect(told).to.equal(false)
  })

  it('keeps order and filters in the address, so that what is seen can be shared', async () => {
    await go('/drops/1')
    await page().getByLabel('Order').selectOption('rarity')
    await page().getByLabel('Only available').check()
    expect(await page().locator('.piece').count()).to.equal(2)
    const shared = await another({})
    await shared.goto(page().url())
    await shared.locator('h1').waitFor()
    expect(await ranksOn(shared)).to.deep.equal(await ranksOn(page()))
    expect(await shared.getByLabel('Order').inputValue()).to.equal('rarity')
    await shared.getByRole('button', { name: 'show all' }).click()
    expect(await shared.locator('.piece').count()).to.equal(5)
  })

  it('names each page in the tab, and is back at once where the visitor was', async () => {
    await go('/drops/1')
    await page().locator('.piece').nth(4).scrollIntoViewIfNeeded()
    const scrolled = await page().evaluate<number>('scrollY')
    expect(scrolled).to.be.above(100)
    await page().locator('.piece').nth(4).click()
    await page().locator('h1', { hasText: 'No. 5' }).waitFor()
    expect(await page().title()).to.equal('Small loom, no. 5')
    await page().goBack()
    await page().locator('.piece').first().waitFor()
    expect(await page().title()).to.equal('Small loom')
    await page().waitForFunction(`Math.abs(scrollY - ${scrolled}) < 50`)
    expect(complaints).to.deep.equal([])
  })

  it('tells where a piece comes from, with a link and a command for each claim', async () => {
    await go(`/drops/1/pieces/${TAKEN}`)
    const cards = page().locator('.card')
    expect(await cards.count()).to.equal(6)
    for (const href of await cards
      .locator('.check-link')
      .evaluateAll((all) => all.map((a) => a.getAttribute('href')))) {
      expect(href).to.match(/^\/verify\?rpc=.+&contract=0x[0-9a-f]{40}&token=65536#\w+$/u)
    }
    await cards.last().locator('summary').click()
    const command = await cards.last().locator('details code').innerText()
    const [, url = ''] = /^curl -s (\S+) \| sha256sum$/u.exec(command)!
    const { sha256 } = await import('../../minter/domain/digest.ts')
    const digest = sha256(new Uint8Array(await (await fetch(url)).arrayBuffer()))
    expect(await cards.last().locator('.digest').getAttribute('title')).to.equal(digest)
  })

  it('is used from the first link to the minted piece by keyboard alone, and shows where the focus is', async () => {
    await installWallet(page(), testWallet(house().provider, 8, 31_337))
    await go('/drops/1')
    const focused = () => page().evaluate<string>(`document.activeElement.textContent`)
    const tabTo = async (wanted: RegExp) => {
      for (let presses = 0; presses < 60; presses++) {
        await page().keyboard.press('Tab')
        const outline = await page().evaluate<string>(`getComputedStyle(document.activeElement).outlineStyle`)
        expect(outline, await focused()).not.to.equal('none')
        if (wanted.test(await focused())) return
      }
      throw new Error(`no Tab led to ${String(wanted)}`)
    }
    await tabTo(/^\s*To the pictures/u)
    await tabTo(/^No\. 3/u)
    await page().keyboard.press('Enter')
    await page().locator('h1', { hasText: 'No. 3' }).waitFor()
    await tabTo(/^Choose a wallet to mint$/u)
    await page().keyboard.press('Enter')
    await page().getByRole('button', { name: 'Test Purse' }).waitFor()
    // Escape closes the list, and the focus is where it was.
    await page().keyboard.press('Escape')
    expect(await focused()).to.equal('Choose a wallet to mint')
    await page().keyboard.press('Enter')
    await page().getByRole('button', { name: 'Test Purse' }).waitFor()
    await page().keyboard.press('Enter')
    const button = page().locator('.mint .primary')
    await button.filter({ hasText: /^Mint/u }).waitFor()
    await button.focus()
    await page().keyboard.press('Enter')
    await button.filter({ hasText: /is yours$/u }).waitFor()
  })

  for (const theme of THEMES) {
    it(`has no serious accessibility findings and fits every screen, ${theme}`, async () => {
      const visitor = await another({ colorScheme: theme, reducedMotion: 'reduce' })
      for (const [name, path] of PAGES) {
        await go(path, visitor)
        await expectFits(visitor, `${name}-%-${theme}`)
        expect(await seriousFindings(visitor), path).to.deep.equal([])
      }
    })
  }

  it('shows the wallets to who presses in the instant after they were closed', async () => {
    await installWallet(page(), testWallet(house().provider, 8, 31_337))
    await go(`/drops/1/pieces/${FREE}`)
    await page().getByRole('button', { name: 'Choose a wallet to mint' }).click()
    // One task: the event that tells of the closing comes after the press.
    await page().evaluate(`document.querySelector('dialog').close(), document.querySelector('.mint .primary').click()`)
    await page().evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))')
    expect(await page().getByRole('button', { name: 'Test Purse' }).isVisible()).to.equal(true)
  })

  it('has none while a wallet is being chosen either', async () => {
    await installWallet(page(), testWallet(house().provider, 8, 31_337))
    await go(`/drops/1/pieces/${FREE}`)
    await page().getByRole('button', { name: 'Choose a wallet to mint' }).click()
    await page().getByRole('button', { name: 'Test Purse' }).waitFor()
    expect(await seriousFindings(page())).to.deep.equal([])
  })
})
