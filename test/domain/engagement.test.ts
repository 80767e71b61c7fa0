import { expect } from 'chai'
import * as fc from 'fast-check'
import { addCounts, engagementPrior, interestIn, NO_ATTENTION } from '../../minter/domain/engagement.ts'

const count = fc.nat(2 ** 32 - 1)
const interest = fc.record({ views: count, points: count })

describe('minter/domain/engagement', () => {
  describe('interestIn', () => {
    it('gives a look of ten seconds 1 point, a save 2, a reservation 4, and a mint none', () => {
      const attention = { view: 100, dwell: 1, save: 1, reserve: 1, mint: 1 }
      expect(interestIn(attention)).to.deep.equal({ views: 100, points: 7 })
    })

    it('gives at most four points a view, whatever a page reports', () => {
      expect(interestIn({ ...NO_ATTENTION, view: 2, save: 50 })).to.deep.equal({ views: 2, points: 8 })
      expect(interestIn({ ...NO_ATTENTION, save: 50 })).to.deep.equal({ views: 0, points: 0 })
    })
  })

  describe('engagementPrior', () => {
    it('says nothing below 16 views, and at most as much as four pieces', () => {
      const all = { views: 1000, points: 100 }
      const observations = (views: number) => engagementPrior({ views, points: 0 }, all).observations
      expect([15, 16, 32, 1000].map(observations)).to.deep.equal([0, 1, 2, 4])
    })

    it('is one half for what is as interesting as the rest, however little that is', () => {
      expect(engagementPrior({ views: 50, points: 5 }, { views: 1000, points: 100 }).share).to.equal(32_768)
      expect(engagementPrior({ views: 50, points: 0 }, { views: 1000, points: 0 }).share).to.equal(32_768)
    })

    it('is three quarters for what draws three times the points a view', () => {
      expect(engagementPrior({ views: 50, points: 15 }, { views: 1000, points: 100 }).share).to.equal(49_152)
    })

    it('stays within its range for any counts, also those whose product no double holds', () => {
      fc.assert(
        fc.property(interest, interest, (value, all) => {
          const { share, observations } = engagementPrior(value, all)
          expect(share).to.be.within(0, 65_536)
          expect(observations).to.be.within(0, 4)
        }),
      )
    })
  })

  describe('addCounts', () => {
    it('stays at the largest count that a snapshot can hold', () => {
      expect(addCounts(0xffff_ffff, 1)).to.equal(0xffff_ffff)
    })
  })
})
