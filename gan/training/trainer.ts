import * as tf from '@tensorflow/tfjs-core'
import { type DiscriminatorKwargs, type GeneratorKwargs, planGenerator } from '../architecture.ts'
import type { Weights } from '../bundle.ts'
import { createDiscriminator, type Discriminator } from '../discriminator.ts'
import { nativeOps, tfjsOps } from '../engines/tfjs-ops.ts'
import { createGenerator, type Generator } from '../generator.ts'
import type { Ops } from '../ops.ts'
import { type Noise, styleCount } from '../synthesis.ts'
import { lazyRates } from './adam.ts'
import type { Draws, Phase } from './draws.ts'
import { frozenWeights } from './freeze.ts'
import { oneHot } from './labels.ts'
import { discriminatorLoss, generatorLoss, pathLengths, r1Loss } from './losses.ts'
import { mirrorShift } from './mirror-shift.ts'
import { cut, flatten, named, planParameters, readBuffers, toWeights } from './parameters.ts'
import { createPlayer, descend, disposePlayer, type Moments, type Player } from './player.ts'

const ADAM_BETA = 0.99
const MEAN_STYLE = 'mapping.w_avg'

export interface PathLengthConfig {
  readonly interval: number
  readonly weight: number
  readonly decay: number
}

export interface TrainingConfig {
  readonly generator: GeneratorKwargs
  readonly discriminator: DiscriminatorKwargs
  readonly batch: number
  readonly learningRate: number
  /** Weight of R1. */
  readonly gamma: number
  /** R1 every so many iterations. */
  readonly r1Interval: number
  /** Path length regularisation every so many iterations, on half a batch; null leaves it out. */
  readonly pathLength: PathLengthConfig | null
  /** Half-life of the averaged generator, in images. */
  readonly averageImages: number
  /** The half-life is at most this times the images seen; null for no such bound. */
  readonly averageRampup: number | null
}

/** Where a run stands. Weights are in official names and layout. */
export interface TrainingState {
  readonly iteration: number
  readonly generator: Weights
  readonly average: Weights
  readonly discriminator: Weights
  readonly generatorMoments: Moments
  readonly discriminatorMoments: Moments
  readonly meanPathLength: number
}

/** The losses of one iteration, without the factors of lazy regularisation; null where a phase was not due. */
export interface Losses {
  readonly generator: number
  readonly pathLength: number | null
  readonly discriminator: number
  readonly r1: number | null
}

export interface Trainer {
  /** One iteration. The losses are read only to `observe` them, since that waits for the device. */
  readonly step: (draws: Draws, observe: boolean) => Promise<Losses | null>
  /**
   * What the averaged generator makes, untruncated and with the noise of the weights.
   *
   * @param latents [n, zDim]
   * @param classes of the latents; null where there are none
   * @returns [n, resolution, resolution, channels], nominally -1 to 1
   */
  readonly sample: (latents: Float32Array, classes: ArrayLike<number> | null) => Promise<Float32Array>
  readonly state: () => Promise<TrainingState>
  readonly dispose: () => void
}

/** A run in progress. */
interface Run {
  readonly config: TrainingConfig
  readonly generator: Player
  readonly discriminator: Player
  average: tf.Tensor1D
  iteration: number
  /** Stays on the device: reading it would wait for all that is queued there. */
  meanPathLength: tf.Scalar
}

/** The state of a run that has not begun. */
export function initialState(generator: Weights, discriminator: Weights): TrainingState {
  return {
    iteration: 0,
    generator,
    average: generator,
    discriminator,
    generatorMoments: noMoments(generator),
    discriminatorMoments: noMoments(discriminator),
    meanPathLength: 0,
  }
}

function noMoments(weights: Weights): Moments {
  return { squares: new Float32Array(planParameters(weights).size), steps: 0 }
}

/**
 * The official training loop on whatever backend TensorFlow.js is set to.
 *
 * @see Karras et al. 2020, arXiv:1912.04958 and arXiv:2006.06676
 */
export function createTrainer(config: TrainingConfig, start: TrainingState): Trainer {
  const rates = (interval: number | null) => lazyRates(config.learningRate, ADAM_BETA, interval)
  const generator = createPlayer(start.generator, start.generatorMoments, rates(config.pathLength?.interval ?? null))
  const run: Run = {
    config,
    generator,
    discriminator: createPlayer(
      start.discriminator,
      start.discriminatorMoments,
      rates(config.r1Interval),
      frozenWeights(config.discriminator),
    ),
    average: tf.tensor1d(flatten(generator.plan, start.average)),
    iteration: start.iteration,
    meanPathLength: tf.scalar(start.meanPathLength),
  }
  return {
    step: (draws, observe) => step(run, draws, observe),
    sample: (latents, classes) => sample(run, latents, classes),
    state: () => stateOf(run),
    dispose: () => {
      disposePlayer(run.generator)
      disposePlayer(run.discriminator)
      tf.dispose([run.average, run.meanPathLength])
    },
  }
}

