import { inflateSync } from 'fflate'
import { crc32 } from '../crc32.ts'
import { createByteReader, readText, type Span } from './byte-reader.ts'
import { CheckpointInvalid } from './errors.ts'

const END_OF_DIRECTORY = 0x06054b50
const END_OF_DIRECTORY_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50
const DIRECTORY_ENTRY = 0x02014b50
const LOCAL_ENTRY = 0x04034b50
const END_BYTES = 22
const LOCATOR_BYTES = 20
const LONGEST_COMMENT = 0xffff
const IN_EXTRA_16 = 0xffff
const IN_EXTRA_32 = 0xffffffff
const EXTRA_64 = 0x0001
const ENCRYPTED = 1
const STORED = 0
const DEFLATED = 8
const MOST_ENTRIES = 100_000
/** Weights hardly shrink, so that an archive that claims to grow by more than this is there to fill the memory. */
export const MOST_GROWTH = 16
const GROWTH_FLOOR = 1 << 20

interface Entry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  /** Offset of its local header. */
  readonly at: number
}

/** The files of a zip archive, by name. */
export interface Archive {
  readonly names: readonly string[]
  readonly has: (name: string) => boolean
  /** @throws {CheckpointInvalid} when it is not there, or damaged */
  readonly read: (name: string) => Span
}

/**
 * Opens a zip archive such as torch writes: stored or deflated entries, with or without zip64.
 *
 * @throws {CheckpointInvalid} when it is truncated or is none
 * @see PKWARE's APPNOTE.TXT, section 4.3
 */
export function openZip(file: Uint8Array): Archive {
  const entries = readDirectory(file)
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    read: (name) => {
      const entry = entries.get(name)
      if (entry === undefined) throw new CheckpointInvalid(`the archive has no ${name}`)
      return readEntry(file, entry)
    },
  }
}

function readDirectory(file: Uint8Array): ReadonlyMap<string, Entry> {
  const { count, start } = findDirectory(file)
  if (count > MOST_ENTRIES) throw new CheckpointInvalid(`an archive of ${count} files`)
  if (start > file.length) throw new CheckpointInvalid(`the archive's directory is said to be at byte ${start}`)
  const reader = createByteReader({ bytes: file, start: 0 }, start)
  const entries = new Map<string, Entry>()
  for (let i = 0; i < count; i++) {
    const byte = reader.byte()
    if (reader.uint(4) !== DIRECTORY_ENTRY) throw new CheckpointInvalid("the archive's directory is damaged", { byte })
    const entry = readDirectoryEntry(reader.take(42), (length) => reader.take(length))
    if (entries.has(entry.name)) throw new CheckpointInvalid(`the archive has ${entry.name} twice`, { byte })
    entries.set(entry.name, entry)
  }
  expectSizes(file, [...entries.values()])
  return entries
}

/** Entries that share their bytes, or that grow without end, would make a small file take any time and memory. */
function expectSizes(file: Uint8Array, entries: readonly Entry[]): void {
  const packed = entries.reduce((sum, entry) => sum + entry.packed, 0)
  const size = entries.reduce((sum, entry) => sum + entry.size, 0)
  if (packed > file.length)
    throw new CheckpointInvalid(`the archive's files take ${packed} bytes, it has ${file.length}`)
  if (size > GROWTH_FLOOR + file.length * MOST_GROWTH) {
    throw new CheckpointInvalid(`the archive claims to hold ${size} bytes, packed in ${file.length}`)
  }
}

/** @param fixed the fixed part of an entry, from "version made by" on */
function readDirectoryEntry(fixed: Uint8Array, take: (length: number) => Uint8Array): Entry {
  const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.byteLength)
  const u16 = (at: number) => view.getUint16(at, true)
  const u32 = (at: number) => view.getUint32(at, true)
  const name = readText(take(u16(24)), () => new CheckpointInvalid('a name in the archive is not UTF-8'))
  const extra = take(u16(26))
  take(u16(28))

  const long = readExtra(extra)
  // Each number that did not fit stands in the extra field, in this order.
  const whole = (value: number) => (value === IN_EXTRA_32 ? long() : value)
  const size = whole(u32(20))
  const packed = whole(u32(16))
  return { name, flags: u16(4), method: u16(6), crc: u32(12), size, packed, at: whole(u32(38)) }
}

