import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import type { Weights } from '../../gan/index.ts'
import { readCheckpoint, writeCheckpoint } from '../../gan/training/checkpoint.ts'
import type { Draws } from '../../gan/training/draws.ts'
import type { TrainingConfig } from '../../gan/training/config.ts'
import { initialState } from '../../gan/training/standing.ts'
import { createTrainer } from '../../gan/training/trainer.ts'
import { openVectors, relativeError, startBackend, vectorOf } from './vectors.ts'

const BATCH = 4
const SIDE = 16
const PIXELS = SIDE * SIDE
const IMAGE = 3 * PIXELS
const Z_DIM = 16
const PHASES = { generator: 0, pathLength: 1, discriminator: 2 } as const

const vectors = openVectors('train16')
const expected = vectors.read('train.safetensors')

const CONFIG: TrainingConfig = {
  generator: vectors.G,
  discriminator: vectors.D,
  batch: BATCH,
  learningRate: 0.0025,
  gamma: 10,
  r1Interval: 16,
  pathLength: { interval: 4, weight: 2, decay: 0.01 },
  averageImages: 10,
  averageRampup: null,
  augment: null,
}

function start() {
  return initialState(vectors.read('G.safetensors'), vectors.read('D.safetensors'))
}

/** Images of a vector from `first` on, with their channels last. */
function images(name: string, first: number, count: number): Float32Array {
  const planar = vectorOf(expected, name).data.subarray(first * IMAGE, (first + count) * IMAGE)
  return planar.map((_, k) => {
    const [image, pixel, channel] = [Math.floor(k / IMAGE), Math.floor((k % IMAGE) / 3), k % 3]
    return planar[image * IMAGE + channel * PIXELS + pixel]!
  })
}

/** What the official run drew. */
function officialDraws(iteration: number): Draws {
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

function expectWeights(prefix: string, weights: Weights): void {
  for (const [name, { data }] of weights) {
    const official = expected.get(`${prefix}.${name}`)
    if (official !== undefined) expect(relativeError(data, official.data), `${prefix}.${name}`).below(1e-4)
  }
}

describe('the training loop', () => {
  before(startBackend)

  it('gives the official losses and weights over 17 iterations', async () => {
    const before = tf.memory().numTensors
    const trainer = createTrainer(CONFIG, start(), officialDraws)
    for (let iteration = 0; iteration < 17; iteration++) {
      const losses = await trainer.step(true)
      const official = vectorOf(expected, 'losses').data.subarray(iteration * 5, iteration * 5 + 5)
      for (const [i, key] of (['generator', 'pathLength', 'discriminator', 'r1'] as const).entries()) {
        const loss = losses?.[key] ?? null
        if (loss !== null) expect(loss, `${key} ${iteration}`).closeTo(official[i]!, 1e-4)
      }
      if (iteration !== 0 && iteration !== 16) continue
      const state = await trainer.state()
      expectWeights(`it${iteration + 1}.G`, state.generator)
      expectWeights(`it${iteration + 1}.D`, state.discriminator)
      expectWeights(`it${iteration + 1}.Gema`, state.average)
    }
    expect((await trainer.state()).meanPathLength).closeTo(vectorOf(expected, 'losses').data.at(-1)!, 1e-5)
    trainer.dispose()
    expect(tf.memory().numTensors, 'nothing is left behind').to.equal(before)
  })

  it('goes on from a checkpoint exactly as it would have without the interruption', async () => {
    const straight = createTrainer(CONFIG, start(), officialDraws)
    for (let iteration = 0; iteration < 5; iteration++) await straight.step(false)

    const first = createTrainer(CONFIG, start(), officialDraws)
    for (let iteration = 0; iteration < 3; iteration++) await first.step(false)
    const { state, about } = readCheckpoint(writeCheckpoint(await first.state(), 'a note'))
    expect(about).to.equal('a note')
    const second = createTrainer(CONFIG, state, officialDraws)
    for (let iteration = 3; iteration < 5; iteration++) await second.step(false)

    expect(writeCheckpoint(await second.state(), '')).to.deep.equal(writeCheckpoint(await straight.state(), ''))
    for (const trainer of [straight, first, second]) trainer.dispose()
  })
})
