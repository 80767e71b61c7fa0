import { BundleInvalid } from './errors.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** The element types that are read and written, with their size in bytes. */
const BYTES_PER_ELEMENT = { F64: 8, I64: 8, F32: 4, I32: 4, U32: 4, F16: 2, U8: 1 } as const
export type Dtype = keyof typeof BYTES_PER_ELEMENT

const LENGTH_BYTES = 8
const METADATA_KEY = '__metadata__'

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

/**
 * Reads a .safetensors file, trusting nothing that it says about itself.
 *
 * @throws {BundleInvalid} when it is truncated, or the header does not describe exactly the bytes that follow it
 * @see https://huggingface.co/docs/safetensors, "Format"
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const headerLength = readHeaderLength(bytes)
  const dataStart = LENGTH_BYTES + headerLength
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart))
  const data = bytes.subarray(dataStart)

  let metadata: Readonly<Record<string, string>> = {}
  const placed: { tensor: NamedTensor; begin: number; end: number }[] = []
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = parseMetadata(entry)
    else placed.push(placeTensor(name, entry, data, dataStart))
  }

  placed.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let covered = 0
  for (const { tensor, begin, end } of placed) {
    if (begin !== covered) {
      const problem = begin < covered ? 'two tensors overlap' : `${begin - covered} bytes belong to no tensor`
      throw new BundleInvalid(problem, { tensor: tensor.name, byte: dataStart + Math.min(begin, covered) })
    }
    covered = end
  }
  if (covered !== data.length) {
    throw new BundleInvalid(`${data.length - covered} bytes follow the last tensor`, { byte: dataStart + covered })
  }
  return { metadata, tensors: new Map(placed.map(({ tensor }) => [tensor.name, tensor])) }
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

  const json = encodeUtf8(JSON.stringify(Object.fromEntries(entries)))
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
 * The numbers of a float32 tensor.
 *
 * @throws {BundleInvalid} when it has another element type
 */
export function float32Of(tensor: NamedTensor): Float32Array {
  expectDtype(tensor, 'F32')
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
  return Float32Array.from({ length: tensor.data.length / 4 }, (_, i) => view.getFloat32(i * 4, true))
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
  return Number(length)
}

function parseHeader(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let header: unknown
  try {
    header = JSON.parse(decodeUtf8(bytes))
  } catch (cause) {
    throw new BundleInvalid('the header is not JSON', { byte: LENGTH_BYTES }, { cause })
  }
  if (!isRecord(header)) throw new BundleInvalid('the header is not a JSON object', { byte: LENGTH_BYTES })
  return header
}

function parseMetadata(entry: unknown): Readonly<Record<string, string>> {
  if (!isRecord(entry)) throw new BundleInvalid(`${METADATA_KEY} is not an object`, { byte: LENGTH_BYTES })
  const texts: [string, string][] = []
  for (const [key, text] of Object.entries(entry)) {
    if (typeof text !== 'string') throw new BundleInvalid(`metadata ${key} is not a string`, { byte: LENGTH_BYTES })
    texts.push([key, text])
  }
  return Object.fromEntries(texts)
}

function placeTensor(
  name: string,
  entry: unknown,
  data: Uint8Array,
  dataStart: number,
): { tensor: NamedTensor; begin: number; end: number } {
  const fail = (problem: string, byte = LENGTH_BYTES) => new BundleInvalid(problem, { tensor: name, byte })
  if (!isRecord(entry)) throw fail('its header entry is not an object')
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype)) throw fail(`unknown dtype ${JSON.stringify(dtype)}`)
  if (!isCounts(shape)) throw fail(`${JSON.stringify(shape)} is no shape`)
  if (!isCounts(offsets) || offsets.length !== 2) throw fail(`${JSON.stringify(offsets)} are no offsets`)

  const [begin, end] = offsets
  if (begin > end) throw fail(`it ends at offset ${end}, before it begins at ${begin}`)
  if (end > data.length) {
    throw fail(`truncated: it ends at offset ${end}, the data at ${data.length}`, dataStart + data.length)
  }
  const needed = byteLength(dtype, shape)
  if (end - begin !== needed) {
    throw fail(
      `${dtype} of shape [${shape.join(', ')}] takes ${needed} bytes, it has ${end - begin}`,
      dataStart + begin,
    )
  }
  return { tensor: { name, dtype, shape, data: data.subarray(begin, end) }, begin, end }
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
