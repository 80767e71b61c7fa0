import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import {
  ADAPTIVE_AUGMENTATION,
  BundleInvalid,
  bundleFrom,
  chooseNetworks,
  float32Of,
  MersenneTwister,
  openBundle,
  PATH_LENGTH,
  readSafetensors,
  resumeTraining,
  SMALL_TRAINING,
  startTraining,
  TrainingDiverged,
  type TrainingRun,
  type TrainingSet,
  TrainingSetInvalid,
  type TrainingSettings,
  writeBundle,
} from '../../gan/index.ts'
import { tinyBundle, tinyDescription } from './tiny-bundle.ts'
import { startBackend } from './vectors.ts'

const { G, D, ...ABOUT } = tinyDescription()
const SETTINGS: TrainingSettings = { ...SMALL_TRAINING, generator: G, discriminator: D, batch: 4, furthestShift: 2 }
const BYTES_PER_IMAGE = 8 * 8 * 3
const COUNT = 1024

/** What a run fails with before long. */
async function untilFailure(run: TrainingRun, observe: boolean): Promise<unknown> {
  try {
    for (let i = 0; i < 20; i++) await run.step(observe)
    return null
  } catch (error) {
    return error
  }
}

describe('a run of training', () => {
  const random = new MersenneTwister(3)
  const images = Uint8Array.from({ length: COUNT * BYTES_PER_IMAGE }, () => random.nextBelow(256))
  const set: TrainingSet = { images, labels: null, classes: [], size: 8 }

  before(startBackend)

  it('goes on where it was, with the draws that would have come', async () => {
    const straight = startTraining(SETTINGS, set)
    for (let i = 0; i < 4; i++) await straight.step(false)
    const first = startTraining(SETTINGS, set)
    for (let i = 0; i < 2; i++) await first.step(false)
    const second = resumeTraining(await first.checkpoint(), set)
    expect(second.kimg()).to.equal(first.kimg())
    for (let i = 0; i < 2; i++) await second.step(false)
    expect(await second.checkpoint()).to.deep.equal(await straight.checkpoint())
    expect(await second.sample([1, 2], null)).to.have.length(2 * BYTES_PER_IMAGE)
    for (const run of [straight, first, second]) run.dispose()
  })

  it('takes other settings when it goes on', async () => {
    const run = startTraining(SETTINGS, set)
    const changed = resumeTraining(await run.checkpoint(), set, (settings) => ({ ...settings, gamma: 7 }))
    expect(changed.settings).to.deep.equal({ ...SETTINGS, gamma: 7 })
    for (const each of [run, changed]) each.dispose()
  })

  it('counts the images that it showed, though the batch changes on the way', async () => {
    const run = startTraining(SETTINGS, set)
    for (let i = 0; i < 2; i++) await run.step(false)
    const changed = resumeTraining(await run.checkpoint(), set, (settings) => ({ ...settings, batch: 8 }))
    expect(changed.kimg()).to.equal(0.008)
    await changed.step(false)
    expect(changed.kimg()).to.equal(0.016)
    for (const each of [run, changed]) each.dispose()
  })

  it('reports the losses of a step only when it is asked', async () => {
    const run = startTraining(SETTINGS, set)
    const losses = await run.step(true)
    expect(losses?.generator).to.be.a('number')
    expect(losses?.r1).to.be.a('number')
    expect(losses?.pathLength).to.equal(null)
    expect(await run.step(false)).to.equal(null)
    run.dispose()
  })

  it('becomes a bundle whose calibration spans real and generated images', async () => {
    const run = startTraining(SETTINGS, set)
    await run.step(false)
    const bundle = openBundle(writeBundle(bundleFrom(await run.checkpoint(), set, ABOUT, 0.8)))
    expect(bundle.description.kimg).to.equal(0.004)
    const [scale, ...others] = bundle.calibration.logits
    expect(others).to.deep.equal([])
    expect(scale).to.have.length(1024)
    expect(scale![0]).below(scale![1023]!)
    run.dispose()
  })

  describe('with classes', () => {
    const classes = ['ikat', 'kilim', 'suzani']
    const labelled: TrainingSet = {
      images,
      labels: Uint8Array.from({ length: COUNT }, (_, i) => i % 3),
      classes,
      size: 8,
    }
    const settings = chooseNetworks(
      { ...SETTINGS, pathLength: PATH_LENGTH, styleMixing: 0.9, mirror: true },
      { classes },
    )

    it('learns them, goes on where it was, and draws each of them', async () => {
      const straight = startTraining(settings, labelled)
      for (let i = 0; i < 3; i++) await straight.step(false)
      const first = startTraining(settings, labelled)
      await first.step(false)
      const second = resumeTraining(await first.checkpoint(), labelled)
      for (let i = 0; i < 2; i++) await second.step(false)
      expect(await second.checkpoint()).to.deep.equal(await straight.checkpoint())
      const [ikat, kilim] = [await second.sample([1, 2, 3, 4, 5], [0, 0, 0, 0, 0]), await second.sample([1], [1])]
      expect(ikat).to.have.length(5 * BYTES_PER_IMAGE)
      expect(kilim).to.not.deep.equal(ikat.subarray(0, BYTES_PER_IMAGE))
      expect(await second.sample([1], [0])).to.deep.equal(ikat.subarray(0, BYTES_PER_IMAGE))
      for (const run of [straight, first, second]) run.dispose()
    })

    it('keeps their names in the bundle, with a scale for each of them that depends on the labels of the real images', async () => {
      const run = startTraining(settings, labelled)
      await run.step(false)
      const checkpoint = await run.checkpoint()
      const bundle = openBundle(writeBundle(bundleFrom(checkpoint, labelled, ABOUT, 0.8)))
      expect(bundle.description.classes).to.deep.equal(classes)
      expect(bundle.calibration.logits.map(({ length }) => length)).to.deep.equal([1024, 1024, 1024])
      expect(bundle.calibration.logits[0]).to.not.deep.equal(bundle.calibration.logits[1])
      const others = { ...labelled, labels: Uint8Array.from({ length: COUNT }, (_, i) => (i + 1) % 3) }
      expect(bundleFrom(checkpoint, others, ABOUT, 0.8).calibration.logits).to.not.deep.equal(bundle.calibration.logits)
      run.dispose()
    })

    it('refuses to go on with images of other classes', async () => {
      const run = startTraining(settings, labelled)
      const checkpoint = await run.checkpoint()
      run.dispose()
      const renamed = { ...labelled, classes: ['ikat', 'kilim', 'batik'] }
      expect(() => resumeTraining(checkpoint, renamed)).to.throw(TrainingSetInvalid, 'batik')
      expect(() => resumeTraining(checkpoint, set)).to.throw(TrainingSetInvalid, 'no classes')
    })
  })

  describe('with alterations', () => {
    /** So eager that p moves at once. */
    const eager = { ...ADAPTIVE_AUGMENTATION, adaptation: { target: 0.6, images: 64, interval: 4 } }

    it('adapts p as the discriminator is sure, and goes on between two adaptations as if never stopped', async () => {
      const settings = { ...SETTINGS, augment: eager }
      const straight = startTraining(settings, set)
      const seen = []
      for (let i = 0; i < 11; i++) seen.push((await straight.step(true))?.augmentP)
      expect(seen.slice(0, 4)).to.deep.equal([0, 0, 0, 0])
      for (const p of seen) expect([0, 0.25, 0.5]).to.include(p)

      const first = startTraining(settings, set)
      for (let i = 0; i < 6; i++) await first.step(false)
      const second = resumeTraining(await first.checkpoint(), set)
      for (let i = 6; i < 11; i++) await second.step(false)
      expect(await second.checkpoint()).to.deep.equal(await straight.checkpoint())
      for (const run of [straight, first, second]) run.dispose()
    })

    it('raises p while the discriminator is surer than the target, and lowers it else', async () => {
      const reached = []
      for (const target of [-1.01, 1.01]) {
        const augment = { ...eager, p: 0.5, adaptation: { ...eager.adaptation, target } }
        const run = startTraining({ ...SETTINGS, augment }, set)
        for (let i = 0; i < 4; i++) await run.step(false)
        reached.push((await run.step(true))?.augmentP)
        run.dispose()
      }
      expect(reached).to.deep.equal([0.75, 0.25])
    })

    it('keeps a fixed p, and alters images with it, R1 included', async () => {
      const altered = startTraining({ ...SETTINGS, augment: { ...eager, p: 0.7, adaptation: null } }, set)
      const plain = startTraining(SETTINGS, set)
      const [a, b] = [await altered.step(true), await plain.step(true)]
      expect([a?.augmentP, b?.augmentP]).to.deep.equal([0.7, 0])
      expect(a?.r1).to.not.equal(b?.r1)
      for (const run of [altered, plain]) run.dispose()
    })
  })

  describe('that diverges', () => {
    it('stops, names what was not finite first, and stands where all was well', async () => {
      const run = startTraining({ ...SETTINGS, learningRate: 1e18 }, set)
      const failure = await untilFailure(run, true)
      expect(failure).to.be.instanceOf(TrainingDiverged)
      expect(String(failure)).to.match(
        /at iteration \d+: .*, (operation \d+: \w+ of [GD], \[[\d, ]+\]|the gradient by \S+|the loss)/u,
      )
      const { iteration } = failure as TrainingDiverged
      const { tensors } = readSafetensors(await run.checkpoint())
      for (const tensor of tensors.values())
        expect(float32Of(tensor).every(Number.isFinite), tensor.name).to.equal(true)
      expect(run.kimg() * 250).to.be.at.most(iteration)
      run.dispose()
    })

    it('writes no checkpoint of numbers that are none, though no loss was looked at', async () => {
      const run = startTraining({ ...SETTINGS, learningRate: 1e18 }, set)
      for (let i = 0; i < 8; i++) await run.step(false)
      const failure = await run.checkpoint().then(
        () => null,
        (error: unknown) => error,
      )
      expect(failure).to.be.instanceOf(TrainingDiverged)
      expect(run.kimg()).to.equal(0)
      run.dispose()
    })

    it('leaves nothing behind but what a run has', async () => {
      const run = startTraining({ ...SETTINGS, learningRate: 1e18 }, set)
      const before = tf.memory().numTensors
      await untilFailure(run, true)
      expect(tf.memory().numTensors).to.equal(before)
      run.dispose()
    })
  })

  it('leaves frozen layers of the discriminator exactly as they were, and trains the others', async () => {
    const run = startTraining(chooseNetworks(SETTINGS, { freezeLayers: 3 }), set)
    const before = readSafetensors(await run.checkpoint()).tensors
    for (let i = 0; i < 2; i++) await run.step(false)
    const after = readSafetensors(await run.checkpoint()).tensors
    const moved = (name: string) => String(float32Of(after.get(name)!)) !== String(float32Of(before.get(name)!))
    expect(['fromrgb', 'conv0', 'conv1', 'skip'].map((layer) => moved(`D.b8.${layer}.weight`))).to.deep.equal([
      false,
      false,
      false,
      true,
    ])
    expect([moved('D.b4.conv.weight'), moved('G.synthesis.b8.conv0.weight')]).to.deep.equal([true, true])
    run.dispose()
  })

  it('begins with a model, and says what it draws anew', async () => {
    const origin = tinyBundle()
    const said: string[] = []
    const run = startTraining(SETTINGS, set, { origin, onDrawnAnew: (weights) => said.push(...weights) })
    expect(said).to.deep.equal([])
    const { tensors } = readSafetensors(await run.checkpoint())
    const name = 'synthesis.b8.conv0.weight'
    expect(float32Of(tensors.get(`G.${name}`)!)).to.deep.equal(origin.generator.get(name)!.data)
    expect(float32Of(tensors.get(`G_ema.${name}`)!)).to.deep.equal(origin.generator.get(name)!.data)
    run.dispose()
  })

  it('refuses what is no checkpoint', () => {
    expect(() => resumeTraining(new Uint8Array(16), set)).to.throw(BundleInvalid)
  })
})
