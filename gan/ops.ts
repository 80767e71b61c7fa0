export type Shape = readonly number[]

/**
 * The tensor operations that the network is written against, once; what interprets them is an engine.
 *
 * Images are NHWC, filters HWIO, everything is float32, and two operands broadcast as in NumPy. An operation must
 * be differentiable twice where an engine is used for training: R1 and path length need it.
 */
export interface Ops<T> {
  constant(data: Float32Array, shape: Shape): T
  shapeOf(x: T): Shape
  add(a: T, b: T): T
  sub(a: T, b: T): T
  mul(a: T, b: T): T
  scale(x: T, factor: number): T
  shift(x: T, term: number): T
  square(x: T): T
  sqrt(x: T): T
  rsqrt(x: T): T
  /** Over the axes, which stay in the shape with length 1. */
  mean(x: T, axes: readonly number[]): T
  sum(x: T, axes: readonly number[]): T
  reshape(x: T, shape: Shape): T
  transpose(x: T, order: readonly number[]): T
  concat(parts: readonly T[], axis: number): T
  matMul(a: T, b: T): T
  /** A correlation, as everywhere in the field. `same` pads as for a stride of 1. */
  conv2d(x: T, filter: T, stride: number, padding: 'same' | 'valid'): T
  /**
   * Puts a zero after each pixel in both directions, then convolves (no correlation): [n, h, w, in] to
   * [n, 2 h + 1, 2 w + 1, out] for a 3 x 3 filter. Only an engine in which this is fast has it.
   */
  readonly convolveSpread?: (x: T, filter: T) => T
  /** See `depthToSpace`, which is made of other operations for an engine that has no better way. */
  readonly depthToSpace?: (x: T) => T
  /** Slope 1 above zero and 0.2 below. */
  leakyRelu(x: T): T
  /** Clips to -limit..limit. */
  clamp(x: T, limit: number): T
  /** Convolves each channel with BLUR_TAPS in both directions, after padding both with zeros. */
  blur(x: T, before: number, after: number): T
}

/** The binomial filter of all resampling, [1, 3, 3, 1] / 8; symmetric, so convolution and correlation are one. */
export const BLUR_TAPS: readonly number[] = [0.125, 0.375, 0.375, 0.125]

/** The trained numbers of a network by their official names; one that is missing is an error of the bundle. */
export type Parameters<T> = (name: string) => T

/** The parameters whose names begin with `prefix`, without it. */
export function scoped<T>(parameters: Parameters<T>, prefix: string): Parameters<T> {
  return (name) => parameters(prefix + name)
}
