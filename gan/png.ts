import { unzlibSync, zlibSync } from 'fflate'
import { joinBytes } from './bytes.ts'
import { crc32 } from './crc32.ts'
import { EngineError, ShapeMismatch } from './errors.ts'
import type { RgbImage } from './image.ts'
import { chunk, SIGNATURE } from './png-chunk.ts'
import { filterRows, unfilterRows } from './png-filter.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** An image together with what it says about itself. */
export interface PngImage extends RgbImage {
  readonly xmp?: string | undefined
}

/** A file is no PNG, is damaged, or is one of a kind that this decoder does not read. */
export class PngInvalid extends EngineError {
  readonly code = 'GAN_PNG_INVALID'
  /** Offset from the start of the file. */
  readonly byte: number

  constructor(problem: string, byte: number, options?: ErrorOptions) {
    super(`${problem} (byte ${byte})`, options)
    this.byte = byte
  }
}

const XMP_KEYWORD = 'XML:com.adobe.xmp'
const CHANNELS = 3
const HEADER_BYTES = 13
const RGB_COLOUR = 2
const KNOWN_CRITICAL = ['IHDR', 'IDAT', 'IEND']
const MOST_PIXELS = 1 << 26

/**
 * The canonical PNG: of the same pixels and the same XMP, always and everywhere the same bytes.
 *
 * @throws {ShapeMismatch} when `rgb` does not have the size that is given
 * @see PNG Specification, third edition, W3C 2025
 */
export function encodePng(image: PngImage): Uint8Array {
  const { width, height, rgb, xmp } = image
  if (rgb.length !== width * height * CHANNELS) throw new ShapeMismatch('rgb', [height, width, CHANNELS], [rgb.length])
  return joinBytes([
    SIGNATURE,
    ...headOf(width, height),
    ...(xmp === undefined ? [] : [chunk('iTXt', encodeUtf8(`${XMP_KEYWORD}\0\0\0\0\0${xmp}`))]),
    chunk('IDAT', pack(image)),
    chunk('IEND', new Uint8Array(0)),
  ])
}

/** The chunks that say what the pixels are. */
export function headOf(width: number, height: number): readonly Uint8Array[] {
  const header = new Uint8Array(HEADER_BYTES)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, RGB_COLOUR, 0, 0, 0], 8)
  return [chunk('IHDR', header), chunk('sRGB', Uint8Array.of(0))]
}

/** The pixels, filtered and pressed. */
export function pack({ width, height, rgb }: RgbImage): Uint8Array {
  const rows = filterRows(rgb, width * CHANNELS, height, CHANNELS)
  // mem is fflate's own choice for a large image; left open, it would come from Math.log, which is not one function.
  return zlibSync(rows, { level: 9, mem: 8 })
}

/**
 * Reads a PNG as `encodePng` writes it: 8 bits, RGB, not interlaced; any filters, any number of IDAT chunks.
 *
 * @throws {PngInvalid} naming the byte where the trouble starts
 */
export function decodePng(bytes: Uint8Array): PngImage {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new PngInvalid('not a PNG', 0)
  const all = chunksOf(bytes)
  const [header] = all
  if (header.type !== 'IHDR') throw new PngInvalid(`starts with ${header.type}, not with IHDR`, header.at)
  const { width, height } = readHeader(header.data, header.at)
  const unknown = all.find(({ type }) => isCritical(type) && !KNOWN_CRITICAL.includes(type))
  if (unknown !== undefined) throw new PngInvalid(`chunk ${unknown.type} is not known`, unknown.at)

  const packed = all.filter(({ type }) => type === 'IDAT')
  if (packed.length === 0) throw new PngInvalid('there is no image in it', bytes.length)
  const { at } = packed[0]
  const rows = inflate(joinBytes(packed.map(({ data }) => data)), height * (width * CHANNELS + 1), at)
  const rgb = unfilterRows(rows, width * CHANNELS, height, CHANNELS)
  if (rgb === null) throw new PngInvalid('a row has an unknown filter', at)
  return { width, height, rgb, xmp: findXmp(all) }
}

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  /** Offset of its length from the start of the file. */
  readonly at: number
}

/** The chunks up to and with IEND, which must be the end of the file. */
function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const found: Chunk[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = SIGNATURE.length
  for (;;) {
    if (at + 12 > bytes.length) throw new PngInvalid('truncated: it ends before IEND', bytes.length)
    const length = view.getUint32(at)
    if (length > bytes.length - at - 12)
      throw new PngInvalid(`truncated: a chunk of ${length} bytes is not all there`, at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const end = at + 8 + length
    const expected = view.getUint32(end)
    const actual = crc32(bytes.subarray(at + 4, end))
    if (actual !== expected) throw new PngInvalid(`chunk ${type} is damaged: its checksum does not fit`, at)
    found.push({ type, data: bytes.subarray(at + 8, end), at })
    at = end + 4
    if (type === 'IEND') break
  }
  if (at !== bytes.length) throw new PngInvalid(`${bytes.length - at} bytes follow IEND`, at)
  return found
}

function readHeader(data: Uint8Array, at: number): { width: number; height: number } {
  if (data.length !== HEADER_BYTES) throw new PngInvalid(`IHDR has ${data.length} bytes, expected ${HEADER_BYTES}`, at)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const width = view.getUint32(0)
  const height = view.getUint32(4)
  if (width === 0 || height === 0 || width * height > MOST_PIXELS)
    throw new PngInvalid(`${width} x ${height} pixels`, at)
  const [depth, colour, compression, filter, interlace] = data.subarray(8)
  if (depth !== 8 || colour !== RGB_COLOUR || compression !== 0 || filter !== 0 || interlace !== 0) {
    throw new PngInvalid('only 8-bit RGB that is not interlaced can be read', at)
  }
  return { width, height }
}

function findXmp(all: readonly Chunk[]): string | undefined {
  const prefix = encodeUtf8(`${XMP_KEYWORD}\0`)
  const found = all.find(({ type, data }) => type === 'iTXt' && prefix.every((byte, i) => data[i] === byte))
  if (found === undefined) return undefined
  const { data, at } = found
  const language = data.indexOf(0, prefix.length + 2)
  const keyword = language < 0 ? -1 : data.indexOf(0, language + 1)
  if (keyword < 0 || data[prefix.length] !== 0) throw new PngInvalid('its XMP is compressed or has no end', at)
  try {
    return decodeUtf8(data.subarray(keyword + 1))
  } catch (cause) {
    throw new PngInvalid('its XMP is not UTF-8', at, { cause })
  }
}

function inflate(packed: Uint8Array, expected: number, at: number): Uint8Array {
  // One byte more than the image needs: a stream that fills it is too long, and is never unpacked further.
  const room = new Uint8Array(expected + 1)
  let rows: Uint8Array
  try {
    rows = unzlibSync(packed, { out: room })
  } catch (cause) {
    throw new PngInvalid('its image data cannot be unpacked', at, { cause })
  }
  if (rows.length !== expected) throw new PngInvalid(`its image data is not ${expected} bytes long`, at)
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  if (view.getUint32(packed.length - 4) !== adler32(rows)) throw new PngInvalid('its image data is damaged', at)
  return rows
}

function isCritical(type: string): boolean {
  return (type.charCodeAt(0) & 0x20) === 0
}

function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % 65521
    high = (high + low) % 65521
  }
  return high * 65536 + low
}
