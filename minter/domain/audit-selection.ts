import { agree, breaks, type Comparison, type Found, need, walkLink } from './audit-link.ts'
import type { AuditLinkResult, AuditSource, ChainDrop, EarlierDrop } from './audit-source.ts'
import { readPublished, type Trail } from './audit-trail.ts'
import { directoryCid } from './cid.ts'
import { datasetLicences } from './dataset-manifest.ts'
import { type DemandSnapshot, learnedFrom, neutralSnapshot, readSnapshot, snapshotDigest } from './demand.ts'
import { sha256, ZERO_DIGEST } from './digest.ts'
import { DomainError } from './errors.ts'
import { REASONS } from './leaf.ts'
import { manifestEdition, type ManifestRow, manifestTree, parseManifest, rowFeatures, rowMeasures } from './manifest.ts'
import type { Policy } from './policy.ts'
import { refusedLicences } from './qa.ts'
import { scalesOf } from './quality.ts'
import { select, type Selection } from './selection.ts'
import { readVetoes, type Veto, vetoDigest } from './vetoes.ts'

/**
 * Selects again from what the manifest says was measured, and holds every row against the result.
 *
 * @yields one result a link
 * @returns the snapshot that demand was reckoned by; null when it could not be had
 */
export async function* auditSelection(
  source: AuditSource,
  trail: Trail,
): AsyncGenerator<AuditLinkResult, DemandSnapshot | null> {
  const { chain } = trail
  const snapshot = yield* walkLink('demand', () => checkDemand(source, trail))
  const vetoes = yield* walkLink('vetoes', () => checkVetoes(source, chain))
  const earlier = yield* walkLink('earlier', () => readEarlier(source, chain))
  yield* walkLink('selection', () => {
    const rows = need(trail.manifest, 'the manifest').candidates
    const policy = need(trail.policy, 'the policy')
    const licences = [...datasetLicences(need(trail.dataset, 'the dataset')), chain.model.licence]
    const selection = select({
      policy,
      candidates: rows.map(rowMeasures),
      snapshot: need(snapshot, 'the demand snapshot'),
      earlier: need(earlier, 'the earlier drops'),
      vetoes: need(vetoes, 'the vetoes'),
      licenceOk: refusedLicences(licences, policy.qa).length === 0,
      scaleOf: scalesOf(need(trail.bundle, 'the model'), chain.masterSeed),
      oversize: rows.filter(({ reason }) => reason === REASONS.specification).map(({ index }) => index),
    })
    return compareSelection(rows, selection)
  })
  return snapshot
}

/** The snapshot that the policy names, and no other, decided about demand. */
export async function checkDemand(
  source: AuditSource,
  { chain, policy, manifest }: Trail,
): Promise<Found<DemandSnapshot>> {
  const snapshot = readSnapshot(await readPublished(source, chain, 'demand.json'))
  const digest = snapshotDigest(snapshot)
  const named: Policy['demand'] = need(policy, 'the policy').demand ?? snapshotDigest(neutralSnapshot())
  const drops = learnedFrom(snapshot)
  return agree(snapshot, drops.length === 0 ? 'neutral' : `learned from drops ${drops.join(', ')}`, [
    { what: 'the digest of demand.json', expected: named, actual: digest },
    { what: 'the digest in manifest.json', expected: digest, actual: need(manifest, 'the manifest').demandDigest },
  ])
}

async function checkVetoes(source: AuditSource, chain: ChainDrop): Promise<Found<readonly Veto[]>> {
  const bytes = await readPublished(source, chain, 'vetoes.json')
  const vetoes = readVetoes(bytes)
  const digest = vetoes.length === 0 && chain.vetoDigest === ZERO_DIGEST ? vetoDigest(vetoes) : sha256(bytes)
  const detail = vetoes.length === 0 ? 'none' : `${vetoes.length}, each with its reason`
  return agree(vetoes, detail, [{ what: 'the digest of vetoes.json', expected: chain.vetoDigest, actual: digest }])
}

/** Pieces minted before, of the same model; features of another model mean something else. */
async function readEarlier(source: AuditSource, chain: ChainDrop): Promise<Found<readonly Int8Array[]>> {
  const drops = (await source.earlier()).filter(({ bundleDigest }) => bundleDigest === chain.model.bundleDigest)
  const features: Int8Array[] = []
  for (const drop of drops) features.push(...(await mintedFeatures(source, drop)))
  return agree(features, `pieces minted in earlier drops: ${features.length}`, [])
}

async function mintedFeatures(source: AuditSource, earlier: EarlierDrop): Promise<readonly Int8Array[]> {
  const manifest = parseManifest(await source.read(directoryCid(earlier.directoryDigest), 'manifest.json'))
  if (manifestTree(manifest.candidates, earlier.drop).root !== earlier.root) {
    throw new EarlierDropAltered(`manifest.json of drop ${earlier.drop} does not lead to that drop's root`)
  }
  return earlier.minted.flatMap((rank) => {
    const row = manifest.candidates[rank]
    return row === undefined ? [] : [rowFeatures(row)]
  })
}

/** What an earlier drop published is not what it committed to. */
class EarlierDropAltered extends DomainError {
  readonly code = 'AUDIT_EARLIER_DROP_ALTERED'
}

const COMPARED = ['index', 'reason', 'score', 'rarity', 'rarityBits', 'demand'] as const

function compareSelection(rows: readonly ManifestRow[], selection: Selection): Found<true> {
  for (const chosen of selection.ranked) {
    const row = rows[chosen.rank]
    const field = COMPARED.find((name) => row?.[name] !== chosen[name])
    if (row !== undefined && field !== undefined) {
      return breaks(
        `rank ${chosen.rank}, candidate ${row.index}: ${field} differs`,
        String(chosen[field]),
        String(row[field]),
      )
    }
  }
  const unsold = rows.find(({ rank, artifactDigest }) => rank >= selection.edition && artifactDigest !== ZERO_DIGEST)
  const edition: Comparison = {
    what: 'the number of pieces for sale',
    expected: selection.edition,
    actual: manifestEdition({ candidates: rows }),
  }
  if (unsold !== undefined)
    return breaks(`rank ${unsold.rank} is not for sale but has a PNG`, ZERO_DIGEST, unsold.artifactDigest)
  return agree(true, `reproduced: ${selection.passed} of ${rows.length} passed, ${selection.edition} for sale`, [
    edition,
  ])
}
