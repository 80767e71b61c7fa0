import type { Alteration } from './augment-draws.ts'
import { mirrored, resampling } from './augment-geometry.ts'

/** The low-pass filter of sym2, with the square root of 2 as its sum. */
const SYM2 = [
  (1 - Math.sqrt(3)) / (4 * Math.SQRT2),
  (3 - Math.sqrt(3)) / (4 * Math.SQRT2),
  (3 + Math.sqrt(3)) / (4 * Math.SQRT2),
  (1 + Math.sqrt(3)) / (4 * Math.SQRT2),
] as const

const BANDS = 4

/**
 * Four filters of one length, each for an octave, the lowest frequencies first; their sum is the identity.
 *
 * @see Karras et al. 2020, arXiv:2006.06676, appendix B, "Image-space filtering"
 */
export const FILTER_BANK: readonly (readonly number[])[] = buildBank()

/** Halves the band of all filters, and adds the one for the octave above. */
function buildBank(): readonly (readonly number[])[] {
  const low = convolve(SYM2, SYM2.toReversed()).map((tap) => tap / 2)
  const high = low.map((tap, i) => ((i - SYM2.length + 1) % 2 === 0 ? tap : -tap))
  let bank: readonly (readonly number[])[] = [[1]]
  while (bank.length < BANDS) {
    const lower = bank.map((filter) => convolve(spread(filter), low))
    const side = (lower[0].length - high.length) / 2
    bank = [...lower, [...zeros(side), ...high, ...zeros(side)]]
  }
  return bank
}

function convolve(a: readonly number[], b: readonly number[]): readonly number[] {
  const product = zeros(a.length + b.length - 1)
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) product[i + j] += x * y
  return product
}

function spread(filter: readonly number[]): readonly number[] {
  return filter.flatMap((tap, i) => (i === 0 ? [tap] : [0, tap]))
}

function zeros(count: number): number[] {
  return Array<number>(count).fill(0)
}

/**
 * The matrix that filters an axis of a picture, mirrored at its ends, as the gains of the bands say.
 *
 * @returns [side, side]
 */
export function bandMatrix({ gains }: Alteration, side: number): Float32Array {
  const [{ length }] = FILTER_BANK
  const taps = zeros(length).map((_, k) => FILTER_BANK.reduce((sum, filter, band) => sum + gains[band] * filter[k], 0))
  const half = (length - 1) / 2
  return resampling(side, side, (row, add) => {
    for (const [k, tap] of taps.entries()) add(mirrored(row + k - half, side), tap)
  }).data
}
