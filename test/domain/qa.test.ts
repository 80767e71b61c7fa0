import { expect } from 'chai'
import { isBroken, refusedLicences } from '../../minter/domain/qa.ts'
import { renderIkat } from '../../minter/dataset/ikat.ts'
import { makePolicy } from './policy-fixture.ts'

/** An image of 16 x 16 whose bytes follow from their place. */
function imageOf(byteAt: (i: number) => number): Uint8Array {
  return Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => byteAt(i))
}

describe('minter/domain/qa', () => {
  describe('isBroken', () => {
    it('finds an image of one colour, or nearly', () => {
      expect(isBroken(imageOf(() => 128))).to.equal(true)
      expect(isBroken(imageOf((i) => 120 + (i % 16)))).to.equal(true)
    })

    it('finds a flat image with a few stray pixels', () => {
      expect(isBroken(imageOf((i) => (i < 6 ? 255 : 90)))).to.equal(true)
    })

    it('finds an image that is mostly clipped', () => {
      expect(isBroken(imageOf((i) => (i % 2 === 0 ? 0 : 255)))).to.equal(true)
    })

    it('finds nothing wrong with cloth', () => {
      for (let seed = 0; seed < 20; seed++) expect(isBroken(renderIkat(seed)), `seed ${seed}`).to.equal(false)
    })
  })

  describe('refusedLicences', () => {
    it('names each licence that the policy does not admit, once', () => {
      const { qa } = makePolicy()
      expect(refusedLicences(['CC0-1.0', 'CC-BY-4.0'], qa)).to.deep.equal([])
      expect(refusedLicences(['CC0-1.0', 'NC', 'NC'], qa)).to.deep.equal(['NC'])
    })
  })
})
