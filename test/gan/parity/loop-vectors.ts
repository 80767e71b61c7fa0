import type { TrainingConfig } from '../../../gan/training/config.ts'
import type { Draws } from '../../../gan/training/draws.ts'
import { initialState, type TrainingState } from '../../../gan/training/standing.ts'
import { createTrainer } from '../../../gan/training/trainer.ts'
import { openVectors, relativeError, vectorOf } from '../vectors.ts'
import { type TrainingRow, worstOf } from './training-row.ts'

const BATCH = 4
const SIDE = 16
const PIXELS = SIDE * SIDE
const IMAGE = 3 * PIXELS
const Z_DIM = 16
const PHASES = { generator: 0, pathLength: 1, discriminator: 2 } as const
const ITERATIONS = 17
const SET = 'train16'

const vectors = openVectors(SET)
const expected = vectors.read('train.safetensors')

/** The configuration of the official run. */
export const LOOP_CONFIG: TrainingConfig = {
  generator: vectors.G,
  discriminator: vectors.D,
  batch: BATCH,
  workers: 1,
  learningRate: 0.0025,
  gamma: 10,
  r1Interval: 16,
  pathLength: { interval: 4, weight: 2, decay: 0.01 },
  averageImages: 10,
  averageRampup: null,
  augment: null,
}

/** Where the official run began. */
export function loopStart(): TrainingState {
  return initialState(vectors.read('G.safetensors'), vectors.read('D.safetensors'))
}

/** What the official run drew. */
export function officialDraws(iteration: number): Draws {
  return {
    latents: (phase, count) => {
      const offset = (iteration * 4 + PHASES[phase]) * BATCH * Z_DIM
      return vectorOf(expected, 'z').data.slice(offset, offset + count * Z_DIM)
    },
    crossover: () => null,
    mixedLatents: () => new Float32Array(0),
    classes: () => null,
    reals: () => ({
      pixels: Float32Array.from(
        Array.from({ length: BATCH }, (_, j) => [...images('pool', (4 * iteration + j) % 8, 1)]).flat(),
      ),
      classes: null,
    }),
    alterations: () => [],
    shift: () => ({ down: 0, right: 0 }),
    noise: () => null,
    directions: () => images('pl_noise_raw', (iteration / 4) * 2, 2),
  }
}

/** Images of a vector from `first` on, with their channels last. */
function images(name: string, first: number, count: number): Float32Array {
  const planar = vectorOf(expected, name).data.subarray(first * IMAGE, (first + count) * IMAGE)
  return planar.map((_, k) => {
    const [image, pixel, channel] = [Math.floor(k / IMAGE), Math.floor((k % IMAGE) / 3), k % 3]
    return planar[image * IMAGE + channel * PIXELS + pixel]!
  })
}

/** The 17 iterations of the official loop, on whatever backend TensorFlow.js is set to. */
export async function loopRows(): Promise<readonly TrainingRow[]> {
  const trainer = createTrainer(LOOP_CONFIG, loopStart(), officialDraws)
  const losses: { name: string; error: number }[] = []
  const rows: TrainingRow[] = []
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    // Each iteration begins where the one before ended.
    // oxlint-disable-next-line no-await-in-loop
    const shown = await trainer.step(true)
    const official = vectorOf(expected, 'losses').data.subarray(iteration * 5, iteration * 5 + 5)
    for (const [i, key] of (['generator', 'pathLength', 'discriminator', 'r1', 'meanPathLength'] as const).entries()) {
      const loss = shown?.[key] ?? null
      if (loss !== null) losses.push({ name: `${key} of iteration ${iteration}`, error: Math.abs(loss - official[i]!) })
    }
    // oxlint-disable-next-line no-await-in-loop
    if (iteration === 0 || iteration === ITERATIONS - 1) rows.push(weightsRow(iteration + 1, await trainer.state()))
  }
  trainer.dispose()
  return [worstOf(SET, `losses, ${ITERATIONS} iterations`, 1e-4, losses, true), ...rows]
}

function weightsRow(iterations: number, state: TrainingState): TrainingRow {
  const networks = { G: state.generator, D: state.discriminator, Gema: state.average }
  const errors = Object.entries(networks).flatMap(([network, weights]) =>
    [...weights].flatMap(([name, { data }]) => {
      const official = expected.get(`it${iterations}.${network}.${name}`)
      return official === undefined ? [] : [{ name: `${network}.${name}`, error: relativeError(data, official.data) }]
    }),
  )
  return worstOf(SET, `weights after ${iterations}`, 1e-4, errors, false)
}
