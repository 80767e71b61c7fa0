import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { float64Of, MersenneTwister, readSafetensors, SeedInvalid, type NamedTensor } from '../../gan/index.ts'

const recorded = readSafetensors(readFileSync(new URL('../vectors/rng/numpy_randomstate.safetensors', import.meta.url)))
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12345, 4294967295]

function vector(name: string): NamedTensor {
  const tensor = recorded.tensors.get(name)
  if (tensor === undefined) throw new Error(`no vector ${name}`)
  return tensor
}

function integers(name: string): readonly number[] {
  const { data, dtype } = vector(name)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const bytes = dtype === 'I64' ? 8 : 4
  return Array.from({ length: data.length / bytes }, (_, i) =>
    bytes === 8 ? Number(view.getBigInt64(i * 8, true)) : view.getUint32(i * 4, true),
  )
}

describe('gan/random', () => {
  describe('MersenneTwister', () => {
    for (const seed of SEEDS) {
      it(`gives the bits of RandomState(${seed})`, () => {
        const random = new MersenneTwister(seed)
        const drawn = Array.from({ length: 8 }, () => random.nextUint32())
        expect(drawn).to.deep.equal(integers(`mt19937_u32.seed${seed}`))
      })

      it(`gives the normals of RandomState(${seed}) to the last bit of a float64 but one`, () => {
        const random = new MersenneTwister(seed)
        const expected = float64Of(vector(`randn.seed${seed}`))
        for (const value of expected) expect(random.nextGaussian()).to.be.closeTo(value, Math.abs(value) * 1e-15)
      })
    }

    it('gives the published first words for a key', () => {
      const random = new MersenneTwister(Uint32Array.of(0x123, 0x234, 0x345, 0x456))
      const drawn = Array.from({ length: 5 }, () => random.nextUint32())
      expect(drawn).to.deep.equal([1067595299, 955945823, 477289528, 4107218783, 4228976476])
    })

    it('gives the doubles of random_sample exactly', () => {
      const random = new MersenneTwister(0)
      for (const value of float64Of(vector('rand.seed0'))) expect(random.nextDouble()).to.equal(value)
    })

    it('keeps the second normal of a pair while doubles are drawn', () => {
      const random = new MersenneTwister(0)
      const normals = [random.nextGaussian(), random.nextGaussian(), random.nextGaussian()]
      const doubles = Array.from({ length: 4 }, () => random.nextDouble())
      normals.push(random.nextGaussian(), random.nextGaussian())
      const expected = ['randn3', 'then_randn2'].flatMap((part) => [...float64Of(vector(`mixed.seed0.${part}`))])
      normals.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-14))
      expect(doubles).to.deep.equal([...float64Of(vector('mixed.seed0.then_rand4'))])
    })

    it('draws integers below a bound as randint does', () => {
      const random = new MersenneTwister(0)
      const drawn = Array.from({ length: 16 }, () => random.nextBelow(1000))
      expect(drawn).to.deep.equal(integers('randint_0_1000.seed0'))
    })

    for (const [name, count] of [
      ['shuffle100', 100],
      ['permutation50', 50],
    ] as const) {
      it(`shuffles as NumPy does: ${name}`, () => {
        const items = Array.from({ length: count }, (_, i) => i)
        new MersenneTwister(0).shuffle(items)
        expect(items).to.deep.equal(integers(`${name}.seed0`))
      })
    }

    it('goes on after its state was exported as if nothing had happened', () => {
      fc.assert(
        fc.property(fc.nat(0xffffffff), fc.nat(2000), (seed, draws) => {
          const random = new MersenneTwister(seed)
          for (let i = 0; i < draws; i++) random.nextGaussian()
          const resumed = MersenneTwister.resume(JSON.parse(JSON.stringify(random.exportState())))
          return resumed.nextGaussian() === random.nextGaussian() && resumed.nextUint32() === random.nextUint32()
        }),
        { numRuns: 30 },
      )
    })

    for (const seed of [-1, 0.5, 4294967296, Number.NaN]) {
      it(`refuses ${seed} with SeedInvalid`, () => {
        expect(() => new MersenneTwister(seed)).to.throw(SeedInvalid)
      })
    }
  })
})
