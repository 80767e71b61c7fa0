import { CheckpointInvalid } from './errors.ts'

/** Element types of torch's storages: bytes an element, and how one is read; null where only its size counts. */
interface ElementKind {
  readonly width: number
  readonly read: ((view: DataView, at: number, littleEndian: boolean) => number) | null
}

const KINDS = {
  F64: { width: 8, read: (view, at, little) => view.getFloat64(at, little) },
  F32: { width: 4, read: (view, at, little) => view.getFloat32(at, little) },
  F16: { width: 2, read: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  BF16: { width: 2, read: (view, at, little) => brainToNumber(view.getUint16(at, little)) },
  I64: { width: 8, read: null },
  I32: { width: 4, read: null },
  U32: { width: 4, read: null },
  I16: { width: 2, read: null },
  I8: { width: 1, read: null },
  U8: { width: 1, read: null },
  BOOL: { width: 1, read: null },
} as const satisfies Record<string, ElementKind>

export type ElementType = keyof typeof KINDS

/** A run of numbers in a checkpoint, which tensors are views of. */
export interface Storage {
  readonly type: ElementType
  /** In elements. */
  readonly length: number
  readonly littleEndian: boolean
  /** Filled in when the numbers come after the objects. */
  bytes: Uint8Array | null
  /** Offset of the first byte in the file, where it lies there as it is. */
  start: number | null
}

export function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'littleEndian' in value && 'bytes' in value
}

export function bytesPerElement(type: ElementType): number {
  return KINDS[type].width
}

/** A tensor of a checkpoint: a view of a storage. */
export class TorchTensor {
  readonly storage: Storage
  /** All in elements. */
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]

  /** Checked by `viewOf`, which makes them. */
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.strides = strides
  }
}

const MOST_AXES = 8

/**
 * A view of a storage, of which every element lies within it.
 *
 * @throws what `fail` makes when one does not, or when the view has more elements than the storage
 */
export function viewOf(
  storage: Storage,
  offset: unknown,
  shape: readonly unknown[],
  strides: readonly unknown[],
  fail: (problem: string) => Error,
): TorchTensor {
  if (shape.length > MOST_AXES || strides.length !== shape.length) throw fail('a tensor whose shape is no shape')
  const [start] = counts([offset], fail)
  const sizes = counts(shape, fail)
  const steps = counts(strides, fail)
  const elements = sizes.reduce((product, size) => product * size, 1)
  const furthest = sizes.reduce((sum, size, axis) => sum + (size - 1) * steps[axis], start)
  if (elements > 0 && furthest >= storage.length) {
    throw fail(`a tensor [${sizes.join(', ')}] reaches element ${furthest} of a storage of ${storage.length}`)
  }
  if (elements > storage.length) {
    throw fail(`a tensor [${sizes.join(', ')}] repeats the ${storage.length} elements of its storage`)
  }
  return new TorchTensor(storage, start, sizes, steps)
}

function counts(values: readonly unknown[], fail: (problem: string) => Error): number[] {
  return values.map((value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw fail('a size that is no count')
    return value
  })
}

/**
 * The numbers of a tensor in the order of its shape, as float32; a float64 is rounded to the nearest.
 *
 * @throws {CheckpointInvalid} when they are not floating-point numbers, or one is not finite
 */
export function float32Numbers(name: string, tensor: TorchTensor): Float32Array {
  const { storage, shape, strides } = tensor
  const { width, read }: ElementKind = KINDS[storage.type]
  if (read === null) throw new CheckpointInvalid(`its numbers are ${storage.type}`, { tensor: name })
  if (storage.bytes === null) throw new CheckpointInvalid('its numbers are missing', { tensor: name })
  const view = new DataView(storage.bytes.buffer, storage.bytes.byteOffset, storage.bytes.byteLength)
  const numbers = new Float32Array(shape.reduce((product, size) => product * size, 1))
  const index = Array<number>(shape.length).fill(0)
  let at = tensor.offset
  for (let i = 0; i < numbers.length; i++) {
    const value = read(view, at * width, storage.littleEndian)
    numbers[i] = value
    if (!Number.isFinite(numbers[i])) {
      const byte = storage.start === null ? undefined : storage.start + at * width
      throw new CheckpointInvalid(`number ${i} is ${value}, beyond float32`, { tensor: name, byte })
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]
      if (++index[axis] < shape[axis]) break
      at -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return numbers
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

const WORD = new DataView(new ArrayBuffer(4))

/** bfloat16: the upper half of a float32. */
function brainToNumber(bits: number): number {
  WORD.setUint16(0, bits)
  WORD.setUint16(2, 0)
  return WORD.getFloat32(0)
}
