import { keccak_256 } from '@noble/hashes/sha3.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { bytes32Word, bytesToHex, type Hex } from './digest.ts'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

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
  // In bytes all the way up: a training set has thousands of files, and a page that verifies a token waits for this.
  let top = sorted.map((digest) => leafHash(bytes32Word(digest)))
  const levels = [top]
  while (top.length > 1) {
    const below = top
    top = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => joinPresent(below[2 * i], below[2 * i + 1]))
    levels.push(top)
  }
  return {
    root: bytesToHex(joinPresent(top[0], undefined)),
    digests: sorted,
    path: (position) =>
      levels.slice(0, -1).flatMap((level, height) => {
        const neighbour = level[Math.floor(position / 2 ** height) ^ 1]
        return neighbour === undefined ? [] : [bytesToHex(neighbour)]
      }),
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
  let node = leafHash(bytes32Word(leaf))
  let place = position
  let used = 0
  for (let width = count; width > 1; width = Math.ceil(width / 2)) {
    const hasNeighbour = place % 2 === 1 || place + 1 < width
    if (hasNeighbour) {
      const step = path[used++]
      if (step === undefined) return null
      const neighbour = bytes32Word(step)
      node = place % 2 === 1 ? nodeHash(neighbour, node) : nodeHash(node, neighbour)
    }
    place = Math.floor(place / 2)
  }
  return used === path.length ? bytesToHex(node) : null
}

function leafHash(digest: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(LEAF, digest))
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(NODE, left, right))
}

function joinPresent(left: Uint8Array | undefined, right: Uint8Array | undefined): Uint8Array {
  if (left === undefined || right === undefined) return left ?? right ?? new Uint8Array()
  return nodeHash(left, right)
}
