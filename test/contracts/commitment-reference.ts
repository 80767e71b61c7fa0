import { AbiCoder, getBytes, keccak256, toUtf8Bytes } from 'ethers'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'

// The formats of the chain written a second time, on ethers alone, so that neither the contracts nor minter/domain
// is held to itself. Plain and slow on purpose.

const coder = AbiCoder.defaultAbiCoder()

export const ZERO = `0x${'00'.repeat(32)}`

/** keccak256 of the ABI encoding. */
export function hash(types: readonly string[], values: readonly unknown[]): string {
  return keccak256(coder.encode(types, values))
}

export interface Draw {
  readonly beacon: string
  readonly salt: string
  readonly chainId: number
  readonly collection: string
  readonly drop: number
  readonly policyDigest: string
}

export function masterSeed(draw: Draw): string {
  return hash(
    ['bytes32', 'bytes32', 'uint256', 'address', 'uint256', 'bytes32'],
    [draw.beacon, draw.salt, draw.chainId, draw.collection, draw.drop, draw.policyDigest],
  )
}

export function candidateSeed(master: string, index: number): string {
  return hash(['bytes32', 'uint256'], [master, index])
}

export interface Facts {
  readonly score: number
  readonly rarity: number
  readonly demand: number
  readonly index: number
  readonly reason: number
  readonly drop: number
}

export function packFacts(facts: Facts): bigint {
  return (
    BigInt(facts.score) |
    (BigInt(facts.rarity) << 16n) |
    (BigInt(facts.demand) << 32n) |
    (BigInt(facts.index) << 48n) |
    (BigInt(facts.reason) << 64n) |
    (BigInt(facts.drop) << 72n)
  )
}

export function leafHash(facts: bigint, pixelDigest: string, artifactDigest: string): string {
  return hash(['uint256', 'bytes32', 'bytes32'], [facts, pixelDigest, artifactDigest])
}

/** Announced with the drop: what a piece must reach, and what each number weighs. */
export interface Ranking {
  readonly minScore: number
  readonly minRarity: number
  readonly minDemand: number
  readonly weightScore: number
  readonly weightRarity: number
  readonly weightDemand: number
}

export function rankKey(facts: Facts, ranking: Ranking): bigint {
  const { score, rarity, demand, index, reason } = facts
  const passes = score >= ranking.minScore && rarity >= ranking.minRarity && demand >= ranking.minDemand
  const level = reason !== 0 ? 0n : passes ? 2n : 1n
  const key = ranking.weightScore * score + ranking.weightRarity * rarity + ranking.weightDemand * demand
  return (level << 64n) | (BigInt(key) << 16n) | BigInt(65535 - index)
}

/** All levels of a full binary tree, leaves first, the missing ones filled. */
function levelsOf<T>(leaves: readonly T[], filler: T, join: (left: T, right: T) => T): readonly (readonly T[])[] {
  const width = 2 ** Math.ceil(Math.log2(leaves.length))
  const levels: T[][] = [[...leaves, ...Array<T>(width - leaves.length).fill(filler)]]
  for (let level = levels[0]!; level.length > 1; levels.push(level)) {
    level = level.filter((_, i) => i % 2 === 0).map((left, i) => join(left, level[2 * i + 1]!))
  }
  return levels
}

function siblingsOf<T>(levels: readonly (readonly T[])[], position: number): readonly T[] {
  return levels.slice(0, -1).map((level, height) => level[(position >> height) ^ 1]!)
}

export interface RankTree {
  readonly root: string
  readonly depth: number
  proof(rank: number): readonly string[]
}

/** The tree whose leaf positions are ranks. */
export function rankTree(leaves: readonly string[]): RankTree {
  const levels = levelsOf(leaves, ZERO, (left, right) => hash(['bytes32', 'bytes32'], [left, right]))
  return { root: levels.at(-1)![0]!, depth: levels.length - 1, proof: (rank) => siblingsOf(levels, rank) }
}

export interface SumNode {
  readonly hash: string
  readonly sum: number
}

export interface SumTree {
  readonly root: string
  proof(position: number): readonly SumNode[]
}

