import { expect } from 'chai'
import { SIDE } from '../../minter/dataset/cloth.ts'
import { ikatFamily, renderIkat } from '../../minter/dataset/ikat.ts'
import { FAMILIES } from '../../minter/dataset/ikat-motifs.ts'
import { PALETTES } from '../../minter/dataset/ikat-palettes.ts'

/** Mean absolute difference between neighbouring bytes of one channel, along a direction. */
function roughness(rgb: Uint8Array, step: number): number {
  let sum = 0
  for (let i = step; i < rgb.length; i++) sum += Math.abs(rgb[i]! - rgb[i - step]!)
  return sum / (rgb.length - step)
}

describe('minter/dataset/ikat', () => {
  describe('renderIkat', () => {
    it('draws the same cloth from the same seed', () => {
      expect(renderIkat(5)).to.deep.equal(renderIkat(5))
    })

    it('draws another cloth from another seed', () => {
      const drawn = new Set(Array.from({ length: 64 }, (_, seed) => Buffer.from(renderIkat(seed)).toString('base64')))
      expect(drawn.size).to.equal(64)
    })

    it('feathers along the warp: over many cloths, neighbouring threads differ more than places on one thread', () => {
      let across = 0
      let along = 0
      for (let seed = 0; seed < 100; seed++) {
        const rgb = renderIkat(seed)
        across += roughness(rgb, 3)
        along += roughness(rgb, 3 * SIDE)
      }
      expect(across).to.be.above(along)
    })

    it('never draws a cloth of one colour', () => {
      for (let seed = 0; seed < 200; seed++) {
        const rgb = renderIkat(seed)
        const colours = new Set(rgb.map((byte) => byte >> 4))
        expect(colours.size).to.be.above(4)
      }
    })

    it('draws one image within 20 ms, so that a thousand take seconds', () => {
      renderIkat(0)
      const start = performance.now()
      for (let seed = 0; seed < 100; seed++) renderIkat(seed)
      expect(performance.now() - start).to.be.below(2000)
    })
  })

  describe('ikatFamily', () => {
    it('makes lozenges the most common and ladders the rarest', () => {
      const counts = new Map(FAMILIES.map((family) => [family, 0]))
      for (let seed = 0; seed < 2000; seed++) counts.set(ikatFamily(seed), counts.get(ikatFamily(seed))! + 1)
      const sorted = [...counts].toSorted(([, a], [, b]) => b - a).map(([family]) => family)
      expect(sorted).to.deep.equal(['lozenge', 'medallion', 'almond', 'ladder'])
    })
  })

  it('gives every palette a name of its own', () => {
    expect(new Set(PALETTES.map(({ name }) => name)).size).to.equal(PALETTES.length)
  })
})
