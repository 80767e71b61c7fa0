import { expect } from 'chai'
import * as fc from 'fast-check'
import { neutralSnapshot } from '../../minter/domain/demand.ts'
import { bytesToHex } from '../../minter/domain/digest.ts'
import { REASONS } from '../../minter/domain/leaf.ts'
import { logitBits } from '../../minter/domain/quality.ts'
import { rankKey } from '../../minter/domain/ranking.ts'
import {
  type MeasuredCandidate,
  type RankedCandidate,
  select,
  type SelectionInput,
} from '../../minter/domain/selection.ts'
import { makePolicy } from './policy-fixture.ts'

const calibration = Float32Array.from({ length: 100 }, (_, i) => i / 10)

/** A candidate unlike any other, of quality `logit`. */
function candidate(index: number, logit: number, changes: Partial<MeasuredCandidate> = {}): MeasuredCandidate {
  return {
    index,
    pixelDigest: bytesToHex(new Uint8Array(32).fill(index + 1)),
    logitBits: logitBits(logit),
    features: Int8Array.of(index * 10, 0),
    traits: { Ground: index % 3 === 0 ? 'Madder' : 'Indigo', Figure: `${index % 5}` },
    flat: false,
    ...changes,
  }
}

/** A selection of the fixture's policy without thresholds, with changes. */
function inputOf(candidates: readonly MeasuredCandidate[], changes: Partial<SelectionInput> = {}): SelectionInput {
  return {
    policy: makePolicy({ thresholds: { score: 0, rarity: 0, demand: 0 } }),
    candidates,
    snapshot: neutralSnapshot(),
    earlier: [],
    vetoes: [],
    licenceOk: true,
    scaleOf: () => calibration,
    ...changes,
  }
}

const pools = fc
  .array(
    fc.record({
      logit: fc.integer({ min: -1, max: 11 }),
      features: fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 })),
      ground: fc.constantFrom('Madder', 'Indigo', 'Weld'),
      pixels: fc.integer({ min: 1, max: 40 }),
      flat: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((drawn) =>
    drawn.map(({ logit, features, ground, pixels, flat }, index) =>
      candidate(index, logit, {
        features: Int8Array.from(features),
        traits: { Ground: ground },
        pixelDigest: bytesToHex(new Uint8Array(32).fill(pixels)),
        flat,
      }),
    ),
  )

/** The reason that a candidate was given. */
function reasonOf(ranked: readonly RankedCandidate[], index: number): number | undefined {
  return ranked.find((row) => row.index === index)?.reason
}

