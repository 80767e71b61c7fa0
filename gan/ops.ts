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
  /**
   * Prepares a convolution that runs often. The engine may make the filter once, and hold it in its own arrangement, or
   * whenever it is used, part by part. `finish` is what becomes of each part of the outputs, [n, h, w, channels].
   */
  readonly convolution?: (
    filter: Filter<T>,
    stride: number,
    padding: 'same' | 'valid',
    finish: (y: T) => T,
  ) => (x: T) => T
  /** The same for a product with a matrix [in, out] on the right. */
  readonly product?: (matrix: T) => (x: T) => T
  /** `fir`, of which the first of every two pixels in both directions is computed. */
  readonly halvingFir?: (x: T, filter: Fir, sides: Sides) => T
  /** Lets go of all that `work` makes, except of what it returns. */
  readonly scope?: (work: () => T) => T
  /** Lets go of what nothing uses any more. */
  readonly release?: (x: T) => void
  /** See `depthToSpace`, which is made of other operations for an engine that has no better way. */
  readonly depthToSpace?: (x: T) => T
  /** Slope 1 above zero and `slope` below. */
  leakyRelu(x: T, slope: number): T
  exp(x: T): T
  tanh(x: T): T
  /** 1 / (1 + exp(-x)) */
  sigmoid(x: T): T
  /** log(1 + exp(x)) */
  softplus(x: T): T
  /** Clips to -limit..limit. */
  clamp(x: T, limit: number): T
  /** Puts zeros around `x`: how many before and how many after along each axis, none of them negative. */
  pad(x: T, sides: readonly (readonly [before: number, after: number])[]): T
  slice(x: T, begin: Shape, size: Shape): T
  /** Correlates each channel of [n, h, w, c] with the same filter, after padding with zeros. */
  fir(x: T, filter: Fir, sides: Sides): T
}

/** The filter of a convolution, made when it is asked for. */
export interface Filter<T> {
  /** How many channels come of the convolution, when it is finished. */
  readonly outputs: number
  /** [k, k, in, out] of all of it; out is a multiple of the outputs. */
  readonly shape: Shape
  /** The part that makes the outputs from `begin` to before `end`; whoever asks for it takes it over. */
  readonly make: (begin: number, end: number) => T
}

/** A weight [k, k, in, out] that is there already as a filter, which takes it over. */
export function wholeFilter<T>(ops: Ops<T>, weight: T): Filter<T> {
  const shape = ops.shapeOf(weight)
  const [height, width, inputs, outputs] = shape
  return {
    outputs,
    shape,
    make: (begin, end) =>
      end - begin === outputs ? weight : ops.slice(weight, [0, 0, 0, begin], [height, width, inputs, end - begin]),
  }
}

/** The filter with each of its parts changed. */
export function changeFilter<T>(ops: Ops<T>, filter: Filter<T>, shape: Shape, change: (part: T) => T): Filter<T> {
  return { ...filter, shape, make: (begin, end) => scope(ops, () => change(filter.make(begin, end))) }
}

/** All of a filter. */
export function makeWhole<T>(filter: Filter<T>): T {
  return filter.make(0, filter.outputs)
}

/** A convolution, and what is made of its outputs; see `Ops.convolution`. */
export function convolution<T>(
  ops: Ops<T>,
  filter: Filter<T>,
  stride: number,
  padding: 'same' | 'valid',
  finish: (y: T) => T = (y) => y,
): (x: T) => T {
  if (ops.convolution !== undefined) return ops.convolution(filter, stride, padding, finish)
  const whole = makeWhole(filter)
  return (x) => consume(ops, ops.conv2d(x, whole, stride, padding), finish)
}

/** A product with a matrix that nothing else uses; see `Ops.product`. */
export function product<T>(ops: Ops<T>, matrix: T): (x: T) => T {
  return ops.product?.(matrix) ?? ((x) => ops.matMul(x, matrix))
}

/** What `work` returns; what it makes besides need not outlive it. */
export function scope<T>(ops: Ops<T>, work: () => T): T {
  return ops.scope === undefined ? work() : ops.scope(work)
}

/** What `use` makes of `x`, which is needed for nothing else: it is let go of at once, not only at the end of a scope. */
export function consume<T>(ops: Ops<T>, x: T, use: (x: T) => T): T {
  const made = use(x)
  if (made !== x) ops.release?.(x)
  return made
}

/** A constant filter of images, row by row. */
export type Fir = readonly (readonly number[])[]

/** How many zeros are put around images; a negative number crops. */
export interface Sides {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/** The trained numbers of a network by their official names; one that is missing is an error of the bundle. */
export interface Parameters<T> {
  (name: string): T
  /** The same for the weight of a convolution, of which an engine need not hold all at once. */
  readonly filter?: ((name: string) => Filter<T>) | undefined
}

/** The parameters whose names begin with `prefix`, without it. */
export function scoped<T>(parameters: Parameters<T>, prefix: string): Parameters<T> {
  const { filter } = parameters
  return Object.assign((name: string) => parameters(prefix + name), {
    filter: filter && ((name: string) => filter(prefix + name)),
  })
}

/** A layer's `weight` as a filter. */
export function filterOf<T>(ops: Ops<T>, p: Parameters<T>): Filter<T> {
  return p.filter?.('weight') ?? wholeFilter(ops, p('weight'))
}
