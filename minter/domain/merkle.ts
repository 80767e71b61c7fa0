import { bytes32Word, type Hex, keccakOf, ZERO_DIGEST } from './digest.ts'

/** The commitment to a drop: position in the tree is rank. */
export interface RankTree {
  readonly root: Hex
  /** Levels above the leaves, and the length of every proof: ceil(log2(leaves)). */
  readonly depth: number
  /**
   * The siblings of a leaf, from the bottom up.
   *
   * @throws {RangeError} when there is no such rank
   */
  readonly proof: (rank: number) => readonly Hex[]
}

/** How deep a tree over so many leaves is; 0 for one leaf. */
export function treeDepth(leaves: number): number {
  let depth = 0
  while (2 ** depth < leaves) depth++
  return depth
}

/**
 * Builds the tree over the leaves in rank order; missing places at the end hold zero.
 *
 * @param leaves one or more
 * @throws {RangeError} when there is none
 */
export function rankTree(leaves: readonly Hex[]): RankTree {
  if (leaves.length === 0) throw new RangeError('a tree needs one leaf at least')
  const depth = treeDepth(leaves.length)
  const levels: (readonly Hex[])[] = [leaves]
  // Subtrees of nothing but missing leaves are all alike, so only one of each height is hashed.
  const empty: Hex[] = [ZERO_DIGEST]
  for (let height = 0; height < depth; height++) {
    const below = levels[height] ?? []
    const nothing = empty[height] ?? ZERO_DIGEST
    const level: Hex[] = []
    for (let i = 0; i < below.length; i += 2) level.push(nodeHash(below[i] ?? nothing, below[i + 1] ?? nothing))
    levels.push(level)
    empty.push(nodeHash(nothing, nothing))
  }
  return {
    root: levels[depth]?.[0] ?? ZERO_DIGEST,
    depth,
    proof(rank) {
      if (!Number.isInteger(rank) || rank < 0 || rank >= leaves.length) {
        throw new RangeError(`rank ${rank} is not in a tree of ${leaves.length} leaves`)
      }
      return Array.from({ length: depth }, (_, height) => {
        return levels[height]?.[Math.floor(rank / 2 ** height) ^ 1] ?? empty[height] ?? ZERO_DIGEST
      })
    },
  }
}

/** Whether `leaf` stands at `rank` under `root`; RankProof.sol decides the same. */
export function verifyRank(root: Hex, depth: number, rank: number, leaf: Hex, proof: readonly Hex[]): boolean {
  if (proof.length !== depth || !Number.isInteger(rank) || rank < 0 || rank >= 2 ** depth) return false
  let node = leaf
  proof.forEach((sibling, height) => {
    const isRight = Math.floor(rank / 2 ** height) % 2 === 1
    node = isRight ? nodeHash(sibling, node) : nodeHash(node, sibling)
  })
  return node === root
}

function nodeHash(left: Hex, right: Hex): Hex {
  return keccakOf(bytes32Word(left), bytes32Word(right))
}
