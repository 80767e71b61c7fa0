/** The figures that a quadrant can hold. */
export type Figure = 'Lozenge' | 'Medallion' | 'Almond' | 'Ladder' | 'Free'

/** Coordinates run from 0 at the centre of the piece to 63, whatever the resolution. */
const SIDE = 64
/** The corners belong to the neighbouring motif; what is further from the centre than this is not looked at. */
const REACH = 56
const BIN_WIDTH = 2
const BINS = SIDE
/** Of 1000: what the best figure must explain, lest noise be given a name. */
const LEAST_EXPLAINED = 250

/** Gives a point the number of the contour line that it is on. */
type Contour = (x: number, y: number) => number

/** Proportions of a motif, width against height. */
const ASPECTS: readonly (readonly [number, number])[] = [
  [2, 1],
  [7, 4],
  [3, 2],
  [5, 4],
  [1, 1],
  [4, 5],
  [2, 3],
  [4, 7],
  [1, 2],
]

/** Where the heart of a leaf may be. */
const HEARTS: readonly (readonly [number, number])[] = [
  [20, 30],
  [24, 30],
  [28, 30],
  [24, 26],
  [20, 26],
  [24, 34],
  [28, 34],
]

/** Straight steps, rings, leaves beside the axis, and uprights that lean: the contours of each figure. */
const FAMILIES: readonly { readonly figure: Figure; readonly contours: readonly Contour[] }[] = [
  {
    figure: 'Lozenge',
    contours: ASPECTS.map(
      ([a, b]) =>
        (x, y) =>
          Math.floor((a * x + b * y) / (a + b)),
    ),
  },
  {
    figure: 'Medallion',
    contours: ASPECTS.map(
      ([a, b]) =>
        (x, y) =>
          ring(a * x, b * y, (a * a + b * b) / 2),
    ),
  },
  {
    figure: 'Almond',
    contours: HEARTS.flatMap(([heartX, heartY]) => [
      (x, y) => ring(3 * (x - heartX), 2 * (y - heartY), 6),
      (x, y) => ring(2 * (x - heartX), y - heartY, 2),
    ]),
  },
  { figure: 'Ladder', contours: [0, 1, 2, 3].map((lean) => (x, y) => x + ((y * lean) >> 3)) },
]

/**
 * What the motif is, by asking along which contours the colours stay the same.
 *
 * @param rgb the quadrant, row-major; its bottom-right pixel is nearest to the centre of the motif
 * @param size pixels along one side
 * @returns the figure whose contours explain most of the variance of the colours; 'Free' when none explains a quarter
 */
export function measureFigure(rgb: Uint8Array, size: number): Figure {
  let best: Figure = 'Free'
  let most = LEAST_EXPLAINED
  for (const { figure, contours } of FAMILIES) {
    for (const contour of contours) {
      const explained = explainedVariance(rgb, size, contour)
      if (explained > most) [best, most] = [figure, explained]
    }
  }
  return best
}

/** The part of the colours' variance that lies between contours and not within them, of 1000. */
function explainedVariance(rgb: Uint8Array, size: number, contour: Contour): number {
  const counts = new Uint32Array(BINS)
  const sums = new Uint32Array(BINS * 3)
  let squares = 0
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = Math.floor(((size - 1 - column) * SIDE) / size)
      const y = Math.floor(((size - 1 - row) * SIDE) / size)
      if (x * x + y * y > REACH * REACH) continue
      const bin = Math.min(BINS - 1, Math.floor(contour(x, y) / BIN_WIDTH))
      counts[bin] = (counts[bin] ?? 0) + 1
      for (let channel = 0; channel < 3; channel++) {
        const value = rgb[3 * (row * size + column) + channel] ?? 0
        sums[3 * bin + channel] = (sums[3 * bin + channel] ?? 0) + value
        squares += value * value
      }
    }
  }
  const { between, mean } = groupSquares(counts, sums)
  return squares === mean ? 0 : Math.floor((1000 * (between - mean)) / (squares - mean))
}

/** Sums of squares of the groups' means and of the mean over all, each weighted by its count; whole numbers. */
function groupSquares(counts: Uint32Array, sums: Uint32Array): { readonly between: number; readonly mean: number } {
  const totals = [0, 0, 0]
  let between = 0
  let pixels = 0
  counts.forEach((count, bin) => {
    pixels += count
    for (let channel = 0; channel < 3; channel++) {
      const sum = sums[3 * bin + channel] ?? 0
      totals[channel] = (totals[channel] ?? 0) + sum
      between += Math.floor((sum * sum) / Math.max(1, count))
    }
  })
  return { between, mean: totals.reduce((all, total) => all + Math.floor((total * total) / pixels), 0) }
}

/** Distance from a centre in units of `scale`; a square root is exact on every machine, unlike a logarithm. */
function ring(x: number, y: number, scale: number): number {
  return Math.floor(Math.sqrt((x * x + y * y) / scale))
}
