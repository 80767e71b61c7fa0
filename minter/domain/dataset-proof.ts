import { z } from 'zod'
import { parseJson } from './canonical-json.ts'
import { type DatasetTree, rootOfPath } from './dataset-tree.ts'
import type { Hex } from './digest.ts'
import { DomainError } from './errors.ts'
import { hex, integer, list, mapping } from './policy-schema.ts'

const FORMAT = 'latentmint-dataset-proof-1'
/** More than any tree of 2^53 leaves is deep. */
const DEEPEST = 53

/** A file of the dataset and its way to the root. */
export interface ProvenLeaf {
  readonly sha256: Hex
  /** From 0, in ascending order of digests. */
  readonly position: number
  /** From the bottom up. */
  readonly path: readonly Hex[]
}

/** That a file is in a dataset, or that it is not; whoever has the root can check it without the dataset. */
export interface DatasetProof {
  readonly format: typeof FORMAT
  readonly claim: 'member' | 'absent'
  /** Of the file in question, all of its bytes. */
  readonly sha256: Hex
  readonly root: Hex
  /** How many files the dataset has. */
  readonly files: number
  /**
   * Of a member itself. Of an absent file the neighbours between which it would stand: the one below, the one above, or
   * only one of them where it would be the first or the last.
   */
  readonly leaves: readonly ProvenLeaf[]
}

/** A proof that proves nothing: it cannot be read, leads elsewhere, or its leaves do not enclose the file. */
export class DatasetProofInvalid extends DomainError {
  readonly code = 'DATASET_PROOF_INVALID'
}

const digest = hex(32)
const count = integer(1, Number.MAX_SAFE_INTEGER)
const proofSchema: z.ZodType<DatasetProof> = mapping({
  format: z.literal(FORMAT, { error: FORMAT }),
  claim: z.enum(['member', 'absent'], { error: 'member or absent' }),
  sha256: digest,
  root: digest,
  files: count,
  leaves: list(
    mapping({
      sha256: digest,
      position: integer(0, Number.MAX_SAFE_INTEGER),
      path: list(digest, 0, DEEPEST),
    }),
    1,
    2,
  ),
})

/** Proves that a file is in a dataset, or that it is not: whichever is true. */
export function proveFile(tree: DatasetTree, sha256: Hex): DatasetProof {
  const { root, digests, path } = tree
  const above = firstFrom(digests, sha256)
  const isMember = digests[above] === sha256
  const positions = isMember ? [above] : [above - 1, above]
  const leaves = positions.flatMap((position) => {
    const leaf = digests[position]
    return leaf === undefined ? [] : [{ sha256: leaf, position, path: path(position) }]
  })
  return { format: FORMAT, claim: isMember ? 'member' : 'absent', sha256, root, files: digests.length, leaves }
}

/**
 * Reads a proof.
 *
 * @throws {DatasetProofInvalid} when it is none
 */
export function parseDatasetProof(bytes: Uint8Array): DatasetProof {
  try {
    return proofSchema.parse(parseJson(bytes))
  } catch (cause) {
    throw new DatasetProofInvalid(`this is no proof (JSON, ${FORMAT})`, { cause })
  }
}

/**
 * Checks a proof against a root.
 *
 * That two leaves are neighbours follows from their paths alone, also where the proof lies about the number of files:
 * the sides of both paths come from positions i and i + 1 of one tree, so they part at one node, to the last leaf below
 * its left and the first below its right, and the root fixes every node on the way. What no path can show is that the
 * tree was built over sorted digests; `datasetRoot` does so, and whoever has the manifest can see it.
 *
 * @param root which is trusted: from the chain, or from a manifest
 * @param files how many there are by the same source, where that is known
 * @throws {DatasetProofInvalid} saying what does not hold
 */
export function checkDatasetProof(proof: DatasetProof, root: Hex, files: number | null = null): void {
  if (proof.root !== root) throw new DatasetProofInvalid(`it is about the root ${proof.root}, expected ${root}`)
  if (files !== null && proof.files !== files) {
    throw new DatasetProofInvalid(`it is about ${proof.files} files, the dataset has ${files}`)
  }
  for (const { sha256, position, path } of proof.leaves) {
    if (position >= proof.files) throw new DatasetProofInvalid(`position ${position} is beyond ${proof.files} files`)
    const reached = rootOfPath(sha256, position, proof.files, path)
    if (reached === null) throw new DatasetProofInvalid(`the path of position ${position} has a wrong length`)
    if (reached !== root) throw new DatasetProofInvalid(`position ${position} leads to ${reached}, not to the root`)
  }
  if (proof.claim === 'member') expectMember(proof)
  else expectEnclosed(proof)
}

/** Where the file is, or would be, in a few words; places are counted from 0 in the order of digests. */
export function placeInDataset({ claim, sha256, files, leaves }: DatasetProof): string {
  const [first, second] = leaves
  const at = first?.position ?? 0
  if (claim === 'member') return `it is file ${at} of ${files}`
  if (second !== undefined)
    return `it would stand between the neighbours ${at} and ${second.position} of ${files} files`
  return `it would stand ${first !== undefined && sha256 < first.sha256 ? 'before the first' : 'after the last'} of ${files} files`
}

function expectMember({ leaves, sha256 }: DatasetProof): void {
  if (leaves.length !== 1 || leaves[0]?.sha256 !== sha256) {
    throw new DatasetProofInvalid(`the leaf is ${leaves[0]?.sha256}, the file ${sha256}`)
  }
}

function expectEnclosed({ leaves, sha256, files }: DatasetProof): void {
  const [first, second] = leaves
  if (first === undefined) throw new DatasetProofInvalid('it names no neighbour')
  if (second !== undefined) {
    if (second.position !== first.position + 1) {
      throw new DatasetProofInvalid(`positions ${first.position} and ${second.position} are no neighbours`)
    }
    if (first.sha256 < sha256 && sha256 < second.sha256) return
    throw new DatasetProofInvalid(`${sha256} is not between ${first.sha256} and ${second.sha256}`)
  }
  const isBeforeFirst = first.position === 0 && sha256 < first.sha256
  const isAfterLast = first.position === files - 1 && sha256 > first.sha256
  if (!isBeforeFirst && !isAfterLast) {
    throw new DatasetProofInvalid(`one neighbour, at position ${first.position} of ${files}, encloses nothing`)
  }
}

/** The first place whose digest is not below the given one. */
function firstFrom(digests: readonly Hex[], sha256: Hex): number {
  let [low, high] = [0, digests.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((digests[middle] ?? sha256) < sha256) low = middle + 1
    else high = middle
  }
  return low
}
