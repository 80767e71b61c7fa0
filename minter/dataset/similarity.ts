import type { RgbImage } from '../../gan/index.ts'

const GRID = 16
const WORD = 32

/** How many bits a perceptual hash has. */
const HASH_BITS = GRID * GRID

/**
 * A picture's difference hash: the brightness of 17 x 16 cells, each compared with its right neighbour.
 *
 * What scales, re-compresses or brightens a picture leaves nearly all of it alone. Whole numbers only, so that the same
 * pixels have the same hash on every machine.
 *
 * @param picture at least 17 x 16
 * @returns 256 bits in 8 words
 * @see Krawetz, "Kind of Like That", 2013, for the dHash
 */
export function differenceHash(picture: RgbImage): Uint32Array {
  const cells = brightness(picture, GRID + 1, GRID)
  const hash = new Uint32Array(HASH_BITS / WORD)
  for (let bit = 0; bit < HASH_BITS; bit++) {
    const at = Math.floor(bit / GRID) * (GRID + 1) + (bit % GRID)
    if ((cells[at] ?? 0) > (cells[at + 1] ?? 0)) hash[bit >> 5]! |= 1 << (bit & 31)
  }
  return hash
}

/** Mean brightness of each cell, on a scale of its own. */
function brightness({ width, height, rgb }: RgbImage, columns: number, rows: number): Float64Array {
  const sums = new Float64Array(columns * rows)
  const counts = new Float64Array(columns * rows)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x)
      const cell = row + Math.floor((x * columns) / width)
      // Rec. 601, in thousandths.
      sums[cell]! += 299 * (rgb[at] ?? 0) + 587 * (rgb[at + 1] ?? 0) + 114 * (rgb[at + 2] ?? 0)
      counts[cell]! += 1
    }
  }
  return sums.map((sum, i) => Math.floor(sum / Math.max(1, counts[i] ?? 1)))
}

/** In how many bits two hashes differ. */
export function hashDistance(a: Uint32Array, b: Uint32Array): number {
  let distance = 0
  for (let i = 0; i < a.length; i++) distance += bitsOf((a[i] ?? 0) ^ (b[i] ?? 0))
  return distance
}

function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}

/** Remembers hashes, and finds one that is near. */
export interface HashIndex {
  /** The name and distance of the first hash within reach, or null. */
  readonly find: (hash: Uint32Array) => { readonly name: string; readonly distance: number } | null
  readonly add: (name: string, hash: Uint32Array) => void
}

/**
 * An index of hashes that differ in at most `reach` bits: cut into reach + 1 bands, two such hashes have one band in
 * common, so that only those need to be compared.
 *
 * @param reach 0 to 63
 */
export function createHashIndex(reach: number): HashIndex {
  const bands = reach + 1
  const known: { readonly name: string; readonly hash: Uint32Array }[] = []
  const places = Array.from({ length: bands }, () => new Map<string, number[]>())
  const keysOf = (hash: Uint32Array): readonly string[] => {
    const bits = Array.from(hash, (word) => word.toString(2).padStart(WORD, '0')).join('')
    return Array.from({ length: bands }, (_, band) =>
      bits.slice(Math.floor((band * HASH_BITS) / bands), Math.floor(((band + 1) * HASH_BITS) / bands)),
    )
  }
  return {
    find: (hash) => {
      const near = new Set(keysOf(hash).flatMap((key, band) => places[band]?.get(key) ?? []))
      for (const at of [...near].toSorted((a, b) => a - b)) {
        const other = known[at]
        const distance = other === undefined ? HASH_BITS : hashDistance(hash, other.hash)
        if (other !== undefined && distance <= reach) return { name: other.name, distance }
      }
      return null
    },
    add: (name, hash) => {
      for (const [band, key] of keysOf(hash).entries()) {
        const place = places[band]
        const list = place?.get(key)
        if (list === undefined) place?.set(key, [known.length])
        else list.push(known.length)
      }
      known.push({ name, hash })
    },
  }
}
