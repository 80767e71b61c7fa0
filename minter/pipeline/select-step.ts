import type { Hex } from '../domain/digest.ts'
import { sha256 } from '../domain/digest.ts'
import { neutralSnapshot, readSnapshot, type DemandSnapshot, snapshotDigest } from '../domain/demand.ts'
import { buildManifest, type Manifest, manifestJson, parseManifest, rowFeatures } from '../domain/manifest.ts'
import type { RankTree } from '../domain/merkle.ts'
import { refusedLicences } from '../domain/qa.ts'
import { scalesOf } from '../domain/quality.ts'
import { candidateSeed } from '../domain/seed.ts'
import { type MeasuredCandidate, select, type Selection } from '../domain/selection.ts'
import type { Veto } from '../domain/vetoes.ts'
import { MinterError } from '../errors.ts'
import type { CandidateRenderer, StepProgress } from '../ports.ts'
import { loadCandidates, type StoredCandidate } from './candidates.ts'
import type { Announced, Closed, Drawn, DropTools, DropWork, Registered } from './tools.ts'
import { loadVetoes } from './vetoes.ts'

/** The outcome of a drop, before it is committed. */
export interface Chosen {
  readonly selection: Selection
  readonly manifest: Manifest
  readonly tree: RankTree
  /** PNGs of the edition, by rank. */
  readonly artifacts: readonly Uint8Array[]
  /** Quadrants of the edition, by rank. */
  readonly quadrants: readonly Uint8Array[]
  readonly snapshot: DemandSnapshot
  readonly vetoes: readonly Veto[]
}

/** The policy names a demand snapshot that is not there. */
class SnapshotMissing extends MinterError {
  readonly code = 'SNAPSHOT_MISSING'
}

/** The document under which a run keeps the demand snapshot that its policy names. */
export const DEMAND_DOCUMENT = 'demand.json'

/** How many candidates are measured at once; small enough that all workers end at about the same time. */
const MEASURED_TOGETHER = 32

/** Traits, faults and digests of what was rendered. */
async function measureAll(
  renderer: CandidateRenderer,
  stored: readonly StoredCandidate[],
  masterSeed: Hex,
): Promise<readonly MeasuredCandidate[]> {
  const groups = Array.from({ length: Math.ceil(stored.length / MEASURED_TOGETHER) }, (_, i) =>
    stored.slice(i * MEASURED_TOGETHER, (i + 1) * MEASURED_TOGETHER),
  )
  const measured = await Promise.all(
    groups.map((group) =>
      renderer.measure(
        group.map(({ rgb }) => rgb),
        group.map(({ index }) => candidateSeed(masterSeed, index)),
      ),
    ),
  )
  return measured.flat().map((seen, i) => {
    const { index = i, logitBits = 0, features = new Int8Array() } = stored[i] ?? {}
    return { index, logitBits, features, ...seen }
  })
}

/** The demand snapshot that the policy names. */
export async function loadSnapshot(tools: DropTools, { run, policy }: DropWork): Promise<DemandSnapshot> {
  const kept = await tools.runs.document(run.id, DEMAND_DOCUMENT)
  if (kept !== null) return readSnapshot(kept)
  if (policy.demand !== null) throw new SnapshotMissing(`no demand snapshot with digest ${policy.demand}`, run.name)
  return neutralSnapshot()
}

/** Features of the pieces minted in earlier drops of this collection by this model, which alone can be compared. */
async function loadEarlier(
  tools: DropTools,
  work: DropWork,
  { collection }: Registered,
): Promise<readonly Int8Array[]> {
  const features: Int8Array[] = []
  for (const run of (await tools.runs.list()).toReversed()) {
    const registered = await tools.runs.outputs<Registered>(run.id, 'register')
    const closed = await tools.runs.outputs<Closed>(run.id, 'close')
    const bytes = await tools.runs.document(run.id, 'manifest.json')
    if (run.id === work.run.id || closed === null || bytes === null || registered?.collection !== collection) continue
    const manifest = parseManifest(bytes)
    if (manifest.model.bundleDigest !== work.model.bundleDigest) continue
    for (const rank of closed.minted) {
      const row = manifest.candidates[rank]
      if (row !== undefined) features.push(rowFeatures(row))
    }
  }
  return features
}

