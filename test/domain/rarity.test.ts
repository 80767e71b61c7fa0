import { expect } from 'chai'
import * as fc from 'fast-check'
import { formatBits, informationBits, rarityMetric, rarityRanks, rarityTable } from '../../minter/domain/rarity.ts'

const pool = [
  { Ground: 'Madder', Figure: 'Lozenge' },
  { Ground: 'Madder', Figure: 'Lozenge' },
  { Ground: 'Indigo', Figure: 'Lozenge' },
  { Ground: 'Indigo', Figure: 'Almond' },
]
const pools = fc.array(fc.record({ a: fc.constantFrom('x', 'y', 'z'), b: fc.constantFrom('1', '2', '3', '4') }), {
  minLength: 1,
})

describe('minter/domain/rarity', () => {
  describe('informationBits', () => {
    it('is whole for powers of two', () => {
      for (let power = 0; power < 16; power++) expect(informationBits(1, 2 ** power)).to.equal(2048 * power)
    })

    it('is the logarithm, rounded to 1/2048 bit', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffff }), (a, b) => {
          const [count, total] = a < b ? [a, b] : [b, a]
          expect(informationBits(count, total)).to.be.closeTo(2048 * Math.log2(total / count), 0.5001)
        }),
        { numRuns: 50 },
      )
    })
  })

  describe('rarityTable', () => {
    it('adds up the surprise of each trait, as OpenRarity does, and lists them as they are shown', () => {
      const table = rarityTable(pool)
      expect(table.bits(pool[0]!)).to.equal(2048 + 850)
      expect(table.bits(pool[3]!)).to.equal(2048 + 2 * 2048)
      expect(table.perTrait(pool[3]!)).to.deep.equal([
        { trait: 'Figure', value: 'Almond', count: 1, bits: 4096 },
        { trait: 'Ground', value: 'Indigo', count: 2, bits: 2048 },
      ])
    })

    it('says the same of a pool in any order', () => {
      fc.assert(
        fc.property(pools, (given) => {
          expect(rarityTable(given.toReversed()).values['a']).to.have.deep.members([...rarityTable(given).values['a']!])
          expect(given.map(rarityTable(given.toReversed()).bits)).to.deep.equal(given.map(rarityTable(given).bits))
        }),
      )
    })

    it('is not misled by traits named like parts of an object', () => {
      const odd = JSON.parse('[{"constructor":"toString","__proto__":"x"},{"constructor":"y","__proto__":"x"}]') as {
        [trait: string]: string
      }[]
      expect(rarityTable(odd).bits(odd[0]!)).to.equal(2048)
    })
  })

  describe('rarityRanks', () => {
    it('puts a unique trait before more bits, and shares a place only between equals in both', () => {
      const table = {
        of: 4,
        values: {},
        perTrait: () => [],
        bits: ({ bits }: Readonly<Record<string, string>>) => Number(bits),
        uniqueTraits: ({ unique }: Readonly<Record<string, string>>) => Number(unique),
      }
      const given = [
        { unique: '0', bits: '900' },
        { unique: '1', bits: '500' },
        { unique: '0', bits: '500' },
        { unique: '1', bits: '500' },
      ]
      expect(rarityRanks(given, table)).to.deep.equal([3, 1, 4, 1])
    })

    it('does not depend on the order of the pool', () => {
      fc.assert(
        fc.property(pools, (given) => {
          const table = rarityTable(given)
          expect(rarityRanks(given.toReversed(), table).toReversed()).to.deep.equal(rarityRanks(given, table))
        }),
      )
    })
  })

  describe('rarityMetric', () => {
    it('is capped at what the chain keeps', () => {
      expect([0, 65_535, 65_536, 200_000].map(rarityMetric)).to.deep.equal([0, 65_535, 65_535, 65_535])
    })
  })

  describe('formatBits', () => {
    it('shows two places, rounded', () => {
      expect([0, 2048, 27_484, 2047].map(formatBits)).to.deep.equal(['0.00', '1.00', '13.42', '1.00'])
    })
  })
})
