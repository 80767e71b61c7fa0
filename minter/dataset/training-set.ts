import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Recipe, TrainingSet } from '../../gan/index.ts'
import { SIDE } from './cloth.ts'
import { type DrawnDataset, drawnDatasetNamed } from './drawn.ts'
import { readImageFolder } from './image-folder.ts'
import { readTrainingSet, TRAINING_FILE } from './training-file.ts'

/** A set to train on, and what is known of it besides. */
export interface TrainingSource {
  readonly set: TrainingSet
  /** How a piece is made of an image. */
  readonly mirror: Recipe['mirror']
  /** Path of the manifest that commits to the set. */
  readonly manifest: string
}

export interface TrainingSetChoice {
  /** The first so many images only. */
  readonly limit?: number | undefined
  /** Leaves the labels out, so that an unconditional network can learn. */
  readonly ignoreClasses?: boolean
  /** Called with how many images there are by now. */
  readonly onProgress?: (done: number) => void
}

/**
 * The images to train on.
 *
 * @param data name of a dataset that is drawn, a folder that `dataset build` made, or one of PNG files
 * @throws {ConfigInvalid} when it is neither
 * @throws {TrainingSetInvalid} naming the file that does not fit
 */
export function openTrainingSet(data: string, choice: TrainingSetChoice = {}): TrainingSource {
  const drawn = drawnDatasetNamed(data)
  const source = drawn === undefined ? readFolder(data, choice) : draw(drawn, choice)
  return choice.ignoreClasses === true ? { ...source, set: { ...source.set, labels: null, classes: [] } } : source
}

function readFolder(folder: string, { limit, onProgress }: TrainingSetChoice): TrainingSource {
  const built = join(folder, TRAINING_FILE)
  const set = existsSync(built)
    ? firstOf(readTrainingSet(new Uint8Array(readFileSync(built)), built), limit)
    : readImageFolder(folder, limit, onProgress)
  return { set, mirror: 'none', manifest: join(folder, 'manifest.json') }
}

/** Pictures of a set that was built lie in the order of their digests, so the first of them are a fair choice. */
function firstOf({ images, labels, classes, size }: TrainingSet, limit: number | undefined): TrainingSet {
  const count = Math.min(limit ?? Infinity, images.length / (3 * size * size))
  return { images: images.slice(0, count * 3 * size * size), labels: labels?.slice(0, count) ?? null, classes, size }
}

function draw(dataset: DrawnDataset, { limit, onProgress }: TrainingSetChoice): TrainingSource {
  const { name, classes, mirror } = dataset
  const count = Math.min(limit ?? dataset.count, dataset.count)
  const bytesPerImage = SIDE * SIDE * 3
  const images = new Uint8Array(count * bytesPerImage)
  for (let i = 0; i < count; i++) {
    images.set(dataset.draw(i), i * bytesPerImage)
    onProgress?.(i + 1)
  }
  const labels = classes.length === 0 ? null : Uint16Array.from({ length: count }, (_, i) => dataset.classOf(i))
  return { set: { images, labels, classes, size: SIDE }, mirror, manifest: `models/${name}.dataset.json` }
}
