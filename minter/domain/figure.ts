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

/** The contours of one figure in one proportion, drawn for a resolution. */
interface Drawing {
  readonly figure: Figure
  /** For each pixel of the reach, in the order of `Reach.offsets`, the group of contour lines that it is on. */
  readonly bins: Uint8Array
}

/** Where the pixels are that are looked at, and what every figure would do with them. */
interface Reach {
  /** Of the red byte of each pixel. */
  readonly offsets: Uint32Array
  readonly drawings: readonly Drawing[]
}

/** The same for every image of a resolution, and most of the work. */
const reaches = new Map<number, Reach>()

/**
 * What the motif is, by asking along which contours the colours stay the same.
 *
 * @param rgb the quadrant, row-major; its bottom-right pixel is nearest to the centre of the motif
 * @param size pixels along one side
 * @returns the figure whose contours explain most of the variance of the colours; 'Free' when none explains a quarter
 */
export function measureFigure(rgb: Uint8Array, size: number): Figure {
  const reach = reaches.get(size) ?? drawReach(size)
  reaches.set(size, reach)
  let best: Figure = 'Free'
  let most = LEAST_EXPLAINED
  for (const { figure, bins } of reach.drawings) {
    const explained = explainedVariance(rgb, reach.offsets, bins)
    if (explained > most) [best, most] = [figure, explained]
  }
  return best
}

function drawReach(size: number): Reach {
  const points: { readonly x: number; readonly y: number; readonly offset: number }[] = []
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = Math.floor(((size - 1 - column) * SIDE) / size)
      const y = Math.floor(((size - 1 - row) * SIDE) / size)
      if (x * x + y * y <= REACH * REACH) points.push({ x, y, offset: 3 * (row * size + column) })
    }
  }
  const drawings = FAMILIES.flatMap(({ figure, contours }) =>
    contours.map((contour): Drawing => {
      const bins = points.map(({ x, y }) => Math.min(BINS - 1, Math.floor(contour(x, y) / BIN_WIDTH)))
      return { figure, bins: Uint8Array.from(bins) }
    }),
  )
  return { offsets: Uint32Array.from(points, ({ offset }) => offset), drawings }
}

/** The part of the colours' variance that lies between contours and not within them, of 1000. */
function explainedVariance(rgb: Uint8Array, offsets: Uint32Array, bins: Uint8Array): number {
  const counts = new Uint32Array(BINS)
  const sums = new Uint32Array(BINS * 3)
  let squares = 0
  for (let i = 0; i < offsets.length; i++) {
    const bin = bins[i] ?? 0
    counts[bin] = (counts[bin] ?? 0) + 1
    for (let channel = 0; channel < 3; channel++) {
      const value = rgb[(offsets[i] ?? 0) + channel] ?? 0
      sums[3 * bin + channel] = (sums[3 * bin + channel] ?? 0) + value
      squares += value * value
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
  for (const [bin, count] of counts.entries()) {
    pixels += count
    for (let channel = 0; channel < 3; channel++) {
      const sum = sums[3 * bin + channel] ?? 0
      totals[channel] = (totals[channel] ?? 0) + sum
      between += Math.floor((sum * sum) / Math.max(1, count))
    }
  }
  return { between, mean: totals.reduce((all, total) => all + Math.floor((total * total) / pixels), 0) }
}

/** Distance from a centre in units of `scale`; a square root is exact on every machine, unlike a logarithm. */
function ring(x: number, y: number, scale: number): number {
  return Math.floor(Math.sqrt((x * x + y * y) / scale))
}
