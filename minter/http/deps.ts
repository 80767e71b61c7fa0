import type { Hex } from '../domain/digest.ts'
import type { Engagement } from '../domain/engagement.ts'
import type { Policy } from '../domain/policy.ts'
import type { Selection } from '../domain/selection.ts'
import type { Veto } from '../domain/vetoes.ts'
import type { SignIn } from './sign-in.ts'

/** Everything that the HTTP side asks of the rest of the program; minter/main.ts puts it together. */
export interface HttpDeps {
  readonly network: Network
  readonly drops: DropReader
  readonly chain: ChainReader
  readonly vouchers: VoucherSigner
  readonly blocks: BlockReader
  readonly engagement: EngagementCounter
  readonly holds: PieceHolds
  /** Null where there is nothing to review. */
  readonly reviews: ReviewDesk | null
  readonly signIn: SignIn
  /** Accounts that may read the audit log, lower case; operators may as well. */
  readonly auditors: readonly Hex[]
  readonly audit: AuditLog
  /** Lets a wallet have vouchers of a drop. */
  readonly invite: (drop: number, wallet: Hex) => Promise<void>
  /** What must work for this server to be of use. */
  readonly readiness: () => Promise<readonly ReadinessCheck[]>
  /** Numbers of the moment for /metrics. */
  readonly gauges: () => Promise<readonly Gauge[]>
  /** Requests that one visitor may make to an address of the API in a minute, where it has no smaller limit; null for any number. */
  readonly perMinute: number | null
  readonly log: RequestLog
  /** Folder with the built pages (build/web); the API serves without pages when it is null. */
  readonly pagesDir: string | null
  /** Where visitors reach this server, no slash at the end; absolute links and share pictures start with it. */
  readonly publicUrl: string
  /** How many reverse proxies stand before this server: only so many forwarded addresses are believed. */
  readonly proxies: number
  readonly version: string
  /** Milliseconds since 1970, for rate limits and caches; everything that a collector sees goes by the chain's clock. */
  readonly now: () => number
}

/** The chain as a wallet must be told about it (wallet_addEthereumChain takes these fields). */
export interface Network {
  readonly chainId: number
  readonly name: string
  /** An RPC address that the visitor's browser can reach, for the wallet and the verify page; never one with a key. */
  readonly rpcUrl: string
  readonly currency: string
  readonly explorerUrl: string | null
  /** IPFS gateways that the verify page tries besides this server, e.g. https://ipfs.io. */
  readonly gateways: readonly string[]
  /** Blocks after which a transaction is called final where the chain names no finalised block. */
  readonly confirmations: number
  /** The node signs for accounts of its own that hold play money, as the embedded chain does; never a real one. */
  readonly unlocked: boolean
}

/** What was announced and published: the database, or the drop's directory. Nothing here changes with a block. */
export interface DropReader {
  list(): Promise<readonly DropRecord[]>
  find(drop: number): Promise<DropRecord | null>
  /** The candidates by rank, as in manifest.json; empty until the drop is committed. */
  candidates(drop: number): Promise<readonly CandidateRecord[]>
  /** The Merkle siblings of a rank, bottom up. */
  proof(drop: number, rank: number): Promise<readonly Hex[]>
  /** What an allowlist phase grants a wallet; null when the wallet is not on the list. */
  allowance(drop: number, phase: number, wallet: Hex): Promise<Allowance | null>
}

export const DROP_STAGES = ['announced', 'drawn', 'committed', 'live', 'closed', 'voided'] as const
export type DropStage = (typeof DROP_STAGES)[number]

