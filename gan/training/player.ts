import * as tf from '@tensorflow/tfjs-core'
import type { Weights } from '../bundle.ts'
import { type AdamRates, type AdamState, adamStep } from './adam.ts'
import { buffersOf, cut, flatten, type ParameterPlan, planParameters } from './parameters.ts'

/** A network that descends: its parameters as one vector, and what Adam keeps about them. */
export interface Player {
  readonly plan: ParameterPlan
  readonly buffers: Map<string, tf.Tensor>
  readonly rates: AdamRates
  /** Whether a parameter stays as it is. */
  readonly isFrozen: (name: string) => boolean
  parameters: tf.Tensor1D
  adam: AdamState
}

/** Adam's memory as plain numbers, in the order of the parameters. */
export interface Moments {
  readonly squares: Float32Array
  readonly steps: number
}

export function createPlayer(
  weights: Weights,
  moments: Moments,
  rates: AdamRates,
  isFrozen: (name: string) => boolean = () => false,
): Player {
  const plan = planParameters(weights)
  return {
    plan,
    buffers: new Map(buffersOf(weights)),
    rates,
    isFrozen,
    parameters: tf.tensor1d(flatten(plan, weights)),
    adam: { squares: tf.tensor1d(moments.squares), steps: moments.steps },
  }
}

/** Takes one step against a gradient, and disposes of it. */
export function applyGradient(player: Player, gradient: tf.Tensor1D): void {
  const moved = adamStep(player.parameters, gradient, player.adam, player.rates)
  tf.dispose([gradient, player.parameters, player.adam.squares])
  player.parameters = moved.parameters
  player.adam = moved.state
}

/**
 * A loss and its gradient, as one vector in the order of the parameters.
 *
 * @param loss of the parameters, cut to their shapes
 */
export function differentiate(
  player: Player,
  loss: (parts: readonly tf.Tensor[]) => tf.Scalar,
): [value: tf.Scalar, gradient: tf.Tensor1D] {
  return tf.tidy(() => gradientOf(player, loss))
}

function gradientOf(
  player: Player,
  loss: (parts: readonly tf.Tensor[]) => tf.Scalar,
): [value: tf.Scalar, gradient: tf.Tensor1D] {
  const parts = cut(player.plan, player.parameters)
  // The engine itself, since tf.valueAndGrads refuses a loss that some parameter has no part in, such as R1 and biases.
  const asked = player.plan.places.map(({ name }, i) => (player.isFrozen(name) ? null : parts[i]))
  const moving = asked.filter((part) => part !== null)
  const { value, grads } = tf.engine().gradients(() => loss(parts), moving, undefined, true)
  const slopes = grads as (tf.Tensor | null | undefined)[]
  // A gradient of zero leaves a frozen parameter exactly where it is.
  const flat = player.plan.places.map(({ size }, i) => {
    const part = asked[i]
    const slope = part === null ? null : slopes[moving.indexOf(part)]
    return slope === null || slope === undefined ? tf.zeros<tf.Rank.R1>([size]) : tf.reshape<tf.Rank.R1>(slope, [size])
  })
  return [value, tf.concat1d(flat)]
}

export function disposePlayer(player: Player): void {
  tf.dispose([player.parameters, player.adam.squares, ...player.buffers.values()])
}
