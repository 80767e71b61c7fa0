import { mkdir } from 'node:fs/promises'
import { type BrowserContextOptions, type Page } from 'playwright-core'
import { inChromium } from './chromium.ts'
import { buildPages, type House, openHouse } from './house.ts'
import { SHOTS } from './looks.ts'
import { installWallet, type TestWallet, testWallet } from './wallet.ts'

export const CHAIN = 31_337
/** A rank that the exhibition leaves free, another one, and one that somebody has. */
export const [FREE, ALSO_FREE, TAKEN] = [2, 4, 0]

let opened: Promise<House> | undefined

/** Built and staged once for all suites that visit it; each leaves the chain as it found it. */
export async function sharedHouse(): Promise<House> {
  opened ??= (async () => {
    await mkdir(SHOTS, { recursive: true })
    await buildPages()
    return openHouse()
  })()
  return opened
}

after(async () => (await opened)?.close())

/** What a suite of visits has at hand. */
export interface Visit {
  readonly house: () => House
  /** A page of a browser that has never been here. */
  readonly page: () => Page
  /** What the page threw, or logged as an error. */
  readonly complaints: readonly string[]
  /** Opens the page of a piece with a wallet in the browser, and chooses it. */
  readonly connect: (
    account: number,
    options?: { readonly chainId?: number; readonly rank?: number },
  ) => Promise<TestWallet>
  readonly openPiece: (rank: number) => Promise<void>
  /** Another fresh browser, e.g. a dark one; closed with the test. */
  readonly another: (options: BrowserContextOptions) => Promise<Page>
}

/**
 * A browser, the house, and before each test a chain to do anything with: it is turned back afterwards.
 *
 * @param suite `this` of the describe
 */
export function visiting(suite: Mocha.Suite): Visit {
  suite.timeout(180_000)
  const { browser } = inChromium(suite)
  const complaints: string[] = []
  let house: House
  let page: Page
  let chain = ''
  let others: Page[] = []

  before(async () => {
    house = await sharedHouse()
  })
  beforeEach(async () => {
    chain = (await house.provider.send('evm_snapshot', [])) as string
    complaints.length = 0
    others = []
    const context = await browser().newContext({ viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  })
  afterEach(async () => {
    await Promise.all([page, ...others].map((one) => one.context().close()))
    await house.provider.send('evm_setAutomine', [true])
    await house.provider.send('evm_revert', [chain])
  })

  const openPiece = async (rank: number) => {
    await page.goto(`${house.url}/drops/1/pieces/${rank}`)
  }
  return {
    house: () => house,
    page: () => page,
    complaints,
    openPiece,
    connect: async (account, { chainId = CHAIN, rank = FREE } = {}) => {
      const wallet = testWallet(house.provider, account, chainId)
      await installWallet(page, wallet)
      await openPiece(rank)
      await page.getByRole('button', { name: 'Choose a wallet to mint' }).click()
      await page.getByRole('button', { name: 'Test Purse' }).click()
      return wallet
    },
    another: async (options) => {
      const other = await browser().newPage(options)
      others.push(other)
      return other
    },
  }
}
