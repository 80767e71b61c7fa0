import * as tf from '@tensorflow/tfjs-core'

const EPSILON = 1e-8

/** What is kept between steps, besides the parameters. */
export interface AdamState {
  /** Running mean of the squared gradients. */
  readonly squares: tf.Tensor1D
  readonly steps: number
}

export interface AdamRates {
  readonly learningRate: number
  /** Memory of the squared gradients. */
  readonly beta: number
}

/**
 * The rates of a network whose regulariser runs only every k-th time, as a step of its own.
 *
 * @param interval k; null without a regulariser
 * @see Karras et al. 2020, arXiv:1912.04958, appendix B "Lazy regularization"
 */
export function lazyRates(learningRate: number, beta: number, interval: number | null): AdamRates {
  const share = interval === null ? 1 : interval / (interval + 1)
  return { learningRate: learningRate * share, beta: beta ** share }
}

/**
 * One step of Adam without momentum (beta1 = 0), as StyleGAN trains. The caller disposes of what went in.
 *
 * @see Kingma and Ba 2015, arXiv:1412.6980, algorithm 1
 */
export function adamStep(
  parameters: tf.Tensor1D,
  gradient: tf.Tensor1D,
  state: AdamState,
  rates: AdamRates,
): { parameters: tf.Tensor1D; state: AdamState } {
  const { learningRate, beta } = rates
  const steps = state.steps + 1
  const [moved, squares] = tf.tidy(() => {
    const kept: tf.Tensor1D = tf.add(tf.mul(state.squares, beta), tf.mul(tf.square(gradient), 1 - beta))
    const scale = tf.add(tf.mul(tf.sqrt(kept), 1 / Math.sqrt(1 - beta ** steps)), EPSILON)
    const next: tf.Tensor1D = tf.sub(parameters, tf.mul(tf.div(gradient, scale), learningRate))
    return [next, kept]
  })
  return { parameters: moved, state: { squares, steps } }
}
