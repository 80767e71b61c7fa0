import { breaks, type Found, holds, leaves, need } from './audit-link.ts'
import type { AuditEngine, ChainDrop } from './audit-source.ts'
import type { Trail } from './audit-trail.ts'
import { bytes32Word, type Hex, hexToBytes, keccakOf, sha256, uintWord, ZERO_DIGEST } from './digest.ts'
import { REASONS } from './leaf.ts'
import { type Manifest, type ManifestRow, rowFeatures } from './manifest.ts'
import { isBroken } from './qa.ts'
import { logitBits } from './quality.ts'
import { candidateTraits } from './traits.ts'

/** How many candidates are rendered at a time; small, so that progress is seen. */
const BATCH = 16

/** How much of a drop to make again. */
export interface SampleOptions {
  /** How many candidates, or all. */
  readonly sample: number | 'all'
  /** 32 bytes that decide which; unknown to the operator beforehand, or the sample proves little. By default the root. */
  readonly draw?: Hex
  readonly onProgress?: (done: number, total: number) => void
}

/** What came of making candidates again. */
export interface CandidatesChecked {
  readonly checked: number
  readonly identical: number
}

/** An image that was made again. */
export type Rerendered = Awaited<ReturnType<AuditEngine['render']>>[number]

/**
 * Makes candidates again and holds what the manifest says against them.
 *
 * Candidates that are out because of a broken image or their size are made again in any case: nothing else could show
 * that they were thrown out rightly.
 */
export async function checkCandidates(trail: Trail, options: SampleOptions): Promise<Found<CandidatesChecked>> {
  const manifest = need(trail.manifest, 'the manifest')
  const engine = need(trail.engine, 'the engine')
  const rows = sampleRows(manifest, options)
  if (rows.length === 0) return leaves('none was made again')
  for (let first = 0; first < rows.length; first += BATCH) {
    const batch = rows.slice(first, first + BATCH)
    const images = await engine.render(batch.map(({ seed }) => hexToBytes(seed)))
    for (const [i, row] of batch.entries()) {
      const difference = await compareCandidate(trail, row, need(images[i] ?? null, 'the image'), engine)
      if (difference !== null) {
        const [field, expected, actual] = difference
        return breaks(`candidate ${row.index} (rank ${row.rank}): ${field} differs`, expected, actual)
      }
    }
    options.onProgress?.(first + batch.length, rows.length)
  }
  return holds({ checked: rows.length, identical: rows.length }, sampleDetail(rows.length, manifest.candidates.length))
}

/** The bits of a candidate's image, for comparing and for its file. */
export function pixelDigestOf(image: Pick<Rerendered, 'rgb'>): Hex {
  return sha256(image.rgb)
}

/** The PNG of a candidate, as the recipe makes it. */
export function artifactOf(
  { model: { bundleDigest, recipeDigest } }: ChainDrop,
  engine: AuditEngine,
  seed: Hex,
  rgb: Uint8Array,
): Promise<Uint8Array> {
  return engine.renderArtifact(rgb, { model: bundleDigest, recipeDigest, seed })
}

/** The rows to make again, by rank. */
function sampleRows(manifest: Manifest, { sample, draw = manifest.root }: SampleOptions): readonly ManifestRow[] {
  const rows = manifest.candidates
  if (sample === 'all') return rows
  const lots = rows.map((row) => ({ row, lot: keccakOf(bytes32Word(draw), uintWord(row.index)) }))
  const drawn = lots.toSorted((a, b) => (a.lot < b.lot ? -1 : 1)).slice(0, sample)
  const chosen = new Set(drawn.map(({ row }) => row))
  const thrownOut: readonly number[] = [REASONS.brokenImage, REASONS.specification]
  return rows.filter((row) => chosen.has(row) || thrownOut.includes(row.reason))
}

type Difference = readonly [field: string, expected: string, actual: string]

/** The first field in which the manifest and the image differ. */
async function compareCandidate(
  trail: Trail,
  row: ManifestRow,
  image: Rerendered,
  engine: AuditEngine,
): Promise<Difference | null> {
  const { description } = need(trail.bundle, 'the model')
  const fields: readonly Difference[] = [
    ['pixelDigest', row.pixelDigest, pixelDigestOf(image)],
    ['logit', String(row.logit), String(logitBits(image.logit))],
    ['features', rowFeatures(row).join(','), image.features.join(',')],
    ['traits', traitsText(row.traits), traitsText(candidateTraits(description, hexToBytes(row.seed), image.rgb))],
    ['broken image', String(row.reason === REASONS.brokenImage), String(isBroken(image.rgb))],
    ...(await fileFields(trail, row, image, engine)),
  ]
  return fields.find(([, expected, actual]) => expected !== actual) ?? null
}

/** What can only be seen on the finished PNG, which is made only where something hangs on it. */
async function fileFields(
  trail: Trail,
  row: ManifestRow,
  image: Rerendered,
  engine: AuditEngine,
): Promise<readonly Difference[]> {
  const oversize = row.reason === REASONS.specification
  if (!oversize && row.artifactDigest === ZERO_DIGEST) return []
  const file = await artifactOf(trail.chain, engine, row.seed, image.rgb)
  const limit = need(trail.policy, 'the policy').qa.maxBytes
  const digest: Difference = ['artifactDigest', row.artifactDigest, oversize ? row.artifactDigest : sha256(file)]
  return [digest, ['oversize file', String(oversize), String(file.length > limit)]]
}

function traitsText(traits: Readonly<Record<string, string>>): string {
  return Object.keys(traits)
    .toSorted()
    .map((name) => `${name}: ${traits[name]}`)
    .join(', ')
}

function sampleDetail(checked: number, candidates: number): string {
  if (checked === candidates) return `all ${candidates} made again, identical`
  return `${checked} of ${candidates} made again, identical; a lie about one in twenty would show with ${detection(checked)} %`
}

/** The chance, in whole per cent and rounded down, that `checked` draws hit one of every twenty. */
function detection(checked: number): number {
  let missed = 1
  for (let i = 0; i < checked; i++) missed *= 0.95
  return Math.floor(100 * (1 - missed))
}
