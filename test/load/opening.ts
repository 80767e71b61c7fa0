import { JsonRpcProvider, Wallet } from 'ethers'
import { sha256 } from '../../minter/domain/digest.ts'
import { beginRun, openRun, type PolicyFile, readPolicyFile, workLoader } from '../../minter/cli/runs.ts'
import { openSite } from '../../minter/cli/site.ts'
import { askNode } from '../../minter/json-rpc.ts'
import { invite } from '../../minter/pipeline/invitations.ts'
import type { Address } from '../../minter/ports.ts'
import { openTinyStudio, writeTinyModel } from '../pipeline/tiny-studio.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How many come, and for what. */
export interface OpeningTerms {
  readonly collectors: number
  readonly pieces: number
  readonly candidates: number
}

/** A drop whose sale is about to open, with the site before it. */
export interface Opening {
  readonly site: string
  readonly rpc: string
  readonly drop: number
  /** Moves the chain's clock to the first second of the sale. */
  open(): Promise<void>
  /** Who minted, by rank. */
  owners(): Promise<readonly Address[]>
  close(): Promise<void>
}

/** What each collector has at the beginning, in wei: the price and enough for the network. */
export const PURSE = 10n ** 18n
const KINDS = ['allowlist', 'voucher', 'public', 'public', 'public'] as const
const OPENS_AFTER = 7200
const SILENT = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }

/** The wallet of a collector, the same in every process. */
export function collectorWallet(collector: number): Wallet {
  return new Wallet(sha256(new TextEncoder().encode(`collector ${collector}`)))
}

/** In which phase a collector mints: one of five is on the list, one is invited, the others come as anybody. */
export function collectorPhase(collector: number): number {
  return ['allowlist', 'voucher', 'public'].indexOf(KINDS[collector % KINDS.length] ?? 'public')
}

function lowerCase(address: string): Address {
  return `0x${address.slice(2).toLowerCase()}`
}

function writePolicy(folder: string, { collectors, pieces, candidates }: OpeningTerms): PolicyFile {
  const wallets = Array.from({ length: collectors }, (_, i) => i).filter((i) => collectorPhase(i) === 0)
  const time = `start: +${OPENS_AFTER}s, end: +2d, limit: 1, price: '0.01'`
  const lines = [
    'name: Opening',
    'collection: { name: Opening, symbol: OPEN }',
    `model: ${writeTinyModel(folder, 8)}`,
    `candidates: ${candidates}`,
    `edition: ${pieces}`,
    'weights: { score: 1, rarity: 1, demand: 0 }',
    'phases:',
    `  - { kind: allowlist, ${time}, allowlist: [${wallets.map((i) => `{ wallet: '${collectorWallet(i).address}' }`).join(', ')}] }`,
    `  - { kind: voucher, ${time} }`,
    `  - { kind: public, ${time} }`,
    'schedule: { seedDelayBlocks: 1, challengeWindowSeconds: 60 }',
    '',
  ]
  const file = join(folder, 'opening.yaml')
  writeFileSync(file, lines.join('\n'))
  return readPolicyFile(file)
}

async function fillPurses(rpc: string, collectors: number): Promise<void> {
  const accounts = Object(await askNode(rpc, 'eth_accounts')) as readonly string[]
  for (let i = 0; i < collectors; i++) {
    // From the last of the chain's own accounts, which has no part in the drop.
    const from = accounts.at(-1 - (i % 10))
    const value = `0x${PURSE.toString(16)}`
    await askNode(rpc, 'eth_sendTransaction', [{ from, to: collectorWallet(i).address, value }])
  }
}

/** Makes a drop of the smallest model up to the moment before its sale: real contracts, chain, database and site. */
export async function stageOpening(folder: string, terms: OpeningTerms): Promise<Opening> {
  const studio = await openTinyStudio(folder)
  const { signal } = new AbortController()
  const { id } = await beginRun(studio, writePolicy(folder, terms), `0x${'22'.repeat(32)}`)
  const opened = await openRun(studio, id, { workers: 1, progress: SILENT, signal })
  const { steps } = opened
  const { collection } = await steps.register()
  const { drop, announcedAt } = await steps.announce()
  for (const step of ['draw', 'render', 'select', 'commit', 'publish', 'open'] as const) await steps[step]()
  await opened.close()
  for (let i = 0; i < terms.collectors; i++) {
    if (collectorPhase(i) === 1) await invite(studio.database, id, lowerCase(collectorWallet(i).address))
  }
  await fillPurses(studio.access.url, terms.collectors)
  // As behind a proxy that tells the visitors apart; without one, all collectors of this machine would be one visitor.
  const site = await openSite({
    studio,
    loadWork: workLoader(studio.runs),
    port: 0,
    proxies: 1,
    logLevel: 'error',
    signal,
  })
  return {
    site: site.url,
    rpc: studio.access.url,
    drop,
    open: () => studio.access.waitForTime(announcedAt + OPENS_AFTER, signal),
    owners: async () => (await studio.chain.tokensOf(collection, drop)).map(({ owner }) => owner),
    close: async () => {
      await site.close()
      await studio.close()
    },
  }
}

/** The node, as every collector's wallet reads it. */
export function openProvider(rpc: string): JsonRpcProvider {
  return new JsonRpcProvider(rpc, undefined, { cacheTimeout: -1, batchMaxCount: 1, pollingInterval: 50 })
}
