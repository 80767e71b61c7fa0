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
import { type House, PAGES } from './house.ts'
import { SHOTS, TAKEN, visiting } from './shared-house.ts'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  wasm: 'application/wasm',
}
const tokenOf = (rank: number) => (1n << 16n) | BigInt(rank)

describe('the verify page in Chromium', function () {
  const visit = visiting(this)
  const { complaints } = visit
  let house: House
  let page: Page
  beforeEach(() => {
    house = visit.house()
    page = visit.page()
  })

  const address = (token: bigint) => {
    const query = new URLSearchParams({ rpc: house.rpc, contract: house.exhibition.contract, token: String(token) })
    return `${house.url}/verify?${query.toString()}`
  }
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
    afterEach(() => house.altered.clear())

    it('makes a token again, and every link holds', async () => {
      await page.goto(address(tokenOf(TAKEN)))
      expect(await verdict()).to.equal('ok')
      await page.screenshot({ path: `${SHOTS}/verified.png`, fullPage: true })
      expect(await statesOf('broken')).to.deep.equal([])
      expect(await statesOf('unchecked')).to.deep.equal([])
      expect(await statesOf('ok')).to.include.members(['engine', 'bundle', `token ${tokenOf(TAKEN)} pixels`])
      expect(await page.locator('.pair img').count()).to.equal(2)
      expect(complaints).to.deep.equal([])
    })

    it('asks nothing of the operator but content by its hash', async () => {
      const asked: string[] = []
      page.on('request', (request) => asked.push(new URL(request.url()).pathname))
      await page.goto(address(tokenOf(TAKEN)))
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
        const query = new URL(address(tokenOf(TAKEN))).search
        await page.goto(`http://127.0.0.1:${port}/some/where/verify.html${query}&gateway=${house.url}`)
        expect(await verdict()).to.equal('ok')
      } finally {
        elsewhere.closeAllConnections()
        elsewhere.close()
      }
    })

    it('works from a disk, as one file', async () => {
      const query = new URL(address(tokenOf(TAKEN))).search
      await page.goto(`${pathToFileURL(join(PAGES, 'verify-on-disk.html')).href}${query}&gateway=${house.url}`)
      expect(await verdict()).to.equal('ok')
      expect(complaints).to.deep.equal([])
    })

    it('offers a report that says the same', async () => {
      await page.goto(address(tokenOf(TAKEN)))
      await verdict()
      const href = await page.getByRole('link', { name: /Download the report/u }).getAttribute('href')
      const report = JSON.parse(decodeURIComponent(href!.slice(href!.indexOf(',') + 1))) as {
        verdict: string
        token: string
      }
      expect([report.verdict, report.token]).to.deep.equal(['ok', String(tokenOf(TAKEN))])
    })

    it('is red at the picture when a gateway serves one with a changed pixel', async () => {
      const png = house.exhibition.files.get(`images/${TAKEN}.png`)!
      const { rgb, ...picture } = decodePng(png)
      const changed = rgb.slice()
      changed[0] = changed[0]! ^ 1
      house.altered.set(rawCid(sha256(png)), encodePng({ ...picture, rgb: changed }))
      await page.goto(address(tokenOf(TAKEN)))
      expect(await verdict()).to.equal('broken')
      await page.screenshot({ path: `${SHOTS}/tampered.png`, fullPage: true })
      expect(await statesOf('broken')).to.deep.equal([`token ${tokenOf(TAKEN)} artifact`])
    })

    it('is red at the network when a gateway serves one with a changed weight', async () => {
      const bundle = house.exhibition.bundle.slice()
      bundle[bundle.length - 1] = bundle.at(-1)! ^ 1
      house.altered.set(house.exhibition.bundleCid, bundle)
      await page.goto(address(tokenOf(TAKEN)))
      expect(await verdict()).to.equal('broken')
      expect(await statesOf('broken')).to.include('bundle')
    })

    it('is red at the list of candidates when a gateway serves another one', async () => {
      const manifest = house.exhibition.files.get('manifest.json')!
      const text = new TextDecoder().decode(manifest).replace(/"score":(\d)/u, '"score":9')
      house.altered.set(rawCid(sha256(manifest)), new TextEncoder().encode(text))
      await page.goto(address(tokenOf(TAKEN)))
      expect(await verdict()).to.equal('broken')
      expect(await statesOf('broken')).to.include('manifest')
    })

    it('says that it could not check, and never that all is well, when content is not to be had', async () => {
      const png = house.exhibition.files.get(`images/${TAKEN}.png`)!
      await page.route(`**/ipfs/${rawCid(sha256(png))}*`, (route) => route.fulfill({ status: 404 }))
      await page.goto(address(tokenOf(TAKEN)))
      expect(await verdict()).to.equal('unchecked')
    })

    it('tells the very file from an altered copy and from something else', async () => {
      await page.goto(address(tokenOf(TAKEN)))
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