/** Real images, and their labels where the networks take them. */
interface Reals {
  readonly images: tf.Tensor
  readonly labels: tf.Tensor | null
}

async function step(run: Run, draws: Draws, observe: boolean): Promise<Losses | null> {
  const { config, iteration } = run
  const { gamma, pathLength, r1Interval } = config
  const reals = showReals(run, draws)

  const generator = descend(run.generator, (parts) => {
    const labels = fakeLabels(run, draws, 'generator', config.batch)
    const fakes = generate(run, buildGenerator(run, parts), draws, 'generator', labels)
    const discriminator = buildDiscriminator(run, cut(run.discriminator.plan, run.discriminator.parameters))
    return generatorLoss(discriminator(fakes, labels).logits)
  })
  const path =
    pathLength !== null && iteration % pathLength.interval === 0 ? descendPaths(run, draws, pathLength) : null
  const discriminator = descendDiscriminator(run, draws, reals)
  const r1 = iteration % r1Interval === 0 ? descendR1(run, reals, gamma, r1Interval) : null
  followAverage(run)
  run.iteration++

  const losses = observe
    ? {
        generator: await numberOf(generator),
        pathLength: path === null || pathLength === null ? null : (await numberOf(path)) / pathLength.interval,
        discriminator: await numberOf(discriminator),
        r1: r1 === null ? null : (await numberOf(r1)) / r1Interval,
      }
    : null
  for (const tensor of [reals.images, reals.labels, generator, path, discriminator, r1]) tensor?.dispose()
  return losses
}

function showReals({ config }: Run, draws: Draws): Reals {
  const { img_resolution: side, img_channels: channels, c_dim } = config.generator
  const { pixels, classes } = draws.reals()
  const shape: [number, number, number, number] = [config.batch, side, side, channels]
  return {
    images: tf.tidy(() => mirrorShift(tf.tensor4d(pixels, shape), draws.shift())),
    labels: oneHot(classes, c_dim),
  }
}

async function numberOf(scalar: tf.Tensor): Promise<number> {
  return (await scalar.data<'float32'>())[0]
}

function descendDiscriminator(run: Run, draws: Draws, reals: Reals): tf.Scalar {
  const labels = fakeLabels(run, draws, 'discriminator', run.config.batch)
  const fakes = tf.tidy(() => {
    const generator = buildGenerator(run, cut(run.generator.plan, run.generator.parameters))
    return generate(run, generator, draws, 'discriminator', labels)
  })
  const loss = descend(run.discriminator, (parts) => {
    const discriminator = buildDiscriminator(run, parts)
    // Two passes, since the minibatch standard deviation must not mix real and fake.
    const fakeLogits = discriminator(fakes, labels).logits
    return discriminatorLoss(fakeLogits, discriminator(reals.images, reals.labels).logits)
  })
  fakes.dispose()
  labels?.dispose()
  return loss
}

function descendR1(run: Run, reals: Reals, gamma: number, interval: number): tf.Scalar {
  return descend(run.discriminator, (parts) => {
    const discriminator = buildDiscriminator(run, parts)
    return tf.mul(
      r1Loss((images) => discriminator(images, reals.labels).logits, reals.images, gamma),
      interval,
    )
  })
}

function descendPaths(run: Run, draws: Draws, { interval, weight, decay }: PathLengthConfig): tf.Scalar {
  const { img_resolution: side, img_channels: channels } = run.config.generator
  const count = Math.max(1, Math.floor(run.config.batch / 2))
  const seen: tf.Tensor[] = []
  const loss = descend(run.generator, (parts) => {
    const generator = buildGenerator(run, parts)
    const direction = tf.tensor4d(draws.directions(count * side * side * channels), [count, side, side, channels])
    const labels = fakeLabels(run, draws, 'pathLength', count)
    const styles = style(run, generator, draws, 'pathLength', count, labels)
    const lengths = pathLengths(generator, styles, noiseOf(draws, count), direction)
    const mean = tf.mean(lengths)
    seen.push(tf.keep(mean))
    // The gradient flows through this iteration's share of the mean as well.
    const target = tf.add(tf.mul(mean, decay), tf.mul(run.meanPathLength, 1 - decay))
    return tf.mul(tf.mean(tf.square(tf.sub(lengths, target))), weight * interval)
  })
  for (const mean of seen) {
    const before = run.meanPathLength
    run.meanPathLength = tf.tidy(() => tf.add(before, tf.mul(tf.sub(mean, before), decay)))
    tf.dispose([mean, before])
  }
  return loss
}

function fastestOps(): Ops<tf.Tensor> {
  return tf.getBackend() === 'tensorflow' ? nativeOps : tfjsOps
}

