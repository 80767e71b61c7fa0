import { expect } from 'chai'
import { calibrate } from '../../gan/training/calibration.ts'
import { tinyBundle } from './tiny-bundle.ts'
import { startBackend } from './vectors.ts'

const BYTES = 8 * 8 * 3

describe('gan/training/calibration calibrate', () => {
  before(startBackend)

  const { description, generator, discriminator } = tinyBundle(['Ikat', 'Kilim'])
  const common = {
    generator: description.G,
    discriminator: description.D,
    weights: { generator, discriminator },
    psi: 0.8,
    seed: 1,
  }
  const nothing = { images: new Uint8Array(), labels: null, reals: 0 }
  /** Of the classes in turn, each of one colour. */
  const alternating = {
    images: Uint8Array.from({ length: 64 * BYTES }, (_, i) => (Math.floor(i / BYTES) % 2) * 200),
    labels: Uint8Array.from({ length: 64 }, (_, i) => i % 2),
    reals: 32,
  }

  it('makes a scale for each class, of made and of real images, also where the classes of these alternate', () => {
    const { logits } = calibrate({ ...common, ...alternating, fakes: 256 })
    const { logits: ofMade } = calibrate({ ...common, ...nothing, fakes: 256 })
    expect(logits).to.have.length(2)
    for (const [own, scale] of logits.entries()) expect(scale).to.not.deep.equal(ofMade[own])
    expect(logits[0]).to.not.deep.equal(logits[1])
  })

  it('makes one scale for all where there are few images of each', () => {
    expect(calibrate({ ...common, ...nothing, fakes: 100 }).logits).to.have.length(1)
  })
})
