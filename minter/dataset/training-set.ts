import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrainingSet } from '../../gan/index.ts'
import { IKAT_SIZE, renderIkat } from './ikat.ts'
import { readImageFolder } from './image-folder.ts'
import { LOOM_CLASSES, LOOM_COUNT, loomOf, renderLoom } from './looms.ts'
import { readTrainingSet, TRAINING_FILE } from './training-file.ts'

/** How many images the shipped dataset has; image i is drawn from seed i. */
export const IKAT_COUNT = 8192

/** A set to train on, and what is known of it besides. */
export interface TrainingSource {
  readonly set: TrainingSet
  /** Whether an image is a quarter of the piece, which the recipe mirrors. */
  readonly isQuadrant: boolean
  /** Path of the manifest that commits to the set. */
  readonly manifest: string
}

/** Pictures that a deterministic renderer draws, image i from seed i. */
interface Collection extends Omit<TrainingSource, 'set'> {
  readonly count: number
  /** Pixels along one side. */
  readonly size: number
  /** None in a collection without labels. */
  readonly classes: readonly string[]
  /** RGB bytes. */
  readonly draw: (seed: number) => Uint8Array
  /** Position in `classes`. */
  readonly classOf: (seed: number) => number
}

const COLLECTIONS: Readonly<Record<string, Collection>> = {
  ikat: {
    count: IKAT_COUNT,
    size: IKAT_SIZE,
    classes: [],
    draw: renderIkat,
    classOf: () => 0,
    isQuadrant: true,
    manifest: 'models/ikat-64.dataset.json',
  },
  looms: {
    count: LOOM_COUNT,
    size: IKAT_SIZE,
    classes: LOOM_CLASSES,
    draw: (seed) => renderLoom(loomOf(seed), seed),
    classOf: loomOf,
    isQuadrant: true,
    manifest: 'models/looms-64.dataset.json',
  },
}

/** What `openTrainingSet` knows by name. */
export const COLLECTION_NAMES = Object.keys(COLLECTIONS)

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
 * @param data name of a collection that is drawn, a folder that `dataset build` made, or one of PNG files
 * @throws {ConfigInvalid} when it is neither
 * @throws {TrainingSetInvalid} naming the file that does not fit
 */
export function openTrainingSet(data: string, choice: TrainingSetChoice = {}): TrainingSource {
  const collection = Object.hasOwn(COLLECTIONS, data) ? COLLECTIONS[data] : undefined
  const source = collection === undefined ? readFolder(data, choice) : draw(collection, choice)
  return choice.ignoreClasses === true ? { ...source, set: { ...source.set, labels: null, classes: [] } } : source
}

function readFolder(folder: string, { limit, onProgress }: TrainingSetChoice): TrainingSource {
  const built = join(folder, TRAINING_FILE)
  const set = existsSync(built)
    ? firstOf(readTrainingSet(new Uint8Array(readFileSync(built)), built), limit)
    : readImageFolder(folder, limit, onProgress)
  return { set, isQuadrant: false, manifest: join(folder, 'manifest.json') }
}

/** Pictures of a set that was built lie in the order of their digests, so the first of them are a fair choice. */
function firstOf({ images, labels, classes, size }: TrainingSet, limit: number | undefined): TrainingSet {
  const count = Math.min(limit ?? Infinity, images.length / (3 * size * size))
  return { images: images.slice(0, count * 3 * size * size), labels: labels?.slice(0, count) ?? null, classes, size }
}

function draw(collection: Collection, { limit, onProgress }: TrainingSetChoice): TrainingSource {
  const { size, classes, isQuadrant, manifest } = collection
  const count = Math.min(limit ?? collection.count, collection.count)
  const bytesPerImage = size * size * 3
  const images = new Uint8Array(count * bytesPerImage)
  for (let i = 0; i < count; i++) {
    images.set(collection.draw(i), i * bytesPerImage)
    onProgress?.(i + 1)
  }
  const labels = classes.length === 0 ? null : Uint16Array.from({ length: count }, (_, i) => collection.classOf(i))
  return { set: { images, labels, classes, size }, isQuadrant, manifest }
}
