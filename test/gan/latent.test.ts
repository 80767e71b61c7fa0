import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { float64Of, latentFromSeed, readSafetensors, SeedInvalid } from '../../gan/index.ts'

interface LatentVectors {
  readonly zDim: number
  readonly cases: readonly { readonly seed: string; readonly zFloat32Bits: readonly number[] }[]
}

const vectors: LatentVectors = JSON.parse(
  readFileSync(new URL('../vectors/latent.json', import.meta.url), 'utf8'),
) as LatentVectors

function bitsOf(values: Float32Array): readonly number[] {
  return [...new Uint32Array(values.buffer, values.byteOffset, values.length)]
}

describe('gan/latent', () => {
  describe('latentFromSeed', () => {
    it('rounds the normals of RandomState(seed) to float32', () => {
      const file = readFileSync(new URL('../vectors/rng/numpy_randomstate.safetensors', import.meta.url))
      const expected = float64Of(readSafetensors(file).tensors.get('randn.seed7')!)
      expect(latentFromSeed(7, 512)).to.deep.equal(Float32Array.from(expected))
    })

    for (const { seed, zFloat32Bits } of vectors.cases) {
      it(`gives the known bits for ${seed.slice(0, 10)}…`, () => {
        const z = latentFromSeed(Uint8Array.from(Buffer.from(seed.slice(2), 'hex')), vectors.zDim)
        expect(bitsOf(z)).to.deep.equal(zFloat32Bits)
      })
    }

    it('gives the same for a seed that is a view into a larger buffer', () => {
      const room = Uint8Array.from({ length: 48 }, (_, i) => i * 5)
      expect(latentFromSeed(room.subarray(7, 39), 16)).to.deep.equal(latentFromSeed(room.slice(7, 39), 16))
    })

    it('begins a long latent with the short one', () => {
      expect(latentFromSeed(3, 64).subarray(0, 8)).to.deep.equal(latentFromSeed(3, 8))
    })

    it('refuses a chain seed that is not 32 bytes long with SeedInvalid', () => {
      expect(() => latentFromSeed(new Uint8Array(31), 4)).to.throw(SeedInvalid, '31 bytes')
    })
  })
})
