import { addressWord, bytes32Word, type Hex, keccakOf, uintWord } from './digest.ts'

/** Everything that goes into a drop's seeds, and why nobody chooses them. */
export interface SeedOrigin {
  /** Hash of the block that the announcement named before it existed. */
  readonly beacon: Hex
  /** What the operator committed to before the beacon was known: 32 bytes. */
  readonly salt: Hex
  readonly chainId: bigint
  readonly collection: string
  readonly drop: number
  readonly policyDigest: Hex
}

/** The seed of a whole drop; Drop.sol computes the same in `draw`, and test/vectors/commitment.json holds both to it. */
export function masterSeed(origin: SeedOrigin): Hex {
  return keccakOf(
    bytes32Word(origin.beacon),
    bytes32Word(origin.salt),
    uintWord(origin.chainId),
    addressWord(origin.collection),
    uintWord(origin.drop),
    bytes32Word(origin.policyDigest),
  )
}

/** What is announced in place of the salt. */
export function saltHash(salt: Hex): Hex {
  return keccakOf(bytes32Word(salt))
}

/**
 * The seed of one candidate.
 *
 * @param master the drop's seed
 * @param index 0 to the number of candidates - 1
 */
export function candidateSeed(master: Hex, index: number): Hex {
  return keccakOf(bytes32Word(master), uintWord(index))
}
