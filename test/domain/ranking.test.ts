import { expect } from 'chai'
import * as fc from 'fast-check'
import { editionSize, rankCandidates, rankClass, rankKey } from '../../minter/domain/ranking.ts'
import { uint16s } from './arbitraries.ts'
import { commitment, rankTerms } from './commitment-vector.ts'

const candidates = fc.uniqueArray(
  fc.record({
    index: fc.integer({ min: 0, max: 0xfffe }),
    score: uint16s,
    rarity: uint16s,
    demand: uint16s,
    reason: fc.constantFrom(0, 0, 0, 1, 7),
  }),
  { selector: ({ index }) => index },
)
const metrics = fc.record({ score: uint16s, rarity: uint16s, demand: uint16s })
const terms = fc.record({ thresholds: metrics, weights: metrics })

describe('minter/domain/ranking', () => {
  describe('rankKey', () => {
    it('is the one of the vector for every candidate', () => {
      for (const candidate of commitment.candidates) {
        expect(rankKey(candidate, rankTerms).toString()).to.equal(candidate.rankKey)
      }
    })

    it('prefers the lower index when the weighted sums are equal', () => {
      const twin = { score: 1, rarity: 1, demand: 1, reason: 0 }
      expect(rankKey({ ...twin, index: 3 }, rankTerms) > rankKey({ ...twin, index: 4 }, rankTerms)).to.equal(true)
    })
  })

  describe('rankCandidates', () => {
    it('puts the candidates of the vector into its order', () => {
      const ranked = rankCandidates(commitment.candidates.toReversed(), rankTerms)
      expect(ranked.map(({ rank }) => rank)).to.deep.equal(commitment.candidates.map(({ rank }) => rank))
    })

    it('gives the same order whatever order the candidates come in', () => {
      fc.assert(
        fc.property(candidates, terms, (pool, given) => {
          expect(rankCandidates(pool.toReversed(), given)).to.deep.equal(rankCandidates(pool, given))
        }),
      )
    })

    it('ranks what is for sale before what is below a threshold, and that before what is disqualified', () => {
      fc.assert(
        fc.property(candidates, terms, (pool, given) => {
          const classes = rankCandidates(pool, given).map((candidate) => rankClass(candidate, given.thresholds))
          expect(classes).to.deep.equal(classes.toSorted((a, b) => b - a))
        }),
      )
    })
  })

  describe('editionSize', () => {
    it('is the announced size at most, and never counts a candidate that misses a threshold', () => {
      fc.assert(
        fc.property(candidates, terms, fc.integer({ min: 1, max: 20 }), (pool, given, size) => {
          const ranked = rankCandidates(pool, given)
          const edition = editionSize(ranked, given.thresholds, size)
          expect(edition).to.be.at.most(size)
          for (const candidate of ranked.slice(0, edition)) {
            expect(rankClass(candidate, given.thresholds)).to.equal(2)
          }
          if (edition < size && edition < ranked.length) {
            expect(rankClass(ranked[edition]!, given.thresholds)).to.be.below(2)
          }
        }),
      )
    })
  })
})
