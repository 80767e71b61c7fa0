import { ShapeMismatch } from './errors.ts'

const CHANNELS = 3
const TAPS = 4

/** RGB bytes, row by row. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/**
 * Turns one channel of the synthesis output into the byte that is hashed, pinned and shown.
 *
 * @param value nominally -1 (black) to 1 (white); beyond that is clipped
 * @returns 0 to 255
 * @see generate.py in NVlabs/stylegan2-ada-pytorch, which maps the same way
 */
export function toByte(value: number): number {
  // Half up by floor, since round() is not one function: Math.round sends halves up, wasm and WGSL to the even
  // neighbour. A single pixel that differs between minter and auditor breaks the digest on chain.
  return Math.floor(Math.min(255, Math.max(0, value * 127.5 + 128)))
}

/**
 * Bytes of an image that came out of the network with its channels last.
 *
 * @param values [height, width, 3], nominally -1 to 1
 */
export function rgbFromInterleaved(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, toByte)
}

/**
 * Bytes of an image that came out of the network plane by plane, as the official networks make them.
 *
 * @param values [3, height, width], nominally -1 to 1
 */
export function rgbFromPlanar(values: Float32Array): Uint8Array {
  const area = values.length / CHANNELS
  return Uint8Array.from(values, (_, i) => toByte(values[(i % CHANNELS) * area + Math.floor(i / CHANNELS)]))
}

/**
 * Gives the outermost ring of pixels the colours of the ring inside it.
 *
 * Each convolution of the network sees zeros beyond the edge, and a short training does not unlearn what that does to
 * the last row and column: mirrored, they would lie side by side as a bright cross through the piece.
 *
 * @param rgb [size, size, 3], size at least 3
 * @returns a new image of the same size
 * @throws {ShapeMismatch} when `rgb` is of another size
 */
export function replaceRim(rgb: Uint8Array, size: number): Uint8Array {
  expectSquare(rgb, size)
  const inside = (at: number) => Math.min(Math.max(at, 1), size - 2)
  return rgb.map((_, i) => {
    const pixel = Math.floor(i / CHANNELS)
    const from = inside(Math.floor(pixel / size)) * size + inside(pixel % size)
    return rgb[from * CHANNELS + (i % CHANNELS)]
  })
}

/**
 * Mirrors a quadrant in both axes into a piece that repeats without a seam: [[Q, flipH(Q)], [flipV(Q), flipHV(Q)]].
 *
 * @param rgb [size, size, 3]; its bottom-right pixel comes to lie at the centre of the piece
 * @returns [2 * size, 2 * size, 3]
 * @throws {ShapeMismatch} when `rgb` is of another size
 */
export function mirrorQuadrant(rgb: Uint8Array, size: number): Uint8Array {
  expectSquare(rgb, size)
  const side = 2 * size
  const piece = new Uint8Array(side * side * CHANNELS)
  for (let y = 0; y < side; y++) {
    const fromRow = y < size ? y : side - 1 - y
    for (let x = 0; x < side; x++) {
      const from = (fromRow * size + (x < size ? x : side - 1 - x)) * CHANNELS
      const to = (y * side + x) * CHANNELS
      for (let c = 0; c < CHANNELS; c++) piece[to + c] = rgb[from + c]
    }
  }
  return piece
}

/**
 * Enlarges a tile by Catmull-Rom interpolation, taking what lies beyond an edge from the opposite one.
 *
 * The weights at the offsets that a whole factor gives are fractions with one denominator, so that everything up to the
 * last division is exact integer arithmetic: the same bytes everywhere, and a tile of one colour keeps it.
 *
 * @param rgb [size, size, 3]
 * @param factor a whole number, 1 to 16
 * @returns [size * factor, size * factor, 3]
 * @throws {ShapeMismatch} when `rgb` is of another size
 * @see Catmull and Rom 1974, "A class of local interpolating splines"
 */
export function upscaleTile(rgb: Uint8Array, size: number, factor: number): Uint8Array {
  expectSquare(rgb, size)
  const side = size * factor
  const { taps, weights, denominator } = catmullRom(size, factor)

  // Rows first, left unrounded: at most 255 * 1.25 * denominator, far below 2^31.
  const wide = new Int32Array(size * side * CHANNELS)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < CHANNELS; c++) {
        let sum = 0
        for (let k = 0; k < TAPS; k++)
          sum += weights[x * TAPS + k] * rgb[(y * size + taps[x * TAPS + k]) * CHANNELS + c]
        wide[(y * side + x) * CHANNELS + c] = sum
      }
    }
  }

  const large = new Uint8Array(side * side * CHANNELS)
  const row = side * CHANNELS
  const whole = denominator * denominator
  for (let y = 0; y < side; y++) {
    for (let i = 0; i < row; i++) {
      let sum = 0
      for (let k = 0; k < TAPS; k++) sum += weights[y * TAPS + k] * wide[taps[y * TAPS + k] * row + i]
      large[y * row + i] = Math.min(255, Math.max(0, divideRounded(sum, whole)))
    }
  }
  return large
}

/** For each place along the enlarged side, the four places that it is made from and what each counts. */
function catmullRom(size: number, factor: number): { taps: Int32Array; weights: Int32Array; denominator: number } {
  const side = size * factor
  const taps = new Int32Array(side * TAPS)
  const weights = new Int32Array(side * TAPS)
  // Offsets are t = n / d with d = 2 * factor; the cubics in t have halves, hence the 2.
  const d = 2 * factor
  for (let place = 0; place < side; place++) {
    const position = 2 * place + 1 - factor
    const base = Math.floor(position / d)
    const n = position - base * d
    const cubics = [
      -n * n * n + 2 * n * n * d - n * d * d,
      3 * n * n * n - 5 * n * n * d + 2 * d * d * d,
      -3 * n * n * n + 4 * n * n * d + n * d * d,
      n * n * n - n * n * d,
    ]
    for (let k = 0; k < TAPS; k++) {
      taps[place * TAPS + k] = (base - 1 + k + 2 * size) % size
      weights[place * TAPS + k] = cubics[k]
    }
  }
  return { taps, weights, denominator: 2 * d * d * d }
}

/** The whole number nearest to a quotient of whole numbers, halves up: exact, so the same everywhere. */
export function divideRounded(dividend: number, divisor: number): number {
  return Math.floor((2 * dividend + divisor) / (2 * divisor))
}

/** @throws {ShapeMismatch} when `rgb` is not [size, size, 3] */
export function expectSquare(rgb: Uint8Array, size: number): void {
  if (rgb.length !== size * size * CHANNELS) throw new ShapeMismatch('rgb', [size, size, CHANNELS], [rgb.length])
}
