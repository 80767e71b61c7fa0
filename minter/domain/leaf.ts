import { bytes32Word, type Hex, keccakOf, uintWord } from './digest.ts'
import { OutOfRange } from './errors.ts'

/** Why a candidate is out; the numbers stand in leaves on the chain and never change their meaning. */
export const REASONS = {
  none: 0,
  brokenImage: 1,
  exactDuplicate: 2,
  nearDuplicate: 3,
  nearEarlierPiece: 4,
  specification: 5,
  licence: 6,
  vetoed: 7,
} as const

/** The numbers of a candidate that the chain knows, in one word. */
export interface Facts {
  /** Quality by the discriminator, 0 to 65535. */
  readonly score: number
  /** Information content of the traits, 0 to 65535. */
  readonly rarity: number
  /** Demand for the traits, 0 to 65535; 32768 is neutral. */
  readonly demand: number
  /** Which candidate: its seed is keccak256(masterSeed, index). */
  readonly index: number
  /** 0 when nothing disqualifies it, else one of REASONS. */
  readonly reason: number
  /** Number of the drop in its collection, from 1. */
  readonly drop: number
}

/** The fields of the word, from the least significant bit; Facts.sol has the same. */
const FIELDS = [
  ['score', 16],
  ['rarity', 16],
  ['demand', 16],
  ['index', 16],
  ['reason', 8],
  ['drop', 32],
] as const satisfies readonly (readonly [keyof Facts, number])[]

/**
 * @returns the word, 104 bits of 256 used
 * @throws {OutOfRange} when a number does not fit its field
 */
export function packFacts(facts: Facts): bigint {
  let word = 0n
  let shift = 0n
  for (const [field, bits] of FIELDS) {
    const value = facts[field]
    const most = 2 ** bits - 1
    if (!Number.isInteger(value) || value < 0 || value > most) throw new OutOfRange(field, value, 0, most)
    word |= BigInt(value) << shift
    shift += BigInt(bits)
  }
  return word
}

/** @throws {OutOfRange} when bits beyond the last field are set, which no leaf of ours has */
export function unpackFacts(word: bigint): Facts {
  const facts = { score: 0, rarity: 0, demand: 0, index: 0, reason: 0, drop: 0 }
  let rest = word
  for (const [field, bits] of FIELDS) {
    facts[field] = Number(rest & ((1n << BigInt(bits)) - 1n))
    rest >>= BigInt(bits)
  }
  if (rest !== 0n) throw new OutOfRange('facts', word, 0, (1n << 104n) - 1n)
  return facts
}

/**
 * The leaf of a candidate in the drop's tree.
 *
 * @param facts packed
 * @param pixelDigest sha-256 of what the network made, before mirroring and upscaling
 * @param artifactDigest sha-256 of the PNG for the ranks for sale, zero for the others
 */
export function leafHash(facts: bigint, pixelDigest: Hex, artifactDigest: Hex): Hex {
  return keccakOf(uintWord(facts), bytes32Word(pixelDigest), bytes32Word(artifactDigest))
}
