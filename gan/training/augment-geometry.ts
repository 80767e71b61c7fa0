import type { Alteration } from './augment-draws.ts'

/** Positions to positions, both relative to the centre of a picture, in pixels right and down: A x + b as [A | b]. */
export type Affine = readonly [number, number, number, number, number, number]

const IDENTITY: Affine = [1, 0, 0, 0, 1, 0]

/**
 * The low-pass filter of sym6, an orthogonal wavelet; its sum is the square root of 2.
 *
 * @see Daubechies 1992, Ten Lectures on Wavelets, table 6.3, least asymmetric, N = 6
 */
const SYM6_TAPS = [
  0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466,
  0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578,
  0.0017677118642428036, -0.007800708325034148,
] as const

const SYM6 = SYM6_TAPS.map((tap) => tap / Math.SQRT2)

/** How far the filter reaches, on either side of a pixel of the picture. */
const REACH = SYM6.length / 4
/** Margins are rounded up to whole steps, so that tensors come in few shapes. */
const MARGIN_STEP = 16

/** Rows of numbers, one after the other; a picture's axis times it is the new axis. */
export interface Resampling {
  readonly rows: number
  readonly columns: number
  /** [rows, columns] */
  readonly data: Float32Array
}

/** Where each pixel of an altered picture lies in the picture as it was. */
export function originsOf(alteration: Alteration, side: number): Affine {
  const { isFlipped, quarterTurns, shift, scale, turnBefore, stretch, turnAfter, drift } = alteration
  return [
    scaling(isFlipped ? -1 : 1, 1),
    turning((Math.PI / 2) * quarterTurns),
    shifting(-roundHalfEven(shift[0] * side), -roundHalfEven(shift[1] * side)),
    scaling(1 / scale, 1 / scale),
    turning(turnBefore),
    scaling(1 / stretch, stretch),
    turning(turnAfter),
    shifting(-drift[0] * side, -drift[1] * side),
  ].reduce(compose, IDENTITY)
}

/** First `inner`, then `outer`. */
function compose(outer: Affine, inner: Affine): Affine {
  const [a, b, c, d, e, f] = outer
  const [p, q, r, s, t, u] = inner
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f]
}

function scaling(x: number, y: number): Affine {
  return [x, 0, 0, 0, y, 0]
}

function turning(angle: number): Affine {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  return [cosine, -sine, 0, sine, cosine, 0]
}

function shifting(x: number, y: number): Affine {
  return [1, 0, x, 0, 1, y]
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

/** Pixels of mirror image that the pictures need around them, so that nothing from beyond is asked for. */
export function marginFor(origins: readonly Affine[], side: number): number {
  const half = (side - 1) / 2
  let furthest = 0
  for (const [a, b, c, d, e, f] of origins) {
    for (const [x, y] of [
      [-half, -half],
      [half, -half],
      [-half, half],
      [half, half],
    ]) {
      furthest = Math.max(furthest, Math.abs(a * x + b * y + c), Math.abs(d * x + e * y + f))
    }
  }
  const needed = Math.max(0, Math.ceil(furthest - half + 2 * REACH))
  return Math.min(side - 1, Math.ceil(needed / MARGIN_STEP) * MARGIN_STEP)
}

/**
 * One axis of a picture, mirrored by `margin` pixels at both ends, and twice as fine.
 *
 * @param margin less than `side`
 */
export function refining(side: number, margin: number): Resampling {
  const padded = side + 2 * margin
  return resampling(2 * padded, side, (row, add) => {
    const parity = row % 2
    for (let j = 0; j < SYM6.length / 2; j++) {
      const at = (row - parity) / 2 + j - (parity === 0 ? REACH : REACH - 1)
      const tap = SYM6[SYM6.length - 1 - parity - 2 * j]
      if (at >= 0 && at < padded) add(mirrored(at - margin, side), 2 * tap)
    }
  })
}

/** Side of the pictures that `coarsening` takes. */
export function fineSide(side: number): number {
  return 2 * (side + 2 * REACH)
}

/** One axis back to `side` pixels from twice as many and the reach of the filter on either side. */
export function coarsening(side: number): Resampling {
  return resampling(side, fineSide(side), (row, add) => {
    for (const [k, tap] of SYM6.entries()) add(2 * row + 1 + k, tap)
  })
}

/** The same turned around, for products from the right. */
export function transposed({ rows, columns, data }: Resampling): Resampling {
  return resampling(columns, rows, (row, add) => {
    for (let column = 0; column < rows; column++) add(column, data[column * columns + row])
  })
}

/** @param fill adds to the elements of a row */
export function resampling(
  rows: number,
  columns: number,
  fill: (row: number, add: (column: number, weight: number) => void) => void,
): Resampling {
  const data = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    fill(row, (column, weight) => {
      data[row * columns + column] += weight
    })
  }
  return { rows, columns, data }
}

/** The pixel that is seen at a place beyond a picture's ends; the outermost pixels are not repeated. */
export function mirrored(at: number, side: number): number {
  const period = 2 * (side - 1)
  const within = ((at % period) + period) % period
  return within < side ? within : period - within
}

/** From the fine grid that `coarsening` takes to the fine grid that `refining` gives, in pixels from their centres. */
export function fineOrigins([a, b, c, d, e, f]: Affine): Affine {
  // Both grids begin half a fine pixel before the first pixel, where the filters' phases put them.
  const fine: Affine = [a, b, 2 * c, d, e, 2 * f]
  return compose(shifting(-0.5, -0.5), compose(fine, shifting(0.5, 0.5)))
}
