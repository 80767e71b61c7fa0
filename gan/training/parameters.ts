import * as tf from '@tensorflow/tfjs-core'
import { adapterScale, DOWN, UP } from '../adapters/lora.ts'
import type { Weights } from '../bundle.ts'
import { BundleInvalid } from '../errors.ts'
import { toInternalLayout, toOfficialLayout } from '../layout.ts'
import type { Parameters, Shape } from '../ops.ts'

/** One parameter's place in the vector that all trained parameters of a network lie in, one after the other. */
interface Place {
  readonly name: string
  readonly shape: Shape
  readonly size: number
}

/** The order and the shapes of a network's trained parameters; the numbers themselves are one vector. */
export interface ParameterPlan {
  readonly places: readonly Place[]
  readonly size: number
}

/** Neither descends: noise images are drawn once, the mean style is tracked. */
function isTrained(name: string): boolean {
  return !/(?:^|\.)(?:noise_const|w_avg|resample_filter)$/.test(name)
}

/** Lays the trained parameters out in the order of `weights`. */
export function planParameters(weights: Weights): ParameterPlan {
  const places = [...weights]
    .filter(([name]) => isTrained(name))
    .map(([name, weight]) => {
      const { shape, data } = toInternalLayout(name, weight)
      return { name, shape, size: data.length }
    })
  return { places, size: places.reduce((sum, { size }) => sum + size, 0) }
}

/** The trained parameters as one vector. */
export function flatten(plan: ParameterPlan, weights: Weights): Float32Array {
  const flat = new Float32Array(plan.size)
  let offset = 0
  for (const { name, size } of plan.places) {
    flat.set(toInternalLayout(name, weightOf(weights, name)).data, offset)
    offset += size
  }
  return flat
}

/** What is not trained, as tensors in the internal layout; the caller disposes of them. */
export function buffersOf(weights: Weights): ReadonlyMap<string, tf.Tensor> {
  const buffers = new Map<string, tf.Tensor>()
  for (const [name, weight] of weights) {
    if (isTrained(name) || name.endsWith('resample_filter')) continue
    const { shape, data } = toInternalLayout(name, weight)
    buffers.set(name, tf.tensor(data, [...shape]))
  }
  return buffers
}

/** The numbers of such tensors, still in the internal layout. */
export async function readBuffers(buffers: ReadonlyMap<string, tf.Tensor>): Promise<Weights> {
  const entries = [...buffers].map(async ([name, tensor]) => {
    const data = Float32Array.from(await tensor.data())
    return [name, { shape: tensor.shape, data }] as const
  })
  return new Map(await Promise.all(entries))
}

/** Cuts the vector into parameters of their own shapes. */
export function cut(plan: ParameterPlan, flat: tf.Tensor1D): tf.Tensor[] {
  const parts = tf.split(
    flat,
    plan.places.map(({ size }) => size),
  )
  return parts.map((part, i) => tf.reshape(part, [...plan.places[i].shape]))
}

/** Parameters by name; a weight that has an adapter is given with it added. */
export function named(
  plan: ParameterPlan,
  parts: readonly tf.Tensor[],
  buffers: ReadonlyMap<string, tf.Tensor>,
): Parameters<tf.Tensor> {
  const byName = new Map(buffers)
  for (const [i, { name }] of plan.places.entries()) byName.set(name, parts[i])
  return (name) => {
    const parameter = byName.get(name)
    if (parameter === undefined) throw new BundleInvalid('missing', { tensor: name })
    const [down, up] = [byName.get(name + DOWN), byName.get(name + UP)]
    return down === undefined || up === undefined ? parameter : adapted(parameter, down, up)
  }
}

/** All in the internal layout, in which the output is the last axis of a weight, and the rank that of `down`. */
function adapted(weight: tf.Tensor, down: tf.Tensor, up: tf.Tensor): tf.Tensor {
  const [rank, out] = up.shape.slice(-2)
  const product = tf.matMul(tf.reshape(down, [-1, rank]), tf.reshape(up, [rank, out]))
  return tf.add(weight, tf.mul(tf.reshape(product, weight.shape), adapterScale(rank)))
}

/**
 * Back to official names and layout.
 *
 * @param buffers in the internal layout
 */
export function toWeights(
  plan: ParameterPlan,
  flat: Float32Array,
  buffers: Weights,
): Map<string, { shape: Shape; data: Float32Array }> {
  const weights = new Map<string, { shape: Shape; data: Float32Array }>()
  let offset = 0
  for (const { name, shape, size } of plan.places) {
    weights.set(name, toOfficialLayout(name, { shape, data: flat.slice(offset, offset + size) }))
    offset += size
  }
  for (const [name, buffer] of buffers) weights.set(name, toOfficialLayout(name, buffer))
  return weights
}

function weightOf(weights: Weights, name: string): { readonly shape: Shape; readonly data: Float32Array } {
  const weight = weights.get(name)
  if (weight === undefined) throw new BundleInvalid('missing', { tensor: name })
  return weight
}
