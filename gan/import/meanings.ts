import { type Buildable, type Meaning, type Place, Tuple } from './pickle.ts'
import { type ElementType, isStorage, type Storage, type TorchTensor, viewOf } from './tensor.ts'

/** An instance of one of the official classes: what it was made with, and what it holds. Its source text is not read. */
export class PersistentObject {
  readonly className: string
  readonly state: ReadonlyMap<unknown, unknown>

  constructor(className: string, state: ReadonlyMap<unknown, unknown>) {
    this.className = className
    this.state = state
  }
}

/** A thing that a network may carry and nothing depends on: a device, an array of its own. */
class Opaque implements Buildable {
  build(): void {
    // Its state is not looked at.
  }
}

class NumpyDtype implements Buildable {
  readonly code: unknown
  private littleEndian = true

  constructor(code: unknown) {
    this.code = code
  }

  build(state: unknown): void {
    this.littleEndian = !(state instanceof Tuple && state.items[1] === '>')
  }

  /** null for a kind that no attribute of the official networks has. */
  read(bytes: Uint8Array): number | boolean | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const read = typeof this.code === 'string' ? SCALARS.get(this.code) : undefined
    if (read === undefined || bytes.length !== read.width) return null
    return read.value(view, this.littleEndian)
  }
}

interface Scalar {
  readonly width: number
  readonly value: (view: DataView, little: boolean) => number | boolean
}

const SCALARS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['f8', { width: 8, value: (view, little) => view.getFloat64(0, little) }],
  ['f4', { width: 4, value: (view, little) => view.getFloat32(0, little) }],
  ['i8', { width: 8, value: (view, little) => Number(view.getBigInt64(0, little)) }],
  ['i4', { width: 4, value: (view, little) => view.getInt32(0, little) }],
  ['b1', { width: 1, value: (view) => view.getUint8(0) !== 0 }],
])

const STORAGE_TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
])

/** The element type of a torch storage class; null for any other name. */
export function storageType(name: string | null): ElementType | null {
  return STORAGE_TYPES.get(name ?? '') ?? null
}

/** The names of storages: all that a stored run of numbers is made of. */
export function meaningOfStorage(name: string): Meaning | undefined {
  return STORAGE_TYPES.has(name) ? {} : undefined
}

const TYPES = ['float16', 'bfloat16', 'float32', 'float64', 'uint8', 'int8', 'int16', 'int32', 'int64', 'bool']

/**
 * Everything that a checkpoint may name, and what it means here.
 *
 * @param loadStorage reads the bytes of a stored run of numbers, a torch file of their own
 * @param encoded told how many bytes were made of text, so that they can be bounded
 */
export function createMeanings(
  loadStorage: (bytes: Uint8Array) => Storage,
  encoded: (bytes: number) => void,
): (name: string) => Meaning | undefined {
  const meanings = new Map<string, Meaning>([
    ['collections.OrderedDict', { call: dictOf }],
    ['dnnlib.util.EasyDict', { call: dictOf }],
    ['builtins.set', { call: setOf }],
    ['__builtin__.set', { call: setOf }],
    ['__builtin__.bytes', { call: emptyBytes }],
    ['builtins.bytes', { call: emptyBytes }],
    ['_codecs.encode', { call: (args, at) => encodeLatin1(args, at, encoded) }],
    ['numpy.dtype', { call: ([code]) => new NumpyDtype(code) }],
    ['numpy.ndarray', {}],
    ['torch.device', { call: () => new Opaque() }],
    ['torch.Size', { call: ([sizes], at) => tupleOf(sizes, at) }],
    ['torch._utils._rebuild_tensor_v2', { call: rebuildTensor }],
    ['torch._utils._rebuild_parameter', { call: ([data]) => data }],
    ['torch.storage._load_from_bytes', { call: ([bytes], at) => loadStorage(bytesOf(bytes, at)) }],
    ['torch_utils.persistence._reconstruct_persistent_obj', { call: ([meta], at) => reconstruct(meta, at) }],
    ...[...STORAGE_TYPES.keys()].map((name) => [name, {}] as const),
    ...TYPES.map((name) => [`torch.${name}`, {}] as const),
    ...['numpy.core', 'numpy._core'].flatMap((module) => [
      [`${module}.multiarray.scalar`, { call: scalarOf }] as const,
      [`${module}.multiarray._reconstruct`, { call: () => new Opaque() }] as const,
    ]),
  ])
  return (name) => meanings.get(name)
}