describe('minter/domain/selection', () => {
  describe('select', () => {
    it('selects the same whatever order the candidates were rendered in', () => {
      fc.assert(
        fc.property(pools, (pool) => {
          const [one, other] = [select(inputOf(pool)), select(inputOf(pool.toReversed()))]
          expect(other.ranked).to.deep.equal(one.ranked)
          expect(other.funnel).to.deep.equal(one.funnel)
        }),
      )
    })

    it('ranks every candidate once, in the order that the chain computes', () => {
      fc.assert(
        fc.property(pools, (pool) => {
          const input = inputOf(pool)
          const { ranked } = select(input)
          expect(ranked.map(({ index }) => index).toSorted((a, b) => a - b)).to.deep.equal(
            pool.map(({ index }) => index),
          )
          const keys = ranked.map((row) => rankKey(row, input.policy))
          for (const [i, key] of keys.entries()) expect(i === 0 || key < keys[i - 1]!).to.equal(true)
        }),
      )
    })

    it('sells nothing that a rule speaks against', () => {
      fc.assert(
        fc.property(pools, (pool) => {
          const { ranked, edition, passed } = select(inputOf(pool))
          expect(edition).to.equal(Math.min(5, passed))
          for (const row of ranked.slice(0, edition)) expect(row.reason).to.equal(REASONS.none)
        }),
      )
    })

    it('counts every candidate in the funnel exactly once', () => {
      fc.assert(
        fc.property(pools, (pool) => {
          const { funnel, edition } = select(inputOf(pool))
          const fallen = funnel.steps.reduce((sum, { fell }) => sum + fell, 0)
          expect(fallen + edition).to.equal(funnel.candidates)
          expect(funnel.steps.at(-1)?.left).to.equal(edition)
        }),
      )
    })

    it('keeps the lower index of an exact duplicate', () => {
      const twin = { pixelDigest: candidate(0, 5).pixelDigest }
      const { ranked } = select(inputOf([candidate(0, 5), candidate(4, 9, twin)]))
      expect([reasonOf(ranked, 0), reasonOf(ranked, 4)]).to.deep.equal([REASONS.none, REASONS.exactDuplicate])
    })

    it('keeps the better of two near duplicates, and says which one it resembles', () => {
      const near = { features: candidate(0, 5).features }
      const { ranked } = select(inputOf([candidate(0, 5), candidate(4, 9, near)]))
      expect(reasonOf(ranked, 4)).to.equal(REASONS.none)
      expect(ranked.find(({ index }) => index === 0)).to.include({ reason: REASONS.nearDuplicate, resembles: 4 })
    })

    it('throws out what resembles an earlier piece', () => {
      const { ranked } = select(inputOf([candidate(0, 5), candidate(4, 9)], { earlier: [Int8Array.of(41, 0)] }))
      expect(reasonOf(ranked, 4)).to.equal(REASONS.nearEarlierPiece)
    })

    it('throws out what the curator vetoed, and lets what it hid come forward', () => {
      const pool = [candidate(0, 5), candidate(4, 9, { features: candidate(0, 5).features })]
      const { ranked } = select(inputOf(pool, { vetoes: [{ index: 4, reason: 'a seam', curator: 'Ada' }] }))
      expect([reasonOf(ranked, 0), reasonOf(ranked, 4)]).to.deep.equal([REASONS.none, REASONS.vetoed])
    })

    it('throws out what is too large, and everything when a licence is not admitted', () => {
      const pool = [candidate(0, 5), candidate(4, 9)]
      expect(reasonOf(select(inputOf(pool, { oversize: [4] })).ranked, 4)).to.equal(REASONS.specification)
      const unlicensed = select(inputOf(pool, { licenceOk: false }))
      expect(unlicensed.edition).to.equal(0)
      expect(unlicensed.funnel.binding).to.equal('licence')
    })

    it('gives a broken image no rarity, and does not count it in the pool', () => {
      const broken = candidate(4, 9, { flat: true, traits: { Ground: 'Grey', Figure: 'None' } })
      const { ranked, rarity } = select(inputOf([candidate(0, 5), broken]))
      expect(ranked.at(-1)).to.include({ index: 4, reason: REASONS.brokenImage, rarityBits: 0, rarity: 0 })
      expect(rarity.of).to.equal(1)
    })

    it('gives an edition of none, and names the threshold to blame, when nobody passes', () => {
      const pool = [candidate(0, 5), candidate(4, 9)]
      const policy = makePolicy({ thresholds: { score: 65_535, rarity: 0, demand: 0 } })
      const { edition, passed, funnel } = select(inputOf(pool, { policy }))
      expect({ edition, passed, binding: funnel.binding }).to.deep.equal({ edition: 0, passed: 0, binding: 'score' })
    })

    it('names the size of the edition when more pass than are for sale', () => {
      const pool = Array.from({ length: 7 }, (_, i) => candidate(i, i))
      expect(select(inputOf(pool)).funnel.binding).to.equal('edition size')
    })

    it('blames nothing when every candidate is for sale', () => {
      expect(select(inputOf([candidate(0, 5)])).funnel.binding).to.equal(null)
    })

    it('selects from ten thousand within seconds', () => {
      const pool = Array.from({ length: 10_000 }, (_, i) =>
        candidate(i, i % 100, {
          pixelDigest: `0x${i.toString(16).padStart(64, '0')}`,
          features: Int8Array.from({ length: 64 }, (__, k) => ((i * 31 + k * 17) * (k + 3)) % 127),
        }),
      )
      const start = performance.now()
      select(inputOf(pool))
      expect(performance.now() - start).to.be.below(20_000)
    })
  })
})
