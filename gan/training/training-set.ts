import { EngineError } from '../errors.ts'
import { MersenneTwister } from '../random.ts'

/** What a network is trained on. */
export interface TrainingSet {
  /** RGB bytes of one image after the other: count * size * size * 3. */
  readonly images: Uint8Array
  /** The class of each image by its position in `classes`; null where there are none. */
  readonly labels: Uint8Array | Uint16Array | null
  /** Names of the classes; none in a set without labels. */
  readonly classes: readonly string[]
  /** Pixels along one side. */
  readonly size: number
}

/** Images, labels and classes do not belong together, or not to the network. */
export class TrainingSetInvalid extends EngineError {
  readonly code = 'GAN_TRAINING_SET_INVALID'
}

/** How many images there are. */
export function countImages({ images, size }: TrainingSet): number {
  return images.length / (size * size * 3)
}

/** The images at some positions, one after the other. */
export function pickImages(
  { images, size }: Pick<TrainingSet, 'images' | 'size'>,
  rows: readonly number[],
): Uint8Array {
  const length = 3 * size * size
  const picked = new Uint8Array(rows.length * length)
  for (const [i, row] of rows.entries()) picked.set(images.subarray(row * length, (row + 1) * length), i * length)
  return picked
}

/**
 * Checks that a set can be trained on.
 *
 * @param size of the images that the network makes, in pixels
 * @param classes that the network knows, in order
 * @throws {TrainingSetInvalid} saying what does not fit
 */
export function checkTrainingSet(set: TrainingSet, size: number, classes: readonly string[]): void {
  const count = countImages(set)
  if (!Number.isInteger(count) || count === 0) {
    throw new TrainingSetInvalid(`${set.images.length} bytes are no whole number of ${set.size} x ${set.size} images`)
  }
  if (set.size !== size) {
    throw new TrainingSetInvalid(`the images are ${set.size} x ${set.size} pixels, the network makes ${size} x ${size}`)
  }
  const differs = set.classes.length !== classes.length || classes.some((name, i) => name !== set.classes[i])
  if (differs) {
    throw new TrainingSetInvalid(`the images are of ${listed(set.classes)}, the network knows ${listed(classes)}`)
  }
  checkLabels(set, count)
}

function checkLabels({ labels, classes }: TrainingSet, count: number): void {
  if (labels === null) {
    if (classes.length > 0) throw new TrainingSetInvalid(`there are ${classes.length} classes, and no labels`)
    return
  }
  if (labels.length !== count) throw new TrainingSetInvalid(`there are ${count} images, and ${labels.length} labels`)
  const stray = labels.findIndex((label) => label >= classes.length)
  if (stray >= 0) {
    throw new TrainingSetInvalid(`image ${stray} is labelled ${labels[stray]}, and there are ${classes.length} classes`)
  }
}

function listed(classes: readonly string[]): string {
  return classes.length === 0 ? 'no classes' : `the classes ${classes.join(', ')}`
}

/** The places of so many images, in an order that the seed decides. */
export function shuffledRows(count: number, seed: number): readonly number[] {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  new MersenneTwister(seed).shuffle(order)
  return [...order]
}
