import type { Policy } from '../domain/policy.ts'
import type {
  Address,
  CandidateRenderer,
  ChainAccess,
  ContentStore,
  Database,
  DropChain,
  House,
  PinPlace,
  Progress,
  WorkQueue,
} from '../ports.ts'
import type { Archive } from './archive.ts'
import type { LoadedModel } from './model.ts'
import type { PinMemory } from './pins.ts'
import type { Run, RunStore } from './runs.ts'
import type { Hex } from '../domain/digest.ts'
import type { PlaceFailure } from '../errors.ts'

/** Everything that the steps of a drop need of the world. */
export interface DropTools {
  readonly database: Database
  readonly runs: RunStore
  readonly queue: WorkQueue
  /** Ours: what is published is put together in it. */
  readonly store: ContentStore
  /** Who holds copies of what is published; the first is our store. */
  readonly places: readonly [PinPlace, ...PinPlace[]]
  readonly pins: PinMemory
  /** The folder of the archives, one of each drop, and the page that checks a token without any server; null where it is not built. */
  readonly kit: { readonly folder: string; readonly verifyPage: Uint8Array | null }
  readonly access: ChainAccess
  readonly chain: DropChain
  /** The contracts of the chain: looked up, or on a chain of our own deployed when first asked for. */
  readonly house: () => Promise<House>
  readonly renderer: () => Promise<CandidateRenderer>
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** A run together with what it was begun with. */
export interface DropWork {
  readonly run: Run
  readonly policy: Policy
  readonly model: LoadedModel
}

/** What registering left. */
export interface Registered {
  readonly house: House
  readonly datasetId: Hex
  readonly modelId: Hex
  readonly collection: Address
  readonly bundleCid: string
  readonly datasetCid: string
}

/** What announcing left. */
export interface Announced {
  readonly drop: number
  readonly seedBlock: number
  /** Unix seconds that the policy's relative times count from. */
  readonly announcedAt: number
}

/** What drawing left. */
export interface Drawn {
  readonly masterSeed: Hex
}

/** What selecting left. */
export interface Selected {
  readonly passed: number
  readonly edition: number
  readonly root: Hex
}

/** What committing left. */
export interface Committed {
  readonly root: Hex
  readonly directory: string
  readonly liveAt: number
}

/** What publishing left. */
export interface Published {
  readonly files: number
  /** The places that hold everything. */
  readonly stores: readonly string[]
  /** What the others did not do; enough hold it without them. */
  readonly failures: readonly PlaceFailure[]
  readonly archive: Archive
  /** CID of the verify page; null when it was not built. */
  readonly verifyPage: string | null
}

/** What closing left. */
export interface Closed {
  readonly proceedsWei: string
  /** Ranks that were minted. */
  readonly minted: readonly number[]
  readonly claims: readonly { readonly account: Address; readonly wei: string }[]
  /** sha-256 of the demand snapshot for the next drop. */
  readonly demandDigest: Hex
}

/** The steps that leave something behind, with what they leave. */
export interface StepOutputs {
  readonly register: Registered
  readonly announce: Announced
  readonly draw: Drawn
  readonly render: { readonly candidates: number }
  readonly select: Selected
  readonly commit: Committed
  readonly publish: Published
  readonly open: { readonly liveAt: number }
  readonly close: Closed
}