export interface DropRecord {
  readonly drop: number
  readonly collection: Hex
  readonly name: string
  /** Plain text; an empty line parts paragraphs. */
  readonly story: string
  readonly candidates: number
  /** Pieces for sale: ranks 0 to edition-1. The announced size until the selection is committed. */
  readonly edition: number
  readonly thresholds: { readonly score: number; readonly rarity: number; readonly demand: number }
  readonly weights: { readonly score: number; readonly rarity: number; readonly demand: number }
  readonly phases: readonly PhaseRecord[]
  readonly royaltyBps: number
  readonly licence: string
  readonly contributors: readonly ContributorRecord[]
  readonly model: {
    readonly id: Hex
    readonly name: string
    readonly bundleDigest: Hex
    readonly recipeDigest: Hex
    /** CID under which the bundle file can be fetched; null when it is not published. */
    readonly cid: string | null
  }
  readonly dataset: { readonly id: Hex; readonly root: Hex; readonly files: number; readonly name: string }
  readonly policyDigest: Hex
  /** Hashed with the salt into the master seed; null before the draw. */
  readonly masterSeed: Hex | null
  readonly seedBlock: number | null
  /** The Merkle root over all candidates; null before the commit. */
  readonly root: Hex | null
  /** CID of the drop's directory; null before the commit. */
  readonly directory: string | null
  readonly funnel: FunnelRecord | null
  readonly pieceSize: { readonly width: number; readonly height: number }
}

export interface PhaseRecord {
  readonly phase: number
  readonly name: string
  readonly kind: 'public' | 'allowlist' | 'voucher'
  /** Unix seconds, of the chain's clock. */
  readonly startsAt: number
  /** Unix seconds, exclusive. */
  readonly endsAt: number
  /** Pieces per wallet, 0 for no limit. */
  readonly limit: number
  /** Public: falls linearly from `startWei` at startsAt to `endWei` at endsAt. Else `endWei` is the floor. */
  readonly price: { readonly startWei: bigint; readonly endWei: bigint }
}

export interface ContributorRecord {
  readonly name: string
  readonly account: Hex
  readonly files: number
  /** Of 1,000,000. */
  readonly shares: number
}

/** How many candidates fell at which filter, in the order of the filters. */
export interface FunnelRecord {
  readonly candidates: number
  readonly steps: readonly { readonly filter: string; readonly fell: number; readonly left: number }[]
}

/** A row of manifest.json. */
export interface CandidateRecord {
  readonly rank: number
  readonly index: number
  readonly seed: Hex
  readonly pixelDigest: Hex
  readonly artifactDigest: Hex
  readonly score: number
  readonly rarity: number
  /** In 1/2048 bit. */
  readonly rarityBits: number
  readonly demand: number
  readonly reason: number
  readonly traits: Readonly<Record<string, string>>
}

/** What only the chain knows, read at one head. */
export interface ChainReader {
  /** The newest block. */
  head(): Promise<ChainHead>
  drop(drop: number): Promise<DropOnChain>
  /** Every token of the drop that exists, by rank. */
  tokens(drop: number): Promise<readonly TokenOnChain[]>
  wallet(drop: number, wallet: Hex): Promise<WalletOnChain>
  /** The phase's price at the newest block. */
  priceWei(drop: number, phase: number): Promise<bigint>
  /** Transfers of a token, oldest first. */
  /** @param rank null for all pieces of the drop */
  history(drop: number, rank: number | null): Promise<readonly TransferOnChain[]>
}

export interface ChainHead {
  readonly number: number
  /**
   * Unix seconds at which a transaction sent now would run: those of the pending block where the node tells them. A
   * chain that mines on demand stands still between blocks, and the newest block's time would never open a phase.
   */
  readonly time: number
}

export interface DropOnChain {
  readonly stage: DropStage
  readonly minted: number
  /** First second at which anything can be minted (the end of the challenge window); null before the commit. */
  readonly liveAt: number | null
  /** The guardian has stopped the sale for the moment. */
  readonly paused: boolean
  /** Positions that somebody asked to see and nobody has shown yet; nothing is sold until there are none. */
  readonly questions: number
}

export interface TokenOnChain {
  readonly rank: number
  readonly owner: Hex
  readonly priceWei: bigint
}

export interface WalletOnChain {
  readonly balanceWei: bigint
  /** Pieces that the wallet has minted in each phase of this drop, by phase number. */
  readonly mintedInPhase: readonly number[]
}

export interface TransferOnChain {
  readonly rank: number
  readonly from: Hex
  readonly to: Hex
  readonly transaction: Hex
  readonly block: number
  readonly time: number
}

