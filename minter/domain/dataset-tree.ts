import { concatBytes } from '@noble/hashes/utils.js'
import { bytes32Word, type Hex, keccak256 } from './digest.ts'

/** The commitment to a dataset's files: their digests as leaves, ascending. */
export interface DatasetTree {
  readonly root: Hex
  /** Ascending. */
  readonly digests: readonly Hex[]
  /** What is hashed on the way from a leaf to the root, from the bottom up; a promoted node has no neighbour. */
  readonly path: (position: number) => readonly Hex[]
}

/**
 * A Merkle tree whose leaves and nodes are told apart by a leading byte; an odd node is promoted as it is.
 *
 * @param digests one or more, in any order
 * @throws {RangeError} when there is none
 * @see RFC 6962, section 2.1, for why leaves and nodes are hashed differently
 */
export function datasetTree(digests: readonly Hex[]): DatasetTree {
  if (digests.length === 0) throw new RangeError('a tree needs one leaf at least')
  const sorted = digests.toSorted()
  const levels: (readonly Hex[])[] = [sorted.map(leafHash)]
  let top = levels[0] ?? []
  while (top.length > 1) {
    const below = top
    top = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => joinPresent(below[2 * i], below[2 * i + 1]))
    levels.push(top)
  }
  return {
    root: joinPresent(top[0], undefined),
    digests: sorted,
    path: (position) =>
      levels.slice(0, -1).flatMap((level, height) => level[Math.floor(position / 2 ** height) ^ 1] ?? []),
  }
}

/**
 * The root that a leaf and its path lead to.
 *
 * @param position of the leaf, from 0
 * @param count of all leaves, which with the position says on which side each neighbour stands
 * @returns null when the path has not the length that such a place calls for
 */
export function rootOfPath(leaf: Hex, position: number, count: number, path: readonly Hex[]): Hex | null {
  let node = leafHash(leaf)
  let place = position
  let used = 0
  for (let width = count; width > 1; width = Math.ceil(width / 2)) {
    const hasNeighbour = place % 2 === 1 || place + 1 < width
    if (hasNeighbour) {
      const neighbour = path[used++]
      if (neighbour === undefined) return null
      node = place % 2 === 1 ? nodeHash(neighbour, node) : nodeHash(node, neighbour)
    }
    place = Math.floor(place / 2)
  }
  return used === path.length ? node : null
}

function leafHash(digest: Hex): Hex {
  return keccak256(concatBytes(Uint8Array.of(0), bytes32Word(digest)))
}

function nodeHash(left: Hex, right: Hex): Hex {
  return keccak256(concatBytes(Uint8Array.of(1), bytes32Word(left), bytes32Word(right)))
}

function joinPresent(left: Hex | undefined, right: Hex | undefined): Hex {
  if (left === undefined || right === undefined) return left ?? right ?? '0x'
  return nodeHash(left, right)
}
