import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { decodePng, encodePng } from '../../gan/index.ts'
import { digestOfCid, rawCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { inFirefox } from './firefox.ts'
import { type House, PAGES } from './house.ts'
import { expectFits, seriousFindings, SHOTS, THEMES } from './looks.ts'
import { sharedHouse, TAKEN, visiting } from './shared-house.ts'
import { TAMPERINGS, TOKEN } from './tamperings.ts'

/** As gan/self-test.ts has it. */
const KNOWN_ANSWER = '243d446ac91509054aa37b3f65c8fcad384c603f8dd61fd34e6db05a274ccaed'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  wasm: 'application/wasm',
}

function addressOf(house: House, token: bigint): string {
  const query = new URLSearchParams({ rpc: house.rpc, contract: house.exhibition.contract, token: String(token) })
  return `${house.url}/verify?${query.toString()}`
}

describe('the verify page in Chromium', function () {
  const visit = visiting(this)
  const { complaints } = visit
  let house: House
  let page: Page
  beforeEach(() => {
    house = visit.house()
    page = visit.page()
  })

  const verdict = async () => {
    const result = page.locator('.result:not([data-verdict=""])')
    await result.waitFor({ timeout: 60_000 })
    return result.getAttribute('data-verdict')
  }
  const statesOf = (state: string) =>
    page
      .locator(`.links [data-state=${state}]`)
      .evaluateAll((links) => links.map((link) => link.getAttribute('data-link')))

  describe('verifying', () => {
    afterEach(() => {
      house.altered.clear()
      house.lies.clear()
    })

    it('makes a token again, and every link holds', async () => {
      await page.goto(addressOf(house, TOKEN))
      expect(await verdict()).to.equal('ok')
      await page.screenshot({ path: `${SHOTS}/verified.png`, fullPage: true })
      expect(await statesOf('broken')).to.deep.equal([])
      expect(await statesOf('unchecked')).to.deep.equal([])
      expect(await statesOf('ok')).to.include.members(['engine', 'bundle', `token ${TOKEN} pixels`])
      expect(await page.locator('.pair img').count()).to.equal(2)
      expect(complaints).to.deep.equal([])
    })

    it('asks nothing of the operator but content by its hash', async () => {
      const asked: string[] = []
      page.on('request', (request) => asked.push(new URL(request.url()).pathname))
      await page.goto(addressOf(house, TOKEN))
      await verdict()
      expect(asked.filter((path) => path.startsWith('/api/'))).to.deep.equal([])
    })

    it('works from any other host, below any address', async () => {
      const elsewhere = createServer((request, response) => {
        const path = new URL(request.url ?? '', 'http://x').pathname.replace('/some/where', '')
        response.setHeader('content-type', TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain')
        void readFile(join(PAGES, path)).then(
          (content) => response.end(content),
          () => response.writeHead(404).end(),
        )
      })
      await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening))
      try {
        const { port } = elsewhere.address() as AddressInfo
        const query = new URL(addressOf(house, TOKEN)).search
        await page.goto(`http://127.0.0.1:${port}/some/where/verify.html${query}&gateway=${house.url}`)
        expect(await verdict()).to.equal('ok')
      } finally {
        elsewhere.closeAllConnections()
        elsewhere.close()
      }
    })

    it('works from a disk, as one file', async () => {
      const query = new URL(addressOf(house, TOKEN)).search
      await page.goto(`${pathToFileURL(join(PAGES, 'verify-on-disk.html')).href}${query}&gateway=${house.url}`)
      expect(await verdict()).to.equal('ok')
      expect(complaints).to.deep.equal([])
    })

    it('offers a report that says the same', async () => {
      await page.goto(addressOf(house, TOKEN))
      await verdict()
      const href = await page.getByRole('link', { name: /Download the report/u }).getAttribute('href')
      const report = JSON.parse(decodeURIComponent(href!.slice(href!.indexOf(',') + 1))) as {
        verdict: string
        token: string
      }
      expect([report.verdict, report.token]).to.deep.equal(['ok', String(TOKEN)])
    })

    for (const { title, link, tamper } of TAMPERINGS) {
      it(`is red first at ${title}`, async () => {
        await tamper(house)
        await page.goto(addressOf(house, TOKEN))
        expect(await verdict()).to.equal('broken')
        await page.screenshot({ path: `${SHOTS}/tampered-${link.split(' ').at(-1)}.png`, fullPage: true })
        expect((await statesOf('broken'))[0]).to.equal(link)
      })
    }

    for (const theme of THEMES) {
      it(`has no serious accessibility findings and fits every screen, ${theme}`, async () => {
        page = await visit.another({ colorScheme: theme, reducedMotion: 'reduce' })
        await page.goto(`${house.url}/verify`)
        await page.locator('form').waitFor()
        await expectFits(page, `verify-form-%-${theme}`)
        expect(await seriousFindings(page), 'the form').to.deep.equal([])
        await page.goto(addressOf(house, TOKEN))
        await verdict()
        await expectFits(page, `verify-ok-%-${theme}`)
        expect(await seriousFindings(page), 'a token that holds').to.deep.equal([])
        await TAMPERINGS.at(-1)!.tamper(house)
        await page.goto(addressOf(house, TOKEN))
        expect(await verdict()).to.equal('broken')
        await expectFits(page, `verify-broken-%-${theme}`)
        expect(await seriousFindings(page), 'a token that does not').to.deep.equal([])
      })
    }

    it('says that it could not check, and never that all is well, when content is not to be had', async () => {
      const png = house.exhibition.files.get(`images/${TAKEN}.png`)!
      await page.route(`**/ipfs/${rawCid(sha256(png))}*`, (route) => route.fulfill({ status: 404 }))
      await page.goto(addressOf(house, TOKEN))
      expect(await verdict()).to.equal('unchecked')
    })

    it('says nothing about the token in a browser that computes other answers than are known', async () => {
      await page.route('**/engine-worker-*.js', async (route) => {
        const response = await route.fetch()
        const script = await response.text()
        const otherwise = script.replace(KNOWN_ANSWER, '0'.repeat(64))
        expect(otherwise).to.not.equal(script)
        await route.fulfill({ response, body: otherwise })
      })
      await page.goto(addressOf(house, TOKEN))
      expect(await verdict()).to.equal('unchecked')
      expect(await statesOf('broken')).to.deep.equal([])
      expect((await statesOf('unchecked'))[0]).to.equal('engine')
    })

    it('tells the very file from an altered copy and from something else', async () => {
      await page.goto(addressOf(house, TOKEN))
      const png = house.exhibition.files.get(`images/${TAKEN}.png`)!
      const { rgb, ...picture } = decodePng(png)
      const other = rgb.map((value) => 255 - value)
      const near = rgb.slice()
      near[5] = near[5]! ^ 8
      const kinds: string[] = []
      for (const bytes of [png, encodePng({ ...picture, rgb: near }), encodePng({ ...picture, rgb: other })]) {
        await page
          .locator('input[type=file]')
          .setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from(bytes) })
        const shown = page.locator('[data-file]')
        await shown.waitFor()
        kinds.push((await shown.getAttribute('data-file')) ?? '')
        await page.locator('input[type=file]').setInputFiles([])
        await shown.waitFor({ state: 'detached' })
      }
      expect(kinds).to.deep.equal(['authentic', 'altered-copy', 'unknown'])
      expect(digestOfCid(rawCid(sha256(png)))).to.equal(sha256(png))
    })
  })
})

