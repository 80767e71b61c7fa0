import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { float32Of, MersenneTwister, readSafetensors } from '../../gan/index.ts'
import { prepareAugmentation } from '../../gan/training/augment.ts'
import {
  type Alteration,
  type AugmentKinds,
  drawAlteration,
  drawGains,
  UNALTERED,
} from '../../gan/training/augment-draws.ts'
import { FILTER_BANK } from '../../gan/training/augment-filter.ts'
import { channelsLast, relativeError, startBackend, tensorOf, type Vector, vectorOf } from './vectors.ts'

/** One official result: which alterations were switched on, and the percentile of their distributions. */
interface Case {
  readonly key: string
  readonly augment_kwargs: Readonly<Record<string, number>>
  readonly debug_percentile: number
}

const SIDE = 32
const NOTHING: AugmentKinds = { blit: false, geometry: false, colour: false, filter: false, cutout: false }
const ALL: AugmentKinds = { blit: true, geometry: true, colour: true, filter: true, cutout: true }
const BGC: AugmentKinds = { ...NOTHING, blit: true, geometry: true, colour: true }

const folder = new URL('../vectors/gan/augment/', import.meta.url)
const cases: readonly Case[] = JSON.parse(readFileSync(new URL('augment.json', folder), 'utf8'))
const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL('augment.safetensors', folder))))
const vectors: ReadonlyMap<string, Vector> = new Map(
  [...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: float32Of(tensor) }]),
)

function erf(x: number): number {
  let [sum, term] = [x, x]
  for (let k = 1; k < 200; k++) {
    term *= (-x * x) / k
    sum += term / (2 * k + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** By Newton's method. */
function inverseErf(y: number): number {
  let x = 0
  for (let i = 0; i < 60; i++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x))
  return x
}

/** What the official pipeline does at a percentile, where it draws nothing. */
function alterationAt({ augment_kwargs: kinds, debug_percentile: at }: Case): Alteration {
  const uniform = 2 * at - 1
  const normal = inverseErf(uniform)
  const has = (kind: string) => kinds[kind] === 1
  const power = (kind: string, std: number) => (has(kind) ? 2 ** (normal * std) : 1)
  return {
    isFlipped: has('xflip') && at >= 0.5,
    quarterTurns: has('rotate90') ? Math.floor(at * 4) : 0,
    shift: has('xint') ? [uniform * 0.125, uniform * 0.125] : [0, 0],
    scale: power('scale', 0.2),
    turnBefore: has('rotate') ? uniform * Math.PI : 0,
    stretch: power('aniso', 0.2),
    // At a percentile, the official pipeline turns once.
    turnAfter: 0,
    drift: has('xfrac') ? [normal * 0.125, normal * 0.125] : [0, 0],
    brightness: has('brightness') ? normal * 0.2 : 0,
    contrast: power('contrast', 0.5),
    isLumaFlipped: has('lumaflip') && at >= 0.5,
    hue: has('hue') ? uniform * Math.PI : 0,
    saturation: power('saturation', 1),
    gains: drawGains([1, 1, 1, 1].map((gain) => gain * power('imgfilter', 1))),
    hole: has('cutout') ? [at, at] : null,
  }
}

function kindsOf({ augment_kwargs: kinds }: Case): AugmentKinds {
  const any = (...names: readonly string[]) => names.some((name) => kinds[name] === 1)
  return {
    blit: any('xflip', 'rotate90', 'xint'),
    geometry: any('scale', 'rotate', 'aniso', 'xfrac'),
    colour: any('brightness', 'contrast', 'lumaflip', 'hue', 'saturation'),
    filter: any('imgfilter'),
    cutout: any('cutout'),
  }
}

function firstImage(): tf.Tensor {
  return tf.slice(channelsLast(tensorOf(vectorOf(vectors, 'img'))), 0, 1)
}

function planar(images: tf.Tensor): Float32Array {
  return Float32Array.from(tf.transpose(images, [0, 3, 1, 2]).dataSync())
}

/** Differentiable pictures of a batch that are altered in every way. */
function drawnAugmentation(count: number, side: number) {
  const random = new MersenneTwister(11)
  const alterations = Array.from({ length: count }, () => drawAlteration(random, ALL, 0.9))
  return prepareAugmentation(alterations, ALL, side)
}

/** The first picture after one alteration. */
function turned(change: Partial<Alteration>): Float32Array {
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

  for (const each of cases) {
    it(`gives the official picture for ${each.key}`, () => {
      const { apply, dispose } = prepareAugmentation([alterationAt(each)], kindsOf(each), SIDE)
      expect(relativeError(planar(apply(firstImage())), vectorOf(vectors, each.key).data)).below(2e-5)
      dispose()
    })
  }

  for (const each of cases.filter(({ key }) => key.startsWith('bgc.'))) {
    it(`gives the official gradient for ${each.key}`, () => {
      const { apply, dispose } = prepareAugmentation([alterationAt(each)], kindsOf(each), SIDE)
      const probe = channelsLast(tensorOf(vectorOf(vectors, 'bgc.grad_probe')))
      const slope = tf.grad((images: tf.Tensor) => tf.sum(tf.mul(apply(images), probe)))(firstImage())
      expect(relativeError(planar(slope), vectorOf(vectors, `${each.key}.grad_img`).data)).below(2e-5)
      dispose()
    })
  }

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

  it('treats each picture of a batch as it would by itself', () => {
    const random = new MersenneTwister(3)
    const alterations = Array.from({ length: 2 }, () => drawAlteration(random, ALL, 1))
    const images = channelsLast(tensorOf(vectorOf(vectors, 'img')))
    const both = prepareAugmentation(alterations, ALL, SIDE)
    const together = planar(both.apply(images))
    for (const [i, alteration] of alterations.entries()) {
      const one = prepareAugmentation([alteration], ALL, SIDE)
      const alone = planar(one.apply(tf.slice(images, i, 1)))
      expect(relativeError(together.subarray(i * alone.length, (i + 1) * alone.length), alone)).below(1e-5)
      one.dispose()
    }
    both.dispose()
  })

  it('turns before and after it stretches: with nothing between, both are one turn', () => {
    const twice = turned({ turnBefore: 0.3, turnAfter: 0.4 })
    expect(relativeError(twice, turned({ turnBefore: 0.7 }))).below(1e-5)
    const [late, early] = [turned({ stretch: 1.3, turnAfter: 0.4 }), turned({ stretch: 1.3, turnBefore: 0.4 })]
    expect(relativeError(late, early)).above(0.1)
  })

  it('leaves nothing behind', () => {
    const before = tf.memory().numTensors
    drawnAugmentation(2, 8).dispose()
    expect(tf.memory().numTensors).to.equal(before)
  })

  it('splits frequencies into bands that make up the whole, as the official filters do', () => {
    const official = vectorOf(vectors, 'Hz_fbank')
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
