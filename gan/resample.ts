import { BLUR_TAPS, type Ops } from './ops.ts'

/** Zero insertion leaves a quarter of the mean. */
const UPSAMPLING_GAIN = 4

/**
 * Doubles height and width: every group of four channels becomes a 2 x 2 square of pixels.
 *
 * @param x [n, h, w, 4 c], the phases (0,0), (0,1), (1,0), (1,1) one after the other
 * @returns [n, 2 h, 2 w, c]
 */
export function depthToSpace<T>(ops: Ops<T>, x: T): T {
  if (ops.depthToSpace !== undefined) return ops.depthToSpace(x)
  const [n, h, w, depth] = ops.shapeOf(x)
  // Rows and phases of rows swap places in four dimensions; the phases of columns then already lie in order.
  const rows = ops.transpose(ops.reshape(x, [n * h, w, 2, depth / 2]), [0, 2, 1, 3])
  return ops.reshape(rows, [n, 2 * h, 2 * w, depth / 4])
}

/**
 * Folds zero insertion and blur into a filter, so that an up-sampling convolution is one plain convolution at the low
 * resolution that makes the four phases of every output pixel.
 *
 * A transposed convolution does the same with a quarter of the products, but in WebAssembly a tenth of the speed.
 *
 * @param filter [k, k, in, out], k 1 or 3, as a true convolution (not a correlation) over the zero-inserted image
 * @returns [3, 3, in, 4 out] for `conv2d` and `depthToSpace`
 */
export function foldUpsampling<T>(ops: Ops<T>, filter: T): T {
  const [kernel, , inputs, outputs] = ops.shapeOf(filter)
  const taps = ops.reshape(filter, [kernel * kernel, inputs * outputs])
  const folded = ops.matMul(ops.constant(foldingMatrix(kernel), [36, kernel * kernel]), taps)
  const phasesLast = ops.transpose(ops.reshape(folded, [9, 4, inputs, outputs]), [0, 2, 1, 3])
  return ops.reshape(phasesLast, [3, 3, inputs, 4 * outputs])
}

/**
 * A convolution that doubles height and width, with the blur after.
 *
 * @param filter [3, 3, in, out]
 * @returns from [n, h, w, in] to [n, 2 h, 2 w, out]
 */
export function upConvolution<T>(ops: Ops<T>, filter: T): (x: T) => T {
  const { convolveSpread } = ops
  if (convolveSpread === undefined) {
    const folded = foldUpsampling(ops, filter)
    return (x) => depthToSpace(ops, ops.conv2d(x, folded, 1, 'same'))
  }
  const louder = ops.scale(filter, UPSAMPLING_GAIN)
  return (x) => ops.blur(convolveSpread(x, louder), 1, 1)
}

/** Rows: position y, x in the 3 x 3 neighbourhood, then phase y, x. Columns: y, x of the original filter. */
function foldingMatrix(kernel: number): Float32Array {
  const matrix = new Float32Array(36 * kernel * kernel)
  for (let row = 0; row < 36; row++) {
    const [ey, ex, ay, ax] = [Math.floor(row / 12), Math.floor(row / 4) % 3, Math.floor(row / 2) % 2, row % 2]
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        matrix[(row * kernel + ky) * kernel + kx] = foldedTap(kernel, ey, ay, ky) * foldedTap(kernel, ex, ax, kx)
      }
    }
  }
  return matrix
}

/** Weight of filter tap `k` in what a pixel's neighbour `e` (0 to 2) gives to the output of phase `a`, in one axis. */
function foldedTap(kernel: number, e: number, a: number, k: number): number {
  const centred = kernel === 1 ? 1 : k
  // Zero insertion halves the mean, hence the gain of 2 per axis.
  return 2 * (BLUR_TAPS[centred - a - 1 + 2 * e] ?? 0)
}

/** Doubles an image with the blur between, channel by channel. [n, h, w, c] to [n, 2 h, 2 w, c] */
export function upsample<T>(ops: Ops<T>, image: T): T {
  const [, , , channels] = ops.shapeOf(image)
  const folded = foldUpsampling(ops, ops.constant(identity(channels), [1, 1, channels, channels]))
  return depthToSpace(ops, ops.conv2d(image, folded, 1, 'same'))
}

/** Halves an image with the blur before, channel by channel. [n, 2 h, 2 w, c] to [n, h, w, c] */
export function downsample<T>(ops: Ops<T>, image: T): T {
  const [, , , channels] = ops.shapeOf(image)
  return ops.conv2d(ops.blur(image, 1, 1), ops.constant(identity(channels), [1, 1, channels, channels]), 2, 'valid')
}

function identity(size: number): Float32Array {
  const matrix = new Float32Array(size * size)
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1
  return matrix
}
