import { addressWord, bytes32Word, type Hex, keccakOf, uintWord, ZERO_DIGEST } from './digest.ts'

/** What an allowlist phase grants a wallet. */
export interface AllowlistEntry {
  readonly wallet: string
  /** Pieces in this phase. */
  readonly limit: number
  readonly priceWei: bigint
}

/** An allowlist as OpenZeppelin's MerkleProof verifies it: pairs are sorted, so a proof needs no directions. */
export interface AllowlistTree {
  /** Zero when the list is empty, under which nothing can be proved. */
  readonly root: Hex
  /** The siblings of an entry, from the bottom up; null when it is not on the list. */
  readonly proof: (entry: AllowlistEntry) => readonly Hex[] | null
}

/** Hashed twice, so that no inner node of the tree can be passed off as an entry. */
export function allowlistLeaf({ wallet, limit, priceWei }: AllowlistEntry): Hex {
  return keccakOf(bytes32Word(keccakOf(addressWord(wallet), uintWord(limit), uintWord(priceWei))))
}

/** @param entries in any order; the root does not depend on it */
export function allowlistTree(entries: readonly AllowlistEntry[]): AllowlistTree {
  const leaves = entries.map(allowlistLeaf).toSorted()
  const levels: (readonly Hex[])[] = [leaves]
  let top: readonly Hex[] = leaves
  while (top.length > 1) {
    top = pairUp(top)
    levels.push(top)
  }
  return {
    root: top[0] ?? ZERO_DIGEST,
    proof(entry) {
      const position = leaves.indexOf(allowlistLeaf(entry))
      if (position < 0) return null
      // A node without neighbour rises as it is, so there is no sibling to show at that height.
      return levels.slice(0, -1).flatMap((level, height) => level[Math.floor(position / 2 ** height) ^ 1] ?? [])
    },
  }
}

/** What OpenZeppelin's `MerkleProof.verify` answers. */
export function verifyAllowlist(root: Hex, entry: AllowlistEntry, proof: readonly Hex[]): boolean {
  return proof.reduce(sortedPairHash, allowlistLeaf(entry)) === root
}

function pairUp(level: readonly Hex[]): readonly Hex[] {
  return Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => {
    const left = level[2 * i] ?? ZERO_DIGEST
    const right = level[2 * i + 1]
    return right === undefined ? left : sortedPairHash(left, right)
  })
}

function sortedPairHash(a: Hex, b: Hex): Hex {
  return a < b ? keccakOf(bytes32Word(a), bytes32Word(b)) : keccakOf(bytes32Word(b), bytes32Word(a))
}
