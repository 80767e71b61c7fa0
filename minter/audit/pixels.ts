import { decodePng, type RgbImage } from '../../gan/index.ts'

/** Where two pictures of one size differ. */
export interface PixelDifference {
  readonly count: number
  readonly first: { readonly x: number; readonly y: number; readonly actual: string; readonly expected: string } | null
}

/** Compares pixel by pixel; null when the sizes differ, so that there is nothing to compare. */
export function comparePixels(actual: RgbImage, expected: RgbImage): PixelDifference | null {
  if (actual.width !== expected.width || actual.height !== expected.height) return null
  let count = 0
  let first: PixelDifference['first'] = null
  for (let at = 0; at < expected.rgb.length; at += 3) {
    if (sameColour(actual.rgb, expected.rgb, at)) continue
    count++
    first ??= {
      x: (at / 3) % expected.width,
      y: Math.floor(at / 3 / expected.width),
      actual: colourAt(actual.rgb, at),
      expected: colourAt(expected.rgb, at),
    }
  }
  return { count, first }
}

/** For people: how many pixels differ, and the first of them. */
export function describeDifference(actual: Uint8Array, expected: Uint8Array): string {
  const difference = comparePixels(decodePng(actual), decodePng(expected))
  if (difference === null) return 'the pictures have different sizes'
  const { count, first } = difference
  if (first === null) return 'the pixels are the same, the file around them differs'
  const where = `pixel (${first.x}, ${first.y}) is ${first.actual}, rendered again it is ${first.expected}`
  return count === 1 ? where : `${count} pixels differ; the first: ${where}`
}

const THUMBNAIL = 16

/** Sums of brightness over 16 x 16 fields, each 0 to 255: what is left of a picture after scaling and re-encoding. */
export function thumbnail({ width, height, rgb }: RgbImage): Uint8Array {
  const sums = new Float64Array(THUMBNAIL * THUMBNAIL)
  const counts = new Float64Array(THUMBNAIL * THUMBNAIL)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const field = Math.floor((y * THUMBNAIL) / height) * THUMBNAIL + Math.floor((x * THUMBNAIL) / width)
      const at = (y * width + x) * 3
      sums[field]! += rgb[at]! * 2 + rgb[at + 1]! * 5 + rgb[at + 2]!
      counts[field]! += 8
    }
  }
  return Uint8Array.from(sums, (sum, field) => (counts[field] === 0 ? 0 : Math.floor(sum / counts[field]!)))
}

/** Mean difference of two thumbnails, 0 to 255. */
export function thumbnailDistance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length
}

function sameColour(a: Uint8Array, b: Uint8Array, at: number): boolean {
  return a[at] === b[at] && a[at + 1] === b[at + 1] && a[at + 2] === b[at + 2]
}

function colourAt(rgb: Uint8Array, at: number): string {
  return `#${Array.from(rgb.subarray(at, at + 3), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
