import { BundleInvalid } from '../errors.ts'
import { type NamedTensor, readSafetensors } from '../safetensors.ts'
import { CheckpointInvalid } from './errors.ts'
import { createMeanings, hintOf, meaningOfStorage, PersistentObject } from './meanings.ts'
import {
  keyName,
  NETWORKS,
  type NetworkName,
  networkOfObject,
  networkOfTensors,
  type SourceNetwork,
  type SourceTensor,
  tensorsOf,
} from './networks.ts'
import { readPickle } from './pickle.ts'
import { float32Numbers, isStorage, type Storage, TorchTensor, viewOf } from './tensor.ts'
import { isZip, readLegacyTorch, readZipTorch } from './torch-file.ts'
import { MOST_GROWTH } from './zip.ts'

/** What a file of weights turned out to be. */
export type CheckpointForm = 'pickle' | 'torch (zip)' | 'torch (legacy)' | 'safetensors'

export interface Checkpoint {
  readonly form: CheckpointForm
  readonly networks: ReadonlyMap<NetworkName, SourceNetwork>
  /** What else is in the file, by its name; none of it is needed. */
  readonly ignored: readonly string[]
  /** More numbers than this can only be the same ones over and over. */
  readonly mostNumbers: number
}

const PICKLE = 0x80

/**
 * Opens a file of official weights: a network-snapshot pickle, a torch file of state_dicts or networks, or safetensors.
 * Nothing in it is executed: a pickle's names mean what is on a list here, or are refused.
 *
 * @throws {CheckpointInvalid} when it is none of these, or damaged
 * @throws {CheckpointRefused} when it names something that is not on the list
 */
export function openCheckpoint(bytes: Uint8Array): Checkpoint {
  // No number takes less than a byte, but that of an archive may be packed.
  const mostNumbers = bytes.length * (isZip(bytes) ? MOST_GROWTH : 1)
  return { ...readContents(bytes), mostNumbers }
}

type Contents = Omit<Checkpoint, 'mostNumbers'>

function readContents(bytes: Uint8Array): Contents {
  if (isZip(bytes)) return contentsOf(readZipTorch(bytes, meaningsFor(bytes)), 'torch (zip)')
  if (bytes[0] === PICKLE) return openPickle(bytes)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new CheckpointInvalid('it is packed by gzip; unpack it first')
  return openSafetensors(bytes)
}

function openPickle(bytes: Uint8Array): Contents {
  const span = { bytes, start: 0 }
  const { value, end } = readPickle(span, 0, { meaningOf: meaningsFor(bytes), hintOf })
  if (typeof value === 'bigint') return contentsOf(readLegacyTorch(span, meaningsFor(bytes)), 'torch (legacy)')
  if (end !== bytes.length) throw new CheckpointInvalid(`${bytes.length - end} bytes follow the pickle`, { byte: end })
  return contentsOf(value, 'pickle')
}

function meaningsFor(file: Uint8Array): ReturnType<typeof createMeanings> {
  const loaded = new WeakMap<Uint8Array, Storage>()
  let encoded = 0
  return createMeanings(
    (bytes) => {
      const storage = loaded.get(bytes) ?? loadStorage(file, bytes)
      loaded.set(bytes, storage)
      return storage
    },
    (length) => {
      encoded += length
      if (encoded > 2 * file.length) throw new CheckpointInvalid('it turns more text into bytes than it has')
    },
  )
}

/** A storage in a pickle is a torch file within it. */
function loadStorage(file: Uint8Array, bytes: Uint8Array): Storage {
  const within = bytes.buffer === file.buffer
  const span = { bytes, start: within ? bytes.byteOffset - file.byteOffset : null }
  const value = isZip(bytes) ? readZipTorch(bytes, meaningOfStorage) : readLegacyTorch(span, meaningOfStorage)
  if (!isStorage(value)) {
    throw new CheckpointInvalid('a stored run of numbers is something else', { byte: span.start ?? undefined })
  }
  return value
}

function contentsOf(value: unknown, form: CheckpointForm): Contents {
  if (value instanceof PersistentObject) {
    const name = value.className === 'Discriminator' ? 'D' : 'G_ema'
    return { form, networks: new Map([[name, networkOfObject(value)]]), ignored: [] }
  }
  if (!(value instanceof Map)) throw new CheckpointInvalid('it holds neither networks nor tensors')
  const networks = new Map<NetworkName, SourceNetwork>()
  for (const name of NETWORKS) {
    const member: unknown = value.get(name)
    if (member instanceof PersistentObject) networks.set(name, networkOfObject(member))
    else if (member instanceof Map) networks.set(name, networkOfTensors(tensorsOf(member)))
  }
  if (networks.size > 0) {
    const ignored = [...value.keys()].map(keyName).filter((key) => !NETWORKS.some((name) => name === key))
    return { form, networks, ignored }
  }
  const ignored = [...value].filter(([, member]) => !(member instanceof TorchTensor)).map(([name]) => keyName(name))
  return { form, networks: networksOfTensors(tensorsOf(value)), ignored }
}

function openSafetensors(bytes: Uint8Array): Contents {
  const { metadata, tensors } = readOf(bytes)
  if ((metadata['format'] ?? '').startsWith('latentmint-bundle')) {
    throw new CheckpointInvalid('it is a bundle already; `latentmint model inspect` shows what is in it')
  }
  const sources = [...tensors.values()].map((tensor) => [tensor.name, sourceOf(bytes, tensor)] as const)
  return { form: 'safetensors', networks: networksOfTensors(new Map(sources)), ignored: [] }
}

function readOf(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes, 'any')
  } catch (cause) {
    if (!(cause instanceof BundleInvalid)) throw cause
    throw new CheckpointInvalid(`it is no pickle, no torch file, and as safetensors: ${cause.message}`, cause, {
      cause,
    })
  }
}

function sourceOf(file: Uint8Array, { name, dtype, shape, data }: NamedTensor): SourceTensor {
  const length = shape.reduce((product, size) => product * size, 1)
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
  const start = data.byteOffset - file.byteOffset
  const storage: Storage = { type: dtype, length, littleEndian: true, bytes: data, start }
  const tensor = viewOf(storage, 0, shape, strides, (problem) => new CheckpointInvalid(problem, { tensor: name }))
  return { shape, numbers: () => float32Numbers(name, tensor) }
}

/** Tensors of several networks have their network's name before their own; those of one need not. */
function networksOfTensors(tensors: ReadonlyMap<string, SourceTensor>): ReadonlyMap<NetworkName, SourceNetwork> {
  const networks = new Map<NetworkName, SourceNetwork>()
  for (const network of NETWORKS) {
    const prefix = `${network}.`
    const own = [...tensors].filter(([name]) => name.startsWith(prefix))
    const named = own.map(([name, tensor]) => [name.slice(prefix.length), tensor] as const)
    if (own.length > 0) networks.set(network, networkOfTensors(new Map(named)))
  }
  if (networks.size > 0) return networks
  const names = [...tensors.keys()]
  if (names.some((name) => name.startsWith('synthesis.'))) return new Map([['G_ema', networkOfTensors(tensors)]])
  if (names.some((name) => name.startsWith('b4.'))) return new Map([['D', networkOfTensors(tensors)]])
  const first = names.slice(0, 3).join(', ')
  throw new CheckpointInvalid(`its tensors have no official names: ${first === '' ? 'there are none' : first}`)
}
