import * as tf from '@tensorflow/tfjs-core'
import type { Draws } from './draws.ts'
import { type Descent, differentiateDescent, type Slope } from './phases.ts'
import type { TrainingSettings } from './settings.ts'
import { disposeRun, numberOf, openRun, read, type Run, type TrainingState } from './standing.ts'

/** What a worker needs to know to differentiate its share. */
export interface DescentTask {
  readonly iteration: number
  readonly descent: Descent
  /** Parameters of the networks, in the order of their plans. */
  readonly generator: Float32Array
  readonly discriminator: Float32Array
  readonly augmentP: number
  readonly meanPathLength: number
}

/** A slope in plain numbers, over one worker's share of the images. */
export interface ShareSlope {
  readonly loss: number
  readonly gradient: Float32Array
  readonly aside: number
}

/** The workers that take all shares of a batch but the first. */
export interface Crew {
  /** Starts all of them at once; they answer in the order of their shares. */
  readonly differentiate: (task: DescentTask) => Promise<readonly ShareSlope[]>
  readonly close: () => void
}

/** Musters a crew of `settings.workers - 1` for a run. */
export type Muster = (settings: TrainingSettings) => Crew

/** A worker's copy of the run. It keeps nothing but draws between one task and the next. */
export interface CrewMember {
  /** Tasks of one iteration come in the order of its steps, since draws are taken one after the other. */
  readonly differentiate: (task: DescentTask) => Promise<ShareSlope>
  readonly dispose: () => void
}

/**
 * Joins a run.
 *
 * @param start has weights of the run's shapes; their values do not matter
 * @param drawsAt what the whole batch draws
 * @param share from 1 on; the run itself takes the first, 0
 */
export function joinCrew(
  settings: TrainingSettings,
  start: TrainingState,
  drawsAt: (iteration: number) => Draws,
  share: number,
): CrewMember {
  const run = openRun(settings, start)
  let draws: { readonly iteration: number; readonly taken: Draws } | null = null
  return {
    differentiate: async (task) => {
      // A new iteration begins with the generator, and so does one that is repeated.
      if (draws?.iteration !== task.iteration || task.descent === 'generator') {
        draws = { iteration: task.iteration, taken: shareOfDraws(drawsAt(task.iteration), share, settings.workers) }
      }
      stand(run, task)
      return readSlope(differentiateDescent(run, task.descent, draws.taken))
    },
    dispose: () => disposeRun(run),
  }
}

function stand(run: Run, { generator, discriminator, augmentP, meanPathLength }: DescentTask): void {
  tf.dispose([run.generator.parameters, run.discriminator.parameters, run.meanPathLength])
  run.generator.parameters = tf.tensor1d(generator)
  run.discriminator.parameters = tf.tensor1d(discriminator)
  run.meanPathLength = tf.scalar(meanPathLength)
  run.augmentP = augmentP
}

/** Where a run stands before a step. */
export async function taskOf(run: Run, descent: Descent): Promise<DescentTask> {
  return {
    iteration: run.iteration,
    descent,
    generator: await read(run.generator.parameters),
    discriminator: await read(run.discriminator.parameters),
    augmentP: run.augmentP,
    meanPathLength: await numberOf(run.meanPathLength),
  }
}

/** Reads a slope, and disposes of it. */
async function readSlope({ loss, gradient, aside }: Slope): Promise<ShareSlope> {
  const numbers = {
    loss: await numberOf(loss),
    gradient: await read(gradient),
    aside: await numberOf(aside),
  }
  tf.dispose([loss, gradient, aside])
  return numbers
}

/**
 * The mean over all shares, which are as large as one another. It is added up in their order, in double precision, so that
 * it is the same whoever answers first.
 *
 * @param own of the first share; it is disposed of
 */
export async function averageSlopes(own: Slope, others: readonly ShareSlope[]): Promise<Slope> {
  const all = [await readSlope(own), ...others]
  const sums = new Float64Array(all[0]?.gradient.length ?? 0)
  for (const { gradient } of all) for (let i = 0; i < sums.length; i++) sums[i] += gradient[i]
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / all.length
  return {
    loss: tf.scalar(mean(all.map(({ loss }) => loss))),
    gradient: tf.tensor1d(Float32Array.from(sums, (sum) => sum / all.length)),
    aside: tf.scalar(mean(all.map(({ aside }) => aside))),
  }
}

/** What one worker takes of what the whole batch draws: all draw everything, so that they stay in step. */
export function shareOfDraws(draws: Draws, share: number, workers: number): Draws {
  if (workers === 1) return draws
  const own = <T extends { readonly length: number; slice: (first: number, end: number) => T }>(all: T): T => {
    const length = all.length / workers
    return all.slice(share * length, (share + 1) * length)
  }
  const ownClasses = (classes: ArrayLike<number> | null) => (classes === null ? null : own(Array.from(classes)))
  return {
    latents: (phase, count) => own(draws.latents(phase, count * workers)),
    classes: (phase, count) => ownClasses(draws.classes(phase, count * workers)),
    crossover: (phase) => draws.crossover(phase),
    mixedLatents: (phase, count) => own(draws.mixedLatents(phase, count * workers)),
    reals: () => {
      const { pixels, classes } = draws.reals()
      return { pixels: own(pixels), classes: ownClasses(classes) }
    },
    alterations: (showing, count, kinds, p) => own(draws.alterations(showing, count * workers, kinds, p)),
    shift: () => draws.shift(),
    noise: (size) => {
      const noise = draws.noise(size * workers)
      return noise === null ? null : own(noise)
    },
    directions: (size) => own(draws.directions(size * workers)),
  }
}
