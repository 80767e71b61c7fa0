import type { QualityRules } from './policy.ts'

/** Luminance between the darkest and the brightest hundredth of the pixels, below which an image shows nothing. */
const LEAST_CONTRAST = 24
/** Of 100 bytes, how many may be 0 or 255 before an image counts as clipped. */
const MOST_CLIPPED = 60

/**
 * Whether the network failed: the image is flat or nearly so, or most of it is clipped.
 *
 * @param rgb the quadrant, row-major, three bytes a pixel
 */
export function isBroken(rgb: Uint8Array): boolean {
  const histogram = new Uint32Array(256)
  let clipped = 0
  for (let i = 0; i + 2 < rgb.length; i += 3) histogram[luminance(rgb, i)]! += 1
  for (const byte of rgb) if (byte === 0 || byte === 255) clipped++
  const pixels = Math.floor(rgb.length / 3)
  const contrast = quantile(histogram, pixels - Math.ceil(pixels / 100)) - quantile(histogram, Math.ceil(pixels / 100))
  return contrast < LEAST_CONTRAST || clipped * 100 > MOST_CLIPPED * rgb.length
}

/**
 * How bright a pixel is.
 *
 * @param at offset of its red byte
 * @returns 0 to 255
 * @see ITU-R BT.601's weights, in 1/256
 */
export function luminance(rgb: Uint8Array, at: number): number {
  return (77 * (rgb[at] ?? 0) + 150 * (rgb[at + 1] ?? 0) + 29 * (rgb[at + 2] ?? 0)) >> 8
}

/** The licences among those of model and dataset that the policy does not admit; a piece may be sold when there is none. */
export function refusedLicences(licences: readonly string[], rules: QualityRules): readonly string[] {
  return [...new Set(licences)].filter((licence) => !rules.licences.includes(licence))
}

/** The smallest value that at least `rank` of the counted values do not exceed. */
function quantile(histogram: Uint32Array, rank: number): number {
  let below = 0
  for (let value = 0; value < histogram.length; value++) {
    below += histogram[value] ?? 0
    if (below >= rank) return value
  }
  return histogram.length - 1
}
