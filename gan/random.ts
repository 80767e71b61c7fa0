import ln from '@stdlib/math-base-special-ln'
import { SeedInvalid } from './errors.ts'

const WORDS = 624
const MIDDLE = 397
const TOP_BIT = 0x80000000
const LOW_BITS = 0x7fffffff
const TWIST = 0x9908b0df

/** Everything that decides which number comes next; plain data, so that a training run can be resumed to the bit. */
export interface RandomState {
  readonly words: readonly number[]
  readonly position: number
  /** The second value of the last polar pair, not yet handed out. */
  readonly spareGaussian: number | null
}

/**
 * NumPy's `RandomState`: MT19937 with the legacy distributions, number for number.
 *
 * @see Matsumoto and Nishimura 1998, doi:10.1145/272991.272995, and mt19937ar.c for the two ways of seeding
 */
export class MersenneTwister {
  readonly #words = new Uint32Array(WORDS)
  #position = WORDS
  #spareGaussian: number | null = null

  /**
   * @param seed an integer from 0 to 2^32-1 as in `RandomState(seed)`, or a key of 32-bit words as in `RandomState([...])`
   * @throws {SeedInvalid} when it is neither
   */
  constructor(seed: number | Uint32Array) {
    if (typeof seed === 'number') {
      if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) throw new SeedInvalid(String(seed))
      this.#fillFromInteger(seed)
    } else {
      if (seed.length === 0) throw new SeedInvalid('an empty key')
      this.#fillFromKey(seed)
    }
  }

  /** Continues where `state` was exported. */
  static resume(state: RandomState): MersenneTwister {
    const twister = new MersenneTwister(0)
    if (state.words.length !== WORDS) throw new SeedInvalid(`a state of ${state.words.length} words`)
    twister.#words.set(state.words)
    twister.#position = state.position
    twister.#spareGaussian = state.spareGaussian
    return twister
  }

  /** The state as plain data, for `resume`. */
  exportState(): RandomState {
    return { words: [...this.#words], position: this.#position, spareGaussian: this.#spareGaussian }
  }

  /** The next 32 random bits, 0 to 2^32-1. */
  nextUint32(): number {
    if (this.#position >= WORDS) this.#twist()
    let word = this.#words[this.#position++]
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    word ^= word >>> 18
    return word >>> 0
  }

  /** A double with 53 random bits, at least 0 and below 1: `RandomState.random_sample`. */
  nextDouble(): number {
    const high = this.nextUint32() >>> 5
    const low = this.nextUint32() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }

  /** A standard normal by the polar method, which makes two at a time: `RandomState.randn`. */
  nextGaussian(): number {
    if (this.#spareGaussian !== null) {
      const spare = this.#spareGaussian
      this.#spareGaussian = null
      return spare
    }
    let x = 0
    let y = 0
    let radius = 0
    do {
      x = 2 * this.nextDouble() - 1
      y = 2 * this.nextDouble() - 1
      radius = x * x + y * y
    } while (radius >= 1 || radius === 0)
    // Not Math.log: its last bit differs between CPUs, and with it the pixels of a token. sqrt is exact everywhere.
    const factor = Math.sqrt((-2 * ln(radius)) / radius)
    this.#spareGaussian = factor * x
    return factor * y
  }

  /**
   * An integer from 0 to `bound` - 1, each as likely: `RandomState.randint(bound)`.
   *
   * @param bound 1 to 2^32
   */
  nextBelow(bound: number): number {
    const largest = bound - 1
    if (largest <= 0) return 0
    const mask = 0xffffffff >>> Math.clz32(largest)
    for (;;) {
      const drawn = (this.nextUint32() & mask) >>> 0
      if (drawn <= largest) return drawn
    }
  }

  /** Shuffles in place as `RandomState.shuffle` does. */
  shuffle(items: { [index: number]: number; readonly length: number }): void {
    const shuffled = items
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.nextBelow(last + 1)
      const held = items[last]
      shuffled[last] = items[other]
      shuffled[other] = held
    }
  }

  #fillFromInteger(seed: number): void {
    const words = this.#words
    words[0] = seed
    for (let i = 1; i < WORDS; i++) {
      const before = words[i - 1]
      words[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i
    }
    this.#position = WORDS
  }

  #fillFromKey(key: Uint32Array): void {
    this.#fillFromInteger(19650218)
    const words = this.#words
    let i = 1
    let j = 0
    for (let round = Math.max(WORDS, key.length); round > 0; round--) {
      const before = words[i - 1]
      words[i] = (words[i] ^ Math.imul(before ^ (before >>> 30), 1664525)) + key[j] + j
      i++
      j = (j + 1) % key.length
      if (i >= WORDS) {
        words[0] = words[WORDS - 1]
        i = 1
      }
    }
    for (let round = WORDS - 1; round > 0; round--) {
      const before = words[i - 1]
      words[i] = (words[i] ^ Math.imul(before ^ (before >>> 30), 1566083941)) - i
      i++
      if (i >= WORDS) {
        words[0] = words[WORDS - 1]
        i = 1
      }
    }
    // Keeps the state from being all zeros, which the twist would never leave.
    words[0] = TOP_BIT
  }

  #twist(): void {
    const words = this.#words
    for (let i = 0; i < WORDS; i++) {
      const mixed = (words[i] & TOP_BIT) | (words[(i + 1) % WORDS] & LOW_BITS)
      words[i] = words[(i + MIDDLE) % WORDS] ^ (mixed >>> 1) ^ (mixed & 1 ? TWIST : 0)
    }
    this.#position = 0
  }
}
