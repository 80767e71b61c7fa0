import { rgbFromInterleaved, type RgbImage } from '../image.ts'

const RGB = 3
const GRAY = 1

/**
 * Bytes of what a network of any number of channels made: gray in all three colours, RGB as it is, RGBA before white.
 *
 * @param values [size, size, channels], nominally -1 to 1
 */
export function pictureOf(values: Float32Array, size: number, channels: number): RgbImage {
  return { width: size, height: size, rgb: rgbFromInterleaved(toRgb(values, channels)) }
}

/** The picture `times` side by side and `times` below each other. */
export function repeatPicture({ width, height, rgb }: RgbImage, times: number): RgbImage {
  const row = width * RGB
  const repeated = new Uint8Array(rgb.length * times * times)
  for (let y = 0; y < height * times; y++) {
    const from = (y % height) * row
    for (let x = 0; x < times; x++) repeated.set(rgb.subarray(from, from + row), (y * times + x) * row)
  }
  return { width: width * times, height: height * times, rgb: repeated }
}

/** The picture with each pixel as a square of `factor` by `factor`, for what does not go on beyond its edges. */
export function enlargePixels({ width, height, rgb }: RgbImage, factor: number): RgbImage {
  const side = width * factor
  const large = new Uint8Array(rgb.length * factor * factor)
  for (let at = 0; at < side * height * factor; at++) {
    const from = Math.floor(Math.floor(at / side) / factor) * width + Math.floor((at % side) / factor)
    for (let c = 0; c < RGB; c++) large[at * RGB + c] = rgb[from * RGB + c]
  }
  return { width: side, height: height * factor, rgb: large }
}

function toRgb(values: Float32Array, channels: number): Float32Array {
  if (channels === RGB) return values
  const pixels = values.length / channels
  const rgb = new Float32Array(pixels * RGB)
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * channels
    const opacity = channels <= RGB ? 1 : Math.min(1, Math.max(0, (values[at + RGB] + 1) / 2))
    for (let c = 0; c < RGB; c++) {
      const value = values[at + (channels === GRAY ? 0 : c)]
      rgb[pixel * RGB + c] = opacity === 1 ? value : 1 - (1 - value) * opacity
    }
  }
  return rgb
}
