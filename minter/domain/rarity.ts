import { orderTraits, type Traits } from './traits.ts'

/** Rarity is counted in units of 1/2048 bit. */
export const UNITS_PER_BIT = 2048
const RARITY_MOST = 0xffff

/** What one trait adds to the rarity of a piece. */
interface TraitRarity {
  readonly trait: string
  readonly value: string
  /** How many of the pool have this value. */
  readonly count: number
  /** Surprise of the value, in 1/2048 bit. */
  readonly bits: number
}

/** How often each trait value occurs in a pool, and what that says about a piece. */
export interface RarityTable {
  /** Size of the pool. */
  readonly of: number
  /** Each trait's values with their counts, most frequent first. */
  readonly values: Readonly<Record<string, readonly TraitRarity[]>>
  /** What each trait adds, in the order in which traits are shown. */
  readonly perTrait: (traits: Traits) => readonly TraitRarity[]
  /** Sum over the traits, in 1/2048 bit. */
  readonly bits: (traits: Traits) => number
  /** How many traits have a value that nothing else in the pool has. */
  readonly uniqueTraits: (traits: Traits) => number
}

/**
 * Counts a pool.
 *
 * @param pool the traits of every candidate whose image is sound
 * @see Information content as in OpenRarity: -log2 of the share of the pool that has the value, summed over the traits
 */
export function rarityTable(pool: readonly Traits[]): RarityTable {
  const counts = countValues(pool)
  const bitsOfCount = new Map<number, number>()
  const contribution = (trait: string, value: string): TraitRarity => {
    const count = counts.get(trait)?.get(value) ?? 0
    const bits = bitsOfCount.get(count) ?? informationBits(count, pool.length)
    bitsOfCount.set(count, bits)
    return { trait, value, count, bits }
  }
  const perTrait = (traits: Traits): readonly TraitRarity[] =>
    orderTraits(traits).map(([trait, value]) => contribution(trait, value))
  return {
    of: pool.length,
    values: Object.fromEntries(
      [...counts].map(([trait, values]) => [
        trait,
        [...values.keys()].map((value) => contribution(trait, value)).toSorted(byCount),
      ]),
    ),
    perTrait,
    bits: (traits) => perTrait(traits).reduce((sum, { bits }) => sum + bits, 0),
    uniqueTraits: (traits) => perTrait(traits).filter(({ count }) => count === 1).length,
  }
}

/** Rarity on the chain's scale; 32 bits of surprise and more are all the most. */
export function rarityMetric(bits: number): number {
  return Math.min(RARITY_MOST, bits)
}

/**
 * The place of each member of a pool by rarity, 1 for the rarest. First by the number of unique traits, then by bits;
 * members share a place only when both are the same.
 *
 * @returns in the order of `pool`
 */
export function rarityRanks(pool: readonly Traits[], table: RarityTable): readonly number[] {
  const keys = pool.map((traits, position) => ({
    position,
    unique: table.uniqueTraits(traits),
    bits: table.bits(traits),
  }))
  const ranks = Array.from({ length: pool.length }, () => 0)
  let last = { unique: -1, bits: -1, rank: 0 }
  keys
    .toSorted((a, b) => b.unique - a.unique || b.bits - a.bits)
    .forEach(({ position, unique, bits }, place) => {
      if (unique !== last.unique || bits !== last.bits) last = { unique, bits, rank: place + 1 }
      ranks[position] = last.rank
    })
  return ranks
}

/**
 * How surprising something is that `count` of `total` have: log2(total / count), in 1/2048 bit.
 *
 * @param count 1 to total; 0 counts as 1, so that what the pool has never seen is as surprising as what it saw once
 * @param total 1 to 65535
 * @returns rounded to the nearest unit, exactly, since a logarithm in floats is not the same on every machine
 */
export function informationBits(count: number, total: number): number {
  // log2(x) * 4096 = log2(x ** 4096), and the floor of the log2 of a ratio of integers can be found by comparison.
  const steps = 2 * UNITS_PER_BIT
  const numerator = BigInt(total) ** BigInt(steps)
  const denominator = BigInt(Math.max(1, count)) ** BigInt(steps)
  const guess = bitLength(numerator) - bitLength(denominator)
  const halfUnits = denominator << BigInt(guess) <= numerator ? guess : guess - 1
  return (halfUnits + 1) >> 1
}

/** Bits in 1/2048 as a decimal with two places, for people: 27484 is '13.42'. */
export function formatBits(bits: number): string {
  const hundredths = Math.floor((bits * 100 + UNITS_PER_BIT / 2) / UNITS_PER_BIT)
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`
}

function countValues(pool: readonly Traits[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const counts = new Map<string, Map<string, number>>()
  for (const traits of pool) {
    for (const [trait, value] of Object.entries(traits)) {
      const values = counts.get(trait) ?? new Map<string, number>()
      counts.set(trait, values.set(value, (values.get(value) ?? 0) + 1))
    }
  }
  return counts
}

/** Ties by name, so that a table looks the same whatever order the pool was rendered in. */
function byCount(a: TraitRarity, b: TraitRarity): number {
  return b.count - a.count || (a.value < b.value ? -1 : 1)
}

function bitLength(value: bigint): number {
  return value.toString(2).length
}