export interface Allowance {
  readonly limit: number
  readonly priceWei: bigint
  readonly proof: readonly Hex[]
}

/** Signs the right to one piece; refuses by returning null when its holder may not have it. */
export interface VoucherSigner {
  /** What a voucher would ask for, without signing one. */
  priceWei(drop: number, phase: number, wallet: Hex): Promise<bigint | null>
  sign(drop: number, phase: number, wallet: Hex, rank: number): Promise<SignedVoucher | null>
}

export interface SignedVoucher {
  readonly to: Hex
  readonly drop: number
  readonly phase: number
  readonly rank: number
  readonly priceWei: bigint
  /** Last second, in Unix time, at which it can be redeemed. */
  readonly deadline: number
  readonly signature: Hex
}

/** Sees to it that no two visitors are handed the mint of the same piece at the same time; see minter/pipeline/holds.ts. */
export interface PieceHolds {
  list(drop: number): Promise<readonly PieceHold[]>
  /** Who holds the piece now, which may be another wallet; null when nobody does. */
  take(drop: number, rank: number, wallet: Hex): Promise<PieceHold | null>
}

export interface PieceHold {
  readonly rank: number
  readonly wallet: Hex
  /** How long it lasts. */
  readonly seconds: number
}

/** Counts what visitors do with the pieces of a drop, and never who they are. */
export interface EngagementCounter {
  count(drop: number, acts: readonly { readonly rank: number; readonly act: Engagement }[]): Promise<void>
}

/** What somebody did that not everybody may do. */
export interface AuditEvent {
  /** Unix seconds. */
  readonly at: number
  readonly account: Hex | null
  readonly action: string
  readonly subject: Readonly<Record<string, string | number>>
}

/** Takes events and gives them back in order; see minter/pipeline/audit-log.ts. */
export interface AuditLog {
  append(event: AuditEvent): Promise<void>
  read(from: number, count: number): Promise<readonly AuditRecord[]>
}

export interface AuditRecord extends AuditEvent {
  readonly position: number
  readonly previous: Hex
  readonly digest: Hex
}

export interface ReadinessCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** One number of a Prometheus series. */
export interface Gauge {
  /** Without the prefix latentmint_. */
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Roles that a collection's contract gives. */
export const ROLES = ['operator', 'curator'] as const
export type Role = (typeof ROLES)[number]
/** What an account can be to this server: auditors are named in its settings. */
export const STANDINGS = [...ROLES, 'auditor'] as const
export type Standing = (typeof STANDINGS)[number]

/** The drops whose candidates can be looked at before anything is committed, and who may do so. */
export interface ReviewDesk {
  /** What an account may do in a collection, by the collection's contract. */
  roles(collection: Hex, account: Hex): Promise<readonly Role[]>
  /** Whether the account signed the text (EIP-191; a contract is asked by ERC-1271). */
  hasSigned(account: Hex, message: string, signature: Hex): Promise<boolean>
  /** Every run that is rendered, newest first. */
  list(): Promise<readonly ReviewableRun[]>
  /** Null when there is no such run. */
  open(run: string): Promise<OpenReview | null>
}

export interface ReviewableRun {
  readonly run: string
  readonly name: string
  readonly collection: Hex
  readonly drop: number
  readonly candidates: number
  /** Whether a veto can still be given. */
  readonly open: boolean
}

/** See minter/pipeline/review.ts, which this is. */
export interface OpenReview {
  sheet(): Promise<ReviewSheet>
  picture(index: number): Promise<Uint8Array | null>
  neighbours(index: number): Promise<readonly { readonly index: number; readonly distance: number }[]>
  veto(given: Veto): Promise<Veto>
}

export interface ReviewSheet {
  readonly open: boolean
  readonly policy: Policy
  readonly selection: Selection
  readonly vetoes: readonly Veto[]
}

/** The block store behind the gateway. */
export interface BlockReader {
  /** The bytes of one block; null when this node does not hold it. It never goes looking elsewhere. */
  get(cid: string): Promise<Uint8Array | null>
}

/** The part of a pino logger that requests use. */
export interface RequestLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}
