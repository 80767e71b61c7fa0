import { z } from 'zod'
import { fromBase64, toBase64 } from './base64.ts'
import { canonicalJson, parseJson } from './canonical-json.ts'
import { type Hex, ZERO_DIGEST } from './digest.ts'
import { DomainError } from './errors.ts'
import { leafHash, packFacts, REASONS } from './leaf.ts'
import { type RankTree, rankTree } from './merkle.ts'
import { hex, integer, list, mapping } from './policy-schema.ts'
import { describeProblem, problemsOf } from './policy-problem.ts'
import { candidateSeed } from './seed.ts'
import type { MeasuredCandidate, RankedCandidate } from './selection.ts'
import type { Traits } from './traits.ts'

/** Every candidate of a drop with everything that was measured, so that anyone can select again without rendering. */
export interface Manifest {
  readonly format: 'latentmint-candidates-1'
  readonly chainId: number
  readonly collection: Hex
  readonly drop: number
  readonly masterSeed: Hex
  readonly model: { readonly id: Hex; readonly bundleDigest: Hex; readonly recipeDigest: Hex }
  readonly policyDigest: Hex
  readonly demandDigest: Hex
  /** The Merkle root over the candidates in this order. */
  readonly root: Hex
  /** By rank, all N. */
  readonly candidates: readonly ManifestRow[]
}

/** One candidate. */
export interface ManifestRow {
  readonly rank: number
  readonly index: number
  readonly seed: Hex
  readonly pixelDigest: Hex
  /** Zero for candidates that are not for sale. */
  readonly artifactDigest: Hex
  /** The float32's bits as an unsigned integer. */
  readonly logit: number
  /** Base64 of the int8 features. */
  readonly features: string
  readonly traits: Traits
  readonly score: number
  readonly rarity: number
  /** In 1/2048 bit, not capped. */
  readonly rarityBits: number
  readonly demand: number
  readonly reason: number
}

/** What the manifest says besides its rows. */
export type ManifestHead = Omit<Manifest, 'format' | 'root' | 'candidates'>

/** A candidate manifest that cannot be read. */
export class ManifestInvalid extends DomainError {
  readonly code = 'MANIFEST_INVALID'
}

/**
 * @param ranked all candidates by rank
 * @param artifactDigests of the PNGs of ranks 0 and up, one for each piece for sale
 * @returns the manifest and the tree that it commits to
 */
export function buildManifest(
  head: ManifestHead,
  ranked: readonly RankedCandidate[],
  artifactDigests: readonly Hex[],
): { readonly manifest: Manifest; readonly tree: RankTree } {
  const candidates = ranked.map((candidate, rank): ManifestRow => ({
    rank,
    index: candidate.index,
    seed: candidateSeed(head.masterSeed, candidate.index),
    pixelDigest: candidate.pixelDigest,
    artifactDigest: artifactDigests[rank] ?? ZERO_DIGEST,
    logit: candidate.logitBits,
    features: toBase64(new Uint8Array(candidate.features)),
    traits: candidate.traits,
    score: candidate.score,
    rarity: candidate.rarity,
    rarityBits: candidate.rarityBits,
    demand: candidate.demand,
    reason: candidate.reason,
  }))
  const tree = manifestTree(candidates, head.drop)
  return { manifest: { format: 'latentmint-candidates-1', ...head, root: tree.root, candidates }, tree }
}

/** The tree over the rows, in the order in which they stand. */
export function manifestTree(rows: readonly ManifestRow[], drop: number): RankTree {
  return rankTree(rows.map((row) => rowLeaf(row, drop)))
}

/** A row's facts in the chain's form. */
export function rowFacts(row: ManifestRow, drop: number): bigint {
  return packFacts({ ...row, drop })
}

/** A row's leaf in the tree. */
export function rowLeaf(row: ManifestRow, drop: number): Hex {
  return leafHash(rowFacts(row, drop), row.pixelDigest, row.artifactDigest)
}

/** How many pieces are for sale: those whose PNG is committed. */
export function manifestEdition(manifest: Pick<Manifest, 'candidates'>): number {
  return manifest.candidates.filter(({ artifactDigest }) => artifactDigest !== ZERO_DIGEST).length
}

/** What the row says was measured, for selecting again. A candidate with a broken image has no other reason. */
export function rowMeasures(row: ManifestRow): MeasuredCandidate {
  return {
    index: row.index,
    pixelDigest: row.pixelDigest,
    logitBits: row.logit,
    features: rowFeatures(row),
    traits: row.traits,
    flat: row.reason === REASONS.brokenImage,
  }
}

/** A row's features as numbers. */
export function rowFeatures(row: Pick<ManifestRow, 'features'>): Int8Array {
  return new Int8Array(fromBase64(row.features))
}

/** The bytes of manifest.json. */
export function manifestJson(manifest: Manifest): Uint8Array {
  return canonicalJson(manifest)
}

const uint16 = integer(0, 0xffff)
const digest = hex(32)
const base64 = z.string({ error: 'base64' }).regex(/^[A-Za-z0-9+/]*={0,2}$/, { error: 'base64' })

const rowSchema: z.ZodType<ManifestRow> = mapping({
  rank: uint16,
  index: uint16,
  seed: digest,
  pixelDigest: digest,
  artifactDigest: digest,
  logit: integer(0, 0xffffffff),
  features: base64,
  traits: z.record(z.string(), z.string(), { error: 'a mapping of texts' }),
  score: uint16,
  rarity: uint16,
  rarityBits: integer(0, 0xffffffff),
  demand: uint16,
  reason: integer(0, 0xff),
})

const manifestSchema: z.ZodType<Manifest> = mapping({
  format: z.literal('latentmint-candidates-1', { error: 'latentmint-candidates-1' }),
  chainId: integer(1, Number.MAX_SAFE_INTEGER),
  collection: hex(20),
  drop: integer(1, 0xffffffff),
  masterSeed: digest,
  model: mapping({ id: digest, bundleDigest: digest, recipeDigest: digest }),
  policyDigest: digest,
  demandDigest: digest,
  root: digest,
  candidates: list(rowSchema, 1, 0xffff),
})

/**
 * Reads manifest.json. Whether what it says is true is for the audit to find out.
 *
 * @throws {ManifestInvalid} when it is something else; JsonInvalid, TextInvalid when it is not even JSON
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseJson(bytes)
  const parsed = manifestSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [first] = problemsOf(parsed.error, value)
  throw new ManifestInvalid(`manifest.json: ${first === undefined ? 'unreadable' : describeProblem(first)}`)
}
