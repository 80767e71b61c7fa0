import { encodePng } from '../../gan/index.ts'
import type { DatasetFile, DatasetManifest } from '../domain/dataset-manifest.ts'
import { sha256 } from '../domain/digest.ts'
import { IKAT_SIZE, IKAT_VERSION, ikatFamily, renderIkat } from './ikat.ts'
import { buildDatasetManifest } from './manifest.ts'
import { STUDIOS } from './studios.ts'
import { IKAT_COUNT } from './training-set.ts'

const LICENCE = 'CC0-1.0'

/** What building a dataset touches outside itself. */
export interface DatasetSink {
  /** Called with each file of the dataset, one after the other. */
  readonly write?: (path: string, png: Uint8Array) => Promise<void>
  /** Called after each file. */
  readonly onFile?: () => void
  readonly signal?: AbortSignal
}

/**
 * Draws the shipped dataset, image i from seed i, and writes its manifest.
 *
 * @param count the first so many images
 */
export async function buildIkatDataset(sink: DatasetSink = {}, count: number = IKAT_COUNT): Promise<DatasetManifest> {
  const files: DatasetFile[] = []
  for (let seed = 0; seed < count; seed++) {
    sink.signal?.throwIfAborted()
    const png = ikatPng(seed)
    const path = ikatPath(seed)
    // One file at a time: drawing is what takes the time, and the disk keeps up.
    // oxlint-disable-next-line no-await-in-loop
    await sink.write?.(path, png)
    files.push({ path, sha256: sha256(png), licence: LICENCE, contributor: contributorOf(seed) })
    sink.onFile?.()
  }
  return buildDatasetManifest({
    name: `ikat-${IKAT_SIZE}`,
    renderer: { name: 'latentmint-ikat', version: IKAT_VERSION },
    resolution: IKAT_SIZE,
    licence: LICENCE,
    contributors: STUDIOS.map(({ name, address }) => ({ name, address })),
    files,
  })
}

/** The file of one image: a quadrant as the network is shown it, with nothing but pixels in it. */
export function ikatPng(seed: number): Uint8Array {
  return encodePng({ width: IKAT_SIZE, height: IKAT_SIZE, rgb: renderIkat(seed) })
}

/** Where the image of a seed lies in the dataset: `lozenge/0042.png`. */
export function ikatPath(seed: number): string {
  return `${ikatFamily(seed)}/${String(seed).padStart(4, '0')}.png`
}

/** The seed of an image, by its path; undefined when the renderer makes no image of that name. */
export function seedOfPath(path: string): number | undefined {
  const digits = /\/(\d{4})\.png$/.exec(path)?.[1]
  if (digits === undefined) return undefined
  const seed = Number(digits)
  return ikatPath(seed) === path ? seed : undefined
}

function contributorOf(seed: number): number {
  const family = ikatFamily(seed)
  return STUDIOS.findIndex(({ families }) => families.includes(family))
}
