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
const MOST_MEMBERS = 200_000
const MOST_ARGUMENTS = 10_000

/**
 * A network that was pickled as an object of the official classes.
 *
 * @throws {CheckpointInvalid} when it is nested or repeated beyond any network
 */
export function networkOfObject(root: PersistentObject): SourceNetwork {
  const tensors = new Map<string, SourceTensor>()
  const modules: SourceModule[] = []
  let members = 0
  const walk = (object: PersistentObject, path: string, depth: number) => {
    modules.push({ path, className: object.className, state: object.state })
    if (depth > DEEPEST || modules.length > MOST_MODULES) throw new CheckpointInvalid('modules without end')
    // The same dict may be a part of many modules, so what counts is how often it is gone through.
    for (const group of GROUPS) members += sizeOf(object.state.get(group))
    if (members > MOST_MEMBERS) throw new CheckpointInvalid('parts of modules without end')
    for (const [name, value] of savedTensors(object)) tensors.set(path + name, sourceOf(path + name, value))
    for (const [name, value] of membersOf(object, '_modules')) {
      if (value instanceof PersistentObject) walk(value, `${path}${name}.`, depth + 1)
      else if (value !== null) throw new CheckpointInvalid('it is no module', { tensor: path + name })
    }
  }
  walk(root, '', 0)
  return { tensors, kwargs: kwargsOf(root), modules: modules.map((one) => ({ ...one, path: one.path.slice(0, -1) })) }
}

/** What a state_dict of this one module would have. */
function savedTensors(object: PersistentObject): [string, TorchTensor][] {
  const unsaved = object.state.get('_non_persistent_buffers_set')
  return [...membersOf(object, '_parameters'), ...membersOf(object, '_buffers')].filter(
    (member): member is [string, TorchTensor] =>
      member[1] instanceof TorchTensor && !(unsaved instanceof Set && unsaved.has(member[0])),
  )
}

const GROUPS = ['_parameters', '_buffers', '_modules']

function sizeOf(group: unknown): number {
  return group instanceof Map ? group.size : 0
}

function membersOf({ state }: PersistentObject, group: string): [string, unknown][] {
  const members = state.get(group)
  if (!(members instanceof Map)) return []
  return [...members].map(([name, value]) => [keyName(name), value])
}

/** What the constructor was called with, which the official classes keep. */
function kwargsOf({ className, state }: PersistentObject): Kwargs {
  const positional = state.get('_init_args')
  if (positional instanceof Tuple && positional.items.length > 0) {
    throw new CheckpointInvalid(`its ${className} was made with arguments without names`)
  }
  const named = state.get('_init_kwargs')
  if (!(named instanceof Map)) throw new CheckpointInvalid(`its ${className} does not say what it was made with`)
  let left = MOST_ARGUMENTS
  const spend = () => {
    if (--left < 0) throw new CheckpointInvalid(`its ${className} was made with arguments without end`)
  }
  const members = [...named].map(([key, value]) => [keyName(key), jsonOf(value, keyName(key), 1, spend)])
  return Object.fromEntries(members)
}

/** A key of a dict as text; String would follow a list of lists to its end, and it may have none. */
export function keyName(key: unknown): string {
  return typeof key === 'string' ? key : `a ${typeof key}`
}

/** @param spend called for every value, since a value may be a part of itself many times over */
function jsonOf(value: unknown, name: string, depth: number, spend: () => void): Json {
  spend()
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (depth < DEEPEST && (Array.isArray(value) || value instanceof Tuple)) {
    const items: readonly unknown[] = value instanceof Tuple ? value.items : value
    return items.map((item) => jsonOf(item, name, depth + 1, spend))
  }
  if (depth < DEEPEST && value instanceof Map) {
    const members = [...value].map(([key, item]) => {
      return [keyName(key), jsonOf(item, `${name}.${keyName(key)}`, depth + 1, spend)] as const
    })
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
