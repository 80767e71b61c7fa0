import { expect } from 'chai'
import { renderIkat, ikatFamily } from '../../minter/dataset/ikat.ts'
import { rarityTable } from '../../minter/domain/rarity.ts'
import { candidateTraits, measureTraits, orderTraits, TRAIT_NAMES, type Traits } from '../../minter/domain/traits.ts'
import { DYE_NAMES, dyeMap } from '../../minter/domain/dyes.ts'
import { measureFigure } from '../../minter/domain/figure.ts'
import { tinyDescription } from '../gan/tiny-bundle.ts'

const SIZE = 64
const POOL = 200

/** The quadrant turned by a half, whose centre is then elsewhere. */
function turned(rgb: Uint8Array): Uint8Array {
  return rgb.map((_, i) => rgb[3 * (SIZE * SIZE - 1 - Math.floor(i / 3)) + (i % 3)] ?? 0)
}

describe('minter/domain/traits', () => {
  let pool: readonly Traits[] = []
  before(() => {
    pool = Array.from({ length: POOL }, (_, seed) => measureTraits(renderIkat(seed), SIZE))
  })

  describe('measureTraits', () => {
    it('gives every image every trait, in the same order', () => {
      for (const traits of pool) expect(Object.keys(traits)).to.deep.equal([...TRAIT_NAMES])
      for (const traits of pool) expect(Object.values(traits)).to.not.include('')
    })

    it('tells cloths apart: no trait is constant, none nearly unique to each', () => {
      for (const [trait, values] of Object.entries(rarityTable(pool).values)) {
        expect(values.length, trait).to.be.within(4, 17)
        expect(values[0]?.count, trait).to.be.below(POOL / 2)
      }
    })

    it('gives the known traits of a known image', () => {
      expect(measureTraits(renderIkat(5), SIZE)).to.deep.equal(pool[5])
      expect(pool[5]).to.include({ Figure: 'Lozenge', Ground: 'Lac' })
    })
  })

  describe('candidateTraits', () => {
    const description = tinyDescription(['Ikat', 'Suzani', 'Batik'])
    const rgb = renderIkat(5).subarray(0, 8 * 8 * 3)

    it('names the class that follows from the seed, before what is measured', () => {
      const traits = candidateTraits(description, 7, rgb)
      expect(Object.entries(traits)[0]).to.deep.equal(['Cloth', 'Suzani'])
      expect(traits).to.deep.equal({ Cloth: 'Suzani', ...measureTraits(rgb, 8) })
      expect(orderTraits(traits)[0]).to.deep.equal(['Cloth', 'Suzani'])
      const chainSeed = Uint8Array.from({ length: 32 }, (_, i) => (i < 30 ? 0 : 1))
      expect(candidateTraits(description, chainSeed, rgb)).to.include({ Cloth: 'Batik' })
    })

    it('numbers classes that have no names', () => {
      const { classes: _, ...nameless } = description
      expect(candidateTraits(nameless, 7, rgb)).to.include({ Cloth: 'Class 1' })
    })

    it('says nothing more of a network without classes than what is measured', () => {
      expect(candidateTraits(tinyDescription(), 7, rgb)).to.deep.equal(measureTraits(rgb, 8))
    })
  })

  describe('measureFigure', () => {
    it('knows what the dyer drew, nine times in ten', () => {
      const right = pool.filter(({ Figure }, seed) => Figure?.toLowerCase() === ikatFamily(seed)).length
      expect(right).to.be.above(POOL * 0.9)
    })

    it('looks for the motif around the bottom-right corner', () => {
      const lozenges = pool.flatMap(({ Figure }, seed) => (Figure === 'Lozenge' ? [seed] : []))
      const found = lozenges.filter((seed) => measureFigure(turned(renderIkat(seed)), SIZE) === 'Lozenge')
      expect(found.length).to.be.below(lozenges.length)
    })

    it('gives noise no name', () => {
      const noise = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => (i * 2_654_435_761) >>> 24)
      expect(measureFigure(noise, SIZE)).to.equal('Free')
    })
  })

  describe('dyeMap', () => {
    it('names a colour after the vat that it comes nearest to', () => {
      const map = dyeMap(Uint8Array.of(164, 40, 36, 28, 40, 82, 226, 178, 66))
      expect([...map].map((dye) => DYE_NAMES[dye])).to.deep.equal(['Madder', 'Indigo', 'Weld'])
    })
  })
})