/** Everything that a selection of this run is made from. */
export interface Pool {
  readonly stored: readonly StoredCandidate[]
  readonly measured: readonly MeasuredCandidate[]
  readonly snapshot: DemandSnapshot
  readonly earlier: readonly Int8Array[]
  readonly vetoes: readonly Veto[]
  readonly masterSeed: Hex
}

/** Reads and measures the candidates of a run that is rendered. */
export async function gatherPool(
  tools: DropTools,
  work: DropWork,
  registered: Registered,
  { masterSeed }: Drawn,
): Promise<Pool> {
  const stored = await loadCandidates(tools.database, work.run.id)
  return {
    stored,
    measured: await measureAll(await tools.renderer(), stored, masterSeed),
    snapshot: await loadSnapshot(tools, work),
    earlier: await loadEarlier(tools, work, registered),
    vetoes: await loadVetoes(tools.database, work.run.id),
    masterSeed,
  }
}

/** @param oversize candidates whose PNG turned out too large */
export function selectFrom({ policy, model }: DropWork, pool: Pool, oversize: readonly number[]): Selection {
  return select({
    policy,
    candidates: pool.measured,
    snapshot: pool.snapshot,
    earlier: pool.earlier,
    vetoes: pool.vetoes,
    licenceOk: refusedLicences(model.licences, policy.qa).length === 0,
    scaleOf: scalesOf(model.bundle, pool.masterSeed),
    oversize,
  })
}

interface Edition {
  readonly selection: Selection
  readonly artifacts: readonly Uint8Array[]
}

/** Renders the edition's PNGs; one that is too large disqualifies its candidate, and the next one moves up. */
async function renderEdition(
  renderer: CandidateRenderer,
  work: DropWork,
  pool: Pool,
  masterSeed: Hex,
  progress: StepProgress,
): Promise<Edition> {
  const made = new Map<number, Uint8Array>()
  const oversize: number[] = []
  for (;;) {
    const selection = selectFrom(work, pool, oversize)
    const edition = selection.ranked.slice(0, selection.edition)
    const missing = edition.filter(({ index }) => !made.has(index))
    await Promise.all(
      missing.map(async ({ index }) => {
        const rgb = pool.stored[index]?.rgb ?? new Uint8Array()
        const provenance = { model: work.model.bundleDigest, recipeDigest: work.model.recipeDigest }
        const png = await renderer.renderArtifact(rgb, { ...provenance, seed: candidateSeed(masterSeed, index) })
        made.set(index, png)
        progress.advance()
      }),
    )
    const large = edition.filter(({ index }) => (made.get(index)?.length ?? 0) > work.policy.qa.maxBytes)
    if (large.length === 0) {
      return { selection, artifacts: edition.map(({ index }) => made.get(index) ?? new Uint8Array()) }
    }
    oversize.push(...large.map(({ index }) => index))
  }
}

/**
 * Measures all candidates, selects by the policy, renders the edition and builds the manifest that the commitment is made of.
 * Everything in it can be recomputed; calling it twice gives the same bytes.
 */
export async function chooseEdition(
  tools: DropTools,
  work: DropWork,
  done: { readonly registered: Registered; readonly announced: Announced; readonly drawn: Drawn },
  progress: StepProgress,
): Promise<Chosen> {
  const renderer = await tools.renderer()
  const pool = await gatherPool(tools, work, done.registered, done.drawn)
  const { masterSeed } = done.drawn
  const { selection, artifacts } = await renderEdition(renderer, work, pool, masterSeed, progress)
  const head = {
    chainId: Number(tools.access.chainId),
    collection: done.registered.collection,
    drop: done.announced.drop,
    masterSeed,
    model: {
      id: done.registered.modelId,
      bundleDigest: work.model.bundleDigest,
      recipeDigest: work.model.recipeDigest,
    },
    policyDigest: work.run.policyDigest,
    demandDigest: snapshotDigest(pool.snapshot),
  }
  const { manifest, tree } = buildManifest(head, selection.ranked, artifacts.map(sha256))
  await tools.runs.putDocument(work.run.id, 'manifest.json', manifestJson(manifest))
  const edition = selection.ranked.slice(0, selection.edition)
  const quadrants = edition.map(({ index }) => pool.stored[index]?.rgb ?? new Uint8Array())
  return { selection, manifest, tree, artifacts, quadrants, snapshot: pool.snapshot, vetoes: pool.vetoes }
}
