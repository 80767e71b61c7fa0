import { crc32, inflateSync } from 'node:zlib'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { decodePng, encodePng, PngInvalid, ShapeMismatch, type PngImage } from '../../gan/index.ts'

const images: fc.Arbitrary<PngImage> = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) => {
    const length = width * height * 3
    // Few different bytes, so that every filter has its day.
    const bytes = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 128, 255))
    return fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      rgb: fc.array(bytes, { minLength: length, maxLength: length }).map((values) => Uint8Array.from(values)),
      xmp: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    })
  })

function exampleImage(): PngImage {
  const rgb = Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => (i * i) >> 3)
  return { width: 16, height: 8, rgb, xmp: '<x/>' }
}

interface Chunk {
  readonly type: string
  readonly data: Buffer
  readonly checksum: number
}

function chunksOf(png: Uint8Array): readonly Chunk[] {
  const file = Buffer.from(png)
  const chunks: Chunk[] = []
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at)
    chunks.push({
      type: file.toString('latin1', at + 4, at + 8),
      data: file.subarray(at + 8, at + 8 + length),
      checksum: file.readUInt32BE(at + 8 + length),
    })
    at += 12 + length
  }
  return chunks
}

/** Undoes the filters as the specification words them, with nothing shared with the decoder under test. */
function referencePixels(png: Uint8Array): Buffer {
  const chunks = chunksOf(png)
  const width = chunks[0]!.data.readUInt32BE(0)
  const rows = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)))
  const stride = width * 3
  const out = Buffer.alloc((rows.length / (stride + 1)) * stride)
  const recon = (x: number, y: number) => (x < 0 || y < 0 ? 0 : out[y * stride + x]!)
  for (let y = 0; y * (stride + 1) < rows.length; y++) {
    for (let x = 0; x < stride; x++) {
      const [a, b, c] = [recon(x - 3, y), recon(x, y - 1), x < 3 ? 0 : recon(x - 3, y - 1)]
      const nearest = [a, b, c].map((value) => ({ value, off: Math.abs(a + b - c - value) }))
      const paeth = nearest.reduce((best, next) => (next.off < best.off ? next : best)).value
      const predictions = [0, a, b, Math.floor((a + b) / 2), paeth]
      out[y * stride + x] = rows[y * (stride + 1) + 1 + x]! + predictions[rows[y * (stride + 1)]!]!
    }
  }
  return out
}

function failureOf(bytes: Uint8Array): PngInvalid {
  try {
    decodePng(bytes)
  } catch (error) {
    if (error instanceof PngInvalid) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('gan/png', () => {
  describe('encodePng', () => {
    it('writes IHDR, sRGB, iTXt, IDAT and IEND, each with a valid checksum', () => {
      const chunks = chunksOf(encodePng(exampleImage()))
      expect(chunks.map(({ type }) => type)).to.deep.equal(['IHDR', 'sRGB', 'iTXt', 'IDAT', 'IEND'])
      for (const { type, data, checksum } of chunks) {
        expect(crc32(Buffer.concat([Buffer.from(type, 'latin1'), data]))).to.equal(checksum)
      }
    })

    it('leaves the text chunk out when there is no XMP', () => {
      const types = chunksOf(encodePng({ ...exampleImage(), xmp: undefined })).map(({ type }) => type)
      expect(types).to.deep.equal(['IHDR', 'sRGB', 'IDAT', 'IEND'])
    })

    it('is read back by another inflate and other filters to the same pixels', () => {
      fc.assert(
        fc.property(images, (image) => Buffer.compare(referencePixels(encodePng(image)), Buffer.from(image.rgb)) === 0),
      )
    })

    it('stays below one block for 512 x 512 pixels of noise, which cannot be pressed', () => {
      let state = 1
      const rgb = Uint8Array.from({ length: 512 * 512 * 3 }, () => (state = Math.imul(state, 48271) >>> 0) >>> 11)
      expect(encodePng({ width: 512, height: 512, rgb }).length).to.be.below(800_000)
    })

    it('refuses pixels that do not fill the image with ShapeMismatch', () => {
      expect(() => encodePng({ width: 2, height: 2, rgb: new Uint8Array(11) })).to.throw(ShapeMismatch)
    })
  })

  describe('decodePng', () => {
    it('gives back what was encoded', () => {
      fc.assert(
        fc.property(images, (image) => {
          expect(decodePng(encodePng(image))).to.deep.equal(image)
        }),
      )
    })

    it('names the chunk of every changed byte', () => {
      const file = encodePng(exampleImage())
      for (let at = 8; at < file.length; at++) {
        const damaged = file.slice()
        damaged[at]! ^= 0x10
        expect(failureOf(damaged).code).to.equal('GAN_PNG_INVALID')
      }
    })

    it('refuses every truncation', () => {
      const file = encodePng(exampleImage())
      for (let length = 0; length < file.length; length++) {
        expect(failureOf(file.subarray(0, length)).code).to.equal('GAN_PNG_INVALID')
      }
    })

    it('refuses bytes that follow the end', () => {
      const file = encodePng(exampleImage())
      expect(failureOf(Uint8Array.of(...file, 0)).message).to.include('follow IEND')
    })

    it('refuses an image that unpacks to more than it says', () => {
      const [header, , , data] = chunksOf(encodePng(exampleImage()))
      const smaller = Buffer.from(header!.data)
      smaller.writeUInt32BE(4, 4)
      const file = fileOf([
        ['IHDR', smaller],
        ['IDAT', data!.data],
        ['IEND', Buffer.alloc(0)],
      ])
      expect(failureOf(file).message).to.include('bytes long')
    })

    it('joins image data that were cut into several chunks', () => {
      const image = { ...exampleImage(), xmp: undefined }
      const [header, , data, end] = chunksOf(encodePng(image))
      const file = fileOf([
        ['IHDR', header!.data],
        ['IDAT', data!.data.subarray(0, 10)],
        ['IDAT', data!.data.subarray(10)],
        ['IEND', end!.data],
      ])
      expect(decodePng(file)).to.deep.equal(image)
    })

    for (const [what, at, value] of [
      ['sixteen bits', 8, 16],
      ['a palette', 9, 3],
      ['interlacing', 12, 1],
    ] as const) {
      it(`says that it cannot read ${what}`, () => {
        const [header] = chunksOf(encodePng(exampleImage()))
        const other = Buffer.from(header!.data)
        other[at] = value
        expect(
          failureOf(
            fileOf([
              ['IHDR', other],
              ['IEND', Buffer.alloc(0)],
            ]),
          ).message,
        ).to.include('only 8-bit RGB')
      })
    }

    it('refuses random bytes by name', () => {
      fc.assert(fc.property(fc.uint8Array(), (bytes) => failureOf(bytes).code === 'GAN_PNG_INVALID'))
    })
  })
})

/** A PNG of these chunks with valid checksums, whether it makes sense or not. */
function fileOf(chunks: readonly (readonly [type: string, data: Buffer])[]): Uint8Array {
  const parts = chunks.map(([type, data]) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(body.length + 8)
    frame.writeUInt32BE(data.length)
    frame.set(body, 4)
    frame.writeUInt32BE(crc32(body), body.length + 4)
    return frame
  })
  return new Uint8Array(Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...parts]))
}
