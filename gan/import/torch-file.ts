import { createByteReader, type Span } from './byte-reader.ts'
import { CheckpointInvalid } from './errors.ts'
import { hintOf, storageType } from './meanings.ts'
import { type Meaning, nameOf, type Place, readPickle, Tuple } from './pickle.ts'
import { bytesPerElement, type Storage } from './tensor.ts'
import { type Archive, openZip } from './zip.ts'

/** The number that torch's older files begin with. */
const MAGIC = 0x1950a86a20f9469cfc6cn
const LEGACY_PROTOCOL = 1001

type MeaningOf = (name: string) => Meaning | undefined

/** Whether these are the first bytes of a zip archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04
}

/**
 * Reads what torch.save wrote: its older form of pickles and storages one after the other.
 *
 * @throws {CheckpointInvalid} when it is truncated or damaged
 * @throws {CheckpointRefused} when it names what `meaningOf` does not know
 */
export function readLegacyTorch(span: Span, meaningOf: MeaningOf): unknown {
  const storages = new Map<string, Storage>()
  const magic = readPickle(span, 0, { meaningOf: nothing, hintOf })
  if (magic.value !== MAGIC) throw failAt(span, 0, 'it does not begin as a torch file does')
  const protocol = readPickle(span, magic.end, { meaningOf: nothing, hintOf })
  if (protocol.value !== LEGACY_PROTOCOL) throw failAt(span, magic.end, 'an unknown protocol of torch')
  const system = readPickle(span, protocol.end, { meaningOf: nothing, hintOf })
  if (!(system.value instanceof Map) || system.value.get('little_endian') !== true) {
    throw failAt(span, protocol.end, 'it was written on a big-endian machine, which this form does not say how to read')
  }
  const object = readPickle(span, system.end, {
    meaningOf,
    hintOf,
    persistent: (id, at) => {
      const { key, storage } = storageOf(id, at, true)
      return sharedStorage(storages, key, storage, at)
    },
  })
  const keys = readPickle(span, object.end, { meaningOf: nothing, hintOf })
  readStorages(span, keys, storages)
  return object.value
}

function nothing(): undefined {
  return undefined
}

function readStorages(
  span: Span,
  keys: { readonly value: unknown; readonly end: number },
  storages: ReadonlyMap<string, Storage>,
): void {
  const reader = createByteReader(span, keys.end)
  const list: unknown = keys.value
  if (!Array.isArray(list)) throw failAt(span, keys.end, 'the list of its storages is none')
  for (const key of list) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (storage === undefined || storage.bytes !== null)
      throw failAt(span, keys.end, 'a storage that nothing refers to')
    const at = reader.position()
    const count = reader.uint(8)
    if (count !== storage.length) {
      throw failAt(span, at, `a storage of ${count} elements, expected ${storage.length}`)
    }
    storage.start = reader.byte() ?? null
    storage.bytes = reader.take(count * bytesPerElement(storage.type))
  }
  if (reader.left() > 0) throw failAt(span, reader.position(), `${reader.left()} bytes follow the last storage`)
  if ([...storages.values()].some(({ bytes }) => bytes === null)) throw failAt(span, keys.end, 'a storage is missing')
}

function failAt({ start }: Span, position: number, problem: string): CheckpointInvalid {
  return new CheckpointInvalid(problem, { byte: start === null ? undefined : start + position })
}

/**
 * Reads what torch.save writes since torch 1.6: a zip archive of one pickle and a file for each storage.
 *
 * @throws {CheckpointInvalid} when it is truncated or damaged
 * @throws {CheckpointRefused} when it names what `meaningOf` does not know
 */
export function readZipTorch(file: Uint8Array, meaningOf: MeaningOf): unknown {
  const archive = openZip(file)
  const pickles = archive.names.filter((name) => name.endsWith('/data.pkl'))
  if (pickles.length !== 1) throw new CheckpointInvalid('the archive is no torch file: it has no data.pkl')
  const folder = pickles[0].slice(0, -'data.pkl'.length)
  if (archive.has(`${folder}constants.pkl`)) throw new CheckpointInvalid('it is compiled TorchScript, not a checkpoint')
  const littleEndian = isLittleEndian(archive, `${folder}byteorder`)
  const storages = new Map<string, Storage>()
  const { value } = readPickle(archive.read(pickles[0]), 0, {
    meaningOf,
    hintOf,
    persistent: (id, at) => {
      const { key, storage } = storageOf(id, at, littleEndian)
      const known = storages.get(key)
      if (known === undefined) fill(storage, archive.read(`${folder}data/${key}`), at)
      return sharedStorage(storages, key, storage, at)
    },
  })
  return value
}

function isLittleEndian(archive: Archive, name: string): boolean {
  if (!archive.has(name)) return true
  const order = String.fromCharCode(...archive.read(name).bytes.subarray(0, 8))
  if (order !== 'little' && order !== 'big') throw new CheckpointInvalid(`the byte order is "${order}"`)
  return order === 'little'
}

function fill(storage: Storage, { bytes, start }: Span, at: Place): void {
  if (bytes.length !== storage.length * bytesPerElement(storage.type)) {
    throw at.fail(`a storage of ${storage.length} ${storage.type} has ${bytes.length} bytes`)
  }
  storage.bytes = bytes
  storage.start = start
}

/** What a persistent id says: ('storage', class, key, device, length), in older files with a view of it, never used. */
function storageOf(id: unknown, at: Place, littleEndian: boolean): { key: string; storage: Storage } {
  const [what, kind, key, , length, view = null] = id instanceof Tuple ? id.items : []
  const type = storageType(nameOf(kind))
  if (what !== 'storage' || type === null || typeof key !== 'string') throw at.fail('a persistent id of no storage')
  if (typeof length !== 'number' || length < 0 || !Number.isSafeInteger(length * bytesPerElement(type))) {
    throw at.fail('a storage without a length')
  }
  if (view !== null) throw at.fail('a storage that is a view of another')
  return { key, storage: { type, length, littleEndian, bytes: null, start: null } }
}

function sharedStorage(storages: Map<string, Storage>, key: string, storage: Storage, at: Place): Storage {
  const known = storages.get(key)
  if (known === undefined) storages.set(key, storage)
  else if (known.type !== storage.type || known.length !== storage.length) {
    throw at.fail(`storage ${key} is said to be of two kinds`)
  }
  return known ?? storage
}
