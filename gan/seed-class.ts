import { SeedInvalid } from './errors.ts'

const CHAIN_SEED_BYTES = 32

/**
 * The class that a seed stands for in a network with labels: seed mod classes, as the official samples label seeds.
 *
 * @param seed the same that `latentFromSeed` takes; a chain's 32 bytes are one big-endian number
 * @param classes how many the network knows, 1 to 65,536
 * @returns 0 to classes - 1
 * @throws {SeedInvalid} when it is neither kind of seed
 */
export function classOfSeed(seed: number | Uint8Array, classes: number): number {
  if (typeof seed !== 'number') {
    if (seed.length !== CHAIN_SEED_BYTES) throw new SeedInvalid(`${seed.length} bytes`)
    return seed.reduce((rest, byte) => (rest * 256 + byte) % classes, 0)
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) throw new SeedInvalid(String(seed))
  return seed % classes
}

/**
 * The label of a seed as a conditional network reads it: 1 at its class and 0 elsewhere.
 *
 * @param classes how many the network knows
 * @returns [classes]; null in an unconditional network
 */
export function labelOfSeed(seed: number | Uint8Array, classes: number): Float32Array | null {
  if (classes === 0) return null
  const label = new Float32Array(classes)
  label[classOfSeed(seed, classes)] = 1
  return label
}
