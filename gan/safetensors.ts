import { BundleInvalid } from './errors.ts'
import { parseStrictJson } from './strict-json.ts'
import { encodeUtf8 } from './utf8.ts'

/** The element types that are read and written, with their size in bytes. */
const BYTES_PER_ELEMENT = { F64: 8, I64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, U8: 1 } as const
export type Dtype = keyof typeof BYTES_PER_ELEMENT

const LENGTH_BYTES = 8
const METADATA_KEY = '__metadata__'
const OPEN_OBJECT = 0x7b
/** That of the format's own reader. */
const LONGEST_HEADER = 100_000_000
const MOST_AXES = 16
/** As the files are. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
const LONGEST_QUOTE = 80

/** A tensor as it lies in the file. */
export interface NamedTensor {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Little-endian, row-major. */
  readonly data: Uint8Array
}

/** What a .safetensors file holds; tensors are views into its bytes, in the order in which they lie there. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, NamedTensor>
}

interface Placed {
  readonly tensor: NamedTensor
  readonly begin: number
  readonly end: number
}

/**
 * Reads a .safetensors file, trusting nothing that it says about itself.
 *
 * @param order `file` refuses a header that names the tensors in another order than they lie in; ours never does, the
 *   format allows it
 * @throws {BundleInvalid} when it is truncated, or the header does not describe exactly the bytes that follow it
 * @see https://huggingface.co/docs/safetensors, "Format"
 */
export function readSafetensors(bytes: Uint8Array, order: 'file' | 'any' = 'file'): SafetensorsFile {
  const headerLength = readHeaderLength(bytes)
  const dataStart = LENGTH_BYTES + headerLength
  const { members, offsets } = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart))
  const data = bytes.subarray(dataStart)

  let metadata: Readonly<Record<string, string>> = {}
  const placed: Placed[] = []
  for (const [name, entry] of Object.entries(members)) {
    const byte = offsets.get(name) ?? LENGTH_BYTES
    if (name === METADATA_KEY) metadata = parseMetadata(entry, byte)
    else placed.push(placeTensor({ name, entry, byte }, data, dataStart))
  }
  const sorted = placed.toSorted((a, b) => a.begin - b.begin || a.end - b.end)
  expectNoGaps(sorted, data.length, dataStart)
  if (order === 'file') {
    // Object.entries puts names that look like numbers first, so the order is that of the offsets in the header.
    const named = placed.toSorted((a, b) => (offsets.get(a.tensor.name) ?? 0) - (offsets.get(b.tensor.name) ?? 0))
    const moved = named.find((one, i) => one !== sorted[i])
    if (moved !== undefined) {
      const { name } = moved.tensor
      throw new BundleInvalid('out of order: the header names it elsewhere than it lies in the data', {
        tensor: name,
        byte: offsets.get(name),
      })
    }
  }
  return { metadata, tensors: new Map(sorted.map(({ tensor }) => [tensor.name, tensor])) }
}

function expectNoGaps(sorted: readonly Placed[], length: number, dataStart: number): void {
  let covered = 0
  for (const { tensor, begin, end } of sorted) {
    if (begin !== covered) {
      const problem = begin < covered ? 'two tensors overlap' : `${begin - covered} bytes belong to no tensor`
      throw new BundleInvalid(problem, { tensor: tensor.name, byte: dataStart + Math.min(begin, covered) })
    }
    covered = end
  }
  if (covered !== length) {
    const last = sorted.at(-1)?.tensor.name
    throw new BundleInvalid(`${length - covered} bytes follow the last tensor`, {
      tensor: last,
      byte: dataStart + covered,
    })
  }
}