describe('the verify page in Firefox', function () {
  this.timeout(180_000)
  const { firefox } = inFirefox(this)
  let house: House
  before(async () => {
    house = await sharedHouse()
  })
  afterEach(() => {
    house.altered.clear()
    house.lies.clear()
  })

  const broken = `JSON.stringify([...document.querySelectorAll('[data-state=broken]')].map((link) => link.dataset.link))`
  const verdict = `new Promise((done) => {
    const timer = setInterval(() => {
      const verdict = document.querySelector('.result')?.dataset.verdict
      if (!verdict) return
      clearInterval(timer)
      done(verdict)
    }, 50)
  })`

  it('makes a token again, and every link holds', async () => {
    await firefox().goto(addressOf(house, TOKEN))
    expect(await firefox().evaluate(verdict)).to.equal('ok')
    expect(await firefox().evaluate(broken)).to.equal('[]')
    expect(await firefox().evaluate('navigator.userAgent')).to.include('Firefox/')
  })

  for (const { title, link, tamper } of TAMPERINGS) {
    it(`is red first at ${title}`, async () => {
      await tamper(house)
      await firefox().goto(addressOf(house, TOKEN))
      expect(await firefox().evaluate(verdict)).to.equal('broken')
      expect((JSON.parse(await firefox().evaluate(broken)) as string[])[0]).to.equal(link)
    })
  }
})
