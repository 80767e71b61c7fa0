import { changeFilter, consume, convolution, type Filter, type Fir, makeWhole, type Ops, wholeFilter } from './ops.ts'

/** Zero insertion leaves a quarter of the mean. */
const UPSAMPLING_GAIN = 4

/** How `upfirdn2d` resamples; what is left out changes nothing. */
export interface Resampling {
  /** How many pixels each pixel becomes, by zeros behind it. */
  readonly up?: readonly [x: number, y: number]
  /** Of how many pixels the first is kept. */
  readonly down?: readonly [x: number, y: number]
  /** Zeros around the image; a negative number crops. */
  readonly padding?: readonly [left: number, right: number, top: number, bottom: number]
  readonly gain?: number
}

/**
 * Zero insertion, padding, filter, decimation: whatever resamples an image is a case of it.
 *
 * @param x [n, h, w, c]
 * @param filter of a true convolution, not a correlation
 */
export function upfirdn2d<T>(ops: Ops<T>, x: T, filter: Fir, resampling: Resampling): T {
  const { up = [1, 1], down = [1, 1], padding = [0, 0, 0, 0], gain = 1 } = resampling
  const [left, right, top, bottom] = padding
  const turned = filter.toReversed().map((row) => row.toReversed().map((tap) => tap * gain))
  const [spread, sides] = [insertZeros(ops, x, up), { left, right, top, bottom }]
  if (ops.halvingFir !== undefined && down.every((factor) => factor === 2)) return ops.halvingFir(spread, turned, sides)
  return decimate(ops, ops.fir(spread, turned, sides), down)
}

function insertZeros<T>(ops: Ops<T>, x: T, [right, down]: readonly [number, number]): T {
  if (right === 1 && down === 1) return x
  const [n, h, w, c] = ops.shapeOf(x)
  // Rows of zeros go behind each row, columns of zeros behind the channels of each pixel.
  const spread = ops.pad(ops.reshape(x, [n * h, 1, w, c]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, (right - 1) * c],
  ])
  return ops.reshape(spread, [n, h * down, w * right, c])
}

/** Keeps the first pixel of each group in both directions, also of one that the edge cuts. */
function decimate<T>(ops: Ops<T>, x: T, [right, down]: readonly [number, number]): T {
  if (right === 1 && down === 1) return x
  const [n, h, w, c] = ops.shapeOf(x)
  const [rows, columns] = [Math.ceil(h / down), Math.ceil(w / right)]
  const whole = ops.pad(x, [
    [0, 0],
    [0, rows * down - h],
    [0, columns * right - w],
    [0, 0],
  ])
  const groups = ops.reshape(whole, [n * rows, down, columns, right * c])
  return ops.reshape(ops.slice(groups, [0, 0, 0, 0], [n * rows, 1, columns, c]), [n, rows, columns, c])
}

/** The taps of `resample_filter` with the sum 1. */
export function normalizeTaps(taps: readonly number[]): readonly number[] {
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return taps.map((tap) => tap / sum)
}

/** The same taps in both directions. */
export function squareFilter(taps: readonly number[]): Fir {
  return taps.map((row) => taps.map((column) => row * column))
}

/** Zeros before and after a line for a layer that doubles it: `kernel` keeps the size, the filter is centred between. */
function sidesUp(kernel: number, { length }: readonly number[]): readonly [before: number, after: number] {
  const half = Math.floor(kernel / 2)
  return [half + Math.floor((length + 1) / 2), half + Math.floor((length - 2) / 2)]
}

/** The same for a layer that halves it: the filter is centred between the two pixels that become one. */
function sidesDown(kernel: number, { length }: readonly number[]): readonly [before: number, after: number] {
  const half = Math.floor(kernel / 2)
  return [half + Math.floor((length - 1) / 2), half + Math.floor((length - 2) / 2)]
}

/** Halves an image with the filter before, channel by channel. [n, 2 h, 2 w, c] to [n, h, w, c] */
export function downsample<T>(ops: Ops<T>, image: T, taps: readonly number[]): T {
  const [before, after] = sidesDown(1, taps)
  return upfirdn2d(ops, image, squareFilter(taps), { down: [2, 2], padding: [before, after, before, after] })
}

/**
 * A convolution that halves height and width, with the filter before.
 *
 * @param weight a correlation
 * @returns from [n, 2 h, 2 w, in] to [n, h, w, out]
 */
export function downConvolution<T>(ops: Ops<T>, weight: Filter<T>, taps: readonly number[]): (x: T) => T {
  const [kernel] = weight.shape
  const [before, after] = sidesDown(kernel, taps)
  const padding = [before, after, before, after] as const
  const filter = squareFilter(taps)
  // A single tap looks at every second pixel only, so that the others need not be filtered.
  const isPointwise = kernel === 1 && ops.halvingFir !== undefined
  const convolve = convolution(ops, weight, isPointwise ? 1 : 2, 'valid')
  return (x) => consume(ops, upfirdn2d(ops, x, filter, isPointwise ? { down: [2, 2], padding } : { padding }), convolve)
}

/** Prepares what doubles an image with the filter between, channel by channel. [n, h, w, c] to [n, 2 h, 2 w, c] */
export function createUpsampling<T>(ops: Ops<T>, channels: number, taps: readonly number[]): (image: T) => T {
  const unchanged = ops.constant(identity(channels), [1, 1, channels, channels])
  return foldedUpConvolution(ops, wholeFilter(ops, unchanged), taps)
}

