import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodePng, type PngImage, type TrainingSet, TrainingSetInvalid } from '../../gan/index.ts'
import { ConfigInvalid } from '../errors.ts'

/**
 * Reads a folder of square PNG files of one size, in the order of their paths. Where all of them lie in folders of the
 * folder, two or more, each of these is a class.
 *
 * @param limit the first so many files only; they are then taken evenly from the whole
 * @throws {ConfigInvalid} when there is no such folder, or no PNG in it
 * @throws {TrainingSetInvalid} naming the file that cannot be read, or has another size
 */
export function readImageFolder(
  folder: string,
  limit: number | undefined,
  onProgress?: (done: number) => void,
): TrainingSet {
  const all = listPngs(folder)
  const count = Math.min(limit ?? all.length, all.length)
  const paths = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] ?? '')
  const size = readSquare(folder, paths[0] ?? '').width
  const bytesPerImage = size * size * 3
  const images = new Uint8Array(count * bytesPerImage)
  for (const [i, path] of paths.entries()) {
    const { width, rgb } = readSquare(folder, path)
    if (width !== size) throw new TrainingSetInvalid(`${path} is ${width} pixels wide, ${paths[0]} is ${size}`)
    images.set(rgb, i * bytesPerImage)
    onProgress?.(i + 1)
  }
  const classes = classesOf(all)
  const labels = classes.length === 0 ? null : Uint16Array.from(paths, (path) => classes.indexOf(topOf(path)))
  return { images, labels, classes, size }
}

/** Paths below the folder, with slashes on every system, sorted by UTF-16 code units. */
function listPngs(folder: string): readonly string[] {
  let entries: readonly string[]
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (cause) {
    throw new ConfigInvalid('there is no collection of that name, and no such folder', folder, cause)
  }
  const paths = entries.map((path) => path.replaceAll('\\', '/')).filter((path) => /\.png$/iu.test(path))
  if (paths.length === 0) throw new ConfigInvalid('there is no PNG file in it', folder)
  return paths.toSorted((a, b) => (a < b ? -1 : 1))
}

function classesOf(paths: readonly string[]): readonly string[] {
  const tops = new Set(paths.map(topOf))
  return tops.has('') || tops.size === 1 ? [] : [...tops]
}

/** The first folder on the way to a file; nothing for one that lies in no folder. */
function topOf(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf('/')))
}

function readSquare(folder: string, path: string): PngImage {
  let image: PngImage
  try {
    image = decodePng(new Uint8Array(readFileSync(join(folder, path))))
  } catch (cause) {
    throw new TrainingSetInvalid(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  const { width, height } = image
  if (width !== height || width < 8 || (width & (width - 1)) !== 0) {
    throw new TrainingSetInvalid(
      `${path} is ${width} x ${height} pixels, expected a square whose side is a power of two from 8 on`,
    )
  }
  return image
}
