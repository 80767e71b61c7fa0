import * as tf from '@tensorflow/tfjs-core'
import type { DiscriminatorKwargs, GeneratorKwargs } from '../architecture.ts'
import type { Calibration, Weights } from '../bundle.ts'
import { createDiscriminator, type Discriminator } from '../discriminator.ts'
import { tfjsOps } from '../engines/tfjs-ops.ts'
import { parametersOf } from '../interpreter.ts'
import { createGenerator, type Generator as GeneratorNetwork } from '../generator.ts'
import { MersenneTwister } from '../random.ts'
import { oneHot } from './labels.ts'
import { shuffledRows } from './training-set.ts'

/** How many steps a scale of logits has. */
const QUANTILES = 1024

/** Images of each class that a scale of its own needs. */
const LEAST_OF_CLASS = 64

/** Images at a time, so that the activations of a large network fit into memory: 32 up to 64 pixels. */
function batchOf(side: number): number {
  return Math.max(1, Math.min(32, Math.floor((32 * 64 * 64) / (side * side))))
}

export interface CalibrationInput {
  readonly generator: GeneratorKwargs
  readonly discriminator: DiscriminatorKwargs
  readonly weights: { readonly generator: Weights; readonly discriminator: Weights }
  /** Bytes of the real images, one after the other; none where the training set is not at hand. */
  readonly images: Uint8Array
  /** The class of each real image; null where there are none. */
  readonly labels: ArrayLike<number> | null
  readonly fakes: number
  /** 0 where there are no images. */
  readonly reals: number
  readonly psi: number
  readonly seed: number
}

/**
 * Measures how the discriminator judges real and generated images, each by itself, so that its answers can be put on a
 * scale: the logits' quantiles over both together, for each class by itself where there are enough images of each, and
 * mean and deviation of every feature over the generated ones.
 */
export function calibrate(input: CalibrationInput): Calibration {
  const steps = calibrateInSteps(input)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/**
 * `calibrate`, with a pause after each batch.
 *
 * @yields how many images were judged since the last pause
 */
export function* calibrateInSteps(input: CalibrationInput): Generator<number, Calibration> {
  const fakes = yield* judgeFakes(input)
  const reals = yield* judgeReals(input)
  return { logits: scalesOf([fakes, reals], input.generator.c_dim), ...momentsOf(fakes) }
}

/** Classes that are easy to make well would leave nothing else above a high mark on one scale for all. */
function scalesOf(judged: readonly Judgements[], classes: number): readonly Float32Array[] {
  const all = judged.flatMap(({ logits, classOf }) => [...logits].map((logit, i) => [logit, classOf[i]] as const))
  const each = Array.from({ length: classes }, (_, k) => all.filter(([, own]) => own === k).map(([logit]) => logit))
  const isEnough = classes > 1 && each.every(({ length }) => length >= LEAST_OF_CLASS)
  return (isEnough ? each : [all.map(([logit]) => logit)]).map(quantilesOf)
}

function quantilesOf(values: readonly number[]): Float32Array {
  const sorted = Float32Array.from(values).toSorted()
  return Float32Array.from({ length: QUANTILES }, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / QUANTILES)])
}

interface Judgements {
  readonly logits: Float32Array
  /** [n, features] */
  readonly features: Float32Array
  /** The class of each image; 0 in a network without. */
  readonly classOf: Uint16Array
}

interface Networks {
  readonly generator: GeneratorNetwork<tf.Tensor>
  readonly discriminator: Discriminator<tf.Tensor>
}

interface Batch {
  readonly images: tf.Tensor
  readonly classOf: Uint16Array
}

/** Every class in turn, where there are classes. */
function judgeFakes(input: CalibrationInput): Generator<number, Judgements> {
  const { z_dim: zDim, c_dim } = input.generator
  const random = new MersenneTwister(input.seed)
  return inBatches(input, input.fakes, ({ generator }, count, first) => {
    const z = Float32Array.from({ length: count * zDim }, () => random.nextGaussian())
    const inTurn = Uint16Array.from({ length: count }, (_, i) => (first + i) % Math.max(c_dim, 1))
    const w = generator.map(tf.tensor2d(z, [count, zDim]), oneHot(inTurn, c_dim))
    return { images: generator.synthesize(generator.style(w, input.psi, null), 'const'), classOf: inTurn }
  })
}

/** Draws images from the whole of the set, each with its own label: every n-th of a set in which classes alternate could be of one. */
function judgeReals(input: CalibrationInput): Generator<number, Judgements> {
  const { img_resolution: side, img_channels: channels } = input.generator
  const { images, labels } = input
  const size = side * side * channels
  const order = shuffledRows(images.length / size, input.seed)
  return inBatches(input, input.reals, (_networks, count, first) => {
    const pixels = new Float32Array(count * size)
    const classes = new Uint16Array(count)
    for (let i = 0; i < count; i++) {
      const image = order[first + i]
      for (let k = 0; k < size; k++) pixels[i * size + k] = images[image * size + k] / 127.5 - 1
      if (labels !== null) classes[i] = labels[image]
    }
    return { images: tf.tensor4d(pixels, [count, side, side, channels]), classOf: classes }
  })
}

function* inBatches(
  input: CalibrationInput,
  total: number,
  make: (networks: Networks, count: number, first: number) => Batch,
): Generator<number, Judgements> {
  const batch = batchOf(input.generator.img_resolution)
  const logits: number[] = []
  const features: number[] = []
  const classOf: number[] = []
  for (let first = 0; first < total; first += batch) {
    const judged = tf.tidy(() => {
      const networks = {
        generator: createGenerator(tfjsOps, input.generator, parametersOf(tfjsOps, input.weights.generator)),
        discriminator: createDiscriminator(
          tfjsOps,
          input.discriminator,
          parametersOf(tfjsOps, input.weights.discriminator),
        ),
      }
      const made = make(networks, Math.min(batch, total - first), first)
      classOf.push(...made.classOf)
      return { ...networks.discriminator(made.images, oneHot(made.classOf, input.generator.c_dim), 1) }
    })
    logits.push(...judged.logits.dataSync())
    features.push(...judged.features.dataSync())
    tf.dispose(judged)
    yield Math.min(batch, total - first)
  }
  return {
    logits: Float32Array.from(logits),
    features: Float32Array.from(features),
    classOf: Uint16Array.from(classOf),
  }
}

function momentsOf({ logits, features }: Judgements): Pick<Calibration, 'featureMean' | 'featureStd'> {
  const count = logits.length
  const length = features.length / count
  const featureMean = new Float32Array(length)
  const featureStd = new Float32Array(length)
  for (let k = 0; k < length; k++) {
    let sum = 0
    let squares = 0
    for (let i = 0; i < count; i++) {
      const value = features[i * length + k]
      sum += value
      squares += value * value
    }
    const mean = sum / count
    featureMean[k] = mean
    // A feature that never stirs says nothing; any deviation above zero keeps it at a quantised zero.
    featureStd[k] = Math.sqrt(Math.max(squares / count - mean * mean, 0)) || 1
  }
  return { featureMean, featureStd }
}
