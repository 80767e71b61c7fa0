import * as tf from '@tensorflow/tfjs-core'
import type { Weights } from '../bundle.ts'
import { createGenerator } from '../generator.ts'
import { lazyRates } from './adam.ts'
import type { TrainingConfig } from './config.ts'
import type { Draws } from './draws.ts'
import { frozenWeights } from './freeze.ts'
import { oneHot } from './labels.ts'
import { cut, flatten, named, planParameters, readBuffers, toWeights } from './parameters.ts'
import {
  descendDiscriminator,
  descendGenerator,
  descendPaths,
  descendR1,
  fastestOps,
  type Run,
  showReals,
} from './phases.ts'
import { createPlayer, disposePlayer, type Moments } from './player.ts'

const ADAM_BETA = 0.99

/** Where a run stands. Weights are in official names and layout. */
export interface TrainingState {
  readonly iteration: number
  readonly generator: Weights
  readonly average: Weights
  readonly discriminator: Weights
  readonly generatorMoments: Moments
  readonly discriminatorMoments: Moments
  readonly meanPathLength: number
  readonly adaptation: AdaptationState
}

/** How often images are altered, and what was seen since that was last decided. */
export interface AdaptationState {
  /** 0 to 1 */
  readonly p: number
  /** Sum of the means of sign(D(real)) of so many iterations. */
  readonly signs: number
  readonly signsCounted: number
}

/** What one iteration showed: losses without the factors of lazy regularisation; null where a phase was not due. */
export interface Losses {
  readonly generator: number
  readonly pathLength: number | null
  readonly discriminator: number
  readonly r1: number | null
  /** Mean of sign(D(real)): 1 when the discriminator is sure of every real image. */
  readonly realSign: number
  /** How probable each alteration of an image was. */
  readonly augmentP: number
  /** null where path lengths are not regularised. */
  readonly meanPathLength: number | null
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

/** A run in progress, and what it has seen of the discriminator since the alterations were last adapted. */
interface WatchedRun extends Run {
  signs: tf.Scalar
  signsCounted: number
}

/** The state of a run that has not begun. */
export function initialState(generator: Weights, discriminator: Weights, augmentP: number = 0): TrainingState {
  return {
    iteration: 0,
    generator,
    average: generator,
    discriminator,
    generatorMoments: noMoments(generator),
    discriminatorMoments: noMoments(discriminator),
    meanPathLength: 0,
    adaptation: { p: augmentP, signs: 0, signsCounted: 0 },
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
  const run: WatchedRun = {
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
    augmentP: config.augment?.adaptation === null ? config.augment.p : start.adaptation.p,
    signs: tf.scalar(start.adaptation.signs),
    signsCounted: start.adaptation.signsCounted,
  }
  return {
    step: (draws, observe) => step(run, draws, observe),
    sample: (latents, classes) => sample(run, latents, classes),
    state: () => stateOf(run),
    dispose: () => {
      disposePlayer(run.generator)
      disposePlayer(run.discriminator)
      tf.dispose([run.average, run.meanPathLength, run.signs])
    },
  }
}

async function step(run: WatchedRun, draws: Draws, observe: boolean): Promise<Losses | null> {
  const { pathLength, r1Interval } = run.config
  const reals = showReals(run, draws)
  const generator = descendGenerator(run, draws)
  const isPathDue = pathLength !== null && run.iteration % pathLength.interval === 0
  const path = isPathDue ? descendPaths(run, draws, pathLength) : null
  const { loss: discriminator, sign } = descendDiscriminator(run, draws, reals)
  const r1 = run.iteration % r1Interval === 0 ? descendR1(run, draws, reals) : null
  followAverage(run)
  run.iteration++

  const losses = observe
    ? {
        generator: await numberOf(generator),
        pathLength: path === null || pathLength === null ? null : (await numberOf(path)) / pathLength.interval,
        discriminator: await numberOf(discriminator),
        r1: r1 === null ? null : (await numberOf(r1)) / r1Interval,
        realSign: await numberOf(sign),
        augmentP: run.augmentP,
        meanPathLength: pathLength === null ? null : await numberOf(run.meanPathLength),
      }
    : null
  await adapt(run, sign)
  for (const tensor of [reals.images, reals.labels, generator, path, discriminator, r1, sign]) tensor?.dispose()
  return losses
}

/** Alters images more often while the discriminator is surer of the real ones than it should be. */
async function adapt(run: WatchedRun, sign: tf.Scalar): Promise<void> {
  const adaptation = run.config.augment?.adaptation ?? null
  if (adaptation === null) return
  const before = run.signs
  run.signs = tf.add(before, sign)
  before.dispose()
  run.signsCounted++
  if (run.iteration % adaptation.interval !== 0) return
  const isSure = (await numberOf(run.signs)) / run.signsCounted > adaptation.target
  const stride = (run.config.batch * run.signsCounted) / adaptation.images
  run.augmentP = Math.min(1, Math.max(0, run.augmentP + (isSure ? stride : -stride)))
  run.signs.dispose()
  run.signs = tf.scalar(0)
  run.signsCounted = 0
}

async function numberOf(scalar: tf.Tensor): Promise<number> {
  return (await scalar.data<'float32'>())[0]
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

async function stateOf(run: WatchedRun): Promise<TrainingState> {
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
    adaptation: { p: run.augmentP, signs: await numberOf(run.signs), signsCounted: run.signsCounted },
  }
}
