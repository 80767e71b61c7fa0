import { dotRows, expectComparable, type Features } from './features.ts'

/** The two pictures of a set that are nearest to another one. */
export interface Neighbours {
  /** Row of the nearest. */
  readonly nearest: number
  /** To the nearest, not squared. */
  readonly distance: number
  /** Distance to the nearest over that to the second nearest, 0 to 1: far below 1 is a copy. */
  readonly ratio: number
}

/**
 * For each row of `samples` its nearest rows of `set`.
 *
 * @param set two rows at least
 * @param keep how many candidates are compared once more by `exact`
 * @param exact a squared distance that is dearer, by which the candidates are ordered; that of the rows when left out
 */
export function findNeighbours(
  samples: Features,
  set: Features,
  keep: number = 2,
  exact?: (sample: number, row: number) => number,
): readonly Neighbours[] {
  expectComparable(samples, set)
  const squares = Float64Array.from({ length: set.count }, (_, j) => dotRows(set, j, set, j))
  return Array.from({ length: samples.count }, (_, i) => {
    const rows = nearestRows(samples, i, set, squares, Math.max(2, keep))
    const ordered = rows
      .map((row) => ({ row, squared: exact?.(i, row) ?? squaredDistance(samples, i, set, row) }))
      .toSorted((a, b) => a.squared - b.squared || a.row - b.row)
    const [first, second] = ordered
    const distance = Math.sqrt(first.squared)
    return { nearest: first.row, distance, ratio: second.squared === 0 ? 1 : distance / Math.sqrt(second.squared) }
  })
}

/** The rows with the least distances, by the binomial formula, which is fast and rounds a little. */
function nearestRows(
  samples: Features,
  i: number,
  set: Features,
  squares: Float64Array,
  keep: number,
): readonly number[] {
  const rows: number[] = []
  const kept: number[] = []
  for (let j = 0; j < set.count; j++) {
    const distance = squares[j] - 2 * dotRows(samples, i, set, j)
    if (rows.length === keep && distance >= kept[keep - 1]) continue
    let at = rows.length === keep ? keep - 1 : rows.length
    while (at > 0 && kept[at - 1] > distance) {
      rows[at] = rows[at - 1]
      kept[at] = kept[at - 1]
      at--
    }
    rows[at] = j
    kept[at] = distance
  }
  return rows
}

function squaredDistance(a: Features, i: number, b: Features, j: number): number {
  let sum = 0
  for (let k = 0; k < a.width; k++) sum += (a.data[i * a.width + k] - b.data[j * b.width + k]) ** 2
  return sum
}
