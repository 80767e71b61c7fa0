import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type DestinationStream, pino } from 'pino'
import type { Config } from '../config.ts'
import { bytesToHex, type Hex, hexToBytes } from '../domain/digest.ts'
import type { Phase } from '../domain/policy.ts'
import { phaseTime } from '../domain/phase-terms.ts'
import { type Voucher, voucherDomain, voucherTypes } from '../domain/voucher.ts'
import { createApp } from '../http/app.ts'
import type {
  ChainReader,
  DropStage,
  EngagementCounter,
  HttpDeps,
  PieceHold,
  PieceHolds,
  ReviewDesk,
  VoucherSigner,
} from '../http/deps.ts'
import { createSignIn } from '../http/sign-in.ts'
import { appendAudit, readAudit } from '../pipeline/audit-log.ts'
import { countEngagement } from '../pipeline/engagement.ts'
import { type Hold, listHolds, takeHold } from '../pipeline/holds.ts'
import { invite, isInvited } from '../pipeline/invitations.ts'
import type { DropWork } from '../pipeline/tools.ts'
import type { DropOnChain, DropState } from '../ports.ts'
import { builtPages } from './built-pages.ts'
import { dropReader, type KeptDrop, type KeptDrops, keptDrops } from './drop-reader.ts'
import { gaugeReader, readinessReader } from './gauges.ts'
import { openLog } from './log.ts'
import { SILENT } from './progress.ts'
import { staffReviewDesk } from './review-desk.ts'
import type { Studio } from './studio.ts'
import { VERSION } from './version.ts'

const LOOPBACK = '127.0.0.1'

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

async function keptOf(drops: KeptDrops, drop: number): Promise<KeptDrop> {
  const kept = await drops.find(drop)
  if (kept === null) throw new RangeError(`there is no drop ${drop}`)
  return kept
}

async function collectionOf(drops: KeptDrops, drop: number): Promise<KeptDrop['registered']['collection']> {
  return (await keptOf(drops, drop)).registered.collection
}

function chainReader({ access, chain }: Studio, drops: KeptDrops): ChainReader {
  return {
    head: () => access.next(),
    drop: async (drop) => {
      const found = await chain.dropOf(await collectionOf(drops, drop), drop)
      const { time } = await access.next()
      const { minted, paused, questions, liveAt } = found
      return { stage: stageOf(found, time), minted, paused, questions, liveAt: liveAt === 0 ? null : liveAt }
    },
    tokens: async (drop) => chain.tokensOf(await collectionOf(drops, drop), drop),
    wallet: async (drop, wallet) => {
      const kept = await keptOf(drops, drop)
      const { collection } = kept.registered
      const [balanceWei, mintedInPhase] = await Promise.all([
        access.balanceWei(wallet),
        chain.mintedInPhases(collection, drop, kept.work.policy.phases.length, wallet),
      ])
      return { balanceWei, mintedInPhase }
    },
    priceWei: async (drop, phase) => chain.priceWei(await collectionOf(drops, drop), drop, phase),
    history: async (drop, rank) => chain.transfersOf(await collectionOf(drops, drop), drop, rank),
  }
}

/** Signs for wallets that were invited, and for nobody else. */
function voucherSigner({ database, access, signer }: Studio, drops: KeptDrops): VoucherSigner {
  const granted = async (drop: number, phase: number, wallet: Hex): Promise<Granted | null> => {
    const kept = await drops.find(drop)
    const terms = kept?.work.policy.phases[phase]
    if (kept === null || terms?.kind !== 'voucher') return null
    return (await isInvited(database, kept.work.run.id, wallet)) ? { kept, terms } : null
  }
  return {
    priceWei: async (drop, phase, wallet) => {
      const grant = await granted(drop, phase, wallet)
      return grant === null ? null : BigInt(grant.terms.price.endWei)
    },
    sign: async (drop, phase, to, rank) => {
      const grant = await granted(drop, phase, to)
      if (grant === null) return null
      const { kept, terms } = grant
      // Nothing of the moment is in it: a right has one voucher, however often it is asked for.
      const deadline = phaseTime(terms.end, kept.announced.announcedAt)
      const voucher: Voucher = { to, drop, phase, rank, priceWei: BigInt(terms.price.endWei), deadline }
      const domain = voucherDomain(access.chainId, kept.registered.collection)
      const types = { Voucher: [...voucherTypes.Voucher] }
      const signature = bytesToHex(hexToBytes(await signer.signTypedData(domain, types, voucher)))
      return { ...voucher, to, signature }
    },
  }
}

/** A voucher phase, and the drop that it is of. */
interface Granted {
  readonly kept: KeptDrop
  readonly terms: Phase
}

function engagementCounter({ database }: Studio, drops: KeptDrops): EngagementCounter {
  return {
    count: async (drop, acts) => countEngagement(database, (await keptOf(drops, drop)).work.run.id, acts),
  }
}

function secondsNow(): number {
  return Math.floor(millisecondsNow() / 1000)
}