/** The numbers of the zip64 extra field, one after the other. */
function readExtra(extra: Uint8Array): () => number {
  const reader = createByteReader({ bytes: extra, start: null })
  while (reader.left() >= 4) {
    const id = reader.uint(2)
    const field = reader.take(reader.uint(2))
    if (id !== EXTRA_64) continue
    const numbers = createByteReader({ bytes: field, start: null })
    return () => numbers.uint(8)
  }
  return () => {
    throw new CheckpointInvalid('the archive leaves out a size')
  }
}

function findDirectory(file: Uint8Array): { count: number; start: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const last = file.length - END_BYTES
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) !== END_OF_DIRECTORY) continue
    const [count, start] = [view.getUint16(at + 10, true), view.getUint32(at + 16, true)]
    if (count !== IN_EXTRA_16 && start !== IN_EXTRA_32) return { count, start }
    return findDirectory64(file, at - LOCATOR_BYTES)
  }
  throw new CheckpointInvalid('truncated: the archive has no directory', { byte: file.length })
}

function findDirectory64(file: Uint8Array, at: number): { count: number; start: number } {
  if (at < 0) throw new CheckpointInvalid('truncated: the archive has no zip64 directory', { byte: 0 })
  const locator = createByteReader({ bytes: file, start: 0 }, at)
  if (locator.uint(4) !== LOCATOR_64) throw new CheckpointInvalid("the archive's end is damaged", { byte: at })
  locator.take(4)
  const end = locator.uint(8)
  if (end > file.length) throw new CheckpointInvalid("the archive's end is damaged", { byte: at })
  const reader = createByteReader({ bytes: file, start: 0 }, end)
  if (reader.uint(4) !== END_OF_DIRECTORY_64) throw new CheckpointInvalid("the archive's end is damaged", { byte: end })
  reader.take(28)
  const count = reader.uint(8)
  reader.take(8)
  return { count, start: reader.uint(8) }
}

function readEntry(file: Uint8Array, entry: Entry): Span {
  const { name, at, packed, size, method } = entry
  const fail = (problem: string, byte = at) => new CheckpointInvalid(`${name} in the archive ${problem}`, { byte })
  if ((entry.flags & ENCRYPTED) !== 0) throw fail('is encrypted')
  if (at > file.length) throw fail('lies beyond the end')
  const reader = createByteReader({ bytes: file, start: 0 }, at)
  if (reader.uint(4) !== LOCAL_ENTRY) throw fail('has no header')
  reader.take(22)
  const [nameLength, extraLength] = [reader.uint(2), reader.uint(2)]
  reader.take(nameLength + extraLength)
  const start = reader.position()
  const content = reader.take(packed)
  if (method === STORED && packed !== size) throw fail('is stored in another size than its own')
  if (method !== STORED && method !== DEFLATED) throw fail(`is packed by method ${method}, expected 0 or 8`)
  const bytes = method === STORED ? content : inflate(content, size, fail)
  if (crc32(bytes) !== entry.crc) throw fail('is damaged: its CRC-32 differs', start)
  return { bytes, start: method === STORED ? start : null }
}

function inflate(packed: Uint8Array, size: number, fail: (problem: string) => Error): Uint8Array {
  let bytes: Uint8Array
  try {
    // A buffer of its own bounds what is written, whatever the packed bytes say.
    bytes = inflateSync(packed, { out: new Uint8Array(size) })
  } catch {
    throw fail('cannot be unpacked')
  }
  if (bytes.length !== size) throw fail(`unpacks to ${bytes.length} bytes, expected ${size}`)
  return bytes
}