/**
 * Writes a .safetensors file: tensors in the order given, metadata in the order of its keys, so that the same content
 * always has the same digest.
 *
 * @throws {BundleInvalid} when a tensor's bytes do not fit its shape, or a name occurs twice
 */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sortedMetadata = Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const entries: [string, unknown][] = [[METADATA_KEY, sortedMetadata]]
  const names = new Set<string>([METADATA_KEY])
  let end = 0
  for (const { name, dtype, shape, data } of tensors) {
    if (names.has(name)) throw new BundleInvalid('the name occurs twice', { tensor: name })
    if (data.length !== byteLength(dtype, shape)) {
      throw new BundleInvalid(`${data.length} bytes do not make ${dtype} of shape [${shape.join(', ')}]`, {
        tensor: name,
      })
    }
    names.add(name)
    entries.push([name, { dtype, shape, data_offsets: [end, end + data.length] }])
    end += data.length
  }

  // Written out here, since an object would put names that look like numbers first.
  const members = entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`)
  const json = encodeUtf8(`{${members.join(',')}}`)
  const headerLength = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true)
  // Spaces up to a multiple of eight keep the data aligned for readers that map the file into memory.
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerLength)
  bytes.set(json, LENGTH_BYTES)
  let at = LENGTH_BYTES + headerLength
  for (const { data } of tensors) {
    bytes.set(data, at)
    at += data.length
  }
  return bytes
}

/**
 * The numbers of a float32 tensor: where they lie in the file, if that can be, so that a large model is there once.
 *
 * @throws {BundleInvalid} when it has another element type
 */
export function float32Of(tensor: NamedTensor): Float32Array {
  expectDtype(tensor, 'F32')
  const { buffer, byteOffset, length } = tensor.data
  if (IS_LITTLE_ENDIAN && byteOffset % 4 === 0) return new Float32Array(buffer, byteOffset, length / 4)
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
  const values = new Float32Array(tensor.data.length / 4)
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(i * 4, true)
  return values
}

/**
 * The numbers of a float64 tensor.
 *
 * @throws {BundleInvalid} when it has another element type
 */
export function float64Of(tensor: NamedTensor): Float64Array {
  expectDtype(tensor, 'F64')
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
  return Float64Array.from({ length: tensor.data.length / 8 }, (_, i) => view.getFloat64(i * 8, true))
}

/** A float32 tensor ready to be written. */
export function float32Tensor(name: string, shape: readonly number[], values: Float32Array): NamedTensor {
  const data = new Uint8Array(values.length * 4)
  const view = new DataView(data.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i], true)
  return { name, dtype: 'F32', shape, data }
}

function expectDtype(tensor: NamedTensor, dtype: Dtype): void {
  if (tensor.dtype !== dtype)
    throw new BundleInvalid(`expected ${dtype}, found ${tensor.dtype}`, { tensor: tensor.name })
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) {
    throw new BundleInvalid(`truncated: ${bytes.length} bytes, not even the header's length`, { byte: bytes.length })
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true)
  const available = bytes.length - LENGTH_BYTES
  if (length > BigInt(available)) {
    throw new BundleInvalid(`truncated: the header is to be ${length} bytes long, ${available} are there`, { byte: 0 })
  }
  if (length > BigInt(LONGEST_HEADER)) {
    throw new BundleInvalid(`the header is to be ${length} bytes long, ${LONGEST_HEADER} are allowed`, { byte: 0 })
  }
  return Number(length)
}

interface Header {
  readonly members: Readonly<Record<string, unknown>>
  /** Where in the file the name of each member stands. */
  readonly offsets: ReadonlyMap<string, number>
}

function parseHeader(bytes: Uint8Array): Header {
  const offsets = new Map<string, number>()
  let current: string | undefined
  if (bytes[0] !== OPEN_OBJECT) throw new BundleInvalid('the header is not a JSON object', { byte: LENGTH_BYTES })
  const members = parseStrictJson(bytes, {
    fail: (problem, at, cause) => {
      const fault = { tensor: current === METADATA_KEY ? undefined : current, byte: LENGTH_BYTES + at }
      return new BundleInvalid(`the header: ${problem}`, fault, cause === undefined ? {} : { cause })
    },
    onMember: (name, at) => {
      current = name
      offsets.set(name, LENGTH_BYTES + at)
    },
  })
  if (!isRecord(members)) throw new BundleInvalid('the header is not a JSON object', { byte: LENGTH_BYTES })
  return { members, offsets }
}

function parseMetadata(entry: unknown, byte: number): Readonly<Record<string, string>> {
  if (!isRecord(entry)) throw new BundleInvalid(`${METADATA_KEY} is not an object`, { byte })
  const texts: [string, string][] = []
  for (const [key, text] of Object.entries(entry)) {
    if (typeof text !== 'string') throw new BundleInvalid(`metadata ${quote(key)} is not a string`, { byte })
    texts.push([key, text])
  }
  return Object.fromEntries(texts)
}

function placeTensor(
  { name, entry, byte }: { readonly name: string; readonly entry: unknown; readonly byte: number },
  data: Uint8Array,
  dataStart: number,
): Placed {
  const fail = (problem: string, at = byte) => new BundleInvalid(problem, { tensor: name, byte: at })
  if (!isRecord(entry)) throw fail('its header entry is not an object')
  const { dtype, shape, data_offsets: offsets } = entry
  const unknown = Object.keys(entry).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key))
  if (unknown !== undefined) throw fail(`its header entry has ${quote(unknown)}, which means nothing`)
  if (!isDtype(dtype)) throw fail(`unknown dtype ${quote(dtype)}`)
  if (!isCounts(shape) || shape.length > MOST_AXES) throw fail(`${quote(shape)} is no shape`)
  if (!isCounts(offsets) || offsets.length !== 2) throw fail(`${quote(offsets)} are no offsets`)

  const [begin, end] = offsets
  if (begin > end) throw fail(`it ends at offset ${end}, before it begins at ${begin}`)
  const needed = byteLength(dtype, shape)
  if (!Number.isSafeInteger(needed)) throw fail(`${quote(shape)} is a shape beyond any size`)
  if (end > data.length) {
    throw fail(`truncated: it ends at offset ${end}, the data at ${data.length}`, dataStart + data.length)
  }
  if (end - begin !== needed) {
    throw fail(
      `${dtype} of shape [${shape.join(', ')}] takes ${needed} bytes, it has ${end - begin}`,
      dataStart + begin,
    )
  }
  return { tensor: { name, dtype, shape, data: data.subarray(begin, end) }, begin, end }
}

/** What came, as JSON, and no more of it than one can read. */
function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing'
  return json.length > LONGEST_QUOTE ? `${json.slice(0, LONGEST_QUOTE)}...` : json
}

function byteLength(dtype: Dtype, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, BYTES_PER_ELEMENT[dtype])
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(BYTES_PER_ELEMENT, value)
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
