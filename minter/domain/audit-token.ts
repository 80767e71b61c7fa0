import { artifactOf, pixelDigestOf, type Rerendered } from './audit-candidates.ts'
import { agree, breaks, type Found, leaves, need, walkLink } from './audit-link.ts'
import type { AuditLinkResult, AuditSource, ChainToken } from './audit-source.ts'
import { readPublished, type Trail } from './audit-trail.ts'
import { demandOf, type DemandSnapshot } from './demand.ts'
import { hexToBytes, sha256 } from './digest.ts'
import { leafHash, packFacts, REASONS } from './leaf.ts'
import type { ManifestRow } from './manifest.ts'
import { verifyRank, treeDepth } from './merkle.ts'
import { type DropRarity, dropRarity, tokenMetadata } from './metadata.ts'
import { parseProof } from './proof.ts'
import { scoreFromLogit } from './quality.ts'
import { METRICS } from './ranking.ts'
import { rarityMetric } from './rarity.ts'
import { candidateSeed } from './seed.ts'
import { candidateTraits } from './traits.ts'

/** What a drop's tokens share. */
export interface TokenAudit {
  readonly source: AuditSource
  readonly trail: Trail
  readonly snapshot: DemandSnapshot | null
  /** Null when the manifest could not be had. */
  readonly rarity: DropRarity | null
}

/** Prepares the audit of tokens; the pool's rarity is counted once for all of them. */
export function tokenAudit(source: AuditSource, trail: Trail, snapshot: DemandSnapshot | null): TokenAudit {
  return { source, trail, snapshot, rarity: trail.manifest === null ? null : dropRarity(trail.manifest.candidates) }
}

/**
 * Follows one token from the chain's word to its pixels, its file and its metadata.
 *
 * @yields one result a link
 */
export async function* walkToken(audit: TokenAudit, token: ChainToken): AsyncGenerator<AuditLinkResult> {
  const { trail } = audit
  const row = trail.manifest?.candidates[token.rank] ?? null
  const name = `token ${token.tokenId}`
  yield* walkLink(`${name} facts`, () => checkFacts(trail, token, row))
  yield* walkLink(`${name} proof`, () => checkProof(audit, token))
  const image = yield* walkLink(`${name} pixels`, () => checkPixels(trail, token, row))
  yield* walkLink(`${name} scores`, () => checkScores(audit, token, image))
  yield* walkLink(`${name} artifact`, () => checkArtifact(audit, token, image))
  yield* walkLink(`${name} metadata`, () => checkMetadata(audit, token, row))
}

function checkFacts({ chain }: Trail, token: ChainToken, row: ManifestRow | null): Found<true> {
  const below = METRICS.find((metric) => token[metric] < chain.thresholds[metric])
  if (below !== undefined) {
    return breaks(`${below} is below the threshold`, `${chain.thresholds[below]} or more`, String(token[below]))
  }
  if (token.rank >= chain.size) return breaks('the rank was not for sale', `below ${chain.size}`, String(token.rank))
  const { index, score, rarity, demand, artifactDigest, reason } = need(row, 'the manifest')
  return agree(true, `candidate ${token.index}: the chain and the manifest agree, every threshold is reached`, [
    { what: 'the index', expected: token.index, actual: index },
    { what: 'the score', expected: token.score, actual: score },
    { what: 'the rarity', expected: token.rarity, actual: rarity },
    { what: 'the demand', expected: token.demand, actual: demand },
    { what: 'the artifact digest', expected: token.artifactDigest, actual: artifactDigest },
    { what: 'the reason', expected: REASONS.none, actual: reason },
  ])
}

/** The leaf is made of what the chain says of the token; only the pixel digest is taken from the proof. */
async function checkProof({ source, trail: { chain } }: TokenAudit, token: ChainToken): Promise<Found<true>> {
  const { proof, pixelDigest } = parseProof(await readPublished(source, chain, `proofs/${token.rank}.json`))
  const facts = packFacts({ ...token, reason: REASONS.none, drop: chain.drop })
  const leaf = leafHash(facts, pixelDigest, token.artifactDigest)
  if (!verifyRank(chain.root, treeDepth(chain.candidates), token.rank, leaf, proof)) {
    return breaks(`proofs/${token.rank}.json does not lead to the committed root`, chain.root, `leaf ${leaf}`)
  }
  return agree(true, `rank ${token.rank} is under the committed root`, [])
}

async function checkPixels(
  { chain, engine }: Trail,
  token: ChainToken,
  row: ManifestRow | null,
): Promise<Found<Rerendered>> {
  const seed = hexToBytes(candidateSeed(chain.masterSeed, token.index))
  const [image] = await need(engine, 'the engine').render([seed])
  const rendered = need(image ?? null, 'the image')
  return agree(rendered, 'made again from the seed, bit for bit', [
    { what: 'the pixel digest', expected: need(row, 'the manifest').pixelDigest, actual: pixelDigestOf(rendered) },
  ])
}

function checkScores(
  { trail, snapshot, rarity }: TokenAudit,
  token: ChainToken,
  image: Rerendered | null,
): Found<true> {
  const { logit, rgb } = need(image, 'the pixels')
  const { description, calibration } = need(trail.bundle, 'the model')
  const seed = hexToBytes(candidateSeed(trail.chain.masterSeed, token.index))
  const traits = candidateTraits(description, seed, rgb)
  return agree(true, 'score, rarity and demand come out the same', [
    { what: 'the score', expected: token.score, actual: scoreFromLogit(logit, calibration.logits) },
    {
      what: 'the rarity',
      expected: token.rarity,
      actual: rarityMetric(need(rarity, 'the manifest').table.bits(traits)),
    },
    { what: 'the demand', expected: token.demand, actual: demandOf(traits, need(snapshot, 'the demand snapshot')) },
  ])
}

async function checkArtifact(audit: TokenAudit, token: ChainToken, image: Rerendered | null): Promise<Found<true>> {
  const { source, trail } = audit
  const path = `images/${token.rank}.png`
  const published = sha256(await readPublished(source, trail.chain, path))
  if (published !== token.artifactDigest)
    return breaks(`${path} is not the committed file`, token.artifactDigest, published)
  if (image === null || trail.engine === null) return leaves(`${path} is the committed file, but it was not made again`)
  const seed = candidateSeed(trail.chain.masterSeed, token.index)
  const file = artifactOf(trail, { seed }, image.rgb, trail.engine.resolution)
  return agree(true, `${path} is what the pixels make, byte for byte`, [
    { what: `the digest of ${path} made again`, expected: token.artifactDigest, actual: sha256(file) },
  ])
}

async function checkMetadata(audit: TokenAudit, token: ChainToken, row: ManifestRow | null): Promise<Found<true>> {
  const { source, trail, rarity } = audit
  const path = `metadata/${token.rank}.json`
  const published = await readPublished(source, trail.chain, path)
  const context = {
    policy: need(trail.policy, 'the policy'),
    manifest: need(trail.manifest, 'the manifest'),
    dataset: { id: trail.chain.model.dataset, root: trail.chain.dataset.root },
  }
  const made = tokenMetadata(context, need(rarity, 'the manifest'), need(row, 'the manifest'))
  return agree(true, `${path} says what the audit found`, [
    { what: `the digest of ${path}`, expected: sha256(made), actual: sha256(published) },
  ])
}
