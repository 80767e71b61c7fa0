import { expect } from 'chai'
import {
  BundleInvalid,
  bundleFrom,
  MersenneTwister,
  openBundle,
  resumeTraining,
  SMALL_TRAINING,
  startTraining,
  type TrainingSettings,
  writeBundle,
} from '../../gan/index.ts'
import { tinyDescription } from './tiny-bundle.ts'
import { startBackend } from './vectors.ts'

const { G, D, ...ABOUT } = tinyDescription()
const SETTINGS: TrainingSettings = { ...SMALL_TRAINING, generator: G, discriminator: D, batch: 4, furthestShift: 2 }
const BYTES_PER_IMAGE = 8 * 8 * 3
const COUNT = 1024

describe('a run of training', () => {
  const random = new MersenneTwister(3)
  const images = Uint8Array.from({ length: COUNT * BYTES_PER_IMAGE }, () => random.nextBelow(256))

  before(startBackend)

  it('goes on where it was, with the draws that would have come', async () => {
    const straight = startTraining(SETTINGS, images)
    for (let i = 0; i < 4; i++) await straight.step(false)
    const first = startTraining(SETTINGS, images)
    for (let i = 0; i < 2; i++) await first.step(false)
    const second = resumeTraining(await first.checkpoint(), images)
    expect(second.kimg()).to.equal(first.kimg())
    for (let i = 0; i < 2; i++) await second.step(false)
    expect(await second.checkpoint()).to.deep.equal(await straight.checkpoint())
    expect(await second.sample([1, 2])).to.have.length(2 * BYTES_PER_IMAGE)
    for (const run of [straight, first, second]) run.dispose()
  })

  it('takes other settings when it goes on', async () => {
    const run = startTraining(SETTINGS, images)
    const changed = resumeTraining(await run.checkpoint(), images, { gamma: 7 })
    expect(changed.settings).to.deep.equal({ ...SETTINGS, gamma: 7 })
    for (const each of [run, changed]) each.dispose()
  })

  it('reports the losses of a step only when it is asked', async () => {
    const run = startTraining(SETTINGS, images)
    const losses = await run.step(true)
    expect(losses?.generator).to.be.a('number')
    expect(losses?.r1).to.be.a('number')
    expect(losses?.pathLength).to.equal(null)
    expect(await run.step(false)).to.equal(null)
    run.dispose()
  })

  it('becomes a bundle whose calibration spans real and generated images', async () => {
    const run = startTraining(SETTINGS, images)
    await run.step(false)
    const bundle = openBundle(writeBundle(bundleFrom(await run.checkpoint(), images, ABOUT, 0.8)))
    expect(bundle.description.kimg).to.equal(0.004)
    expect(bundle.calibration.logits).to.have.length(1024)
    expect(bundle.calibration.logits[0]).below(bundle.calibration.logits[1023]!)
    run.dispose()
  })

  it('refuses what is no checkpoint', () => {
    expect(() => resumeTraining(new Uint8Array(16), images)).to.throw(BundleInvalid)
  })
})
