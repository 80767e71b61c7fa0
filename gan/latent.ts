import { SeedInvalid } from './errors.ts'
import { MersenneTwister } from './random.ts'

const CHAIN_SEED_BYTES = 32

/**
 * The latent of a seed: NumPy's `RandomState(seed).randn(zDim)`, rounded to float32.
 *
 * @param seed the community's convention, an integer from 0 to 2^32-1; or a chain's 32 bytes, which key the generator
 *   as eight big-endian 32-bit words, first word first
 * @param zDim length of the latent
 * @throws {SeedInvalid} when it is neither
 */
export function latentFromSeed(seed: number | Uint8Array, zDim: number): Float32Array {
  const random = new MersenneTwister(typeof seed === 'number' ? seed : chainSeedWords(seed))
  const z = new Float32Array(zDim)
  for (let i = 0; i < zDim; i++) z[i] = random.nextGaussian()
  return z
}

function chainSeedWords(seed: Uint8Array): Uint32Array {
  if (seed.length !== CHAIN_SEED_BYTES) throw new SeedInvalid(`${seed.length} bytes`)
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength)
  return Uint32Array.from({ length: CHAIN_SEED_BYTES / 4 }, (_, word) => view.getUint32(word * 4))
}
