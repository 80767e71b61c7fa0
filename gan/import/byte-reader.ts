import { decodeUtf8 } from '../utf8.ts'
import { CheckpointInvalid } from './errors.ts'

/** A part of a checkpoint, and where in the file it lies. */
export interface Span {
  readonly bytes: Uint8Array
  /** Offset of the first byte in the file; null for bytes that were made, such as inflated ones. */
  readonly start: number | null
}

/** Reads little-endian numbers and pieces in order, and never past the end. */
export interface ByteReader {
  /** Offset in the file of the byte that is read next, for messages. */
  readonly byte: () => number | undefined
  readonly position: () => number
  readonly left: () => number
  /** The next `length` bytes, not copied. @throws {CheckpointInvalid} when so many are not there */
  readonly take: (length: number) => Uint8Array
  readonly uint: (width: 1 | 2 | 4 | 8) => number
  readonly int32: () => number
  /** Big-endian, as pickle writes it. */
  readonly float64: () => number
  /** Text up to the next line feed, which is consumed. */
  readonly line: () => string
}

const LINE_FEED = 0x0a
/** No name of a module is longer. */
const LONGEST_LINE = 256

/** Starts at a position of the span. */
export function createByteReader({ bytes, start }: Span, from: number = 0): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = from
  const byte = () => (start === null ? undefined : start + at)
  const fail = (problem: string) => new CheckpointInvalid(problem, { byte: byte() })

  const take = (length: number) => {
    if (length > bytes.length - at) {
      throw fail(`truncated: ${length} bytes are to follow, ${bytes.length - at} are there`)
    }
    const piece = bytes.subarray(at, at + length)
    at += length
    return piece
  }
  const advance = (length: number) => {
    const place = at
    take(length)
    return place
  }
  return {
    byte,
    position: () => at,
    left: () => bytes.length - at,
    take,
    uint: (width) => {
      const place = advance(width)
      if (width === 1) return view.getUint8(place)
      if (width === 2) return view.getUint16(place, true)
      if (width === 4) return view.getUint32(place, true)
      const value = view.getBigUint64(place, true)
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw fail(`${value} is beyond any size`)
      return Number(value)
    },
    int32: () => view.getInt32(advance(4), true),
    float64: () => view.getFloat64(advance(8), false),
    line: () => {
      const end = bytes.subarray(at, at + LONGEST_LINE).indexOf(LINE_FEED)
      if (end < 0) throw fail('a line does not end')
      const text = readText(take(end), fail)
      at++
      return text
    },
  }
}

/** @param fail makes the error to throw when the bytes are not UTF-8 */
export function readText(bytes: Uint8Array, fail: (problem: string) => Error): string {
  try {
    return decodeUtf8(bytes)
  } catch {
    throw fail('a text is not UTF-8')
  }
}
