import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { MersenneTwister } from '../../gan/index.ts'
import { prepareAugmentation } from '../../gan/training/augment.ts'
import { type Alteration, type AugmentKinds, drawAlteration, UNALTERED } from '../../gan/training/augment-draws.ts'
import { FILTER_BANK } from '../../gan/training/augment-filter.ts'
import { AUGMENT_SIDE, AUGMENT_VECTORS, augmentRows, firstImage, planar } from './parity/augment-vectors.ts'
import { channelsLast, relativeError, startBackend, tensorOf, vectorOf } from './vectors.ts'

const SIDE = AUGMENT_SIDE
const NOTHING: AugmentKinds = { blit: false, geometry: false, colour: false, filter: false, cutout: false }
const ALL: AugmentKinds = { blit: true, geometry: true, colour: true, filter: true, cutout: true }
const BGC: AugmentKinds = { ...NOTHING, blit: true, geometry: true, colour: true }

/** Differentiable pictures of a batch that are altered in every way. */
function drawnAugmentation(count: number, side: number) {
  const random = new MersenneTwister(11)
  const alterations = Array.from({ length: count }, () => drawAlteration(random, ALL, 0.9))
  return prepareAugmentation(alterations, ALL, side)
}

/** The first picture after one alteration. */
function turned(change: Partial<Alteration>): Promise<Float32Array> {
  const { apply } = prepareAugmentation([{ ...UNALTERED, ...change }], ALL, SIDE)
  return planar(apply(firstImage()))
}

function drawMany(p: number, kinds: AugmentKinds): readonly Alteration[] {
  const random = new MersenneTwister(2)
  return Array.from({ length: 4000 }, () => drawAlteration(random, kinds, p))
}

function shareOf(alterations: readonly Alteration[], holds: (alteration: Alteration) => boolean): number {
  return alterations.filter(holds).length / alterations.length
}

function expectNear(share: number): void {
  expect(share).within(0.57, 0.63)
}

describe('gan/training/augment', () => {
  before(startBackend)
  beforeEach(() => tf.engine().startScope())
  afterEach(() => tf.engine().endScope())

  it('gives the official pictures, each alteration alone and with others, and their gradients', async () => {
    const rows = await augmentRows()
    expect(rows.map(({ phase, tensors }) => [phase, tensors])).to.deep.equal([
      ['pictures', 51],
      ['gradients by the picture', 3],
    ])
    for (const row of rows) expect(row).to.include({ isWithin: true })
  })

  it('has a second derivative, which differences of the first confirm', () => {
    const { apply, dispose } = drawnAugmentation(2, 8)
    const random = new MersenneTwister(5)
    const draw = () =>
      tf.tensor4d(
        Float32Array.from({ length: 2 * 8 * 8 * 3 }, () => random.nextGaussian()),
        [2, 8, 8, 3],
      )
    const [at, direction] = [draw(), draw()]
    const bend = (images: tf.Tensor) => tf.sum(tf.square(tf.square(apply(images))))
    const along = (images: tf.Tensor) => tf.sum(tf.mul(tf.grad(bend)(images), direction))
    const second = tf.sum(tf.mul(tf.grad(along)(at), direction)).dataSync()[0]!
    const step = 1e-2
    const [ahead, behind] = [1, -1].map((sign) => along(tf.add(at, tf.mul(direction, sign * step))).dataSync()[0]!)
    expect(second).closeTo((ahead! - behind!) / (2 * step), Math.abs(second) * 1e-2)
    dispose()
  })

  it('treats each picture of a batch as it would by itself', async () => {
    const random = new MersenneTwister(3)
    const alterations = Array.from({ length: 2 }, () => drawAlteration(random, ALL, 1))
    const images = channelsLast(tensorOf(vectorOf(AUGMENT_VECTORS, 'img')))
    const both = prepareAugmentation(alterations, ALL, SIDE)
    const together = await planar(both.apply(images))
    for (const [i, alteration] of alterations.entries()) {
      const one = prepareAugmentation([alteration], ALL, SIDE)
      const alone = await planar(one.apply(tf.slice(images, i, 1)))
      expect(relativeError(together.subarray(i * alone.length, (i + 1) * alone.length), alone)).below(1e-5)
      one.dispose()
    }
    both.dispose()
  })

  it('turns before and after it stretches: with nothing between, both are one turn', async () => {
    const twice = await turned({ turnBefore: 0.3, turnAfter: 0.4 })
    expect(relativeError(twice, await turned({ turnBefore: 0.7 }))).below(1e-5)
    const [late, early] = [
      await turned({ stretch: 1.3, turnAfter: 0.4 }),
      await turned({ stretch: 1.3, turnBefore: 0.4 }),
    ]
    expect(relativeError(late, early)).above(0.1)
  })

  it('leaves nothing behind', () => {
    const before = tf.memory().numTensors
    drawnAugmentation(2, 8).dispose()
    expect(tf.memory().numTensors).to.equal(before)
  })

  it('splits frequencies into bands that make up the whole, as the official filters do', () => {
    const official = vectorOf(AUGMENT_VECTORS, 'Hz_fbank')
    for (const [band, filter] of FILTER_BANK.entries()) {
      const { length } = filter
      expect(relativeError(filter, official.data.slice(band * length, (band + 1) * length))).below(1e-6)
    }
    const sum = FILTER_BANK[0]!.map((_, k) => FILTER_BANK.reduce((total, filter) => total + filter[k]!, 0))
    expect(sum[21]).closeTo(1, 1e-12)
    expect(Math.max(...sum.map(Math.abs).filter((_, k) => k !== 21))).below(1e-12)
  })
})

describe('gan/training/augment-draws drawAlteration', () => {
  it('leaves every picture alone at p = 0, and what is not wanted at any p', () => {
    for (const alteration of [...drawMany(0, ALL), ...drawMany(1, NOTHING)]) {
      expect({ ...alteration, gains: alteration.gains.map(Math.fround) }).to.deep.equal(UNALTERED)
    }
  })

  it('does each thing with probability p, and turns with probability p in all', () => {
    const drawn = drawMany(0.6, ALL)
    expectNear(shareOf(drawn, ({ scale }) => scale !== 1))
    expectNear(shareOf(drawn, ({ brightness }) => brightness !== 0))
    expectNear(shareOf(drawn, ({ hole }) => hole !== null))
    expectNear(shareOf(drawn, ({ turnBefore, turnAfter }) => turnBefore !== 0 || turnAfter !== 0))
    expectNear(2 * shareOf(drawn, ({ isFlipped }) => isFlipped))
  })

  it('draws as much whatever is wanted, so that the next picture does not depend on it', () => {
    const [few, many] = [new MersenneTwister(4), new MersenneTwister(4)]
    drawAlteration(few, NOTHING, 0)
    drawAlteration(many, ALL, 1)
    expect(few.nextUint32()).to.equal(many.nextUint32())
    expect(drawAlteration(few, BGC, 0.5)).to.deep.equal(drawAlteration(many, BGC, 0.5))
  })
})
