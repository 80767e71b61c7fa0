import * as tf from '@tensorflow/tfjs-core'
import { planGenerator } from '../architecture.ts'
import type { Bundle, Weights } from '../bundle.ts'
import { tfjsOps } from '../engines/tfjs-ops.ts'
import { ShapeMismatch } from '../errors.ts'
import { parametersOf } from '../interpreter.ts'
import { createMapping, labelsFor } from '../mapping.ts'
import { scoped } from '../ops.ts'
import { MersenneTwister } from '../random.ts'
import { labelOfSeed } from '../seed-class.ts'
import { createSynthesis, styleCount, type Synthesis } from '../synthesis.ts'
import type { Styles } from './explorer.ts'
import { createPerception } from './perception.ts'

export interface ProjectionOptions {
  /** One style for all layers, which stays closest to what the model knows; or one for each, which comes closer to the picture. */
  readonly space: 'w' | 'w+'
  readonly steps: number
  /** Of the noise that is added to the styles, and of the latents that say where they lie. */
  readonly seed: number
  readonly noise: 'const' | 'none'
  /** [cDim]: among which pictures the search begins; null for those of all classes, or in an unconditional network */
  readonly labels: Float32Array | null
  /** What to begin with instead of the mean style, [layers, wDim]. */
  readonly start?: Styles
  /** The highest rate of the schedule. */
  readonly learningRate?: number
  /** How many latents the mean style and the spread of styles are taken from. */
  readonly samples?: number
}

/** What a projection has found. */
export interface Projected {
  /** [layers, wDim] */
  readonly styles: Styles
  /** [resolution, resolution, channels], nominally -1 to 1 */
  readonly image: Float32Array
  readonly perceptual: number
  readonly pixel: number
}

/** A search for the styles of a picture, step by step, so that it can be looked at and stopped. */
export interface Projection {
  /** Returns the loss at the styles that it tried, noise included. */
  readonly step: () => number
  /** The closest of what was found so far; measured without added noise. */
  readonly best: () => Projected
  /** What the mean style is like, to measure against. */
  readonly mean: () => Projected
  readonly dispose: () => void
}

/** As in the paper: the rate rises over the first twentieth and falls over the last quarter. */
const RAMP_UP = 0.05
const RAMP_DOWN = 0.25
const LEARNING_RATE = 0.1
/** Of the spread of styles, and over which part of the steps it fades. */
const NOISE = 0.05
const NOISE_UNTIL = 0.75
const SAMPLES = 10_000
const SAMPLE_BATCH = 500
const PIXEL_WEIGHT = 1
const LOOK_EVERY = 25

/**
 * Starts the search for the styles that make a picture, by gradient descent on how the discriminator sees both.
 *
 * The backend must have been prepared for gradients, as for training.
 *
 * @param target [resolution, resolution, channels], -1 to 1
 * @throws {ShapeMismatch} when the target or the start is of another size
 * @see Karras et al. 2020, arXiv:1912.04958, appendix D "Projection to latent space", whose schedules these are
 */
export function startProjection(bundle: Bundle, target: Float32Array, options: ProjectionOptions): Projection {
  const { G } = bundle.description
  const layers = styleCount(G)
  const shape = [1, G.img_resolution, G.img_resolution, G.img_channels]
  if (target.length !== shape.reduce((a, b) => a * b)) throw new ShapeMismatch('target', shape, [target.length])
  const rows = options.space === 'w' ? 1 : layers
  const random = new MersenneTwister(options.seed)
  const spread = spreadOfStyles(bundle, random, options)
  const mean = repeat(spread.mean, layers)
  const start = options.start ?? mean
  if (start.length !== mean.length) throw new ShapeMismatch('start', [layers, G.w_dim], [start.length])

  const scene = createScene(bundle, target, shape, options.noise)
  const adam = createAdam(rows * G.w_dim)
  let w = rows === 1 ? meanOfLayers(start, G.w_dim) : start.slice()
  let done = 0
  let best = scene.measure(start)
  const lookAt = (styles: Styles): void => {
    const seen = scene.measure(styles)
    if (lossOf(seen) < lossOf(best)) best = seen
  }
  return {
    step: () => {
      const t = done / options.steps
      const jitter = NOISE * spread.deviation * Math.max(0, 1 - t / NOISE_UNTIL) ** 2
      const moved = w.map((value) => value + jitter * random.nextGaussian())
      const { gradient, loss } = scene.descend(moved, rows)
      w = adam(w, gradient, (options.learningRate ?? LEARNING_RATE) * rateAt(t))
      done++
      if (done % LOOK_EVERY === 0 || done === options.steps) lookAt(rows === 1 ? repeat(w, layers) : w)
      return loss
    },
    best: () => best,
    mean: () => scene.measure(mean),
    dispose: () => scene.dispose(),
  }
}

function lossOf({ perceptual, pixel }: Projected): number {
  return perceptual + PIXEL_WEIGHT * pixel
}

/** Of the highest rate, at a fraction of all steps. */
function rateAt(t: number): number {
  const fall = Math.min(1, (1 - t) / RAMP_DOWN)
  return (0.5 - 0.5 * Math.cos(fall * Math.PI)) * Math.min(1, t / RAMP_UP)
}

