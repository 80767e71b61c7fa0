import { type Activation, createEnding } from './activation.ts'
import {
  changeFilter,
  consume,
  type Filter,
  filterOf,
  makeWhole,
  type Ops,
  type Parameters,
  product,
  scope,
} from './ops.ts'

/** Joins the two paths of a residual block at unchanged variance. */
export const RESIDUAL_GAIN = Math.SQRT1_2

const EPSILON = 1e-8

/**
 * Prepares a fully connected layer with equalised learning rate: [n, in] to [n, out].
 *
 * @param p `weight` [in, out] and `bias` [out]
 * @param multiplier of the learning rate: what is stored is divided by it
 * @see Karras et al. 2018, arXiv:1710.10196, section 4.1 "Equalized learning rate"
 */
export function createFullyConnected<T>(
  ops: Ops<T>,
  p: Parameters<T>,
  activation: Activation = 'linear',
  multiplier: number = 1,
): (x: T) => T {
  const ending = createEnding(ops, activation)
  const factor = multiplier * ending.gainBefore
  const weight = scope(ops, () => {
    const stored = p('weight')
    const [inputs] = ops.shapeOf(stored)
    return ops.scale(stored, factor / Math.sqrt(inputs))
  })
  const bias = scope(ops, () => (factor === 1 ? p('bias') : ops.scale(p('bias'), factor)))
  const multiply = product(ops, weight)
  return (x) => ending.apply(consume(ops, multiply(x), (y) => ops.add(y, bias)))
}

/** x / sqrt(mean(x^2)) over the last axis. [n, dim] */
export function normalizeSecondMoment<T>(ops: Ops<T>, x: T): T {
  return ops.mul(x, ops.rsqrt(ops.shift(ops.mean(ops.square(x), [1]), EPSILON)))
}

/** The sum of what there is. */
export function addPresent<T>(ops: Ops<T>, a: T | null, b: T | null): T | null {
  if (a === null) return b
  return b === null ? a : ops.add(a, b)
}

/**
 * The weight of a plain convolution, scaled for the equalised learning rate.
 *
 * @param p `weight`
 * @param gain of the layer, as far as it is applied before the activation
 */
export function equalized<T>(ops: Ops<T>, p: Parameters<T>, gain: number): Filter<T> {
  const filter = filterOf(ops, p)
  const [height, width, inputs] = filter.shape
  const factor = gain / Math.sqrt(height * width * inputs)
  return changeFilter(ops, filter, filter.shape, (part) => ops.scale(part, factor))
}

/** The squares of a weight [k, k, in, out], summed over the kernel: [in, out], what demodulation depends on. */
export function powerOf<T>(ops: Ops<T>, filter: Filter<T>): T {
  const [height, width, inputs, outputs] = filter.shape
  return scope(ops, () => {
    const squares = ops.reshape(ops.square(makeWhole(filter)), [height * width, inputs, outputs])
    return ops.reshape(ops.sum(squares, [0]), [inputs, outputs])
  })
}

/**
 * A convolution whose weights are modulated by a style, and demodulated to unit variance.
 *
 * Scaling the activations before and after a convolution with the shared weight is the same mathematics as scaling the
 * weight per sample; it batches, and it has a second derivative where the per-sample form has not.
 *
 * @param x [n, h, w, in]
 * @param convolve with the shared weight, and up-sampling if need be
 * @param power of that weight, see `powerOf`; null to leave the demodulation out
 * @param style [n, in]
 * @param gain of the layer, if it is demodulated
 * @see Karras et al. 2020, arXiv:1912.04958, section 2.2 "Instance normalization revisited"
 */
export function modulatedConvolution<T>(
  ops: Ops<T>,
  x: T,
  convolve: (x: T) => T,
  power: T | null,
  style: T,
  gain: number = 1,
): T {
  const [n, inputs] = ops.shapeOf(style)
  const y = scope(ops, () => consume(ops, ops.mul(x, ops.reshape(style, [n, 1, 1, inputs])), convolve))
  if (power === null) return y

  const [, outputs] = ops.shapeOf(power)
  const variance = ops.matMul(ops.square(style), power)
  const demodulation = ops.reshape(ops.scale(ops.rsqrt(ops.shift(variance, EPSILON)), gain), [n, 1, 1, outputs])
  return consume(ops, y, (loud) => ops.mul(loud, demodulation))
}
