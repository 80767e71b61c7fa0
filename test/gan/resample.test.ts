import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { nativeOps, tfjsOps } from '../../gan/engines/tfjs-ops.ts'
import { MersenneTwister } from '../../gan/index.ts'
import { wholeFilter } from '../../gan/ops.ts'
import {
  createUpsampling,
  downConvolution,
  downsample,
  normalizeTaps,
  upConvolution,
  upfirdn2d,
} from '../../gan/resample.ts'
import { plainConvolution, plainUpfirdn, type Picture } from './plain-network.ts'
import { relativeError, startBackend } from './vectors.ts'

const TOLERANCE = 2e-6

const factor = fc.integer({ min: 1, max: 3 })
const pair = fc.tuple(factor, factor)
const side = fc.integer({ min: -2, max: 5 })
const tap = fc.integer({ min: -4, max: 9 })
const taps = fc
  .array(tap, { minLength: 1, maxLength: 9 })
  .filter((values) => Math.abs(values.reduce((sum, value) => sum + value, 0)) > 3)
const filters = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([height, width]) =>
    fc.array(fc.array(tap, { minLength: width, maxLength: width }), { minLength: height, maxLength: height }),
  )

function pictureOf(seed: number, channels: number, height: number, width: number): Picture {
  const random = new MersenneTwister(seed)
  return Array.from({ length: channels }, () => ({
    height,
    width,
    values: Float64Array.from({ length: height * width }, () => Math.fround(random.nextGaussian())),
  }))
}

function interleave(picture: Picture): Float32Array {
  const area = picture[0]!.values.length
  return Float32Array.from({ length: area * picture.length }, (_, i) => {
    return picture[i % picture.length]!.values[Math.floor(i / picture.length)]!
  })
}

function tensorOf(picture: Picture): tf.Tensor {
  const [{ height, width }] = picture as readonly [Picture[number]]
  return tf.tensor4d(interleave(picture), [1, height, width, picture.length])
}

/** OIHW, and the same as HWIO. */
function weightOf(seed: number, outputs: number, inputs: number, kernel: number): [Float32Array, tf.Tensor] {
  const random = new MersenneTwister(seed)
  const data = Float32Array.from({ length: outputs * inputs * kernel ** 2 }, () => random.nextGaussian())
  return [data, tf.transpose(tf.tensor(data, [outputs, inputs, kernel, kernel]), [2, 3, 1, 0])]
}

function expectSame(actual: tf.Tensor, expected: Picture): void {
  const [{ height, width }] = expected as readonly [Picture[number]]
  expect(actual.shape).to.deep.equal([1, height, width, expected.length])
  expect(relativeError(actual.dataSync(), interleave(expected))).below(TOLERANCE)
}

describe('gan/resample', () => {
  before(startBackend)
  beforeEach(() => tf.engine().startScope())
  afterEach(() => tf.engine().endScope())

  it('upfirdn2d inserts, pads, crops, filters and decimates as the plain loop does', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })),
        filters,
        pair,
        pair,
        fc.tuple(side, side, side, side),
        (seed, [height, width], filter, up, down, padding) => {
          const [left, right, top, bottom] = padding
          fc.pre(height * up[1] + top + bottom >= filter.length && width * up[0] + left + right >= filter[0]!.length)
          fc.pre(filter.flat().some((value) => value !== 0))
          const picture = pictureOf(seed, 2, height, width)
          const expected = picture.map((plane) => plainUpfirdn(plane, filter, up, down, padding, 1.5))
          expectSame(upfirdn2d(tfjsOps, tensorOf(picture), filter, { up, down, padding, gain: 1.5 }), expected)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('upsample and downsample filter with any taps', () => {
    fc.assert(
      fc.property(fc.nat(1e6), taps, (seed, raw) => {
        const picture = pictureOf(seed, 3, 6, 4)
        const x = tensorOf(picture)
        const resampled = (how: 'up' | 'down') =>
          picture.flatMap((plane) => plainConvolution([plane], [1], 1, 1, raw, how))
        expectSame(createUpsampling(tfjsOps, x.shape[3] ?? 0, normalizeTaps(raw))(x), resampled('up'))
        expectSame(downsample(tfjsOps, x, normalizeTaps(raw)), resampled('down'))
      }),
      { numRuns: 60 },
    )
  })

  for (const [how, ops] of [
    ['folded into one', tfjsOps],
    ['transposed', nativeOps],
  ] as const) {
    it(`an up-sampling convolution, ${how}, is zero insertion, filter and convolution`, () => {
      fc.assert(
        fc.property(fc.nat(1e6), taps, fc.constantFrom(1, 3, 5), (seed, raw, kernel) => {
          const picture = pictureOf(seed, 3, 4, 5)
          const [data, weight] = weightOf(seed + 1, 2, 3, kernel)
          const expected = plainConvolution(picture, data, 2, kernel, raw, 'up')
          expectSame(upConvolution(ops, wholeFilter(ops, weight), normalizeTaps(raw))(tensorOf(picture)), expected)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('a down-sampling convolution is filter, convolution and decimation', () => {
    fc.assert(
      fc.property(fc.nat(1e6), taps, fc.constantFrom(1, 3, 5), (seed, raw, kernel) => {
        const picture = pictureOf(seed, 3, 4, 6)
        const [data, weight] = weightOf(seed + 1, 2, 3, kernel)
        const expected = plainConvolution(picture, data, 2, kernel, raw, 'down')
        expectSame(
          downConvolution(tfjsOps, wholeFilter(tfjsOps, weight), normalizeTaps(raw))(tensorOf(picture)),
          expected,
        )
      }),
      { numRuns: 60 },
    )
  })

  it('upfirdn2d can be differentiated: its gradient is its adjoint', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        filters,
        pair,
        pair,
        fc.tuple(side, side, side, side),
        (seed, filter, up, down, padding) => {
          const [left, right, top, bottom] = padding
          fc.pre(5 * up[1] + top + bottom >= filter.length && 5 * up[0] + left + right >= filter[0]!.length)
          const apply = (x: tf.Tensor) => upfirdn2d(tfjsOps, x, filter, { up, down, padding })
          const x = tensorOf(pictureOf(seed, 2, 5, 5))
          const y = apply(x)
          const probe = tf.tensor(interleave(pictureOf(seed + 1, 2, y.shape[1]!, y.shape[2]!)), y.shape)
          const slope = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(apply(input), probe)))(x)
          const [there, back] = [tf.sum(tf.mul(y, probe)), tf.sum(tf.mul(x, slope))].map((sum) => sum.dataSync()[0]!)
          expect(back).to.be.closeTo(there!, 1e-4 * (1 + Math.abs(there!)))
        },
      ),
      { numRuns: 60 },
    )
  })
})
