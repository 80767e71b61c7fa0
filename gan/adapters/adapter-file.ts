import type { GeneratorKwargs } from '../architecture.ts'
import type { Weights } from '../bundle.ts'
import { BundleInvalid } from '../errors.ts'
import { float32Of, float32Tensor, readSafetensors, writeSafetensors } from '../safetensors.ts'
import { parseStrictJson } from '../strict-json.ts'
import { encodeUtf8 } from '../utf8.ts'
import { AdapterMismatch } from './errors.ts'
import { adapterShapes } from './lora.ts'

/** What an adapter's file says that it is. */
export const ADAPTER_FORMAT = 'latentmint-adapter-1'
const HIGHEST_RANK = 1024

/** What an adapter says about itself: its lineage is its parent and its own dataset. */
export interface AdapterDescription {
  readonly name: string
  /** sha-256 of the bundle file that it was trained on, '0x' and 64 digits. */
  readonly parent: string
  readonly rank: number
  /** Thousands of real images that it was trained on. */
  readonly kimg: number
  /** Merkle root of the manifest of the dataset that it was trained on. */
  readonly datasetRoot: string
  readonly licence: string
}

/** A small change to one model. */
export interface Adapter {
  readonly description: AdapterDescription
  /** By the names of `adapterShapes`. */
  readonly weights: Weights
}

/** Writes an adapter; the same parts give the same bytes. */
export function writeAdapter({ description, weights }: Adapter): Uint8Array {
  const tensors = [...weights].map(([name, { shape, data }]) => float32Tensor(name, shape, data))
  const bytes = writeSafetensors(tensors, { format: ADAPTER_FORMAT, description: JSON.stringify(description) })
  openAdapter(bytes)
  return bytes
}

/**
 * Reads an adapter and checks that its numbers are.
 *
 * @throws {BundleInvalid} naming the tensor where that is known
 */
export function openAdapter(bytes: Uint8Array): Adapter {
  const { metadata, tensors } = readSafetensors(bytes)
  if (metadata['format'] !== ADAPTER_FORMAT) {
    throw new BundleInvalid(`its format is ${JSON.stringify(metadata['format'] ?? null)}, expected "${ADAPTER_FORMAT}"`)
  }
  const description = readDescription(metadata['description'])
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>()
  for (const [name, tensor] of tensors) {
    const data = float32Of(tensor)
    if (!data.every((value) => Number.isFinite(value))) throw new BundleInvalid('a number is none', { tensor: name })
    weights.set(name, { shape: tensor.shape, data })
  }
  return { description, weights }
}

/**
 * Checks that an adapter belongs to a model.
 *
 * @param digest sha-256 of the model's bundle file
 * @throws {AdapterMismatch} when it was trained on another, or is not whole
 */
export function expectParent({ description, weights }: Adapter, digest: string, kwargs: GeneratorKwargs): void {
  const { name, parent, rank } = description
  if (parent !== digest) throw new AdapterMismatch(`${name} was trained on the model ${parent}, this one is ${digest}`)
  const shapes = adapterShapes(kwargs, rank)
  for (const [weight, shape] of shapes) {
    const found = weights.get(weight)?.shape.join(', ') ?? 'nothing'
    if (found !== shape.join(', ')) {
      throw new AdapterMismatch(`${name} has ${found} for ${weight}, expected ${shape.join(', ')}`)
    }
  }
  const extra = [...weights.keys()].find((weight) => !shapes.has(weight))
  if (extra !== undefined) throw new AdapterMismatch(`${name} has ${extra}, which this model has not`)
}

function readDescription(json: string | undefined): AdapterDescription {
  if (json === undefined) throw new BundleInvalid('it has no description')
  const parsed = parseStrictJson(encodeUtf8(json), {
    fail: (problem, at) => new BundleInvalid(`its description, at its byte ${at}: ${problem}`),
  })
  const fields = new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [])
  const text = (key: string, form: RegExp): string => {
    const value: unknown = fields.get(key)
    if (typeof value === 'string' && form.test(value)) return value
    throw new BundleInvalid(`its description has ${JSON.stringify(value)} as ${key}`)
  }
  const number = (key: string, most: number, isWhole: boolean): number => {
    const value: unknown = fields.get(key)
    const isRight = typeof value === 'number' && value >= 0 && value <= most && (!isWhole || Number.isInteger(value))
    if (isRight) return value
    throw new BundleInvalid(`its description has ${JSON.stringify(value)} as ${key}`)
  }
  const rank = number('rank', HIGHEST_RANK, true)
  if (rank === 0) throw new BundleInvalid('its rank is 0')
  return {
    name: text('name', /./u),
    parent: text('parent', /^0x[0-9a-f]{64}$/u),
    rank,
    kimg: number('kimg', Number.MAX_VALUE, false),
    datasetRoot: text('datasetRoot', /^0x[0-9a-f]{64}$/u),
    licence: text('licence', /./u),
  }
}
