import { expect } from 'chai'
import * as fc from 'fast-check'
import { findNear, findResemblances, nearest, squaredDistance } from '../../minter/domain/novelty.ts'

const features = fc
  .array(fc.integer({ min: -127, max: 127 }), { minLength: 4, maxLength: 4 })
  .map((f) => Int8Array.from(f))
const ranked = fc.array(fc.record({ features }), { maxLength: 30 })
const distances = fc.record({ minDistance: fc.nat(60_000), minDistanceEarlier: fc.nat(60_000) })

describe('minter/domain/novelty', () => {
  describe('squaredDistance', () => {
    it('is a distance: zero to itself, the same both ways', () => {
      fc.assert(
        fc.property(features, features, (a, b) => {
          expect(squaredDistance(a, a)).to.equal(0)
          expect(squaredDistance(a, b)).to.equal(squaredDistance(b, a))
          expect(squaredDistance(a, b)).to.equal(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0))
        }),
      )
    })
  })

  describe('findNear', () => {
    it('finds nothing at distance 0, not even the same features', () => {
      expect(findNear(Int8Array.of(1), [Int8Array.of(1)], 0)).to.equal(-1)
    })

    it('finds what is nearer, and not what is exactly as far', () => {
      expect(findNear(Int8Array.of(0), [Int8Array.of(9), Int8Array.of(2)], 4)).to.equal(-1)
      expect(findNear(Int8Array.of(0), [Int8Array.of(9), Int8Array.of(2)], 5)).to.equal(1)
    })
  })

  describe('nearest', () => {
    it('gives the nearest first, the earlier of two that are equally near, and no more than were asked for', () => {
      const others = [Int8Array.of(5), Int8Array.of(-2), Int8Array.of(2), Int8Array.of(90)]
      expect(nearest(Int8Array.of(0), others, 3)).to.deep.equal([
        { position: 1, distance: 4 },
        { position: 2, distance: 4 },
        { position: 0, distance: 25 },
      ])
    })
  })

  describe('findResemblances', () => {
    it('keeps candidates that are all as far apart as demanded, and throws out none without a reason', () => {
      fc.assert(
        fc.property(ranked, fc.array(features, { maxLength: 5 }), distances, (pool, earlier, rules) => {
          const found = findResemblances(pool, earlier, rules)
          const kept = pool.filter((_, i) => found[i] === null)
          kept.forEach((a, i) => {
            for (const b of kept.slice(0, i)) {
              expect(squaredDistance(a.features, b.features)).to.be.at.least(rules.minDistance)
            }
            for (const b of earlier) expect(squaredDistance(a.features, b)).to.be.at.least(rules.minDistanceEarlier)
          })
          found.forEach((resemblance, i) => {
            if (resemblance?.kind === 'pool') {
              expect(squaredDistance(pool[i]!.features, resemblance.other.features)).to.be.below(rules.minDistance)
            }
          })
        }),
      )
    })

    it('lets the better of two look-alikes stay', () => {
      const pool = [{ features: Int8Array.of(0) }, { features: Int8Array.of(1) }, { features: Int8Array.of(50) }]
      const found = findResemblances(pool, [], { minDistance: 4, minDistanceEarlier: 0 })
      expect(found).to.deep.equal([null, { kind: 'pool', other: pool[0] }, null])
    })

    it('does not let what was thrown out throw out others', () => {
      const pool = [0, 3, 6].map((value) => ({ features: Int8Array.of(value) }))
      const found = findResemblances(pool, [], { minDistance: 16, minDistanceEarlier: 0 })
      expect(found.map((resemblance) => resemblance === null)).to.deep.equal([true, false, true])
    })
  })
})