/**
 * A convolution that doubles height and width, with the filter after.
 *
 * @param weight of an odd kernel, a true convolution over the zero-inserted image
 * @returns from [n, h, w, in] to [n, 2 h, 2 w, out]
 */
export function upConvolution<T>(ops: Ops<T>, weight: Filter<T>, taps: readonly number[]): (x: T) => T {
  const { convolveSpread } = ops
  if (convolveSpread === undefined) return foldedUpConvolution(ops, weight, taps)

  const [kernel] = weight.shape
  const [before, after] = sidesUp(kernel, taps)
  // The spread convolution has already gone over the edges as far as its filter reaches.
  const sides = [before - kernel + 1, after - kernel + 2] as const
  const louder = ops.scale(makeWhole(weight), UPSAMPLING_GAIN)
  return (x) => upfirdn2d(ops, convolveSpread(x, louder), squareFilter(taps), { padding: [...sides, ...sides] })
}

/**
 * The same as one plain convolution at the low resolution, which makes the four phases of every output pixel: zero
 * insertion and filter are folded into the weight.
 *
 * A transposed convolution does the same with a quarter of the products, but in WebAssembly at a tenth of the speed.
 */
export function foldedUpConvolution<T>(ops: Ops<T>, weight: Filter<T>, taps: readonly number[]): (x: T) => T {
  const [kernel, , inputs, outputs] = weight.shape
  const side = foldedSide(kernel, taps)
  const folded = changeFilter(ops, weight, [side, side, inputs, 4 * outputs], (part) => foldUpsampling(ops, part, taps))
  return convolution(ops, folded, 1, 'same', (phases) => depthToSpace(ops, phases))
}

/** [k, k, in, out] to [side, side, in, 4 out], for `conv2d` and `depthToSpace`. */
function foldUpsampling<T>(ops: Ops<T>, weight: T, taps: readonly number[]): T {
  const [kernel, , inputs, outputs] = ops.shapeOf(weight)
  const side = foldedSide(kernel, taps)
  const rows = side * side * 4
  const columns = kernel * kernel
  const folded = ops.matMul(
    ops.constant(foldingMatrix(side, kernel, taps), [rows, columns]),
    ops.reshape(weight, [columns, inputs * outputs]),
  )
  const phasesFirst = consume(ops, folded, (rowsOfIt) => ops.reshape(rowsOfIt, [side * side, 4, inputs, outputs]))
  const phasesLast = consume(ops, phasesFirst, (turned) => ops.transpose(turned, [0, 2, 1, 3]))
  return ops.reshape(phasesLast, [side, side, inputs, 4 * outputs])
}

/** Odd, so that `same` centres it, and wide enough for the neighbour that reaches furthest. */
function foldedSide(kernel: number, taps: readonly number[]): number {
  const [before] = sidesUp(kernel, taps)
  const furthest = Math.max(Math.floor(before / 2), Math.floor((kernel + taps.length - 1 - before) / 2))
  return 2 * furthest + 1
}

/** Rows: position y, x in the neighbourhood, then phase y, x. Columns: y, x of the original filter. */
function foldingMatrix(side: number, kernel: number, taps: readonly number[]): Float32Array {
  const furthest = (side - 1) / 2
  const rows = side * side * 4
  const matrix = new Float32Array(rows * kernel * kernel)
  for (let row = 0; row < rows; row++) {
    const [ey, ex] = [Math.floor(row / 4 / side) - furthest, (Math.floor(row / 4) % side) - furthest]
    const [ay, ax] = [Math.floor(row / 2) % 2, row % 2]
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        matrix[(row * kernel + ky) * kernel + kx] =
          foldedTap(kernel, taps, ey, ay, ky) * foldedTap(kernel, taps, ex, ax, kx)
      }
    }
  }
  return matrix
}

/** Weight of filter tap `k` in what the neighbour at distance `e` gives to the output of phase `a`, in one axis. */
function foldedTap(kernel: number, taps: readonly number[], e: number, a: number, k: number): number {
  const [before] = sidesUp(kernel, taps)
  // Zero insertion halves the mean, hence the gain of 2 per axis.
  return 2 * (taps[kernel + taps.length - 2 - before + a - 2 * e - k] ?? 0)
}

/**
 * Doubles height and width: every group of four channels becomes a 2 x 2 square of pixels.
 *
 * @param x [n, h, w, 4 c], the phases (0,0), (0,1), (1,0), (1,1) one after the other
 * @returns [n, 2 h, 2 w, c]
 */
function depthToSpace<T>(ops: Ops<T>, x: T): T {
  if (ops.depthToSpace !== undefined) return ops.depthToSpace(x)
  const [n, h, w, depth] = ops.shapeOf(x)
  // Rows and phases of rows swap places in four dimensions; the phases of columns then already lie in order.
  const rows = ops.transpose(ops.reshape(x, [n * h, w, 2, depth / 2]), [0, 2, 1, 3])
  return ops.reshape(rows, [n, 2 * h, 2 * w, depth / 4])
}

function identity(size: number): Float32Array {
  const matrix = new Float32Array(size * size)
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1
  return matrix
}
