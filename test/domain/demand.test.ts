import { expect } from 'chai'
import * as fc from 'fast-check'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import {
  asLearned,
  DemandInvalid,
  type DemandSnapshot,
  demandOf,
  type DropSales,
  learnedFrom,
  NEUTRAL_DEMAND,
  neutralSnapshot,
  readSnapshot,
  snapshotJson,
  updateSnapshot,
} from '../../minter/domain/demand.ts'
import { type Attention, NO_ATTENTION } from '../../minter/domain/engagement.ts'

const traits = { Ground: 'Madder', Figure: 'Almond' }

/** A drop in which each piece sold after so many of 100 seconds, or not at all. */
function salesOf(...seconds: readonly (number | null)[]): DropSales {
  const pieces = seconds.map((at, i) => ({ traits, sale: at === null ? null : { seconds: at, collector: `c${i}` } }))
  return { drop: 1, seconds: 100, pieces }
}

function attention(view: number, save: number): Attention {
  return { ...NO_ATTENTION, view, save }
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
      const count = fc.nat(2 ** 32 - 1)
      fc.assert(
        fc.property(count, count, count, count, (alpha, beta, views, points) => {
          const snapshot: DemandSnapshot = {
            format: 'latentmint-demand-2',
            drops: [],
            traits: { Ground: { Madder: { alpha, beta, views, points } } },
          }
          expect(demandOf({ Ground: 'Madder' }, snapshot)).to.be.within(0, 0xffff)
        }),
      )
    })

    it('rises with what visitors make of a trait, and never by more than four sales would', () => {
      const sales = { drop: 1, seconds: 100 }
      const heard = (views: number) =>
        updateSnapshot(neutralSnapshot(), {
          ...sales,
          pieces: [
            { traits, sale: null, attention: attention(views, views) },
            { traits: { Ground: 'Walnut', Figure: 'Ladder' }, sale: null, attention: attention(views, 0) },
          ],
        })
      const unheard = demandOf(traits, heard(0))
      expect(demandOf(traits, heard(15))).to.equal(unheard)
      expect(demandOf(traits, heard(64))).to.be.above(unheard)
      expect(demandOf(traits, heard(1_000_000))).to.equal(demandOf(traits, heard(64)))
      const four = { ...neutralSnapshot(), traits: { Ground: { Madder: { alpha: 4, beta: 1 } } } }
      expect(demandOf(traits, heard(64))).to.be.below(demandOf({ Ground: 'Madder' }, four))
    })

    it('is what it was by a snapshot from before engagement was counted, once that has been carried over', () => {
      const evidence = fc.record({ alpha: fc.nat(1000), beta: fc.nat(1000) })
      fc.assert(
        fc.property(evidence, evidence, (madder, almond) => {
          const old = { ...neutralSnapshot(), traits: { Ground: { Madder: madder }, Figure: { Almond: almond } } }
          expect(demandOf(traits, asLearned(old))).to.equal(demandOf(traits, old))
        }),
      )
    })
  })

  describe('updateSnapshot', () => {
    it('counts a sale in the first quarter twice', () => {
      const early = updateSnapshot(neutralSnapshot(), salesOf(25))
      const late = updateSnapshot(neutralSnapshot(), salesOf(26))
      expect(early.traits['Ground']?.['Madder']).to.include({ alpha: 2, beta: 0 })
      expect(late.traits['Ground']?.['Madder']).to.include({ alpha: 1, beta: 0 })
    })

    it('counts one collector once for each trait value', () => {
      const sale = { seconds: 90, collector: 'one' }
      const pieces = [traits, traits, { ...traits, Figure: 'Ladder' }].map((each) => ({ traits: each, sale }))
      const learned = updateSnapshot(neutralSnapshot(), { drop: 1, seconds: 100, pieces })
      const once = { alpha: 1, beta: 0, views: 0, points: 0 }
      expect(learned.traits).to.deep.equal({ Ground: { Madder: once }, Figure: { Almond: once, Ladder: once } })
      expect(learned.drops).to.have.nested.property('[0].collectors', 1)
    })

    it('counts every piece that did not sell', () => {
      const learned = updateSnapshot(neutralSnapshot(), salesOf(null, null))
      expect(learned.traits['Figure']?.['Almond']).to.include({ alpha: 0, beta: 2 })
    })

    it('keeps how the drop went: sell-through, the time to the sale in the middle, collectors, attention', () => {
      const seen = { view: 5, dwell: 2, save: 1, reserve: 1, mint: 1 }
      const { seconds, pieces } = salesOf(10, null, 80, 30)
      const { drops } = updateSnapshot(neutralSnapshot(), {
        drop: 7,
        seconds,
        pieces: pieces.map((piece) => ({ ...piece, attention: seen })),
      })
      expect(drops).to.deep.equal([
        {
          drop: 7,
          offered: 4,
          sold: 3,
          collectors: 3,
          seconds: 100,
          medianSeconds: 30,
          attention: { view: 20, dwell: 8, save: 4, reserve: 4, mint: 4 },
        },
      ])
    })

    it('carries over what an old snapshot learned', () => {
      const old: DemandSnapshot = {
        ...neutralSnapshot(),
        drops: [4],
        traits: { Ground: { Madder: { alpha: 3, beta: 2 } } },
      }
      const learned = updateSnapshot(old, salesOf(90))
      expect(learned.traits['Ground']?.['Madder']).to.include({ alpha: 4, beta: 2 })
      expect(learnedFrom(learned)).to.deep.equal([1, 4])
      expect(() => updateSnapshot(old, { ...salesOf(90), drop: 4 })).to.throw(DemandInvalid)
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
      const old = { ...neutralSnapshot(), traits: { Ground: { Madder: { alpha: 1, beta: 0 } } } }
      expect(readSnapshot(canonicalJson(old))).to.deep.equal(old)
      const bad = { ...neutralSnapshot(), traits: { Ground: { Madder: { alpha: -1, beta: 0 } } } }
      expect(() => readSnapshot(canonicalJson(bad))).to.throw(DemandInvalid)
      expect(() => readSnapshot(canonicalJson({}))).to.throw(DemandInvalid)
    })
  })
})
