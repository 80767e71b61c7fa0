import type { Bundle, Recipe } from '../../gan/index.ts'
import type { Hex } from './digest.ts'
import { DomainError } from './errors.ts'
import type { DatasetRecord, ModelRecord } from './lineage.ts'
import type { PhaseTerms } from './phase-terms.ts'
import type { Metrics } from './ranking.ts'

/** 'unchecked' when something needed for the link could not be had; it is never to be read as 'ok'. */
export type LinkState = 'ok' | 'broken' | 'unchecked'

/** One link of the trail from the model to the token, and whether it holds. */
export interface AuditLinkResult {
  /** Stable: 'bundle', 'recipe', ..., 'token 65536 pixels'. */
  readonly link: string
  readonly state: LinkState
  /** For people, one line; names the object that it is about. */
  readonly detail: string
  /** What the chain or the published file says, where the link is broken. */
  readonly expected?: string
  /** What came out of recomputing it, where the link is broken. */
  readonly actual?: string
}

/** What the chain says about a drop. */
export interface ChainDrop {
  readonly chainId: bigint
  readonly collection: string
  readonly drop: number
  readonly modelId: Hex
  readonly policyDigest: Hex
  readonly candidates: number
  /** K, the pieces for sale at most. */
  readonly size: number
  readonly thresholds: Metrics
  readonly weights: Metrics
  readonly phases: readonly PhaseTerms[]
  /** In seconds. */
  readonly challengeWindow: number
  readonly saltHash: Hex
  /** Null before the draw. */
  readonly salt: Hex | null
  readonly seedBlock: number
  /** Hash of the seed block by its header; null when the node no longer has it. */
  readonly beacon: Hex | null
  readonly masterSeed: Hex
  readonly root: Hex
  readonly directoryDigest: Hex
  /** sha-256 of the list of vetoes; zero when the curator recorded none. */
  readonly vetoDigest: Hex
  readonly model: ModelRecord & { readonly registrant: string }
  readonly dataset: DatasetRecord
}

/** A token as the chain knows it. */
export interface ChainToken extends Metrics {
  readonly tokenId: bigint
  readonly rank: number
  readonly index: number
  readonly artifactDigest: Hex
  readonly owner: string
}

/** An earlier drop of the collection, for the rule against pieces that resemble earlier ones. */
export interface EarlierDrop {
  readonly drop: number
  readonly bundleDigest: Hex
  readonly root: Hex
  readonly directoryDigest: Hex
  /** Ranks minted when it closed, ascending. */
  readonly minted: readonly number[]
}

/** The part of gan's canonical engine that the audit uses. */
export interface AuditEngine {
  /** Pixels along one side of the quadrant. */
  readonly resolution: number
  /** @param seeds 32 bytes each */
  render(
    seeds: readonly Uint8Array[],
  ): Promise<readonly { readonly rgb: Uint8Array; readonly logit: number; readonly features: Int8Array }[]>
  /** The PNG that the recipe makes of such pixels; see `renderArtifact` in gan. */
  renderArtifact(rgb: Uint8Array, provenance: Provenance): Promise<Uint8Array>
}

/** What a file says about where it comes from: digests of bundle and recipe, and the seed. */
export interface Provenance {
  readonly model: Hex
  readonly recipeDigest: Hex
  readonly seed: Hex
}

/** What can be read of a drop, on the chain and in what was published. */
export interface AuditReader {
  drop(): Promise<ChainDrop>
  /** The tokens of the drop that exist, by rank. */
  minted(): Promise<readonly ChainToken[]>
  /** Closed drops of the collection before this one, ascending. */
  earlier(): Promise<readonly EarlierDrop[]>
  /**
   * A file by its CID, or below a directory (`path` = 'images/3.png'); every block checked against its CID.
   *
   * @throws {ContentUnreachable} when nobody has it
   * @throws {ContentAltered} when somebody serves other bytes under its CID, and nobody the true ones
   */
  read(cid: string, path?: string): Promise<Uint8Array>
}

/** Everything that the audit asks of the world. */
export interface AuditSource extends AuditReader {
  /**
   * The canonical engine with this model; whoever made the source disposes of it.
   *
   * @throws {EngineUnfit} when it fails its self-test here
   */
  engine(bundle: Bundle, recipe: Recipe): Promise<AuditEngine>
}

/** Content could not be had from any source: the link that needs it is unchecked. */
export class ContentUnreachable extends DomainError {
  readonly code = 'AUDIT_CONTENT_UNREACHABLE'
  readonly what: string

  constructor(what: string, tried: readonly string[], options?: ErrorOptions) {
    super(`${what} could not be had; tried ${tried.length === 0 ? 'nowhere' : tried.join(', ')}`, options)
    this.what = what
  }
}

/** Bytes were served that are not what their CID says: the link that needs them is broken. */
export class ContentAltered extends DomainError {
  readonly code = 'AUDIT_CONTENT_ALTERED'
  readonly what: string
  readonly expected: string
  readonly actual: string
  /** What was served in its place, for a closer look. */
  readonly bytes: Uint8Array | null

  constructor(what: string, expected: string, actual: string, bytes: Uint8Array | null = null) {
    super(`${what} was served altered: it hashes to ${actual}, its CID says ${expected}`)
    this.what = what
    this.expected = expected
    this.actual = actual
    this.bytes = bytes
  }
}
