import { expect } from 'chai'
import * as fc from 'fast-check'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import {
  DemandInvalid,
  demandOf,
  type DropSales,
  NEUTRAL_DEMAND,
  neutralSnapshot,
  readSnapshot,
  snapshotJson,
  updateSnapshot,
} from '../../minter/domain/demand.ts'

const traits = { Ground: 'Madder', Figure: 'Almond' }

/** A drop in which each piece sold after so many of 100 seconds, or not at all. */
function salesOf(...seconds: readonly (number | null)[]): DropSales {
  const pieces = seconds.map((at, i) => ({ traits, sale: at === null ? null : { seconds: at, collector: `c${i}` } }))
  return { drop: 1, seconds: 100, pieces }
}

describe('minter/domain/demand', () => {
  describe('demandOf', () => {
    it('is neutral while nothing is known', () => {
      expect(demandOf(traits, neutralSnapshot())).to.equal(NEUTRAL_DEMAND)
      expect(demandOf({}, neutralSnapshot())).to.equal(NEUTRAL_DEMAND)
    })

    it('rises with what sold, falls with what did not', () => {
      expect(demandOf(traits, updateSnapshot(neutralSnapshot(), salesOf(90)))).to.be.above(NEUTRAL_DEMAND)
      expect(demandOf(traits, updateSnapshot(neutralSnapshot(), salesOf(null)))).to.be.below(NEUTRAL_DEMAND)
    })

    it('is the mean of the posterior, (alpha + 1) / (alpha + beta + 2)', () => {
      const snapshot = { ...neutralSnapshot(), traits: { Ground: { Madder: { alpha: 2, beta: 0 } } } }
      expect(demandOf({ Ground: 'Madder' }, snapshot)).to.equal(Math.floor((3 / 4) * 65_536))
      expect(demandOf(traits, snapshot)).to.equal((49_152 + 32_768) / 2)
    })

    it('stays within 16 bits', () => {
      fc.assert(
        fc.property(fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), (alpha, beta) => {
          const snapshot = { ...neutralSnapshot(), traits: { Ground: { Madder: { alpha, beta } } } }
          expect(demandOf({ Ground: 'Madder' }, snapshot)).to.be.within(0, 0xffff)
        }),
      )
    })
  })

  describe('updateSnapshot', () => {
    it('counts a sale in the first quarter twice', () => {
      const early = updateSnapshot(neutralSnapshot(), salesOf(25))
      const late = updateSnapshot(neutralSnapshot(), salesOf(26))
      expect(early.traits['Ground']?.['Madder']).to.deep.equal({ alpha: 2, beta: 0 })
      expect(late.traits['Ground']?.['Madder']).to.deep.equal({ alpha: 1, beta: 0 })
    })

    it('counts one collector once for each trait value', () => {
      const sale = { seconds: 90, collector: 'one' }
      const pieces = [traits, traits, { ...traits, Figure: 'Ladder' }].map((each) => ({ traits: each, sale }))
      const learned = updateSnapshot(neutralSnapshot(), { drop: 1, seconds: 100, pieces })
      expect(learned.traits).to.deep.equal({
        Ground: { Madder: { alpha: 1, beta: 0 } },
        Figure: { Almond: { alpha: 1, beta: 0 }, Ladder: { alpha: 1, beta: 0 } },
      })
    })

    it('counts every piece that did not sell', () => {
      const learned = updateSnapshot(neutralSnapshot(), salesOf(null, null))
      expect(learned.traits['Figure']?.['Almond']).to.deep.equal({ alpha: 0, beta: 2 })
    })

    it('throws DEMAND_INVALID when asked to learn from a drop twice', () => {
      const once = updateSnapshot(neutralSnapshot(), salesOf(10))
      expect(() => updateSnapshot(once, salesOf(10))).to.throw(DemandInvalid)
    })

    it('does not change the snapshot that it was given', () => {
      const before = updateSnapshot(neutralSnapshot(), salesOf(10))
      const bytes = snapshotJson(before)
      updateSnapshot(before, { ...salesOf(10), drop: 2 })
      expect(snapshotJson(before)).to.deep.equal(bytes)
    })
  })

  describe('readSnapshot', () => {
    it('reads back what was written', () => {
      const snapshot = updateSnapshot(neutralSnapshot(), salesOf(10, null, 80))
      expect(readSnapshot(snapshotJson(snapshot))).to.deep.equal(snapshot)
    })

    it('throws DEMAND_INVALID for negative counts, or something else', () => {
      const bad = { ...neutralSnapshot(), traits: { Ground: { Madder: { alpha: -1, beta: 0 } } } }
      expect(() => readSnapshot(canonicalJson(bad))).to.throw(DemandInvalid)
      expect(() => readSnapshot(canonicalJson({}))).to.throw(DemandInvalid)
    })
  })
})
