import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { float32Of, ShapeMismatch, readSafetensors } from '../../../gan/index.ts'
import { type Features, featuresOf, productsOf, selectRows } from '../../../gan/metrics/features.ts'
import { frechetDistance, momentsOf } from '../../../gan/metrics/frechet.ts'
import { kernelDistance } from '../../../gan/metrics/kernel.ts'
import { precisionAndRecall } from '../../../gan/metrics/manifold.ts'
import { MersenneTwister } from '../../../gan/random.ts'

const folder = new URL('../../vectors/gan/metrics/', import.meta.url)
const answers = JSON.parse(readFileSync(new URL('metrics.json', folder), 'utf8')) as Record<string, number>
const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL('metrics.safetensors', folder))))

function vector(name: string): Features {
  return featuresOf(float32Of(tensors.get(name)!), 24)
}

const real = vector('real_features')
const made = vector('gen_features')

/** Features of normal draws. */
function drawn(seed: number, count: number, width: number, mean: number = 0): Features {
  const random = new MersenneTwister(seed)
  return featuresOf(
    Float64Array.from({ length: count * width }, () => mean + random.nextGaussian()),
    width,
  )
}

describe('gan/metrics, against the numbers of the official formulas', () => {
  it('has the Frechet distance', () => {
    expect(frechetDistance(real, made)).to.be.closeTo(answers['fid']!, 1e-6)
  })

  it('has the kernel distance', () => {
    expect(kernelDistance(productsOf(real, made))).to.be.closeTo(answers['kid_full_set']!, 1e-9)
  })

  it('has precision and recall', () => {
    const { precision, recall } = precisionAndRecall(productsOf(real, made))
    expect(precision).to.be.closeTo(answers['precision']!, 1e-12)
    expect(recall).to.be.closeTo(answers['recall']!, 1e-12)
  })
})

describe('gan/metrics/frechet', () => {
  it('is nothing between a set and itself, also where there are fewer rows than numbers in a row', () => {
    for (const set of [real, drawn(1, 10, 16)]) expect(frechetDistance(set, set)).to.be.closeTo(0, 1e-6)
  })

  it('is the squared distance of the means where the covariances are the same', () => {
    const set = drawn(2, 200, 6)
    const moved = featuresOf(
      set.data.map((value) => value + 2),
      6,
    )
    expect(frechetDistance(set, moved)).to.be.closeTo(6 * 4, 1e-9)
  })

  it('is symmetric', () => {
    expect(frechetDistance(made, real)).to.be.closeTo(frechetDistance(real, made), 1e-9)
  })

  it('divides the covariance by the number of rows', () => {
    const { mean, covariance } = momentsOf(featuresOf(Float64Array.of(0, 2, 4, 6), 2))
    expect([...mean]).to.deep.equal([2, 4])
    expect([...covariance]).to.deep.equal([4, 4, 4, 4])
  })

  it('throws SHAPE_MISMATCH for features of another width', () => {
    expect(() => frechetDistance(real, drawn(1, 10, 16))).to.throw(ShapeMismatch)
  })
})

describe('gan/metrics/kernel', () => {
  it('has no bias: halves of one set are on either side of zero', () => {
    const distances = Array.from({ length: 40 }, (_, i) =>
      kernelDistance(productsOf(drawn(i, 20, 4), drawn(i + 1000, 20, 4))),
    )
    expect(distances.filter((distance) => distance < 0).length).to.be.within(8, 36)
    expect(kernelDistance(productsOf(drawn(1, 50, 4), drawn(2, 50, 4, 1)))).to.be.greaterThan(Math.max(...distances))
  })
})

describe('gan/metrics/manifold', () => {
  it('finds all of a set in itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 5, max: 30 }), (seed, count) => {
        const set = drawn(seed, count, 3)
        expect(precisionAndRecall(productsOf(set, set))).to.deep.equal({ precision: 1, recall: 1 })
      }),
      { numRuns: 20 },
    )
  })

  it('tells pictures that are good and all alike from pictures that are of every kind and bad', () => {
    const known = drawn(1, 200, 4)
    const alike = selectRows(
      known,
      Array.from({ length: 200 }, (_, i) => i % 6),
    )
    const wild = featuresOf(
      drawn(2, 200, 4).data.map((value) => 3 * value),
      4,
    )
    const [ofAlike, ofWild] = [alike, wild].map((set) => precisionAndRecall(productsOf(known, set)))
    expect(ofAlike!.precision).to.equal(1)
    expect(ofAlike!.recall).to.be.lessThan(0.1)
    expect(ofWild!.precision).to.be.lessThan(0.5)
    expect(ofWild!.recall).to.be.greaterThan(0.8)
  })
})
