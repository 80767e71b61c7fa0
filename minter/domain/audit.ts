import { checkCandidates, type SampleOptions } from './audit-candidates.ts'
import { agree, breaks, type Found, need, unheard, walkLink } from './audit-link.ts'
import type { AuditLinkResult, AuditSource, ChainToken } from './audit-source.ts'
import { auditSelection, checkDemand } from './audit-selection.ts'
import { readTokenFiles, remakePiece, tokenAudit, walkToken } from './audit-token.ts'
import { auditTrail, beginTrail, readPublished, type Trail } from './audit-trail.ts'
import { sha256, ZERO_DIGEST } from './digest.ts'
import { collectionMetadata } from './metadata.ts'

/**
 * Audits a drop: from the registered model through the seeds and the selection to every minted token.
 *
 * Links come one by one, in this order: lineage, dataset, bundle, recipe, engine, policy, terms, seed, manifest, demand,
 * vetoes, earlier, selection, candidates, collection, and for each token facts, proof, pixels, scores, artifact, metadata.
 * A link that depends on one that did not hold is unchecked, so that the first broken link is the one to look at.
 *
 * @yields one result a link
 */
export async function* auditDrop(source: AuditSource, options: SampleOptions): AsyncGenerator<AuditLinkResult> {
  const trail = yield* auditTrail(await beginTrail(source))
  const snapshot = yield* auditSelection(source, trail)
  yield* walkLink('candidates', () => checkCandidates(trail, options))
  yield* walkLink('collection', () => checkCollection(source, trail))
  const audit = tokenAudit(trail, snapshot)
  for (const token of await source.minted()) {
    yield* walkToken(
      audit,
      token,
      unheard(remakePiece(trail.chain, trail.engine, token)),
      readTokenFiles(source, trail.chain, token.rank),
    )
  }
}

/**
 * Audits one token and everything it rests on; not whether another candidate should have had its place.
 *
 * @param tokenId drop << 16 | rank
 * @yields one result a link
 */
export async function* auditToken(source: AuditSource, tokenId: bigint): AsyncGenerator<AuditLinkResult> {
  const begun = await beginTrail(source)
  const asked = unheard(findToken(source, tokenId))
  // Made while the rest of the trail is still being followed, which takes about as long.
  const remade = unheard(
    Promise.all([begun.engine, asked]).then(([engine, found]) =>
      found === undefined ? null : remakePiece(begun.chain, engine.value, found),
    ),
  )
  const files = readTokenFiles(source, begun.chain, Number(tokenId & 0xffffn))
  const trail = yield* auditTrail(begun)
  const snapshot = yield* walkLink('demand', () => checkDemand(source, trail))
  const token = await asked
  if (token === undefined) {
    yield* walkLink(`token ${tokenId} facts`, () => breaks('there is no such token', String(tokenId), 'none'))
    return
  }
  yield* walkToken(tokenAudit(trail, snapshot), token, remade, files)
}

async function findToken(source: AuditSource, tokenId: bigint): Promise<ChainToken | undefined> {
  return (await source.minted()).find((minted) => minted.tokenId === tokenId)
}

async function checkCollection(source: AuditSource, trail: Trail): Promise<Found<true>> {
  const published = await readPublished(source, trail.chain, 'contract.json')
  const first = need(trail.manifest, 'the manifest').candidates[0]?.artifactDigest ?? ZERO_DIGEST
  const made = collectionMetadata(need(trail.policy, 'the policy'), first === ZERO_DIGEST ? null : first)
  return agree(true, 'contract.json says what the policy says', [
    { what: 'the digest of contract.json', expected: sha256(made), actual: sha256(published) },
  ])
}
