import { type NamedTensor, readSafetensors, type TrainingSet, writeSafetensors } from '../../gan/index.ts'
import { parseJson } from '../domain/canonical-json.ts'
import { encodeUtf8 } from '../domain/utf8.ts'
import { ConfigInvalid } from '../errors.ts'

const FORMAT = 'latentmint-training-set-1'
/** As many as a manifest lists. */
const MOST_CLASSES = 10_000
/** Where the pictures of a dataset that was built lie, in its folder. */
export const TRAINING_FILE = 'training-set.safetensors'

/**
 * A training set as one .safetensors file: `images` U8 [n, size, size, 3] and, with classes, `labels` U32 [n].
 *
 * @param root of the dataset's manifest
 */
export function writeTrainingSet({ images, labels, classes, size }: TrainingSet, root: string): Uint8Array {
  const count = images.length / (3 * size * size)
  const pictures = { name: 'images', dtype: 'U8', shape: [count, size, size, 3], data: images } as const
  const numbers =
    labels === null ? [] : [{ name: 'labels', dtype: 'U32' as const, shape: [count], data: littleEndian(labels) }]
  return writeSafetensors([pictures, ...numbers], { format: FORMAT, root, classes: JSON.stringify(classes) })
}

/**
 * Reads a training set.
 *
 * @returns the set, and the root of the manifest that it was built with
 * @throws {BundleInvalid} when it is no whole safetensors file
 * @throws {ConfigInvalid} when it is one, but no training set, or its labels do not match
 */
export function readTrainingSet(bytes: Uint8Array, where: string): TrainingSet & { readonly root: string } {
  const { metadata, tensors } = readSafetensors(bytes)
  const fail: Fail = (problem) => new ConfigInvalid(problem, where)
  if (metadata['format'] !== FORMAT) throw fail(`it is no training set: its format is not ${FORMAT}`)
  const classes = readClasses(metadata['classes'], fail)
  const images = readImages(tensors.get('images'), fail)
  const labels = readLabels(tensors.get('labels'), images.count, classes, fail)
  return { images: images.data, labels, classes, size: images.size, root: metadata['root'] ?? '' }
}

type Fail = (problem: string) => Error

function readImages(tensor: NamedTensor | undefined, fail: Fail): { data: Uint8Array; count: number; size: number } {
  if (tensor === undefined) throw fail('there are no images in it')
  const { dtype, shape, data } = tensor
  const [count = 0, height = 0, width = 0, channels = 0] = shape
  if (dtype !== 'U8' || count === 0 || height !== width || channels !== 3) {
    throw fail(`images are ${dtype} [${shape.join(', ')}], expected U8 [n, size, size, 3]`)
  }
  return { data, count, size: width }
}

function readLabels(
  tensor: NamedTensor | undefined,
  count: number,
  classes: readonly string[],
  fail: Fail,
): Uint16Array | null {
  if ((tensor === undefined) !== (classes.length === 0)) {
    throw fail(`there are ${classes.length} classes, and ${tensor === undefined ? 'no labels' : 'labels'}`)
  }
  if (tensor === undefined) return null
  const { dtype, shape, data } = tensor
  if (dtype !== 'U32' || shape.join() !== String(count)) {
    throw fail(`labels are ${dtype} [${shape.join(', ')}], expected U32 [${count}]`)
  }
  const labels = fromLittleEndian(data)
  const beyond = labels.find((label) => label >= classes.length)
  if (beyond !== undefined) throw fail(`a picture has the label ${beyond}, there are ${classes.length} classes`)
  return labels
}

function readClasses(text: string | undefined, fail: Fail): readonly string[] {
  const classes: unknown = parseJson(encodeUtf8(text ?? 'null'))
  if (!Array.isArray(classes) || !classes.every((name): name is string => typeof name === 'string')) {
    throw fail('its classes are no list of names')
  }
  if (classes.length > MOST_CLASSES) throw fail(`${classes.length} classes, at most ${MOST_CLASSES} are allowed`)
  return classes
}

function littleEndian(values: Uint8Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true)
  return bytes
}

function fromLittleEndian(bytes: Uint8Array): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint16Array.from({ length: bytes.length / 4 }, (_, i) => Math.min(0xffff, view.getUint32(4 * i, true)))
}
