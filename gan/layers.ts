import { type Activation, createEnding } from './activation.ts'
import type { Ops, Parameters } from './ops.ts'

/** Joins the two paths of a residual block at unchanged variance. */
export const RESIDUAL_GAIN = Math.SQRT1_2

const EPSILON = 1e-8

/**
 * A fully connected layer with equalised learning rate.
 *
 * @param x [n, in]
 * @param p `weight` [in, out] and `bias` [out]
 * @param multiplier of the learning rate: what is stored is divided by it
 * @see Karras et al. 2018, arXiv:1710.10196, section 4.1 "Equalized learning rate"
 */
export function fullyConnected<T>(
  ops: Ops<T>,
  p: Parameters<T>,
  x: T,
  activation: Activation = 'linear',
  multiplier: number = 1,
): T {
  const weight = p('weight')
  const [inputs] = ops.shapeOf(weight)
  const ending = createEnding(ops, activation)
  const factor = multiplier * ending.gainBefore
  const y = ops.matMul(x, ops.scale(weight, factor / Math.sqrt(inputs)))
  return ending.apply(ops.add(y, factor === 1 ? p('bias') : ops.scale(p('bias'), factor)))
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
 * The weight of a plain convolution, scaled for the equalised learning rate. [k, k, in, out]
 *
 * @param gain of the layer, as far as it is applied before the activation
 */
export function equalized<T>(ops: Ops<T>, weight: T, gain: number): T {
  const [height, width, inputs] = ops.shapeOf(weight)
  return ops.scale(weight, gain / Math.sqrt(height * width * inputs))
}

/**
 * A convolution whose weights are modulated by a style, and demodulated to unit variance.
 *
 * Scaling the activations before and after a convolution with the shared weight is the same mathematics as scaling the
 * weight per sample; it batches, and it has a second derivative where the per-sample form has not.
 *
 * @param x [n, h, w, in]
 * @param convolve with `weight`, and up-sampling if need be
 * @param weight [k, k, in, out], which the demodulation is computed from; null to leave it out
 * @param style [n, in]
 * @param gain of the layer, if it is demodulated
 * @see Karras et al. 2020, arXiv:1912.04958, section 2.2 "Instance normalization revisited"
 */
export function modulatedConvolution<T>(
  ops: Ops<T>,
  x: T,
  convolve: (x: T) => T,
  weight: T | null,
  style: T,
  gain: number = 1,
): T {
  const [n, inputs] = ops.shapeOf(style)
  const modulated = ops.mul(x, ops.reshape(style, [n, 1, 1, inputs]))
  const y = convolve(modulated)
  if (weight === null) return y

  const [height, width, , outputs] = ops.shapeOf(weight)
  const power = ops.sum(ops.reshape(ops.square(weight), [height * width, inputs, outputs]), [0])
  const variance = ops.matMul(ops.square(style), ops.reshape(power, [inputs, outputs]))
  const demodulation = ops.reshape(ops.scale(ops.rsqrt(ops.shift(variance, EPSILON)), gain), [n, 1, 1, outputs])
  return ops.mul(y, demodulation)
}
