import { artifactOf, pixelDigestOf, type Rerendered } from './audit-candidates.ts'
import { agree, breaks, type Found, leaves, need, unheard, walkLink } from './audit-link.ts'
import type { AuditEngine, AuditLinkResult, AuditSource, ChainDrop, ChainToken } from './audit-source.ts'
import { readPublished, type Trail } from './audit-trail.ts'
import { demandOf, type DemandSnapshot } from './demand.ts'
import { hexToBytes, sha256 } from './digest.ts'
import { leafHash, packFacts, REASONS } from './leaf.ts'
import type { ManifestRow } from './manifest.ts'
import { verifyRank, treeDepth } from './merkle.ts'
import { type DropRarity, dropRarity, tokenMetadata } from './metadata.ts'
import { parseProof } from './proof.ts'
import { scalesOf, scoreFromLogit } from './quality.ts'
import { METRICS } from './ranking.ts'
import { rarityMetric } from './rarity.ts'
import { candidateSeed } from './seed.ts'
import { candidateTraits } from './traits.ts'

/** What a drop's tokens share. */
export interface TokenAudit {
  readonly trail: Trail
  readonly snapshot: DemandSnapshot | null
  /** Null when the manifest could not be had. */
  readonly rarity: DropRarity | null
}

/** Prepares the audit of tokens; the pool's rarity is counted once for all of them. */
export function tokenAudit(trail: Trail, snapshot: DemandSnapshot | null): TokenAudit {
  return { trail, snapshot, rarity: trail.manifest === null ? null : dropRarity(trail.manifest.candidates) }
}

/** A token's piece as it came out again: its pixels and, a moment later, its file. */
export interface Remade {
  readonly image: Rerendered
  readonly file: Promise<Uint8Array>
}

/** What was published of a token, on its way. */
export interface TokenFiles {
  readonly proof: Promise<Uint8Array>
  readonly image: Promise<Uint8Array>
  readonly metadata: Promise<Uint8Array>
}

/** Sets out to read what was published of a token. */
export function readTokenFiles(source: AuditSource, chain: ChainDrop, rank: number): TokenFiles {
  const read = (path: string) => unheard(readPublished(source, chain, path))
  return {
    proof: read(`proofs/${rank}.json`),
    image: read(`images/${rank}.png`),
    metadata: read(`metadata/${rank}.json`),
  }
}

/** Makes a token's piece again; null without an engine. */
export async function remakePiece(
  chain: ChainDrop,
  engine: AuditEngine | null,
  { index }: ChainToken,
): Promise<Remade | null> {
  if (engine === null) return null
  const seed = candidateSeed(chain.masterSeed, index)
  const [rendered] = await engine.render([hexToBytes(seed)])
  const image = need(rendered ?? null, 'the image')
  return { image, file: unheard(artifactOf(chain, engine, seed, image.rgb)) }
}

/**
 * Follows one token from the chain's word to its pixels, its file and its metadata.
 *
 * @param remade its piece, which may still be in the making
 * @param files what was published of it
 * @yields one result a link
 */
export async function* walkToken(
  audit: TokenAudit,
  token: ChainToken,
  remade: Promise<Remade | null>,
  files: TokenFiles,
): AsyncGenerator<AuditLinkResult> {
  const { trail } = audit
  const row = trail.manifest?.candidates[token.rank] ?? null
  const name = `token ${token.tokenId}`
  yield* walkLink(`${name} facts`, () => checkFacts(trail, token, row))
  yield* walkLink(`${name} proof`, () => checkProof(audit, token, files))
  const made = yield* walkLink(`${name} pixels`, () => checkPixels(row, remade))
  yield* walkLink(`${name} scores`, () => checkScores(audit, token, made?.image ?? null))
  yield* walkLink(`${name} artifact`, () => checkArtifact(token, files, made))
  yield* walkLink(`${name} metadata`, () => checkMetadata(audit, token, row, files))
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
async function checkProof(
  { trail: { chain } }: TokenAudit,
  token: ChainToken,
  files: TokenFiles,
): Promise<Found<true>> {
  const { proof, pixelDigest } = parseProof(await files.proof)
  const facts = packFacts({ ...token, reason: REASONS.none, drop: chain.drop })
  const leaf = leafHash(facts, pixelDigest, token.artifactDigest)
  if (!verifyRank(chain.root, treeDepth(chain.candidates), token.rank, leaf, proof)) {
    return breaks(`proofs/${token.rank}.json does not lead to the committed root`, chain.root, `leaf ${leaf}`)
  }
  return agree(true, `rank ${token.rank} is under the committed root`, [])
}

async function checkPixels(row: ManifestRow | null, remade: Promise<Remade | null>): Promise<Found<Remade>> {
  const made = need(await remade, 'the engine')
  return agree(made, 'made again from the seed, bit for bit', [
    { what: 'the pixel digest', expected: need(row, 'the manifest').pixelDigest, actual: pixelDigestOf(made.image) },
  ])
}

function checkScores(
  { trail, snapshot, rarity }: TokenAudit,
  token: ChainToken,
  image: Rerendered | null,
): Found<true> {
  const { logit, rgb } = need(image, 'the pixels')
  const { masterSeed } = trail.chain
  const bundle = need(trail.bundle, 'the model')
  const traits = candidateTraits(bundle.description, hexToBytes(candidateSeed(masterSeed, token.index)), rgb)
  const score = scoreFromLogit(logit, scalesOf(bundle, masterSeed)(token.index))
  return agree(true, 'score, rarity and demand come out the same', [
    { what: 'the score', expected: token.score, actual: score },
    {
      what: 'the rarity',
      expected: token.rarity,
      actual: rarityMetric(need(rarity, 'the manifest').table.bits(traits)),
    },
    { what: 'the demand', expected: token.demand, actual: demandOf(traits, need(snapshot, 'the demand snapshot')) },
  ])
}

async function checkArtifact(token: ChainToken, files: TokenFiles, made: Remade | null): Promise<Found<true>> {
  const path = `images/${token.rank}.png`
  const published = sha256(await files.image)
  if (published !== token.artifactDigest)
    return breaks(`${path} is not the committed file`, token.artifactDigest, published)
  if (made === null) return leaves(`${path} is the committed file, but it was not made again`)
  return agree(true, `${path} is what the pixels make, byte for byte`, [
    { what: `the digest of ${path} made again`, expected: token.artifactDigest, actual: sha256(await made.file) },
  ])
}

async function checkMetadata(
  { trail, rarity }: TokenAudit,
  token: ChainToken,
  row: ManifestRow | null,
  files: TokenFiles,
): Promise<Found<true>> {
  const path = `metadata/${token.rank}.json`
  const published = await files.metadata
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
