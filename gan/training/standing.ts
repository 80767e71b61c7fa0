import * as tf from '@tensorflow/tfjs-core'
import type { Weights } from '../bundle.ts'
import { lazyRates } from './adam.ts'
import type { TrainingConfig } from './config.ts'
import { frozenBeneathAdapter, frozenWeights } from './freeze.ts'
import { flatten, planParameters, readBuffers, toWeights } from './parameters.ts'
import { createPlayer, disposePlayer, type Moments, type Player } from './player.ts'
import type { Watch } from './watch.ts'

const ADAM_BETA = 0.99

/** Where a run stands. Weights are in official names and layout. */
export interface TrainingState {
  readonly iteration: number
  /** Real images shown so far; not iterations times the batch, which may change on the way. */
  readonly images: number
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

/** A run in progress: the same on the device, since reading it would wait for all that is queued there. */
export interface Run {
  readonly config: TrainingConfig
  readonly generator: Player
  readonly discriminator: Player
  average: tf.Tensor1D
  iteration: number
  images: number
  meanPathLength: tf.Scalar
  /** How probable each alteration of an image is, 0 to 1. */
  augmentP: number
  signs: tf.Scalar
  signsCounted: number
  /** Looks at every number while a fault is searched for. */
  watch: Watch | null
}

/** The state of a run that has not begun. */
export function initialState(generator: Weights, discriminator: Weights, augmentP: number = 0): TrainingState {
  return {
    iteration: 0,
    images: 0,
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

/** Brings a state to the device. */
export function openRun(config: TrainingConfig, start: TrainingState): Run {
  const rates = (interval: number | null) => lazyRates(config.learningRate, ADAM_BETA, interval)
  const generator = createPlayer(
    start.generator,
    start.generatorMoments,
    rates(config.pathLength?.interval ?? null),
    frozenBeneathAdapter(start.generator),
  )
  return {
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
    images: start.images,
    meanPathLength: tf.scalar(start.meanPathLength),
    augmentP: config.augment?.adaptation === null ? config.augment.p : start.adaptation.p,
    signs: tf.scalar(start.adaptation.signs),
    signsCounted: start.adaptation.signsCounted,
    watch: null,
  }
}

export function disposeRun(run: Run): void {
  disposePlayer(run.generator)
  disposePlayer(run.discriminator)
  tf.dispose([run.average, run.meanPathLength, run.signs])
}

/** Reads the state from the device. */
export async function stateOf(run: Run): Promise<TrainingState> {
  const { generator: g, discriminator: d } = run
  const buffers = await readBuffers(g.buffers)
  return {
    iteration: run.iteration,
    images: run.images,
    generator: toWeights(g.plan, await read(g.parameters), buffers),
    average: toWeights(g.plan, await read(run.average), buffers),
    discriminator: toWeights(d.plan, await read(d.parameters), await readBuffers(d.buffers)),
    generatorMoments: { squares: await read(g.adam.squares), steps: g.adam.steps },
    discriminatorMoments: { squares: await read(d.adam.squares), steps: d.adam.steps },
    meanPathLength: await numberOf(run.meanPathLength),
    adaptation: { p: run.augmentP, signs: await numberOf(run.signs), signsCounted: run.signsCounted },
  }
}

/** Whether a state is all numbers. */
export function isFinite(state: TrainingState): boolean {
  const { generator, average, discriminator, generatorMoments, discriminatorMoments, meanPathLength } = state
  const weights = [generator, average, discriminator].flatMap((network) => [...network.values()])
  const all = [...weights.map(({ data }) => data), generatorMoments.squares, discriminatorMoments.squares]
  return Number.isFinite(meanPathLength) && all.every((data) => data.every(Number.isFinite))
}

/** A moment of a run that it can be set back to. */
export interface Snapshot {
  readonly iteration: number
  /** The run stands there again; may be called any number of times. */
  readonly restore: (run: Run) => void
  readonly dispose: () => void
}

/** The run's tensors are replaced and never changed, so this shares them, and takes no time. */
export function takeSnapshot(run: Run): Snapshot {
  const { iteration, images, augmentP, signsCounted } = run
  const [generator, discriminator] = [takePlayer(run.generator), takePlayer(run.discriminator)]
  const [average, meanPathLength, signs] = [tf.clone(run.average), tf.clone(run.meanPathLength), tf.clone(run.signs)]
  return {
    iteration,
    restore: (target) => {
      generator.restore(target.generator)
      discriminator.restore(target.discriminator)
      tf.dispose([target.average, target.meanPathLength, target.signs])
      target.average = tf.clone(average)
      target.meanPathLength = tf.clone(meanPathLength)
      target.signs = tf.clone(signs)
      Object.assign(target, { iteration, images, augmentP, signsCounted })
    },
    dispose: () => {
      generator.dispose()
      discriminator.dispose()
      tf.dispose([average, meanPathLength, signs])
    },
  }
}

interface PlayerSnapshot {
  readonly restore: (player: Player) => void
  readonly dispose: () => void
}

function takePlayer(player: Player): PlayerSnapshot {
  const { steps } = player.adam
  const [parameters, squares] = [tf.clone(player.parameters), tf.clone(player.adam.squares)]
  const buffers = [...player.buffers].map(([name, tensor]) => [name, tf.clone(tensor)] as const)
  return {
    restore: (target) => {
      tf.dispose([target.parameters, target.adam.squares, ...target.buffers.values()])
      target.parameters = tf.clone(parameters)
      target.adam = { squares: tf.clone(squares), steps }
      for (const [name, tensor] of buffers) target.buffers.set(name, tf.clone(tensor))
    },
    dispose: () => tf.dispose([parameters, squares, ...buffers.map(([, tensor]) => tensor)]),
  }
}

export async function numberOf(scalar: tf.Tensor): Promise<number> {
  return (await scalar.data<'float32'>())[0]
}

export async function read(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data())
}
