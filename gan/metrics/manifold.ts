import type { Products } from './features.ts'

/** How many neighbours a ball reaches to, as in the paper. */
const NEIGHBOURS = 3

export interface Coverage {
  /** The part of the made pictures that lie among the real ones, 0 to 1: whether they are good. */
  readonly precision: number
  /** The part of the real pictures that lie among the made ones, 0 to 1: whether there is everything. */
  readonly recall: number
}

/**
 * Precision and recall: a set covers the balls around its rows that reach to the third neighbour.
 *
 * @param products of the real pictures and the made ones
 * @see Kynkaanniemi et al. 2019, arXiv:1904.06991
 */
export function precisionAndRecall({ counts: [reals, mades], first, second, between }: Products): Coverage {
  const [realReach, madeReach] = [reachOf(first, reals), reachOf(second, mades)]
  const [realSquares, madeSquares] = [diagonalOf(first, reals), diagonalOf(second, mades)]
  const isMadeCovered = new Uint8Array(mades)
  const isRealCovered = new Uint8Array(reals)
  for (let i = 0; i < reals; i++) {
    for (let j = 0; j < mades; j++) {
      const squared = squaredDistance(realSquares[i], madeSquares[j], between[i * mades + j])
      if (squared <= realReach[i]) isMadeCovered[j] = 1
      if (squared <= madeReach[j]) isRealCovered[i] = 1
    }
  }
  return { precision: meanOf(isMadeCovered), recall: meanOf(isRealCovered) }
}

function squaredDistance(a: number, b: number, product: number): number {
  return Math.max(0, a + b - 2 * product)
}

function diagonalOf(products: Float64Array, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => products[i * count + i])
}

/** Squared distance of each row to its third neighbour. */
function reachOf(products: Float64Array, count: number): Float64Array {
  const squares = diagonalOf(products, count)
  return Float64Array.from({ length: count }, (_, i) => {
    const row = Float64Array.from({ length: count }, (__, j) =>
      i === j ? 0 : squaredDistance(squares[i], squares[j], products[i * count + j]),
    )
    return row.toSorted()[Math.min(NEIGHBOURS, count - 1)]
  })
}

function meanOf(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0) / flags.length
}