/** As long as it lasts from now on. */
function lasting({ rank, wallet, until }: Hold): PieceHold {
  return { rank, wallet, seconds: until - secondsNow() }
}

function pieceHolds({ database }: Studio, drops: KeptDrops): PieceHolds {
  const runOf = async (drop: number): Promise<string> => (await keptOf(drops, drop)).work.run.id
  return {
    list: async (drop) => (await listHolds(database, await runOf(drop), secondsNow())).map(lasting),
    take: async (drop, rank, wallet) => {
      const hold = await takeHold(database, await runOf(drop), { rank, wallet }, secondsNow())
      return hold === null ? null : lasting(hold)
    },
  }
}

/** What to serve, and how. */
export interface SiteOptions {
  readonly studio: Studio
  readonly loadWork: (run: string) => Promise<DropWork>
  /** 127.0.0.1 when left out. */
  readonly host?: string
  /** 0 takes any free one. */
  readonly port: number
  /** Where visitors reach the site, when that is not where it listens. */
  readonly publicUrl?: string
  /** How many reverse proxies stand before it; 0 when left out. */
  readonly proxies?: number
  readonly logLevel: string
  /** Takes the log's lines; stderr when left out. */
  readonly logTo?: DestinationStream
  /** Who may audit, what node visitors are given, and what must never be logged. */
  readonly config?: Pick<Config, 'auditors' | 'key' | 'rpcs' | 'publicRpc' | 'databaseUrl' | 'pinning'>
  /** Requests that one visitor may make to an address of the API in a minute; any number when left out. */
  readonly perMinute?: number
  readonly signal: AbortSignal
}

/** What a visitor gets where nothing else is said. */
export const REQUESTS_PER_MINUTE = 600

/** For a site on an embedded chain, whose keys everybody knows. */
const NO_SECRETS = { key: undefined, rpcs: [], databaseUrl: undefined, pinning: [] }

/** A site that listens. */
export interface Site {
  readonly url: string
  /** An address that signs the operator's own account in, once. */
  reviewLink(): string
  close(): Promise<void>
}

function millisecondsNow(): number {
  return Date.now()
}

function siteDeps(options: SiteOptions, publicUrl: string, reviews: ReviewDesk): HttpDeps {
  const { studio } = options
  const chainId = Number(studio.access.chainId)
  const drops = keptDrops(studio.runs, options.loadWork)
  const log = openLog(options.logLevel, options.config ?? NO_SECRETS, options.logTo ?? pino.destination(2))
  return {
    network: {
      chainId,
      name: studio.embedded ? 'latentmint embedded chain' : `chain ${studio.access.chainId}`,
      rpcUrl: options.config?.publicRpc ?? studio.access.url,
      currency: 'ETH',
      explorerUrl: null,
      gateways: [],
      confirmations: studio.embedded ? 1 : 3,
      unlocked: studio.embedded,
    },
    drops: dropReader(drops),
    chain: chainReader(studio, drops),
    vouchers: voucherSigner(studio, drops),
    blocks: { get: (cid) => studio.store.readBlock(cid) },
    engagement: engagementCounter(studio, drops),
    holds: pieceHolds(studio, drops),
    reviews,
    signIn: createSignIn({ publicUrl, chainId, now: millisecondsNow, random: () => randomBytes(24).toString('hex') }),
    auditors: options.config?.auditors ?? [],
    audit: {
      append: async (event) => void (await appendAudit(studio.database, event)),
      read: (from, count) => readAudit(studio.database, from, count),
    },
    invite: async (drop, wallet) => invite(studio.database, (await keptOf(drops, drop)).work.run.id, wallet),
    readiness: readinessReader(studio, drops, millisecondsNow),
    gauges: gaugeReader(studio, drops, millisecondsNow),
    perMinute: options.perMinute ?? null,
    log,
    pagesDir: builtPages(),
    publicUrl,
    proxies: options.proxies ?? 0,
    version: VERSION,
    now: millisecondsNow,
  }
}

/** What a browser types to come to an address that is listened on. */
function urlOf(server: Server, { host = LOOPBACK, port }: SiteOptions): string {
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  // Every address of the machine is none that a browser could open.
  const name = host === '0.0.0.0' || host === '::' ? LOOPBACK : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${bound}`
}

/** Opens the site; its address is known before the first request is answered. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { studio, signal } = options
  let answer: ReturnType<typeof createApp> | undefined
  const server: Server = createServer((request, response) => void answer?.(request, response))
  // Node's five seconds end while a busy auditor's next request is already on its way.
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host ?? LOOPBACK, resolve)
  })
  const url = options.publicUrl ?? urlOf(server, options)
  const desk = staffReviewDesk(studio, { workers: 1, progress: SILENT, signal })
  const deps = siteDeps(options, url, desk)
  answer = createApp(deps)
  return {
    url,
    reviewLink: () => `${url}/review#${deps.signIn.ticket(studio.access.account)}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await desk.close()
    },
  }
}
