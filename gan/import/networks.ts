import { CheckpointInvalid } from './errors.ts'
import { PersistentObject } from './meanings.ts'
import { Tuple } from './pickle.ts'
import { float32Numbers, TorchTensor } from './tensor.ts'

/** The networks of an official snapshot; G_ema is the moving average of G. */
export const NETWORKS = ['G_ema', 'G', 'D'] as const
export type NetworkName = (typeof NETWORKS)[number]

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | Kwargs
export interface Kwargs {
  readonly [name: string]: Json
}

/** A tensor of a checkpoint, whose numbers are read when they are wanted. */
export interface SourceTensor {
  readonly shape: readonly number[]
  /** @throws {CheckpointInvalid} when they are no finite floating-point numbers */
  readonly numbers: () => Float32Array
}

/** One instance within a network. */
interface SourceModule {
  /** Official name, '' for the network itself. */
  readonly path: string
  readonly className: string
  readonly state: ReadonlyMap<unknown, unknown>
}

/** A network as a checkpoint has it. */
export interface SourceNetwork {
  /** By official name. */
  readonly tensors: ReadonlyMap<string, SourceTensor>
  /** What it was made with; null when the checkpoint has only tensors. */
  readonly kwargs: Kwargs | null
  /** Its instances with their attributes; none when the checkpoint has only tensors. */
  readonly modules: readonly SourceModule[]
}

const DEEPEST = 16
const MOST_MODULES = 10_000
const MOST_TENSORS = 20_000

/**
 * A network that was pickled as an object of the official classes.
 *
 * @throws {CheckpointInvalid} when it is nested or repeated beyond any network
 */
export function networkOfObject(root: PersistentObject): SourceNetwork {
  const tensors = new Map<string, SourceTensor>()
  const modules: SourceModule[] = []
  const walk = (object: PersistentObject, path: string, depth: number) => {
    modules.push({ path, className: object.className, state: object.state })
    if (depth > DEEPEST || modules.length > MOST_MODULES) throw new CheckpointInvalid('modules without end')
    const unsaved = object.state.get('_non_persistent_buffers_set')
    for (const group of ['_parameters', '_buffers']) {
      for (const [name, value] of membersOf(object, group)) {
        if (!(value instanceof TorchTensor) || (unsaved instanceof Set && unsaved.has(name))) continue
        tensors.set(path + name, sourceOf(path + name, value))
      }
    }
    if (tensors.size > MOST_TENSORS) throw new CheckpointInvalid('tensors without end')
    for (const [name, value] of membersOf(object, '_modules')) {
      if (value instanceof PersistentObject) walk(value, `${path}${name}.`, depth + 1)
      else if (value !== null) throw new CheckpointInvalid('it is no module', { tensor: path + name })
    }
  }
  walk(root, '', 0)
  return { tensors, kwargs: kwargsOf(root), modules: modules.map((one) => ({ ...one, path: one.path.slice(0, -1) })) }
}

function membersOf({ state }: PersistentObject, group: string): [string, unknown][] {
  const members = state.get(group)
  if (!(members instanceof Map)) return []
  return [...members].map(([name, value]) => [String(name), value])
}

/** What the constructor was called with, which the official classes keep. */
function kwargsOf({ className, state }: PersistentObject): Kwargs {
  const positional = state.get('_init_args')
  if (positional instanceof Tuple && positional.items.length > 0) {
    throw new CheckpointInvalid(`its ${className} was made with arguments without names`)
  }
  const named = state.get('_init_kwargs')
  if (!(named instanceof Map)) throw new CheckpointInvalid(`its ${className} does not say what it was made with`)
  return Object.fromEntries([...named].map(([name, value]) => [String(name), jsonOf(value, String(name), 1)]))
}

function jsonOf(value: unknown, name: string, depth: number): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (depth < DEEPEST && (Array.isArray(value) || value instanceof Tuple)) {
    const items: readonly unknown[] = value instanceof Tuple ? value.items : value
    return items.map((item) => jsonOf(item, name, depth + 1))
  }
  if (depth < DEEPEST && value instanceof Map) {
    const members = [...value].map(([key, item]) => [String(key), jsonOf(item, `${name}.${String(key)}`, depth + 1)])
    return Object.fromEntries(members)
  }
  throw new CheckpointInvalid(`its argument ${name} is of a kind that no official argument is`)
}

/** A network of which there are only tensors, by their official names. */
export function networkOfTensors(tensors: ReadonlyMap<string, SourceTensor>): SourceNetwork {
  return { tensors, kwargs: null, modules: [] }
}

/** The tensors of a state_dict. */
export function tensorsOf(dict: ReadonlyMap<unknown, unknown>): ReadonlyMap<string, SourceTensor> {
  const tensors = new Map<string, SourceTensor>()
  for (const [name, value] of dict) {
    if (typeof name === 'string' && value instanceof TorchTensor) tensors.set(name, sourceOf(name, value))
  }
  return tensors
}

function sourceOf(name: string, tensor: TorchTensor): SourceTensor {
  return { shape: tensor.shape, numbers: () => float32Numbers(name, tensor) }
}