/** @param entries sorted by address; together 1,000,000 shares */
export function sumTree(entries: readonly { readonly account: string; readonly shares: number }[]): SumTree {
  const leaves = entries.map(({ account, shares }) => ({
    hash: hash(['address', 'uint256'], [account, shares]),
    sum: shares,
  }))
  const levels = levelsOf<SumNode>(leaves, { hash: ZERO, sum: 0 }, (left, right) => ({
    hash: hash(['bytes32', 'uint256', 'bytes32', 'uint256'], [left.hash, left.sum, right.hash, right.sum]),
    sum: left.sum + right.sum,
  }))
  const top = levels.at(-1)![0]!
  return {
    root: hash(['bytes32', 'uint256'], [top.hash, top.sum]),
    proof: (position) => siblingsOf(levels, position),
  }
}

export function allowlistLeaf(wallet: string, limit: number, priceWei: bigint): string {
  return keccak256(hash(['address', 'uint256', 'uint256'], [wallet, limit, priceWei]))
}

export interface AllowlistTree {
  readonly root: string
  proof(leaf: string): readonly string[]
}

/** OpenZeppelin's kind: leaves and pairs sorted, a node without neighbour rises as it is. */
export function allowlistTree(unsorted: readonly string[]): AllowlistTree {
  const levels: (readonly string[])[] = [unsorted.toSorted()]
  for (let level = levels[0]!; level.length > 1; levels.push(level)) {
    const below = level
    level = below
      .filter((_, i) => i % 2 === 0)
      .map((left, i) => {
        const right = below[2 * i + 1]
        return right === undefined ? left : hash(['bytes32', 'bytes32'], [left, right].toSorted())
      })
  }
  return {
    root: levels.at(-1)![0]!,
    proof(leaf) {
      const position = levels[0]!.indexOf(leaf)
      return levels.slice(0, -1).flatMap((level, height) => level[(position >> height) ^ 1] ?? [])
    },
  }
}

export interface DatasetContent {
  readonly root: string
  readonly items: number
  readonly sharesRoot: string
  readonly licence: string
  readonly uri: string
}

export function datasetId({ root, items, sharesRoot, licence, uri }: DatasetContent): string {
  return hash(
    ['bytes32', 'uint256', 'bytes32', 'bytes32', 'bytes32'],
    [root, items, sharesRoot, keccak256(toUtf8Bytes(licence)), keccak256(toUtf8Bytes(uri))],
  )
}

export interface ModelContent {
  readonly bundleDigest: string
  readonly recipeDigest: string
  readonly dataset: string
  readonly parent: string
  readonly sharesRoot: string
  readonly cap: number
  readonly licence: string
  readonly uri: string
}

export function modelId(model: ModelContent, registrant: string): string {
  return hash(
    ['bytes32', 'bytes32', 'bytes32', 'bytes32', 'bytes32', 'uint256', 'bytes32', 'bytes32', 'address'],
    [
      model.bundleDigest,
      model.recipeDigest,
      model.dataset,
      model.parent,
      model.sharesRoot,
      model.cap,
      keccak256(toUtf8Bytes(model.licence)),
      keccak256(toUtf8Bytes(model.uri)),
      registrant,
    ],
  )
}

/** CIDv1 of a directory (dag-pb) from the sha-256 inside it. */
export function directoryCid(digest: string): string {
  return CID.createV1(0x70, create(0x12, getBytes(digest))).toString()
}

export const voucherTypes = {
  Voucher: [
    { name: 'to', type: 'address' },
    { name: 'drop', type: 'uint256' },
    { name: 'phase', type: 'uint256' },
    { name: 'rank', type: 'uint256' },
    { name: 'priceWei', type: 'uint256' },
    { name: 'deadline', type: 'uint64' },
  ],
}

export const attestationTypes = {
  Attestation: [
    { name: 'auditor', type: 'address' },
    { name: 'drop', type: 'uint256' },
    { name: 'tokenId', type: 'uint256' },
    { name: 'verdict', type: 'uint8' },
    { name: 'evidenceDigest', type: 'bytes32' },
    { name: 'issuedAt', type: 'uint64' },
  ],
}

export function eip712Domain(chainId: number, verifyingContract: string): Record<string, unknown> {
  return { name: 'latentmint Drop', version: '1', chainId, verifyingContract }
}
