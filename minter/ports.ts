import type { Hex } from './domain/digest.ts'
import type { DatasetRecord, ModelRecord } from './domain/lineage.ts'
import type { PhaseTerms } from './domain/phase-terms.ts'
import type { RankProof } from './domain/proof.ts'
import type { Metrics } from './domain/ranking.ts'
import type { MeasuredCandidate } from './domain/selection.ts'

/** 20 bytes in lower-case hex. */
export type Address = Hex

/** Something that answers PostgreSQL's dialect. */
export interface Queryable {
  /** One statement with `$1` parameters; `bytea` goes in and comes out as Uint8Array, `bigint` comes out as a string. */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
  /** Several statements without parameters. */
  exec(sql: string): Promise<readonly object[]>
}

/** The minter's memory. What is true stands on the chain and in the published directory; this can be rebuilt. */
export interface Database extends Queryable {
  /** Everything in `work`, or nothing. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A file on its way into a directory: `images/0.png`. */
export interface NamedFile {
  readonly path: string
  readonly content: Uint8Array
}

/** A block under its CID; a file of at most 1 MiB is one. */
export interface Block {
  readonly cid: string
  readonly bytes: Uint8Array
}

/** Keeps bytes retrievable under their CID (UnixFS, profile unixfs-v1-2025). Putting the same bytes again is no error. */
export interface ContentStore {
  /** What to call it in messages: a folder or a URL. */
  readonly name: string
  putFile(content: Uint8Array, signal: AbortSignal): Promise<string>
  /** Returns the directory's CID; no path begins with a slash. */
  putDirectory(files: readonly NamedFile[], signal: AbortSignal): Promise<string>
  /**
   * Reads a file, below a directory when `path` is given.
   *
   * @throws {ContentMissing} when the store does not hold it
   */
  readFile(cid: string, path?: string): Promise<Uint8Array>
  /** One block as stored, or null when there is none. */
  readBlock(cid: string): Promise<Uint8Array | null>
  /** Takes everything below a CID as another store had it, and keeps it for good. */
  putBlocks(root: string, blocks: AsyncIterable<Block>, signal: AbortSignal): Promise<void>
  /** Throws what would keep the store from taking anything now. */
  probe(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** A wish that everything below a CID be kept. */
export interface PinWish {
  readonly cid: string
  /** For people who look through the list of pins. */
  readonly label: string
  /** What an earlier attempt was told to ask after, or null. */
  readonly request: string | null
  /** The place has not given back what it said it held: nothing that it did before counts. */
  readonly renew: boolean
  /** Called with what to ask after, before anything is waited for; null forgets it. */
  readonly onRequest: (request: string | null) => Promise<void>
  /** Everything below the CID, parents first. */
  readonly blocks: () => AsyncIterable<Block>
}

/** One of the places that hold copies of what is published: our block store, a node, a service. */
export interface PinPlace {
  /** Short and stable: results are kept under it. */
  readonly name: string
  /** A folder or a URL, for messages. */
  readonly address: string
  /**
   * Throws what would keep the place from taking a pin now.
   *
   * @throws {PlaceUnreachable} when it does not answer; {PinUnauthorized} when it answers, but not to us
   */
  probe(signal: AbortSignal): Promise<void>
  /** Resolves when the place says that it holds everything; asked again, it asks for nothing twice. */
  pin(wish: PinWish, signal: AbortSignal): Promise<void>
  /**
   * One block as the place serves it, not compared with its CID; null when it has none.
   *
   * @throws {PlaceUnreachable} when it does not answer
   */
  readBlock(cid: string, signal: AbortSignal): Promise<Uint8Array | null>
}

/** What the canonical engine makes of one seed. */
export interface RenderedCandidate {
  /** resolution * resolution * 3 bytes, row-major RGB, before mirroring */
  readonly rgb: Uint8Array
  /** float32 */
  readonly logit: number
  readonly features: Int8Array
}

/** What is said of a candidate without asking the network. */
export type MeasuredQuadrant = Pick<MeasuredCandidate, 'pixelDigest' | 'traits' | 'flat'>

/** What a PNG says about where it comes from. */
export interface ArtifactProvenance {
  readonly model: Hex
  readonly recipeDigest: Hex
  readonly seed: Hex
}

/** Makes candidates; the bits do not depend on how many workers it has, or in which order it is asked. */
export interface CandidateRenderer {
  /** Pixels along one side of what the network makes. */
  readonly resolution: number
  /** How many calls of `render` run at the same time; more wait their turn. */
  readonly workers: number
  /** @param seeds of a chain, or the small numbers of the community's convention */
  render(seeds: readonly (Hex | number)[]): Promise<readonly RenderedCandidate[]>
  /**
   * Traits, faults and pixel digest of quadrants, in their order.
   *
   * @param seeds what each was rendered from
   */
  measure(quadrants: readonly Uint8Array[], seeds: readonly (Hex | number)[]): Promise<readonly MeasuredQuadrant[]>
  /** The PNG of a candidate, from its pixels. */
  renderArtifact(rgb: Uint8Array, provenance: ArtifactProvenance): Promise<Uint8Array>
  close(): Promise<void>
}

/** A piece of work that some worker, here or elsewhere, takes once. */
export interface QueuedJob<Payload extends object> {
  readonly id: string
  readonly payload: Payload
}

/** Work handed out at most to one worker at a time, and again when that worker is lost. */
export interface WorkQueue {
  offer(queue: string, payloads: readonly object[]): Promise<void>
  take<Payload extends object>(queue: string, count: number): Promise<readonly QueuedJob<Payload>[]>
  finish(queue: string, ids: readonly string[]): Promise<void>
  /** How many nobody has taken yet. */
  waiting(queue: string): Promise<number>
  /** Forgets what is left in a queue, taken or not. */
  clear(queue: string): Promise<void>
  /**
   * Holds a job until a time; the same id is held once, however often it is offered.
   *
   * @param job `id` is a UUID, `at` Unix seconds
   */
  offerAt(queue: string, job: { readonly id: string; readonly payload: object; readonly at: number }): Promise<void>
  /** Hands a job back, to be tried again: later each time, and not for ever. False when that was the last time. */
  giveBack(queue: string, id: string, reason: string): Promise<boolean>
  /** Hands back whatever was taken and not finished; only for who knows that nobody else works on this queue. */
  reclaim(queue: string): Promise<void>
  /** Forgets jobs by their id. */
  forget(queue: string, ids: readonly string[]): Promise<void>
  /**
   * The first time after `after` that a cron expression of five fields names, in Unix seconds.
   *
   * @throws {RangeError} when it is none, or the time zone is unknown
   */
  nextTime(cron: string, zone: string, after: number): number
  close(): Promise<void>
}

/** A change of the chain's state that is wanted once. */
export interface TransactionRequest {
  /** Names the change, the same in every run of the program: a restart finds by it what was already sent. */
  readonly intent: string
  /** The contract, or null to deploy one. */
  readonly to: Address | null
  readonly data: string
  readonly valueWei?: bigint
}

/** What a mined transaction did. */
export interface TransactionOutcome {
  readonly hash: Hex
  readonly block: number
  readonly gasUsed: bigint
  /** Where the new contract is, when it was a deployment. */
  readonly contract: Address | null
  readonly logs: readonly { readonly address: Address; readonly topics: readonly string[]; readonly data: string }[]
}

/** A block, as far as we need one. */
export interface ChainHead {
  readonly number: number
  /** Unix seconds. */
  readonly time: number
}

/** Something that a contract said, and when. */
export interface ChainEvent {
  readonly topics: readonly string[]
  readonly data: string
  readonly transaction: Hex
  readonly block: number
  /** Unix seconds. */
  readonly time: number
}

/** Reads one chain and sends to it, as one account. */
export interface ChainAccess {
  readonly url: string
  readonly chainId: bigint
  readonly account: Address
  head(): Promise<ChainHead>
  /** The block that a transaction sent now would be in, where the node tells; else the newest. */
  next(): Promise<ChainHead>
  /**
   * Asks a contract without changing anything.
   *
   * @throws {CallReverted} with the name of the contract's own error
   */
  call(to: Address, data: string): Promise<string>
  /** Events of a contract since a block, oldest first; a null topic matches any. */
  events(address: Address, topics: readonly (string | null)[], fromBlock: number): Promise<readonly ChainEvent[]>
  balanceWei(account: Address): Promise<bigint>
  /**
   * Tries the change first, then sends it, and waits until it is mined. Called again with the same intent, in this run or a
   * later one, it answers with the first outcome.
   *
   * @throws {CallReverted} before anything is paid
   */
  send(request: TransactionRequest): Promise<TransactionOutcome>
  /**
   * Resolves when nothing of what was sent can be taken back by a reorganisation. Until then it watches: what falls out of the
   * chain is sent again, the same intent with the same nonce.
   */
  settle(signal: AbortSignal): Promise<void>
  /** Resolves when the chain has this block. A chain of our own makes it. */
  waitForBlock(number: number, signal: AbortSignal): Promise<void>
  /** Resolves when the chain's clock has come to this second. A chain of our own is moved there. */
  waitForTime(time: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Where the contracts of one installation are. */
export interface House {
  readonly lineage: Address
  readonly attribution: Address
  readonly factory: Address
}

/** What a collection is made with; the operator's account has every role. */
export interface CollectionTerms {
  readonly name: string
  readonly symbol: string
  readonly royaltyBps: number
  /** Chosen by the caller; with the account it fixes the collection's address. */
  readonly salt: Hex
}

/** An announcement; nothing in it can change again. */
export interface Announcement {
  readonly model: Hex
  readonly policyDigest: Hex
  readonly saltHash: Hex
  readonly candidates: number
  readonly size: number
  readonly thresholds: Metrics
  readonly weights: Metrics
  /** Blocks until the one whose hash seeds the drop. */
  readonly seedDelay: number
  /** Seconds from the commit to the first sale. */
  readonly challengeWindow: number
  readonly phases: readonly PhaseTerms[]
}

export const DROP_STATES = ['none', 'announced', 'drawn', 'committed', 'closed', 'void'] as const
export type DropState = (typeof DROP_STATES)[number]

/** Where a drop stands on the chain. */
export interface DropOnChain {
  readonly state: DropState
  readonly model: Hex
  readonly policyDigest: Hex
  readonly masterSeed: Hex
  readonly root: Hex
  readonly directoryDigest: Hex
  readonly minted: number
  /** The guardian has stopped the sale for the moment. */
  readonly paused: boolean
  readonly seedBlock: number
  /** Unix seconds of the first possible sale; 0 before the commit. */
  readonly liveAt: number
  /** Unix seconds before which the drop can't be closed; 0 before the commit. */
  readonly closableAt: number
  /** Positions asked for and not shown yet; nothing is sold until there are none. */
  readonly questions: number
  readonly salesEnd: number
  readonly proceedsWei: bigint
}

/** A position that somebody asked to see, and nobody has shown. */
export interface OpenQuestion {
  readonly rank: number
  /** Unix seconds, the last at which it can be answered. */
  readonly deadline: number
}

/** A token that exists. */
export interface TokenOnChain {
  readonly rank: number
  readonly owner: Address
  /** What its first owner paid. */
  readonly priceWei: bigint
  /** Unix seconds. */
  readonly mintedAt: number
}

/** A token changing hands. */
export interface TransferOnChain {
  readonly rank: number
  readonly from: Address
  readonly to: Address
  readonly transaction: Hex
  readonly block: number
  /** Unix seconds. */
  readonly time: number
}

/** A contributor's claim on what a dataset or model earned. */
export interface ShareClaim {
  readonly account: Address
  readonly shares: number
  readonly position: number
  readonly siblings: readonly { readonly hash: Hex; readonly sum: bigint }[]
}

/** The contracts, as the operator uses them. Every change is done once, however often it is asked for. */
export interface DropChain {
  registerDataset(house: House, dataset: DatasetRecord): Promise<Hex>
  registerModel(house: House, model: ModelRecord): Promise<Hex>
  /** Makes the collection, and lets it use the model. */
  openCollection(house: House, terms: CollectionTerms, model: Hex): Promise<Address>
  announce(collection: Address, intent: string, announcement: Announcement, bondWei: bigint): Promise<number>
  draw(collection: Address, drop: number, salt: Hex): Promise<Hex>
  commit(collection: Address, drop: number, commitment: DropCommitment): Promise<void>
  /** Every position that waits for an answer; those due first come first. */
  questionsOf(collection: Address, drop: number): Promise<readonly OpenQuestion[]>
  /**
   * Shows the leaf at a position that was asked for; true once it is done.
   *
   * @throws {CallReverted} NotAsked when somebody else has shown it
   */
  answer(collection: Address, shown: RankProof): Promise<true>
  close(collection: Address, drop: number): Promise<void>
  /** Pays a contributor of a model or dataset; returns what was paid in wei, 0 when nothing is due. */
  claim(house: House, beneficiary: Hex, intent: string, claim: ShareClaim): Promise<bigint>
  /** Collections that our account has made, oldest first. */
  collectionsOf(house: House): Promise<readonly Address[]>
  /** What the registry says of a model and of what it was trained on. */
  lineageOf(house: House, model: Hex): Promise<ModelOnChain>
  /** What a drop's own events say that its state does not. */
  historyOf(collection: Address, drop: number): Promise<DropHistory>
  dropOf(collection: Address, drop: number): Promise<DropOnChain>
  phasesOf(collection: Address, drop: number): Promise<readonly PhaseTerms[]>
  priceWei(collection: Address, drop: number, phase: number): Promise<bigint>
  /** Every token of the drop, by rank. */
  tokensOf(collection: Address, drop: number): Promise<readonly TokenOnChain[]>
  /** Transfers of a drop's token, or with null of all its tokens, oldest first. */
  transfersOf(collection: Address, drop: number, rank: number | null): Promise<readonly TransferOnChain[]>
  /** Whether the collection's contract lets the account act as operator or curator. */
  hasRole(collection: Address, role: 'operator' | 'curator', account: Address): Promise<boolean>
  /** How many pieces the wallet has minted in each of the drop's first `phases` phases. */
  mintedInPhases(collection: Address, drop: number, phases: number, wallet: Address): Promise<readonly number[]>
}

/** A model in the registry, with where its files can be had. */
export interface ModelOnChain {
  readonly bundleDigest: Hex
  readonly datasetId: Hex
  readonly bundleUri: string
  readonly datasetUri: string
}

/** What happened to a drop, by its events. */
export interface DropHistory {
  /** Unix seconds of the block that it was announced in. */
  readonly announcedAt: number
  readonly saltHash: Hex
  /** Null before the draw. */
  readonly salt: Hex | null
}

/** What is frozen before anything is sold. */
export interface DropCommitment {
  readonly root: Hex
  readonly directoryDigest: Hex
  /** Zero when nobody vetoed anything. */
  readonly vetoDigest: Hex
}

/**
 * Where an intent's transaction stands: written down; handed to a node; in a block; in a block that no reorganisation takes
 * away. `replaced`: something else took its nonce. `dropped`: it was mined, and reverted. After these two the intent may be sent
 * anew, under another nonce.
 */
export type TransactionState = 'recorded' | 'sent' | 'mined' | 'final' | 'replaced' | 'dropped'

/** One signed form of a transaction; a higher fee makes another one of the same nonce. */
export interface SignedAttempt {
  readonly hash: Hex
  /** Null for one that somebody else signed and we only saw in a block. */
  readonly raw: string | null
  readonly maxFeeWei: bigint
  readonly tipWei: bigint
}

/** What is signed, but for nonce and fees. */
export interface TransactionDraft {
  readonly intent: string
  /** The contract, or null to deploy one. */
  readonly to: Address | null
  readonly data: string
  readonly valueWei: bigint
  readonly gasLimit: bigint
}

/** An intent with its nonce, and everything that was signed for it. */
export interface OutboxEntry extends TransactionDraft {
  readonly id: string
  readonly nonce: number
  readonly state: TransactionState
  /** The block that it is in, once mined. */
  readonly block: number | null
  readonly blockHash: Hex | null
  /** Why it is not where it was: a reorganisation, a foreign transaction, a revert. */
  readonly reason: string | null
  /** Oldest first; never empty. */
  readonly attempts: readonly SignedAttempt[]
  /** Unix seconds. */
  readonly createdAt: number
}

/** What changes with an entry's state. */
export interface OutboxMove {
  readonly state: TransactionState
  readonly block?: number
  readonly blockHash?: Hex
  /** What was paid for gas. */
  readonly feeWei?: bigint
  readonly reason?: string
}

/** Remembers what one account signed for one chain: each intent once, each nonce once, whoever asks and how many at a time. */
export interface Outbox {
  /** The entry that stands for the intent; replaced and dropped ones do not. */
  find(intent: string): Promise<OutboxEntry | null>
  /** Everything that is not final yet, by nonce. */
  unfinished(): Promise<readonly OutboxEntry[]>
  /**
   * Gives the intent the next nonce and keeps what was signed for it, in one transaction: there is no nonce without something
   * signed, so that no gap ever opens. When another process was first, its entry is returned and nothing is signed.
   *
   * @param leastNonce as the chain counts; entries on their way may have taken more
   */
  allot(
    draft: TransactionDraft,
    leastNonce: number,
    sign: (nonce: number) => Promise<SignedAttempt>,
  ): Promise<OutboxEntry>
  /** Adds another form of the same nonce, unless somebody else has just added one; false then. */
  reprice(entry: OutboxEntry, attempt: SignedAttempt): Promise<boolean>
  move(id: string, move: OutboxMove): Promise<void>
  /** Puts what was in a block back to `sent` from this nonce on: the chain has not counted it any more. Returns the nonces. */
  reopen(fromNonce: number, reason: string): Promise<readonly number[]>
  /** Fees since a time in Unix seconds: paid ones, and the most that those on their way may come to. */
  spentWei(since: number): Promise<bigint>
}

/** One step's line of progress. */
export interface StepProgress {
  /** @param detail how it goes, a few words, shown beside the rate */
  advance(count?: number, detail?: string): void
  /** @param detail what came out of it, one line */
  done(detail: string): void
}

/** Where the steps say what they do; silent, lines, or a bar. */
export interface Progress {
  step(name: string, total?: number): StepProgress
  note(line: string): void
}

/** Unix seconds. */
export type Clock = () => number
