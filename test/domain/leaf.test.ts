import { expect } from 'chai'
import * as fc from 'fast-check'
import { OutOfRange } from '../../minter/domain/errors.ts'
import { leafHash, packFacts, unpackFacts } from '../../minter/domain/leaf.ts'
import { uint16s } from './arbitraries.ts'
import { commitment } from './commitment-vector.ts'

const facts = fc.record({
  score: uint16s,
  rarity: uint16s,
  demand: uint16s,
  index: uint16s,
  reason: fc.integer({ min: 0, max: 0xff }),
  drop: fc.integer({ min: 0, max: 0xffffffff }),
})

describe('minter/domain/leaf', () => {
  describe('packFacts', () => {
    it('packs every candidate of the vector', () => {
      for (const candidate of commitment.candidates) {
        expect(packFacts(candidate).toString()).to.equal(candidate.facts)
      }
    })

    it('loses nothing', () => {
      fc.assert(
        fc.property(facts, (given) => {
          expect(unpackFacts(packFacts(given))).to.deep.equal(given)
        }),
      )
    })

    it('throws OUT_OF_RANGE and names the field that does not fit', () => {
      const zero = { score: 0, rarity: 0, demand: 0, index: 0, reason: 0, drop: 0 }
      for (const bad of [{ score: 65536 }, { rarity: -1 }, { reason: 256 }, { drop: 2 ** 32 }, { index: 0.5 }]) {
        expect(() => packFacts({ ...zero, ...bad }))
          .to.throw(OutOfRange)
          .with.property('field', Object.keys(bad)[0])
      }
    })
  })

  describe('unpackFacts', () => {
    it('throws OUT_OF_RANGE when a bit is set beyond the last field', () => {
      expect(() => unpackFacts(1n << 104n)).to.throw(OutOfRange)
    })
  })

  describe('leafHash', () => {
    it('is the leaf of every candidate of the vector', () => {
      for (const { facts: word, pixelDigest, artifactDigest, leaf } of commitment.candidates) {
        expect(leafHash(BigInt(word), pixelDigest, artifactDigest)).to.equal(leaf)
      }
    })
  })
})
