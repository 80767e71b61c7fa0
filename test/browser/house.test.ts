import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { decodePng, encodePng } from '../../gan/index.ts'
import { digestOfCid, rawCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { inChromium } from './chromium.ts'
import { buildPages, type House, openHouse, PAGES } from './house.ts'
import { installWallet, type TestWallet, testWallet } from './wallet.ts'

const SHOTS = fileURLToPath(new URL('../../build/screenshots', import.meta.url))
const CHAIN = 31_337
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  wasm: 'application/wasm',
}
/** A rank that the exhibition leaves free, and one that somebody has. */
const [FREE, TAKEN] = [2, 0]

const tokenOf = (rank: number) => (1n << 16n) | BigInt(rank)

describe('the site in Chromium', function () {
  this.timeout(180_000)
  const { browser } = inChromium(this)
  let house: House
  let page: Page
  let complaints: string[] = []

  before(async () => {
    await buildPages()
    await mkdir(SHOTS, { recursive: true })
    house = await openHouse()
  })
  after(() => house?.close())
  beforeEach(async () => {
    page = await browser().newPage({ viewport: { width: 1280, height: 900 } })
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  })
  afterEach(() => page.close())

  const button = () => page.locator('.mint .primary')
  const open = (rank: number) => page.goto(`${house.url}/drops/1/pieces/${rank}`)
  /** Waits until the button says it. */
  const says = (label: RegExp) => button().filter({ hasText: label }).waitFor()

  async function connect(account: number, chainId: number = CHAIN): Promise<TestWallet> {
    const wallet = testWallet(house.provider, account, chainId)
    await installWallet(page, wallet)
    await open(FREE)
    await page.getByRole('button', { name: 'Choose a wallet to mint' }).click()
    await page.getByRole('button', { name: 'Test Purse' }).click()
    return wallet
  }

  it('shows every piece of the edition to a visitor without a wallet', async () => {
    await page.goto(`${house.url}/drops/1`)
    await page.locator('.piece img').first().waitFor()
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: `${SHOTS}/drop.png`, fullPage: true })
    expect(await page.locator('.piece').count()).to.equal(5)
    expect(await page.locator('.piece .taken').count()).to.equal(3)
    expect(await page.locator('h1').innerText()).to.equal('Small loom')
    expect(complaints).to.deep.equal([])
  })

  it('needs less than 150 kB of compressed JavaScript before a wallet is chosen', async () => {
    const scripts: string[] = []
    page.on('response', (response) => response.request().resourceType() === 'script' && scripts.push(response.url()))
    await page.goto(`${house.url}/drops/1`)
    await page.locator('.piece img').first().waitFor()
    const { gzipSync } = await import('node:zlib')
    const sizes = await Promise.all(
      scripts.map(async (url) => gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length),
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(1, 150_000)
  })

  it('fits a phone without scrolling sideways', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const path of ['/drops/1', `/drops/1/pieces/${FREE}`, '/verify']) {
      await page.goto(house.url + path)
      await page.locator('h1').waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).to.equal(360)
    }
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

  describe('minting', () => {
    let before = ''
    beforeEach(async () => {
      before = (await house.provider.send('evm_snapshot', [])) as string
    })
    // Each test finds the chain as the exhibition left it.
    afterEach(() => house.provider.send('evm_revert', [before]))

    it('is rejected quietly when the owner of the wallet says no', async () => {
      const wallet = await connect(3)
      wallet.answer = 'reject'
      await says(/^Mint no\. 3 for 0\.01 ETH/u)
      await button().click()
      await page.locator('.mint .primary[aria-busy=false]').waitFor()
      expect(wallet.asked).to.include('eth_sendTransaction')
      expect(await button().innerText()).to.match(/^Mint no\. 3/u)
      expect(await page.locator('.mint .broken, .mint [role=alert]').count()).to.equal(0)
    })

    it('switches a wallet that is on another network first', async () => {
      const wallet = await connect(3, 1)
      await says(/^Switch to Small chain$/u)
      await button().click()
      await says(/^Mint no\. 3/u)
      expect(wallet.chainId).to.equal(CHAIN)
    })

    it('gives the piece to the wallet, and survives a reload', async () => {
      const wallet = await connect(4)
      await says(/^Mint no\. 3/u)
      await page.screenshot({ path: `${SHOTS}/piece.png` })
      await button().click()
      await says(/^No\. 3 is yours$/u)
      expect(new URL(page.url()).searchParams.get('tx')).to.match(/^0x[0-9a-f]{64}$/u)
      // Simulated before it was signed.
      expect(wallet.asked.indexOf('eth_call')).to.be.lessThan(wallet.asked.indexOf('eth_sendTransaction'))
      await page.reload()
      await says(/^No\. 3 is yours$/u)
      await page.screenshot({ path: `${SHOTS}/minted.png` })
      expect(complaints).to.deep.equal([])
    })

    it('says that a piece was taken a moment ago, and sends nothing', async () => {
      const wallet = await connect(5)
      await says(/^Mint no\. 3/u)
      await house.mintElsewhere(FREE, 6)
      await button().click()
      await page
        .locator('.mint')
        .filter({ hasText: /someone else/iu })
        .waitFor()
      expect(wallet.asked).not.to.include('eth_sendTransaction')
    })

    it('says by how much a wallet falls short, before anything is signed', async () => {
      const wallet = await connect(7)
      await says(/^Mint/u)
      await house.provider.send('hardhat_setBalance', [wallet.address, '0x1'])
      await says(/^Not enough in this wallet$/u)
      expect(await page.locator('.mint').innerText()).to.match(/ETH are missing/u)
    })

    it('can be done by keyboard alone', async () => {
      const wallet = testWallet(house.provider, 8, CHAIN)
      await installWallet(page, wallet)
      await open(FREE)
      await page.getByRole('button', { name: 'Choose a wallet to mint' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Test Purse' }).waitFor()
      await page.keyboard.press('Enter')
      await says(/^Mint/u)
      await button().focus()
      await page.keyboard.press('Enter')
      await says(/is yours$/u)
    })

    it('shows who has a piece that somebody has', async () => {
      await open(TAKEN)
      expect(await page.locator('.owned').innerText()).to.match(/^In the hands of 0x/u)
    })
  })

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
