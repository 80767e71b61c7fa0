import { expect } from 'chai'
import { classOfSeed, float32Of, labelOfSeed, SeedInvalid } from '../../gan/index.ts'
import { openVectors, vectorOf } from './vectors.ts'

describe('gan/seed-class', () => {
  describe('classOfSeed', () => {
    it('is the seed modulo the number of classes', () => {
      expect([0, 1, 6, 4_294_967_295].map((seed) => classOfSeed(seed, 5))).to.deep.equal([0, 1, 1, 0])
    })

    it('reads a chain seed as one big-endian number', () => {
      for (const classes of [1, 2, 3, 5, 7, 256, 1000, 65_536]) {
        for (const start of [0, 1, 77, 200]) {
          const seed = Uint8Array.from({ length: 32 }, (_, i) => (start + i * 37) & 0xff)
          const number = BigInt(`0x${Buffer.from(seed).toString('hex')}`)
          expect(classOfSeed(seed, classes)).to.equal(Number(number % BigInt(classes)))
        }
      }
    })

    for (const seed of [-1, 1.5, 2 ** 32, Number.NaN, new Uint8Array(31), new Uint8Array(0)]) {
      it(`refuses ${typeof seed === 'number' ? seed : `${seed.length} bytes`}`, () => {
        expect(() => classOfSeed(seed, 3)).to.throw(SeedInvalid)
      })
    }
  })

  describe('labelOfSeed', () => {
    it('gives the labels of the official samples', () => {
      const io = openVectors('cond32').readAll('io.safetensors')
      const seeds = [...new BigInt64Array(vectorOf(io, 'seeds').data.slice().buffer)].map(Number)
      const labels = seeds.flatMap((seed) => [...(labelOfSeed(seed, 4) ?? [])])
      expect(labels).to.deep.equal([...float32Of(vectorOf(io, 'seeds.c'))])
    })

    it('is nothing in a network without classes', () => {
      expect(labelOfSeed(3, 0)).to.equal(null)
    })
  })
})
