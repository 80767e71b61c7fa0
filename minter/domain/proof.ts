import { z } from 'zod'
import { canonicalJson, parseJson } from './canonical-json.ts'
import type { Hex } from './digest.ts'
import { DomainError } from './errors.ts'
import { type ManifestRow, rowFacts, rowLeaf } from './manifest.ts'
import type { RankTree } from './merkle.ts'
import { hex, integer, list, mapping } from './policy-schema.ts'

/** What a collector hands to the contract to mint a rank, and what shows that the rank was committed. */
export interface RankProof {
  readonly format: 'latentmint-proof-1'
  readonly drop: number
  readonly rank: number
  /** The packed facts as a decimal number. */
  readonly facts: string
  readonly pixelDigest: Hex
  readonly artifactDigest: Hex
  readonly leaf: Hex
  readonly root: Hex
  /** Siblings from the bottom up. */
  readonly proof: readonly Hex[]
}

/** A proof file that cannot be read. */
export class RankProofInvalid extends DomainError {
  readonly code = 'RANK_PROOF_INVALID'
}

/** The proof of a row under the tree of its manifest. */
export function proveRow(row: ManifestRow, drop: number, tree: RankTree): RankProof {
  return {
    format: 'latentmint-proof-1',
    drop,
    rank: row.rank,
    facts: rowFacts(row, drop).toString(),
    pixelDigest: row.pixelDigest,
    artifactDigest: row.artifactDigest,
    leaf: rowLeaf(row, drop),
    root: tree.root,
    proof: tree.proof(row.rank),
  }
}

/** The bytes of proofs/<rank>.json. */
export function proofJson(proof: RankProof): Uint8Array {
  return canonicalJson(proof)
}

const digest = hex(32)
const proofSchema: z.ZodType<RankProof> = mapping({
  format: z.literal('latentmint-proof-1', { error: 'latentmint-proof-1' }),
  drop: integer(1, 0xffffffff),
  rank: integer(0, 0xffff),
  facts: z.string({ error: 'a decimal number' }).regex(/^\d{1,78}$/, { error: 'a decimal number' }),
  pixelDigest: digest,
  artifactDigest: digest,
  leaf: digest,
  root: digest,
  proof: list(digest, 0, 16),
})

/** @throws {RankProofInvalid} when it is no proof file */
export function parseProof(bytes: Uint8Array): RankProof {
  try {
    return proofSchema.parse(parseJson(bytes))
  } catch (cause) {
    throw new RankProofInvalid('this is no proof of a rank (JSON, latentmint-proof-1)', { cause })
  }
}
