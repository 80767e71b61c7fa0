import type { RgbImage } from '../image.ts'

const CHANNELS = 3

/** How far a picture may be from its mirror image, in levels a channel on average: what a JPEG of a piece still keeps. */
const MIRROR_TOLERANCE = 4

/** Which part of a picture is taken. */
export type Crop = 'centre' | 'quadrant'

/**
 * Whether a picture is its own mirror image in both directions, as a piece is that was mirrored from a quadrant.
 *
 * @param picture of even width and height; any other is not
 */
export function isMirrored(picture: RgbImage): boolean {
  const { width, height, rgb } = picture
  if (width % 2 === 1 || height % 2 === 1) return false
  let across = 0
  let down = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < CHANNELS; c++) {
        const value = rgb[(y * width + x) * CHANNELS + c]
        across += Math.abs(value - rgb[(y * width + width - 1 - x) * CHANNELS + c])
        down += Math.abs(value - rgb[((height - 1 - y) * width + x) * CHANNELS + c])
      }
    }
  }
  return Math.max(across, down) <= MIRROR_TOLERANCE * rgb.length
}

/**
 * Brings a picture to the size of a network: a square of it, resampled with a triangle filter as wide as what becomes
 * one pixel.
 *
 * @param crop `centre` takes the largest square in the middle, `quadrant` that of the top left quarter
 * @param size side of the result
 */
export function fitPicture(picture: RgbImage, size: number, crop: Crop): RgbImage {
  const [width, height] =
    crop === 'quadrant' ? [picture.width / 2, picture.height / 2] : [picture.width, picture.height]
  const side = Math.max(1, Math.floor(Math.min(width, height)))
  const left = Math.floor((width - side) / 2)
  const top = Math.floor((height - side) / 2)
  const square = new Float64Array(side * side * CHANNELS)
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * picture.width + left) * CHANNELS
    square.set(picture.rgb.subarray(start, start + side * CHANNELS), y * side * CHANNELS)
  }
  // Twice: once along the rows, and once along what were the columns.
  const narrow = shrinkRows(square, side, side, size)
  const small = shrinkRows(narrow, size, side, size)
  return { width: size, height: size, rgb: Uint8Array.from(small, (value) => Math.floor(value + 0.5)) }
}

/** Resamples each of `rows` rows to `size` pixels, and hands the result over with rows and columns exchanged. */
function shrinkRows(pixels: Float64Array, rows: number, length: number, size: number): Float64Array {
  const reach = Math.max(1, length / size)
  const resampled = new Float64Array(size * rows * CHANNELS)
  for (let place = 0; place < size; place++) {
    const centre = ((place + 0.5) * length) / size - 0.5
    const first = Math.max(0, Math.ceil(centre - reach))
    const last = Math.min(length - 1, Math.floor(centre + reach))
    let whole = 0
    for (let from = first; from <= last; from++) whole += 1 - Math.abs(from - centre) / reach
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < CHANNELS; c++) {
        let sum = 0
        for (let from = first; from <= last; from++) {
          sum += (1 - Math.abs(from - centre) / reach) * pixels[(row * length + from) * CHANNELS + c]
        }
        resampled[(place * rows + row) * CHANNELS + c] = sum / whole
      }
    }
  }
  return resampled
}
