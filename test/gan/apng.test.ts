import { expect } from 'chai'
import { decodePng, encodeApng, encodePng, type RgbImage, ShapeMismatch } from '../../gan/index.ts'
import { joinBytes } from '../../gan/bytes.ts'
import { crc32 } from '../../gan/crc32.ts'
import { headOf } from '../../gan/png.ts'
import { chunk, SIGNATURE } from '../../gan/png-chunk.ts'

function frameOf(level: number): RgbImage {
  return { width: 3, height: 2, rgb: Uint8Array.from({ length: 18 }, (_, i) => (i * level) % 256) }
}

interface Chunk {
  readonly type: string
  readonly data: DataView
}

function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const found: Chunk[] = []
  for (let at = SIGNATURE.length; at < bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at)
    const length = view.getUint32(0)
    expect(view.getUint32(8 + length)).to.equal(crc32(bytes.subarray(at + 4, at + 8 + length)))
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    found.push({ type, data: new DataView(bytes.buffer, bytes.byteOffset + at + 8, length) })
    at += 12 + length
  }
  return found
}

describe('gan/apng encodeApng', () => {
  const frames = [frameOf(1), frameOf(7), frameOf(31)]
  const file = encodeApng(frames, { framesPerSecond: 24 })

  it('says how many frames there are, and numbers what belongs to them in one sequence', () => {
    const all = chunksOf(file)
    expect(all.map(({ type }) => type)).to.deep.equal('IHDR sRGB acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND'.split(' '))
    const [counts] = all.filter(({ type }) => type === 'acTL')
    expect([counts!.data.getUint32(0), counts!.data.getUint32(4)]).to.deep.equal([3, 0])
    const numbered = all.filter(({ type }) => type === 'fcTL' || type === 'fdAT')
    expect(numbered.map(({ data }) => data.getUint32(0))).to.deep.equal([0, 1, 2, 3, 4])
  })

  it('gives every frame the whole picture, and the time that was asked for', () => {
    for (const { data } of chunksOf(file).filter(({ type }) => type === 'fcTL')) {
      expect([4, 8, 12, 16].map((at) => data.getUint32(at))).to.deep.equal([3, 2, 0, 0])
      expect([data.getUint16(20), data.getUint16(22)]).to.deep.equal([1, 24])
    }
  })

  it('holds the frames that it was given', () => {
    const datas = chunksOf(file).filter(({ type }) => type === 'fdAT')
    for (const [i, { data }] of datas.entries()) {
      const packed = new Uint8Array(data.buffer, data.byteOffset + 4, data.byteLength - 4)
      const still = joinBytes([SIGNATURE, ...headOf(3, 2), chunk('IDAT', packed), chunk('IEND', new Uint8Array(0))])
      expect(decodePng(still).rgb).to.deep.equal(frames[i + 1]!.rgb)
    }
  })

  it('shows the first frame to whom it is a plain PNG', () => {
    expect(decodePng(file).rgb).to.deep.equal(decodePng(encodePng(frames[0]!)).rgb)
  })

  it('refuses no frames, and frames of different sizes', () => {
    expect(() => encodeApng([], { framesPerSecond: 1 })).to.throw(ShapeMismatch)
    const other = { width: 2, height: 3, rgb: new Uint8Array(18) }
    expect(() => encodeApng([frameOf(1), other], { framesPerSecond: 1 })).to.throw(ShapeMismatch)
  })
})
