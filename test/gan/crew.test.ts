import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import {
  ADAPTIVE_AUGMENTATION,
  chooseNetworks,
  type Crew,
  float32Of,
  joinTraining,
  MersenneTwister,
  PATH_LENGTH,
  readSafetensors,
  resumeTraining,
  SMALL_TRAINING,
  startTraining,
  TrainingDiverged,
  type TrainingSet,
  type TrainingSettings,
} from '../../gan/index.ts'
import { shareOfDraws } from '../../gan/training/crew.ts'
import { createDraws } from '../../gan/training/draws.ts'
import { tinyDescription } from './tiny-bundle.ts'
import { startBackend } from './vectors.ts'

const COUNT = 64
const CLASSES = ['ikat', 'kilim', 'suzani']

const { G, D } = tinyDescription()
/** Without what compares the images of a share with one another, shares add up to the batch. */
const APART: TrainingSettings = {
  ...SMALL_TRAINING,
  generator: G,
  discriminator: { ...D, epilogue_kwargs: { mbstd_num_channels: 0 } },
  batch: 8,
  pathLength: PATH_LENGTH,
  styleMixing: 0.5,
  furthestShift: 2,
  classes: CLASSES,
}

/** The crew in this very process, one share after the other. */
function musterHere(set: TrainingSet) {
  return (settings: TrainingSettings): Crew => {
    const members = Array.from({ length: settings.workers - 1 }, (_, i) => joinTraining(settings, set, i + 1))
    return {
      differentiate: (task) => Promise.all(members.map((member) => member.differentiate(task))),
      close: () => {
        for (const member of members) member.dispose()
      },
    }
  }
}

/** Between two checkpoints. */
function farthest(a: Uint8Array, b: Uint8Array): number {
  const [left, right] = [readSafetensors(a).tensors, readSafetensors(b).tensors]
  return [...left].reduce((far, [name, tensor]) => {
    const other = float32Of(right.get(name)!)
    return float32Of(tensor).reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), far)
  }, 0)
}

describe('gan/training/crew', () => {
  const random = new MersenneTwister(3)
  const set: TrainingSet = {
    images: Uint8Array.from({ length: COUNT * 192 }, () => random.nextBelow(256)),
    labels: Uint8Array.from({ length: COUNT }, (_, i) => i % 3),
    classes: CLASSES,
    size: 8,
  }
  const muster = musterHere(set)
  const settings = chooseNetworks(APART, { classes: CLASSES })

  /** Whose members say NaN once. */
  const broken = (chosen: TrainingSettings): Crew => {
    const crew = muster(chosen)
    return {
      ...crew,
      differentiate: async (task) => {
        const slopes = await crew.differentiate(task)
        const isHit = task.iteration === 1 && task.descent === 'discriminator'
        return isHit ? slopes.map((slope) => ({ ...slope, loss: Number.NaN })) : slopes
      },
    }
  }

  before(startBackend)

  /** The checkpoint after some iterations, and the losses on the way. */
  async function train(chosen: TrainingSettings, iterations: number) {
    const run = startTraining(chosen, set, { muster })
    const losses = []
    for (let i = 0; i < iterations; i++) losses.push(await run.step(true))
    const checkpoint = await run.checkpoint()
    run.dispose()
    return { checkpoint, losses }
  }

  it('descends as the whole batch would, but for rounding, all phases included', async () => {
    const alone = await train(settings, 5)
    for (const workers of [2, 4]) {
      const { checkpoint, losses } = await train({ ...settings, workers }, 5)
      for (const [i, loss] of losses.entries()) {
        for (const [name, value] of Object.entries(loss!)) {
          const whole = alone.losses[i]![name as keyof typeof loss]
          // Path lengths of a share look at their own mean, as they do officially on several devices.
          if (name === 'pathLength' || value === null) expect(value === null).to.equal(whole === null)
          else expect(value, `${name} of iteration ${i}`).to.be.closeTo(whole, 0.02)
        }
      }
      expect(farthest(checkpoint, alone.checkpoint)).to.be.within(1e-9, 0.02)
    }
    const other = await train({ ...settings, seed: 2 }, 5)
    expect(farthest(other.checkpoint, alone.checkpoint)).to.be.above(0.02)
  })

  it('goes on from a checkpoint exactly as it would have, and adapts p on what all shares saw', async () => {
    const augment = { ...ADAPTIVE_AUGMENTATION, adaptation: { target: -1.01, images: 64, interval: 4 } }
    const chosen = { ...settings, workers: 2, augment }
    const straight = await train(chosen, 7)
    expect(straight.losses.some((loss) => loss!.augmentP > 0)).to.equal(true)
    const first = await train(chosen, 3)
    const second = resumeTraining(first.checkpoint, set, undefined, muster)
    for (let i = 3; i < 7; i++) await second.step(false)
    expect(await second.checkpoint()).to.deep.equal(straight.checkpoint)
    second.dispose()
  })

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors
    await train({ ...settings, workers: 2 }, 5)
    expect(tf.memory().numTensors).to.equal(before)
  })

  it('stops where a share comes to no number, though the first one does not', async () => {
    const run = startTraining({ ...settings, workers: 2 }, set, { muster: broken })
    await run.step(true)
    const failure = await run.step(true).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(TrainingDiverged)
    expect(String(failure)).to.include('iteration 1: the discriminator, the loss is not finite')
    expect(run.iteration()).to.equal(0)
    run.dispose()
  })

  it('is needed where there are several shares, and shares are of whole images', () => {
    expect(() => startTraining({ ...settings, workers: 2 }, set)).to.throw(RangeError, '2 workers')
    expect(() => startTraining({ ...settings, workers: 3 }, set, { muster })).to.throw(RangeError, '8 images')
  })

  it('divides everything that is drawn, and nothing twice', () => {
    const drawsAt = createDraws({
      seed: 5,
      batch: 4,
      zDim: 8,
      layers: 6,
      styleMixing: 1,
      furthestShift: 2,
      freshNoise: true,
      mirror: false,
      set,
    })
    const all = (workers: number, share: number) => {
      const draws = shareOfDraws(drawsAt(3), share, workers)
      const count = 4 / workers
      return {
        latents: [...draws.latents('generator', count)],
        crossover: [draws.crossover('generator')],
        mixed: [...draws.mixedLatents('generator', count)],
        noise: [...draws.noise(count * 64)!],
        directions: [...draws.directions(count * 192)],
        classes: Array.from(draws.classes('discriminator', count)!),
        pixels: [...draws.reals().pixels],
        labels: Array.from(draws.reals().classes!),
        alterations: draws.alterations('reals', count, ADAPTIVE_AUGMENTATION.kinds, 1),
        shift: [draws.shift()],
      }
    }
    const whole = all(1, 0)
    const shares = [all(2, 0), all(2, 1)]
    for (const [name, values] of Object.entries(whole)) {
      const parts = shares.map((share) => share[name as keyof typeof share])
      if (name === 'shift' || name === 'crossover') for (const part of parts) expect(part, name).to.deep.equal(values)
      else expect(parts.flat(), name).to.deep.equal(values)
    }
  })
})