function buildGenerator({ config, generator }: Run, parts: readonly tf.Tensor[]): Generator<tf.Tensor> {
  return createGenerator(fastestOps(), config.generator, named(generator.plan, parts, generator.buffers))
}

function buildDiscriminator({ config, discriminator }: Run, parts: readonly tf.Tensor[]): Discriminator<tf.Tensor> {
  return createDiscriminator(tfjsOps, config.discriminator, named(discriminator.plan, parts, discriminator.buffers))
}

function generate(
  run: Run,
  generator: Generator<tf.Tensor>,
  draws: Draws,
  phase: Phase,
  labels: tf.Tensor | null,
): tf.Tensor {
  const { batch } = run.config
  const images = generator.synthesize(style(run, generator, draws, phase, batch, labels), noiseOf(draws, batch))
  return mirrorShift(images, draws.shift())
}

function fakeLabels({ config }: Run, draws: Draws, phase: Phase, count: number): tf.Tensor | null {
  return oneHot(draws.classes(phase, count), config.generator.c_dim)
}

/** One style per layer of fresh latents, mixed where the draws say so. The mean style follows. */
function style(
  run: Run,
  generator: Generator<tf.Tensor>,
  draws: Draws,
  phase: Phase,
  count: number,
  labels: tf.Tensor | null,
): readonly tf.Tensor[] {
  const zDim = run.config.generator.z_dim
  const w = generator.map(tf.tensor2d(draws.latents(phase, count), [count, zDim]), labels)
  followMeanStyle(run, w)
  const styles = Array<tf.Tensor>(styleCount(run.config.generator)).fill(w)
  const crossover = draws.crossover(phase)
  if (crossover === null) return styles
  return styles.fill(generator.map(tf.tensor2d(draws.mixedLatents(phase, count), [count, zDim]), labels), crossover)
}

function followMeanStyle({ config, generator: { buffers } }: Run, w: tf.Tensor): void {
  const memory = planGenerator(config.generator).mapping_kwargs.w_avg_beta
  const before = buffers.get(MEAN_STYLE)
  if (before === undefined || memory === null) return
  const followed = tf.tidy(() => {
    const mean = tf.mean(w, 0)
    return tf.add(mean, tf.mul(tf.sub(before, mean), memory))
  })
  buffers.set(MEAN_STYLE, tf.keep(followed))
  before.dispose()
}

function noiseOf(draws: Draws, count: number): Noise<tf.Tensor> {
  if (draws.noise(1) === null) return 'const'
  return (_layer, resolution) =>
    tf.tensor4d(draws.noise(count * resolution * resolution)!, [count, resolution, resolution, 1])
}

function followAverage(run: Run): void {
  const { batch, averageImages, averageRampup } = run.config
  const halfLife =
    averageRampup === null ? averageImages : Math.min(averageImages, run.iteration * batch * averageRampup)
  const memory = halfLife === 0 ? 0 : 0.5 ** (batch / halfLife)
  const before = run.average
  const now = run.generator.parameters
  run.average = tf.tidy(() => tf.add(now, tf.mul(tf.sub(before, now), memory)))
  before.dispose()
}

/** In batches as training has them, on the device that trains. */
async function sample(run: Run, latents: Float32Array, classes: ArrayLike<number> | null): Promise<Float32Array> {
  const { z_dim: zDim, c_dim, img_resolution: side, img_channels: channels } = run.config.generator
  const count = latents.length / zDim
  const images = new Float32Array(count * side * side * channels)
  const { plan, buffers } = run.generator
  for (let first = 0; first < count; first += run.config.batch) {
    const last = Math.min(first + run.config.batch, count)
    const made = tf.tidy(() => {
      const generator = createGenerator(
        fastestOps(),
        run.config.generator,
        named(plan, cut(plan, run.average), buffers),
      )
      const z = tf.tensor2d(latents.slice(first * zDim, last * zDim), [last - first, zDim])
      const own = classes === null ? null : Array.from(classes).slice(first, last)
      return generator.synthesize(generator.style(generator.map(z, oneHot(own, c_dim)), 1, null), 'const')
    })
    images.set(await read(made), first * side * side * channels)
    made.dispose()
  }
  return images
}

async function read(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data())
}

async function stateOf(run: Run): Promise<TrainingState> {
  const { generator: g, discriminator: d } = run
  const buffers = await readBuffers(g.buffers)
  return {
    iteration: run.iteration,
    generator: toWeights(g.plan, await read(g.parameters), buffers),
    average: toWeights(g.plan, await read(run.average), buffers),
    discriminator: toWeights(d.plan, await read(d.parameters), await readBuffers(d.buffers)),
    generatorMoments: { squares: await read(g.adam.squares), steps: g.adam.steps },
    discriminatorMoments: { squares: await read(d.adam.squares), steps: d.adam.steps },
    meanPathLength: await numberOf(run.meanPathLength),
  }
}
