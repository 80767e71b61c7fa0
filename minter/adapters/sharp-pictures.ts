import type sharpOf from 'sharp'
import type { RgbImage } from '../../gan/index.ts'
import { ConfigInvalid } from '../errors.ts'

/** The largest picture that is taken in: as much as our own PNG decoder reads. */
const MOST_PIXELS = 1 << 26

/**
 * An animated WebP, without loss.
 *
 * @param frames at least one, all of one size
 * @throws {ConfigInvalid} when sharp is not installed
 */
export async function encodeWebp(frames: readonly RgbImage[], framesPerSecond: number): Promise<Uint8Array> {
  const sharp = await loadSharp('an animated WebP')
  const { width = 1, height = 1 } = frames[0] ?? {}
  // Frames stand one below the other, and are told apart by the height of a page.
  const strip = Buffer.concat(frames.map(({ rgb }) => rgb))
  const raw = { width, height: height * frames.length, channels: 3, pageHeight: height } as const
  const delay = frames.map(() => Math.round(1000 / framesPerSecond))
  return sharp(strip, { raw, limitInputPixels: false }).webp({ lossless: true, loop: 0, delay }).toBuffer()
}

/**
 * Reads a picture of any kind that libvips knows: JPEG, WebP, AVIF, GIF, TIFF, and the PNGs that our own decoder leaves
 * alone. What is transparent is laid on white, and turned the way that its camera says.
 *
 * @param where the file, for the error
 * @throws {ConfigInvalid} when sharp is not installed, or the file is no picture
 */
export async function decodeWithSharp(bytes: Uint8Array, where: string): Promise<RgbImage> {
  const sharp = await loadSharp('a picture of this kind', where)
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MOST_PIXELS })
      .rotate()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, rgb: new Uint8Array(data) }
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigInvalid(`it cannot be read as a picture: ${problem}`, where, cause)
  }
}

/**
 * Reads a picture and brings it to a square of the network's size.
 *
 * @param fit `cover` cuts the largest square from the middle, `contain` keeps all of it, on white
 * @returns RGB bytes, row by row, and the size that the picture had
 * @throws {ConfigInvalid} when sharp is not installed
 * @throws {Error} when it is no whole picture
 */
export async function prepareWithSharp(
  bytes: Uint8Array,
  size: number,
  fit: 'cover' | 'contain',
): Promise<{ readonly width: number; readonly height: number; readonly rgb: Uint8Array }> {
  const sharp = await loadSharp('preparing pictures')
  const picture = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'warning' })
  const { width, height } = await picture.metadata()
  const rgb = await picture
    .rotate()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize(size, size, { fit, background: '#ffffff', kernel: 'lanczos3' })
    .removeAlpha()
    .raw()
    .toBuffer()
  return { width, height, rgb: new Uint8Array(rgb) }
}

/** It is optional: a machine for which there is no build of it can do everything else. */
async function loadSharp(wish: string, where?: string): Promise<typeof sharpOf> {
  try {
    const { default: sharp } = await import('sharp')
    return sharp
  } catch (cause) {
    const remedy = 'install it with `npm install --include=optional`, or use PNG, which needs nothing'
    throw new ConfigInvalid(`${wish} needs sharp, which is not installed: ${remedy}`, where, cause)
  }
}
