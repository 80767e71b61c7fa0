/** The three numbers that the chain weighs; as a candidate's metrics, a drop's thresholds, or its weights. */
export interface Metrics {
  /** Quality by the discriminator, 0 to 65535. */
  readonly score: number
  /** Information content of the traits, 0 to 65535. */
  readonly rarity: number
  /** Demand for the traits, 0 to 65535; 32768 is neutral. */
  readonly demand: number
}

/** What decides a candidate's place. */
export interface Rankable extends Metrics {
  readonly index: number
  /** 0 when nothing disqualifies it. */
  readonly reason: number
}

/** The announced numbers that candidates are held against. */
export interface RankTerms {
  readonly thresholds: Metrics
  readonly weights: Metrics
}

/** The metrics in the order in which everything lists them. */
export const METRICS = ['score', 'rarity', 'demand'] as const satisfies readonly (keyof Metrics)[]

/** 2: for sale if there is room; 1: nothing wrong, but below a threshold; 0: disqualified. */
export type RankClass = 0 | 1 | 2

/** @see FactsLib.sol, which sorts candidates into the same classes */
export function rankClass(candidate: Rankable, thresholds: Metrics): RankClass {
  if (candidate.reason !== 0) return 0
  return METRICS.every((metric) => candidate[metric] >= thresholds[metric]) ? 2 : 1
}

/**
 * The sort key of a candidate; the larger comes first, and no two candidates of a drop have the same.
 *
 * @returns class << 64 | weighted sum << 16 | (65535 - index), as the chain computes it
 */
export function rankKey(candidate: Rankable, terms: RankTerms): bigint {
  const sum = METRICS.reduce((total, metric) => total + terms.weights[metric] * candidate[metric], 0)
  return (
    (BigInt(rankClass(candidate, terms.thresholds)) << 64n) | (BigInt(sum) << 16n) | BigInt(0xffff - candidate.index)
  )
}

/** The candidates from the best to the worst; the order they come in does not matter. */
export function rankCandidates<C extends Rankable>(candidates: readonly C[], terms: RankTerms): readonly C[] {
  return candidates
    .map((candidate) => ({ candidate, key: rankKey(candidate, terms) }))
    .toSorted((a, b) => (a.key > b.key ? -1 : 1))
    .map(({ candidate }) => candidate)
}

/**
 * How many pieces are for sale.
 *
 * @param ranked all candidates by rank
 * @param size K, as announced
 */
export function editionSize(ranked: readonly Rankable[], thresholds: Metrics, size: number): number {
  const first = ranked.findIndex((candidate) => rankClass(candidate, thresholds) !== 2)
  return Math.min(size, first < 0 ? ranked.length : first)
}
