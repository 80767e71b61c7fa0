import { expect } from 'chai'
import { SIDE } from '../../minter/dataset/cloth.ts'
import { SETTS } from '../../minter/dataset/tartan-setts.ts'
import { renderTartan, settFolder, TARTAN_COUNT } from '../../minter/dataset/tartan.ts'
import { sha256 } from '../../minter/domain/digest.ts'

/** Of the first, the second and a later seed. */
const DIGESTS = [
  '0xa14273fb69a1c9aec65e00f1545414f79fc72dce63ca12ec7d5f524d5b99f6ce',
  '0x54c239db5838b735bb9e9d743115d7c83be748c40e68ad3f1c294731410a6fac',
  '0xe137d5ca90745f6e821cfe3a2d91a4002f8d6a17ea9681847ffe4b4a8d0c72a8',
]

function settNamed(name: string): number {
  return SETTS.findIndex((sett) => sett.name === name)
}

/** The threads from the rim to the middle: red, green and blue of each. */
function threadsOf(seed: number): readonly (readonly [number, number, number])[] {
  const rgb = renderTartan(seed)
  return Array.from({ length: SIDE }, (_, x) => [rgb[3 * x]!, rgb[3 * x + 1]!, rgb[3 * x + 2]!])
}

/** How many stripes there are, by the places where the colour changes at once. */
function countStripes(seed: number): number {
  const threads = threadsOf(seed)
  const isEdge = threads.map(
    (thread, x) => x > 0 && thread.some((value, c) => Math.abs(value - threads[x - 1]![c]!) > 20),
  )
  return 1 + isEdge.filter((edge, x) => edge && !isEdge[x - 1]).length
}

describe('minter/dataset/tartan', () => {
  describe('renderTartan', () => {
    it('draws the same warp from the same seed on every machine', () => {
      expect([0, 1, 4_000_000_000].map((seed) => sha256(renderTartan(seed)))).to.deep.equal(DIGESTS)
    })

    it('draws another from every seed, of the same sett too', () => {
      const drawn = Array.from({ length: 24 }, (_, i) => sha256(renderTartan(i * SETTS.length)))
      expect(new Set(drawn).size).to.equal(24)
    })

    it('draws threads that keep their colour from one end to the other', () => {
      const rgb = renderTartan(11)
      for (let y = 1; y < SIDE; y++)
        expect(rgb.subarray(3 * SIDE * y, 3 * SIDE * (y + 1))).to.deep.equal(rgb.subarray(0, 3 * SIDE))
    })

    it('has either pivot in the middle', () => {
      const sides = Array.from({ length: 16 }, (_, i) => {
        const threads = threadsOf(settNamed('Rob Roy') + i * SETTS.length)
        return threads[0]![0] > threads[SIDE - 1]![0]
      })
      expect(new Set(sides).size).to.equal(2)
    })

    it('lays the stripes in the proportions of the threadcount, give or take an eighth of each', () => {
      for (let i = 0; i < 16; i++) {
        const red = threadsOf(settNamed('Rob Roy') + i * SETTS.length).filter(([r, g]) => r > 2 * g).length
        expect(red).to.be.within(26, 38)
      }
    })

    it('shows every stripe of every sett, however narrow', () => {
      for (const [sett, { name, threadcount }] of SETTS.entries()) {
        const most = Math.max(...[0, 1, 2, 3].map((i) => countStripes(sett + i * SETTS.length)))
        expect(most, name).to.be.at.least(Math.ceil(0.5 * threadcount.split(' ').length))
      }
      expect(countStripes(settNamed('Rob Roy'))).to.equal(2)
    })
  })

  describe('the setts', () => {
    it('have names of their own, so each image has a folder that says which it is', () => {
      expect(new Set(SETTS.map((_, seed) => settFolder(seed))).size).to.equal(SETTS.length)
      expect(settFolder(settNamed('Black Watch') + 3 * SETTS.length)).to.equal('black-watch')
    })

    it('turn round at marked pivots, and have stripes of two dyes side by side throughout', () => {
      for (const { name, threadcount } of SETTS) {
        expect(threadcount, name).to.match(/^[A-Z]{1,2}\/\d+( [A-Z]{1,2}\d+)* [A-Z]{1,2}\/\d+$/)
        const letters = threadcount.split(' ').map((stripe) => stripe.replaceAll(/[\d/]/gu, ''))
        letters.slice(1).forEach((letter, i) => expect(letter, name).to.not.equal(letters[i]))
      }
    })

    it('each have 182 images of the dataset or more', () => {
      expect(Math.floor(TARTAN_COUNT / SETTS.length)).to.be.at.least(182)
    })
  })
})
