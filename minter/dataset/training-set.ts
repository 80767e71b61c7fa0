import { IKAT_SIZE, renderIkat } from './ikat.ts'

/** How many images the shipped dataset has; image i is drawn from seed i. */
export const IKAT_COUNT = 8192

/**
 * The images a network is trained on, as they come out of the renderer.
 *
 * @param count the first so many images, at most IKAT_COUNT
 * @param onProgress called after each image with how many there are by now
 * @returns RGB bytes of one 64 x 64 quadrant after the other
 */
export function loadTrainingSet(count: number = IKAT_COUNT, onProgress?: (done: number) => void): Uint8Array {
  const bytesPerImage = IKAT_SIZE * IKAT_SIZE * 3
  const images = new Uint8Array(count * bytesPerImage)
  for (let i = 0; i < count; i++) {
    images.set(renderIkat(i), i * bytesPerImage)
    onProgress?.(i + 1)
  }
  return images
}
