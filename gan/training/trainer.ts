import * as tf from '@tensorflow/tfjs-core'
import { createGenerator } from '../generator.ts'
import type { TrainingConfig } from './config.ts'
import { averageSlopes, type Crew, shareOfDraws, taskOf } from './crew.ts'
import type { Draws } from './draws.ts'
import { oneHot } from './labels.ts'
import { cut, named } from './parameters.ts'
import { type Descent, differentiateDescent, fastestOps, playerOf, type Slope } from './phases.ts'
import { applyGradient } from './player.ts'
import {
  disposeRun,
  isFinite,
  numberOf,
  openRun,
  read,
  type Run,
  type Snapshot,
  stateOf,
  takeSnapshot,
  type TrainingState,
} from './standing.ts'
import { createWatch, TrainingDiverged } from './watch.ts'

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
  /**
   * One iteration. The losses are read only to `observe` them, since that waits for the device.
   *
   * @throws {TrainingDiverged} when one that is observed is no number; the run is then back where all was well
   */
  readonly step: (observe: boolean) => Promise<Losses | null>
  /**
   * What the averaged generator makes, untruncated and with the noise of the weights.
   *
   * @param latents [n, zDim]
   * @param classes of the latents; null where there are none
   * @returns [n, resolution, resolution, channels], nominally -1 to 1
   */
  readonly sample: (latents: Float32Array, classes: ArrayLike<number> | null) => Promise<Float32Array>
  /** @throws {TrainingDiverged} when it is not all numbers; the run is then back where all was well */
  readonly state: () => Promise<TrainingState>
  readonly iteration: () => number
  /** Real images shown so far. */
  readonly images: () => number
  readonly dispose: () => void
}

/** What an iteration draws, always the same for the same iteration. */
type DrawsAt = (iteration: number) => Draws

/**
 * The official training loop on whatever backend TensorFlow.js is set to.
 *
 * @param crew takes all shares of a batch but the first; null where there is one share
 * @see Karras et al. 2020, arXiv:1912.04958 and arXiv:2006.06676
 */
export function createTrainer(
  config: TrainingConfig,
  start: TrainingState,
  drawsAt: DrawsAt,
  crew: Crew | null = null,
): Trainer {
  const run = openRun(config, start)
  const stepOnce = (observe: boolean) => {
    const draws = shareOfDraws(drawsAt(run.iteration), 0, config.workers)
    return step({ run, crew, draws }, observe)
  }
  let good = takeSnapshot(run)
  const replaceGood = (snapshot: Snapshot) => {
    good.dispose()
    good = snapshot
  }
  return {
    step: async (observe) => {
      if (!observe) return stepOnce(false)
      const before = takeSnapshot(run)
      const losses = await stepOnce(true)
      const isGood = losses !== null && Object.values(losses).every((value) => value === null || Number.isFinite(value))
      if (isGood) replaceGood(before)
      else before.dispose()
      if (!isGood) throw await diagnose(run, good, stepOnce)
      return losses
    },
    sample: (latents, classes) => sample(run, latents, classes),
    state: async () => {
      const state = await stateOf(run)
      if (!isFinite(state)) throw await diagnose(run, good, stepOnce)
      return state
    },
    iteration: () => run.iteration,
    images: () => run.images,
    dispose: () => {
      disposeRun(run)
      good.dispose()
      crew?.close()
    },
  }
}

/** Repeats what was done since all was well, looking at every number; leaves the run where all was well. */
async function diagnose(
  run: Run,
  good: Snapshot,
  stepOnce: (observe: boolean) => Promise<unknown>,
): Promise<TrainingDiverged> {
  const last = run.iteration
  let fault: string | null = null
  good.restore(run)
  while (fault === null && run.iteration < last) {
    run.watch = createWatch()
    // One after the other, since each begins where the one before ended.
    // oxlint-disable-next-line no-await-in-loop
    await stepOnce(false)
    // oxlint-disable-next-line no-await-in-loop
    fault = await run.watch.firstFault()
  }
  run.watch = null
  const iteration = fault === null ? last : run.iteration - 1
  good.restore(run)
  return new TrainingDiverged(iteration, fault ?? 'a number that the repetition did not meet again')
}

/** A run with everything that one iteration takes. */
interface Underway {
  readonly run: Run
  readonly crew: Crew | null
  /** Of this process's share. */
  readonly draws: Draws
}

async function step(underway: Underway, observe: boolean): Promise<Losses | null> {
  const { run } = underway
  const { pathLength, r1Interval } = run.config
  const generator = await descend(underway, 'generator')
  const isPathDue = pathLength !== null && run.iteration % pathLength.interval === 0
  const path = isPathDue ? await descend(underway, 'pathLength') : null
  if (path !== null) followPaths(run, path.aside)
  const discriminator = await descend(underway, 'discriminator')
  const r1 = run.iteration % r1Interval === 0 ? await descend(underway, 'r1') : null
  followAverage(run)
  run.iteration++
  run.images += run.config.batch

  const steps = { generator, path, discriminator, r1 }
  const losses = observe ? await lossesOf(run, steps) : null
  await adapt(run, discriminator.aside)
  for (const made of Object.values(steps))
    tf.dispose([made?.loss, made?.aside].filter((tensor) => tensor !== undefined))
  return losses
}

/** What the steps of an iteration came to; null where one was not due. */
interface Steps {
  readonly generator: Descended
  readonly path: Descended | null
  readonly discriminator: Descended
  readonly r1: Descended | null
}

async function lossesOf(run: Run, { generator, path, discriminator, r1 }: Steps): Promise<Losses> {
  const { pathLength, r1Interval } = run.config
  return {
    generator: await numberOf(generator.loss),
    pathLength: path === null || pathLength === null ? null : (await numberOf(path.loss)) / pathLength.interval,
    discriminator: await numberOf(discriminator.loss),
    r1: r1 === null ? null : (await numberOf(r1.loss)) / r1Interval,
    realSign: await numberOf(discriminator.aside),
    augmentP: run.augmentP,
    meanPathLength: pathLength === null ? null : await numberOf(run.meanPathLength),
  }
}

/** To be disposed of. */
type Descended = Omit<Slope, 'gradient'>

/** One step of one of the networks, over all shares of the batch. */
async function descend({ run, crew, draws }: Underway, descent: Descent): Promise<Descended> {
  const others = crew === null ? null : crew.differentiate(await taskOf(run, descent))
  const own = differentiateDescent(run, descent, draws)
  const { loss, gradient, aside } = others === null ? own : await averageSlopes(own, await others)
  const player = playerOf(run, descent)
  run.watch?.end(player.plan, loss, gradient)
  applyGradient(player, gradient)
  return { loss, aside }
}

function followPaths(run: Run, mean: tf.Scalar): void {
  const before = run.meanPathLength
  const decay = run.config.pathLength?.decay ?? 0
  run.meanPathLength = tf.tidy(() => tf.add(before, tf.mul(tf.sub(mean, before), decay)))
  before.dispose()
}

/** Alters images more often while the discriminator is surer of the real ones than it should be. */
async function adapt(run: Run, sign: tf.Scalar): Promise<void> {
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

function followAverage(run: Run): void {
  const { batch, averageImages, averageRampup } = run.config
  const halfLife = averageRampup === null ? averageImages : Math.min(averageImages, run.images * averageRampup)
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
