import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Wallet } from 'ethers'
import { pino } from 'pino'
import { bytesToHex, hexToBytes } from '../domain/digest.ts'
import { phaseTime } from '../domain/phase-terms.ts'
import { type Voucher, voucherDomain, voucherTypes } from '../domain/voucher.ts'
import { createApp } from '../http/app.ts'
import type { ChainReader, DropStage, HttpDeps, VoucherSigner } from '../http/deps.ts'
import { isInvited } from '../pipeline/invitations.ts'
import type { DropWork } from '../pipeline/tools.ts'
import type { DropOnChain, DropState } from '../ports.ts'
import { dropReader, type KeptDrop, type KeptDrops, keptDrops } from './drop-reader.ts'
import type { Studio } from './studio.ts'
import { VERSION } from './version.ts'

const VOUCHER_SECONDS = 86_400

const STAGES: Readonly<Record<DropState, DropStage>> = {
  none: 'announced',
  announced: 'announced',
  drawn: 'drawn',
  committed: 'committed',
  closed: 'closed',
  void: 'voided',
}

function stageOf({ state, liveAt }: DropOnChain, now: number): DropStage {
  return state === 'committed' && now >= liveAt ? 'live' : STAGES[state]
}

async function collectionOf(drops: KeptDrops, drop: number): Promise<KeptDrop['registered']['collection']> {
  const kept = await drops.find(drop)
  if (kept === null) throw new RangeError(`there is no drop ${drop}`)
  return kept.registered.collection
}

function chainReader({ access, chain }: Studio, drops: KeptDrops): ChainReader {
  return {
    head: () => access.next(),
    drop: async (drop) => {
      const found = await chain.dropOf(await collectionOf(drops, drop), drop)
      const { time } = await access.next()
      const { minted, paused, liveAt } = found
      return { stage: stageOf(found, time), minted, paused, liveAt: liveAt === 0 ? null : liveAt }
    },
    tokens: async (drop) => chain.tokensOf(await collectionOf(drops, drop), drop),
    wallet: async (drop, wallet) => ({
      balanceWei: await access.balanceWei(wallet),
      mintedInPhase: await chain.mintedInPhases(await collectionOf(drops, drop), drop, wallet),
    }),
    priceWei: async (drop, phase) => chain.priceWei(await collectionOf(drops, drop), drop, phase),
    history: async (drop, rank) => chain.transfersOf(await collectionOf(drops, drop), drop, rank),
  }
}

/** Signs for wallets that were invited, and for nobody else. */
function voucherSigner({ database, access, key }: Studio, drops: KeptDrops): VoucherSigner {
  const wallet = new Wallet(key)
  return {
    sign: async (drop, phase, to, rank) => {
      const kept = await drops.find(drop)
      const terms = kept?.work.policy.phases[phase]
      if (kept === null || terms?.kind !== 'voucher') return null
      if (!(await isInvited(database, kept.work.run.id, to))) return null
      const { time } = await access.next()
      const end = phaseTime(terms.end, kept.announced.announcedAt)
      const priceWei = BigInt(terms.price.endWei)
      const voucher: Voucher = { to, drop, phase, rank, priceWei, deadline: Math.min(end, time + VOUCHER_SECONDS) }
      const domain = voucherDomain(access.chainId, kept.registered.collection)
      const types = { Voucher: [...voucherTypes.Voucher] }
      const signature = bytesToHex(hexToBytes(await wallet.signTypedData(domain, types, voucher)))
      return { ...voucher, to, signature }
    },
  }
}

/** Where the set-up puts the built pages; null when they were not built. */
function builtPages(): string | null {
  const folder = fileURLToPath(new URL('../../build/web', import.meta.url))
  return existsSync(folder) ? folder : null
}

/** What to serve, and how. */
export interface SiteOptions {
  readonly studio: Studio
  readonly loadWork: (run: string) => Promise<DropWork>
  /** 0 takes any free one. */
  readonly port: number
  readonly logLevel: string
}

/** A site that listens. */
export interface Site {
  readonly url: string
  close(): Promise<void>
}

function siteDeps(options: SiteOptions, publicUrl: string): HttpDeps {
  const { studio } = options
  const drops = keptDrops(studio.runs, options.loadWork)
  const log = pino({ level: options.logLevel, redact: ['req.headers.authorization'] }, pino.destination(2))
  return {
    network: {
      chainId: Number(studio.access.chainId),
      name: studio.embedded ? 'latentmint embedded chain' : `chain ${studio.access.chainId}`,
      rpcUrl: studio.access.url,
      currency: 'ETH',
      explorerUrl: null,
      gateways: [],
      confirmations: studio.embedded ? 1 : 3,
    },
    drops: dropReader(drops),
    chain: chainReader(studio, drops),
    vouchers: voucherSigner(studio, drops),
    blocks: { get: (cid) => studio.stores[0].readBlock(cid) },
    log,
    pagesDir: builtPages(),
    publicUrl,
    version: VERSION,
    now: () => Date.now(),
  }
}

/** Listens on 127.0.0.1; the address is known before the first request is answered. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { createServer } = await import('node:http')
  let answer: ReturnType<typeof createApp> | undefined
  const server: Server = createServer((request, response) => void answer?.(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const url = `http://127.0.0.1:${port}`
  answer = createApp(siteDeps(options, url))
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
