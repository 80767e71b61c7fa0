import {
  discriminatorShapes,
  featureCount,
  generatorShapes,
  type DiscriminatorKwargs,
  type GeneratorKwargs,
  type WeightShapes,
} from './architecture.ts'
import { parseDescription } from './description.ts'
import { BundleInvalid } from './errors.ts'
import { float32Of, float32Tensor, readSafetensors, writeSafetensors, type NamedTensor } from './safetensors.ts'

const FORMAT = 'latentmint-bundle-1'
const GENERATOR = 'G_ema.'
const DISCRIMINATOR = 'D.'
const CALIBRATION = 'calibration.'

/** What a bundle says about itself. */
export interface BundleDescription {
  readonly name: string
  readonly G: GeneratorKwargs
  readonly D: DiscriminatorKwargs
  /** Thousands of real images that it was trained on. */
  readonly kimg: number
  /** Merkle root of the dataset's manifest. */
  readonly datasetRoot: string
  readonly licence: string
  readonly contact?: string | undefined
  /** Names of the classes that a conditional network knows, in the order of its labels; an imported one may have none. */
  readonly classes?: readonly string[] | undefined
  /** Where an imported model comes from, and what is not known about it; a model that was trained here has none. */
  readonly imported?: Readonly<Record<string, unknown>> | undefined
  /** sha-256 of the bundle that adapters were merged into; a model without adapters has none. */
  readonly parent?: string | undefined
  /** What was merged into it, each with its own dataset. */
  readonly adapters?: readonly MergedAdapter[] | undefined
}

/** An adapter that is part of a model. */
export interface MergedAdapter {
  readonly name: string
  /** sha-256 of its file. */
  readonly digest: string
  /** A decimal. */
  readonly strength: string
  readonly datasetRoot: string
  readonly licence: string
}

/** Weights of one network by their official names. */
export type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>

/** How the discriminator judges what the generator makes, so that its answers can be put on a scale. */
export interface Calibration {
  /** Logits of typical images, ascending: a list for each class, or a single one that all are compared with. */
  readonly logits: readonly Float32Array[]
  readonly featureMean: Float32Array
  /** Above zero. */
  readonly featureStd: Float32Array
}

/** A model: everything that is needed to render an image from a seed and to judge it. */
export interface Bundle {
  readonly description: BundleDescription
  /** The moving average of the generator (G_ema). */
  readonly generator: Weights
  readonly discriminator: Weights
  readonly calibration: Calibration
}

/**
 * Opens a model file and checks that it is whole: every tensor that its description calls for, in the right shape, and
 * every number finite.
 *
 * @throws {BundleInvalid} naming the tensor and the byte where that is known
 */
export function openBundle(bytes: Uint8Array): Bundle {
  const { metadata, tensors } = readSafetensors(bytes)
  if (metadata['format'] !== FORMAT) {
    throw new BundleInvalid(`its format is ${JSON.stringify(metadata['format'] ?? null)}, expected "${FORMAT}"`)
  }
  const description = parseDescription(metadata['description'])
  const expected = expectedShapes(description, tensors)
  const values = new Map<string, { shape: readonly number[]; data: Float32Array }>()
  for (const [name, shape] of expected) {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new BundleInvalid('missing', { tensor: name })
    values.set(name, readValues(bytes, tensor, shape))
  }
  for (const [name, tensor] of tensors) {
    if (values.has(name)) continue
    if (!isFilter(name, expected))
      throw new BundleInvalid('not part of this model', { tensor: name, byte: byteOf(bytes, tensor) })
    values.set(name, readValues(bytes, tensor, [4, 4]))
  }
  const calibration = {
    logits: rowsOf(values.get(`${CALIBRATION}logits`)!),
    featureMean: values.get(`${CALIBRATION}feature_mean`)!.data,
    featureStd: values.get(`${CALIBRATION}feature_std`)!.data,
  }
  checkCalibration(calibration, (name) => byteOf(bytes, tensors.get(name)!))
  return {
    description,
    generator: withoutPrefix(values, GENERATOR),
    discriminator: withoutPrefix(values, DISCRIMINATOR),
    calibration,
  }
}

/**
 * Writes a model file; the same parts give the same bytes.
 *
 * @throws {BundleInvalid} when the parts do not make a bundle that `openBundle` would accept
 */
