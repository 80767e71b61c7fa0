import { consume, type Ops } from './ops.ts'

/** The official names of what layers end with. */
export const ACTIVATIONS = ['linear', 'relu', 'lrelu', 'tanh', 'sigmoid', 'elu', 'selu', 'softplus', 'swish'] as const

export type Activation = (typeof ACTIVATIONS)[number]

const SLOPE = 0.2

/** So that what is standard normal comes out with mean 0 and variance 1 again. */
const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 } as const

interface Kind {
  /** Restores the variance that it takes from a standard normal. */
  readonly gain: number
  /** A gain after it may as well be applied before, where it costs nothing: to the weights. */
  readonly isHomogeneous: boolean
  readonly apply: <T>(ops: Ops<T>, x: T, slope: number) => T
}

const KINDS: Readonly<Record<Activation, Kind>> = {
  linear: { gain: 1, isHomogeneous: true, apply: (_ops, x) => x },
  relu: { gain: Math.SQRT2, isHomogeneous: true, apply: (ops, x) => ops.leakyRelu(x, 0) },
  lrelu: { gain: Math.SQRT2, isHomogeneous: true, apply: (ops, x, slope) => ops.leakyRelu(x, slope) },
  tanh: { gain: 1, isHomogeneous: false, apply: (ops, x) => ops.tanh(x) },
  sigmoid: { gain: 1, isHomogeneous: false, apply: (ops, x) => ops.sigmoid(x) },
  elu: { gain: 1, isHomogeneous: false, apply: (ops, x) => exponentialLinear(ops, x, 1) },
  selu: {
    gain: 1,
    isHomogeneous: false,
    apply: (ops, x) => ops.scale(exponentialLinear(ops, x, SELU.alpha), SELU.scale),
  },
  softplus: { gain: 1, isHomogeneous: false, apply: (ops, x) => ops.softplus(x) },
  swish: { gain: Math.SQRT2, isHomogeneous: false, apply: (ops, x) => ops.mul(x, ops.sigmoid(x)) },
}

/** x above zero, alpha * (exp(x) - 1) below. */
function exponentialLinear<T>(ops: Ops<T>, x: T, alpha: number): T {
  const negative = ops.scale(ops.leakyRelu(ops.scale(x, -1), 0), -1)
  return ops.add(ops.leakyRelu(x, 0), ops.scale(ops.shift(ops.exp(negative), -1), alpha))
}

/** The end of a layer: activation, gain and clamp. */
export interface Ending<T> {
  /** What weights and bias are to be scaled by before: the whole gain, if the activation lets it through. */
  readonly gainBefore: number
  /** What comes after the bias; it takes `x` over, which nothing else may use afterwards. */
  readonly apply: (x: T) => T
}

/**
 * @param gain of the activations, all in all
 * @param clamp clips them to -clamp..clamp; null leaves them alone
 * @param slope of lrelu below zero
 */
export function createEnding<T>(
  ops: Ops<T>,
  activation: Activation,
  gain: number = KINDS[activation].gain,
  clamp: number | null = null,
  slope: number = SLOPE,
): Ending<T> {
  const kind = KINDS[activation]
  const gainAfter = kind.isHomogeneous ? 1 : gain
  return {
    gainBefore: kind.isHomogeneous ? gain : 1,
    apply: (x) => {
      const active = consume(ops, x, (given) => kind.apply(ops, given, slope))
      const loud = gainAfter === 1 ? active : consume(ops, active, (quiet) => ops.scale(quiet, gainAfter))
      return clamp === null ? loud : consume(ops, loud, (wide) => ops.clamp(wide, clamp))
    },
  }
}

/**
 * The end of a layer that has a gain and a clamp beside those of its activation.
 *
 * @param clamp of a layer without that gain
 */
export function createLayerEnding<T>(
  ops: Ops<T>,
  activation: Activation,
  layerGain: number,
  clamp: number | null,
): Ending<T> {
  return createEnding(ops, activation, KINDS[activation].gain * layerGain, clamp === null ? null : clamp * layerGain)
}