/** More than "not on the list", for names that people will meet. */
export function hintOf(name: string): string | undefined {
  if (name.startsWith('dnnlib.tflib.')) {
    return 'is a network of the TensorFlow edition; the official legacy.py turns such a file into a PyTorch pickle'
  }
  if (name.startsWith('torch._C.') || name.startsWith('__torch__.')) return 'is compiled TorchScript'
  return undefined
}

function dictOf([pairs]: readonly unknown[], at: Place): Map<unknown, unknown> {
  const dict = new Map<unknown, unknown>()
  for (const pair of pairs === undefined ? [] : listOf(pairs, at)) {
    const items = pair instanceof Tuple ? pair.items : pair
    if (!Array.isArray(items) || items.length !== 2) throw at.fail('an item of a dict is no pair')
    dict.set(items[0], items[1])
  }
  return dict
}

function setOf([items]: readonly unknown[], at: Place): Set<unknown> {
  return new Set(items === undefined ? [] : listOf(items, at))
}

/** The items of a list or tuple, which are paid for, since a list may be taken up again and again. */
function listOf(value: unknown, at: Place): readonly unknown[] {
  const items: unknown = value instanceof Tuple ? value.items : value
  if (!Array.isArray(items)) throw at.fail('a list was expected')
  at.spend(items.length)
  return items
}

function tupleOf(value: unknown, at: Place): Tuple {
  return new Tuple(listOf(value, at))
}

function bytesOf(value: unknown, at: Place): Uint8Array {
  if (!(value instanceof Uint8Array)) throw at.fail('bytes were expected')
  return value
}

function emptyBytes(args: readonly unknown[], at: Place): Uint8Array {
  if (args.length > 0) throw at.fail('bytes of something, expected none')
  return new Uint8Array(0)
}

/** How protocol 2 writes bytes: as text of the characters 0 to 255. */
function encodeLatin1([text, codec]: readonly unknown[], at: Place, encoded: (bytes: number) => void): Uint8Array {
  if (typeof text !== 'string' || codec !== 'latin1') throw at.fail('a text to encode that is not latin1')
  encoded(text.length)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) throw at.fail('a text to encode that is not latin1')
    bytes[i] = code
  }
  return bytes
}

function scalarOf([dtype, bytes]: readonly unknown[], at: Place): number | boolean {
  const value = dtype instanceof NumpyDtype ? dtype.read(bytesOf(bytes, at)) : null
  if (value === null) throw at.fail('a NumPy scalar of an unknown kind')
  return value
}

function rebuildTensor([storage, offset, shape, strides]: readonly unknown[], at: Place): TorchTensor {
  if (!isStorage(storage)) throw at.fail('a tensor without a storage')
  const fail = (problem: string) => at.fail(problem)
  return viewOf(storage, offset, listOf(shape, at), listOf(strides, at), fail)
}

function reconstruct(meta: unknown, at: Place): PersistentObject {
  if (!(meta instanceof Map)) throw at.fail('a persistent object without a description')
  const [type, name, state]: unknown[] = [meta.get('type'), meta.get('class_name'), meta.get('state') ?? new Map()]
  if (type !== 'class' || typeof name !== 'string') throw at.fail('a persistent object that is no instance of a class')
  if (!(state instanceof Map)) throw at.fail(`the state of a ${name} is no dict`)
  return new PersistentObject(name, state)
}