export function writeBundle(parts: Bundle): Uint8Array {
  const { description, generator, discriminator, calibration } = parts
  const { logits, featureMean, featureStd } = calibration
  const tensors = [
    ...tensorsOf(generator, GENERATOR),
    ...tensorsOf(discriminator, DISCRIMINATOR),
    float32Tensor(
      `${CALIBRATION}logits`,
      [...(logits.length === 1 ? [] : [logits.length]), logits[0]?.length ?? 0],
      Float32Array.from(logits.flatMap((scale) => [...scale])),
    ),
    float32Tensor(`${CALIBRATION}feature_mean`, [featureMean.length], featureMean),
    float32Tensor(`${CALIBRATION}feature_std`, [featureStd.length], featureStd),
  ]
  const bytes = writeSafetensors(tensors, { format: FORMAT, description: JSON.stringify(description) })
  openBundle(bytes)
  return bytes
}

function expectedShapes(
  { G, D }: BundleDescription,
  tensors: ReadonlyMap<string, NamedTensor>,
): ReadonlyMap<string, readonly number[]> {
  const features = featureCount(D)
  const logits = tensors.get(`${CALIBRATION}logits`)?.shape ?? [1]
  const scale = logits.at(-1) ?? -1
  return new Map<string, readonly number[]>([
    ...withPrefix(generatorShapes(G), GENERATOR),
    ...withPrefix(discriminatorShapes(D), DISCRIMINATOR),
    [`${CALIBRATION}logits`, logits.length === 2 && G.c_dim > 0 ? [G.c_dim, scale] : [scale]],
    [`${CALIBRATION}feature_mean`, [features]],
    [`${CALIBRATION}feature_std`, [features]],
  ])
}

function readValues(
  bytes: Uint8Array,
  tensor: NamedTensor,
  shape: readonly number[],
): { shape: readonly number[]; data: Float32Array } {
  const start = byteOf(bytes, tensor)
  const where = { tensor: tensor.name, byte: start }
  if (tensor.dtype !== 'F32') throw new BundleInvalid(`its numbers are ${tensor.dtype}, expected F32`, where)
  if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
    throw new BundleInvalid(`it has shape [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`, where)
  }
  const data = float32Of(tensor)
  const broken = data.findIndex((value) => !Number.isFinite(value))
  if (broken >= 0) {
    throw new BundleInvalid(`number ${broken} is ${data[broken]}`, { tensor: tensor.name, byte: start + broken * 4 })
  }
  return { shape: tensor.shape, data }
}

/** A list is one row; of several, each is a view. */
function rowsOf({ shape, data }: { shape: readonly number[]; data: Float32Array }): readonly Float32Array[] {
  if (shape.length === 1) return [data]
  const [rows, length] = shape
  return Array.from({ length: rows }, (_, row) => data.subarray(row * length, (row + 1) * length))
}

function checkCalibration({ logits, featureStd }: Calibration, startOf: (tensor: string) => number): void {
  const fail = (problem: string, tensor: string, number: number) =>
    new BundleInvalid(problem, { tensor, byte: startOf(tensor) + number * 4 })
  for (const [row, scale] of logits.entries()) {
    if (scale.length === 0) throw fail('no logits to compare with', `${CALIBRATION}logits`, 0)
    const falling = scale.findIndex((logit, i) => i > 0 && logit < scale[i - 1])
    if (falling > 0) throw fail('not in ascending order', `${CALIBRATION}logits`, row * scale.length + falling)
  }
  const flat = featureStd.findIndex((std) => std <= 0)
  if (flat >= 0) throw fail('a deviation is not above zero', `${CALIBRATION}feature_std`, flat)
}

/** The official files carry the constant FIR filter beside each layer; it may be there, and nothing depends on it. */
function isFilter(name: string, expected: ReadonlyMap<string, readonly number[]>): boolean {
  const suffix = '.resample_filter'
  if (!name.endsWith(suffix)) return false
  const layer = `${name.slice(0, -suffix.length)}.`
  return [...expected.keys()].some((known) => known.startsWith(layer))
}

function byteOf(bytes: Uint8Array, tensor: NamedTensor): number {
  return tensor.data.byteOffset - bytes.byteOffset
}

function withPrefix(shapes: WeightShapes, prefix: string): [string, readonly number[]][] {
  return [...shapes].map(([name, shape]) => [prefix + name, shape])
}

function withoutPrefix(values: Weights, prefix: string): Weights {
  return new Map(
    [...values].filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]),
  )
}

function tensorsOf(weights: Weights, prefix: string): NamedTensor[] {
  return [...weights].map(([name, { shape, data }]) => float32Tensor(prefix + name, shape, data))
}
