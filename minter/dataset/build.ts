import { encodePng } from '../../gan/index.ts'
import type { DatasetFile, DatasetManifest } from '../domain/dataset-manifest.ts'
import { sha256 } from '../domain/digest.ts'
import { SIDE } from './cloth.ts'
import type { DrawnDataset } from './drawn.ts'
import { buildDatasetManifest } from './manifest.ts'

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
 * Draws a dataset and writes its manifest.
 *
 * @param count the first so many images
 */
export async function buildDrawnDataset(
  dataset: DrawnDataset,
  sink: DatasetSink = {},
  count: number = dataset.count,
): Promise<DatasetManifest> {
  const files: DatasetFile[] = []
  for (let seed = 0; seed < count; seed++) {
    sink.signal?.throwIfAborted()
    const png = drawnPng(dataset, seed)
    const path = drawnPath(dataset, seed)
    // One file at a time: drawing is what takes the time, and the disk keeps up.
    // oxlint-disable-next-line no-await-in-loop
    await sink.write?.(path, png)
    files.push({ path, sha256: sha256(png), licence: LICENCE, contributor: contributorOf(dataset, seed) })
    sink.onFile?.()
  }
  return buildDatasetManifest({
    name: dataset.name,
    renderer: dataset.renderer,
    resolution: SIDE,
    licence: LICENCE,
    contributors: dataset.studios.map(({ name, address }) => ({ name, address })),
    files,
  })
}

/** The file of one image: a quadrant as the network is shown it, with nothing but pixels in it. */
export function drawnPng(dataset: DrawnDataset, seed: number): Uint8Array {
  return encodePng({ width: SIDE, height: SIDE, rgb: dataset.draw(seed) })
}

/** Where the image of a seed lies in the dataset: `lozenge/0042.png`. */
export function drawnPath(dataset: DrawnDataset, seed: number): string {
  return `${dataset.folderOf(seed)}/${String(seed).padStart(dataset.digits, '0')}.png`
}

/** The seed of an image, by its path; undefined when the renderer makes no image of that name. */
export function seedOfPath(dataset: DrawnDataset, path: string): number | undefined {
  const digits = /\/(\d{4,5})\.png$/.exec(path)?.[1]
  if (digits === undefined) return undefined
  const seed = Number(digits)
  return drawnPath(dataset, seed) === path ? seed : undefined
}

function contributorOf({ studios, folderOf }: DrawnDataset, seed: number): number {
  const folder = folderOf(seed)
  return studios.findIndex(({ folders }) => folders.includes(folder))
}