/** Generator and discriminator, looking at one target. */
interface Scene {
  readonly descend: (w: Float32Array, rows: number) => { readonly loss: number; readonly gradient: Float32Array }
  readonly measure: (styles: Styles) => Projected
  readonly dispose: () => void
}

function createScene(bundle: Bundle, target: Float32Array, shape: readonly number[], noise: 'const' | 'none'): Scene {
  const { G } = bundle.description
  const layers = styleCount(G)
  const engine = tf.engine()
  engine.startScope('scene')
  const aim = tf.tensor(target, [...shape])
  const p = parametersOf(tfjsOps, withPrefix(bundle.generator, 'synthesis.'))
  const synthesize: Synthesis<tf.Tensor> = createSynthesis(tfjsOps, planGenerator(G), scoped(p, 'synthesis.'))
  const kept = engine.state.activeScope.track.map((tensor) => tf.keep(tensor))
  engine.endScope()
  const perception = createPerception(bundle, aim)

  const paint = (w: tf.Tensor, rows: number): tf.Tensor => {
    const each = rows === 1 ? Array<tf.Tensor>(layers).fill(w) : tf.split(w, rows, 0)
    return synthesize(each, noise)
  }
  const descend: Scene['descend'] = (values, rows) =>
    tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((w: tf.Tensor) => {
        const { perceptual, pixel } = perception.distance(paint(w, rows))
        return tf.add(perceptual, tf.mul(pixel, PIXEL_WEIGHT))
      })(tf.tensor2d(values, [rows, G.w_dim]))
      return { loss: value.dataSync()[0], gradient: Float32Array.from(grad.dataSync()) }
    })
  const measure: Scene['measure'] = (styles) =>
    tf.tidy(() => {
      const image = paint(tf.tensor2d(styles, [layers, G.w_dim]), layers)
      const { perceptual, pixel } = perception.distance(image)
      return {
        styles,
        image: Float32Array.from(image.dataSync()),
        perceptual: perceptual.dataSync()[0],
        pixel: pixel.dataSync()[0],
      }
    })
  return {
    descend,
    measure,
    dispose: () => {
      tf.dispose(kept)
      perception.dispose()
    },
  }
}

/** The mean style, and how far styles lie from it: the root of the mean squared distance. */
function spreadOfStyles(
  { description: { G }, generator }: Bundle,
  random: MersenneTwister,
  { labels, samples = SAMPLES }: ProjectionOptions,
): { readonly mean: Float32Array; readonly deviation: number } {
  const sums = new Float64Array(G.w_dim)
  let squares = 0
  for (let first = 0; first < samples; first += SAMPLE_BATCH) {
    const n = Math.min(SAMPLE_BATCH, samples - first)
    const w = tf.tidy(() => {
      const p = scoped(parametersOf(tfjsOps, withPrefix(generator, 'mapping.')), 'mapping.')
      const values = Float32Array.from({ length: n * G.z_dim }, () => random.nextGaussian())
      const z = G.z_dim === 0 ? null : tf.tensor2d(values, [n, G.z_dim])
      const c = G.c_dim === 0 ? null : labelRows(labels, G.c_dim, n, first)
      const map = createMapping<tf.Tensor>(tfjsOps, planGenerator(G).mapping_kwargs, G.c_dim, p)
      return map(z, labelsFor(G.c_dim, c)).dataSync()
    })
    for (const [i, value] of w.entries()) {
      sums[i % G.w_dim] += value
      squares += value * value
    }
  }
  const mean = Float32Array.from(sums, (sum) => sum / samples)
  const variance = squares / samples - mean.reduce((sum, value) => sum + value * value, 0)
  return { mean, deviation: Math.sqrt(Math.max(variance, 0)) }
}

/** One label for all samples, or every class in turn. */
function labelRows(label: Float32Array | null, classes: number, count: number, first: number): tf.Tensor2D {
  const rows = new Float32Array(count * classes)
  for (let i = 0; i < count; i++) rows.set(label ?? labelOfSeed(first + i, classes) ?? [], i * classes)
  return tf.tensor2d(rows, [count, classes])
}

/** @see Kingma and Ba 2015, arXiv:1412.6980, algorithm 1 */
function createAdam(size: number): (w: Float32Array, gradient: Float32Array, rate: number) => Float32Array {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8]
  const first = new Float64Array(size)
  const second = new Float64Array(size)
  let steps = 0
  return (w, gradient, rate) => {
    steps++
    return w.map((value, i) => {
      first[i] = beta1 * first[i] + (1 - beta1) * gradient[i]
      second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] ** 2
      const mean = first[i] / (1 - beta1 ** steps)
      return value - (rate * mean) / (Math.sqrt(second[i] / (1 - beta2 ** steps)) + epsilon)
    })
  }
}

function withPrefix(weights: Weights, prefix: string): Weights {
  return new Map([...weights].filter(([name]) => name.startsWith(prefix)))
}

function repeat(w: Float32Array, layers: number): Styles {
  const styles = new Float32Array(layers * w.length)
  for (let layer = 0; layer < layers; layer++) styles.set(w, layer * w.length)
  return styles
}

function meanOfLayers(styles: Styles, wDim: number): Float32Array {
  const layers = styles.length / wDim
  return Float32Array.from({ length: wDim }, (_, i) => {
    let sum = 0
    for (let layer = 0; layer < layers; layer++) sum += styles[layer * wDim + i]
    return sum / layers
  })
}
