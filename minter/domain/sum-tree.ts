import { addressWord, bytes32Word, type Hex, keccakOf, uintWord, ZERO_DIGEST } from './digest.ts'
import { DomainError } from './errors.ts'

/** All shares of a dataset together, so that a share is a millionth of the proceeds. */
export const TOTAL_SHARES = 1_000_000

/** What one contributor gets. */
export interface Share {
  readonly account: string
  /** Of 1,000,000. */
  readonly shares: number
}

/** A node on the way up: its hash, and the sum of the shares below it. */
interface SumNode {
  readonly hash: Hex
  readonly sum: bigint
}

/** What a contributor shows to claim. */
export interface SumProof {
  /** Place among the leaves, which are sorted by address. */
  readonly position: number
  /** From the bottom up; an absent neighbour is {zero, 0}. */
  readonly siblings: readonly SumNode[]
}

/** A Merkle tree that also proves that the shares sum to what was registered. */
export interface SharesTree {
  readonly root: Hex
  readonly depth: number
  /** @throws {SharesInvalid} when the account has no share */
  readonly proof: (account: string) => SumProof
}

/** A list of shares that does not divide the proceeds. */
export class SharesInvalid extends DomainError {
  readonly code = 'SHARES_INVALID'
}

const NOTHING: SumNode = { hash: ZERO_DIGEST, sum: 0n }

/**
 * @param entries each account once, each with at least one share, 1,000,000 in all; in any order
 * @throws {SharesInvalid} when they are not so
 */
export function sharesTree(entries: readonly Share[]): SharesTree {
  const sorted = sortedShares(entries)
  const levels: (readonly SumNode[])[] = [sorted.map(shareLeaf)]
  let top = levels[0] ?? []
  while (top.length > 1) {
    const below = top
    top = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
      joinNodes(below[2 * i] ?? NOTHING, below[2 * i + 1] ?? emptyNode(levels.length - 1)),
    )
    levels.push(top)
  }
  const depth = levels.length - 1
  return {
    root: sumRoot(top[0] ?? NOTHING),
    depth,
    proof(account) {
      const position = sorted.findIndex((share) => share.account === account.toLowerCase())
      if (position < 0) throw new SharesInvalid(`${account} has no share`)
      const siblings = levels
        .slice(0, depth)
        .map((level, height) => level[Math.floor(position / 2 ** height) ^ 1] ?? emptyNode(height))
      return { position, siblings }
    },
  }
}

/** Whether `share` is under `root`; Attribution.sol decides the same. */
export function verifyShare(root: Hex, share: Share, proof: SumProof): boolean {
  let node = shareLeaf(share)
  proof.siblings.forEach((sibling, height) => {
    const isRight = Math.floor(proof.position / 2 ** height) % 2 === 1
    node = isRight ? joinNodes(sibling, node) : joinNodes(node, sibling)
  })
  return node.sum === BigInt(TOTAL_SHARES) && sumRoot(node) === root
}

function sortedShares(entries: readonly Share[]): readonly Share[] {
  const sorted = entries
    .map(({ account, shares }) => ({ account: account.toLowerCase(), shares }))
    .toSorted((a, b) => (a.account < b.account ? -1 : 1))
  sorted.forEach(({ account, shares }, i) => {
    if (!Number.isInteger(shares) || shares < 1)
      throw new SharesInvalid(`${account} has ${shares} shares, expected 1 or more`)
    if (sorted[i + 1]?.account === account) throw new SharesInvalid(`${account} is listed twice`)
  })
  const total = sorted.reduce((sum, { shares }) => sum + shares, 0)
  if (total !== TOTAL_SHARES) throw new SharesInvalid(`the shares sum to ${total}, expected ${TOTAL_SHARES}`)
  return sorted
}

function shareLeaf({ account, shares }: Share): SumNode {
  return { hash: keccakOf(addressWord(account), uintWord(shares)), sum: BigInt(shares) }
}

function joinNodes(left: SumNode, right: SumNode): SumNode {
  const hash = keccakOf(bytes32Word(left.hash), uintWord(left.sum), bytes32Word(right.hash), uintWord(right.sum))
  return { hash, sum: left.sum + right.sum }
}

function emptyNode(height: number): SumNode {
  return height === 0 ? NOTHING : joinNodes(emptyNode(height - 1), emptyNode(height - 1))
}

function sumRoot(top: SumNode): Hex {
  return keccakOf(bytes32Word(top.hash), uintWord(top.sum))
}
