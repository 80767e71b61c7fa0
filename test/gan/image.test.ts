import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  mirrorQuadrant,
  rgbFromInterleaved,
  rgbFromPlanar,
  ShapeMismatch,
  toByte,
  upscaleTile,
} from '../../gan/index.ts'

const SIZE = 6

const tiles = fc.uint8Array({ minLength: SIZE * SIZE * 3, maxLength: SIZE * SIZE * 3 })
const factors = fc.integer({ min: 1, max: 6 })

/** The tile moved right and down, what leaves at one edge coming back at the other. */
function shifted(rgb: Uint8Array, size: number, right: number, down: number): Uint8Array {
  const moved = new Uint8Array(rgb.length)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const to = (((y + down) % size) * size + ((x + right) % size)) * 3
      moved.set(rgb.subarray((y * size + x) * 3, (y * size + x) * 3 + 3), to)
    }
  }
  return moved
}

function flipped(rgb: Uint8Array, size: number): Uint8Array {
  const turned = new Uint8Array(rgb.length)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + (size - 1 - x)) * 3
      turned.set(rgb.subarray(from, from + 3), (y * size + x) * 3)
    }
  }
  return turned
}

/** The same interpolation in floating point, from the textbook's matrix. */
function textbookUpscale(rgb: Uint8Array, size: number, factor: number, x: number, y: number, c: number): number {
  const along = (place: number) => {
    const position = (place + 0.5) / factor - 0.5
    const base = Math.floor(position)
    const t = position - base
    const weights = [
      -0.5 * t + t ** 2 - 0.5 * t ** 3,
      1 - 2.5 * t ** 2 + 1.5 * t ** 3,
      0.5 * t + 2 * t ** 2 - 1.5 * t ** 3,
      -0.5 * t ** 2 + 0.5 * t ** 3,
    ]
    return weights.map((weight, k) => ({ weight, at: (base - 1 + k + 2 * size) % size }))
  }
  let sum = 0
  for (const row of along(y)) {
    for (const column of along(x)) sum += row.weight * column.weight * rgb[(row.at * size + column.at) * 3 + c]!
  }
  return Math.min(255, Math.max(0, sum))
}

describe('gan/image', () => {
  describe('toByte', () => {
    for (const [value, byte] of [
      [-1, 0],
      [0, 128],
      [1, 255],
      [-7, 0],
      [7, 255],
      [1 / 255, 128],
      [Math.fround(0.99609375), 255],
    ] as const) {
      it(`sends ${value} to ${byte}`, () => {
        expect(toByte(value)).to.equal(byte)
      })
    }

    it('never falls where the value rises', () => {
      const values = fc.float({ noNaN: true, min: -2, max: 2 })
      fc.assert(fc.property(values, values, (a, b) => (a <= b ? toByte(a) <= toByte(b) : toByte(b) <= toByte(a))))
    })
  })

  describe('rgbFromPlanar', () => {
    it('interleaves the three planes', () => {
      const planes = Float32Array.of(-1, 1, 0, 0, 1, -1)
      expect(rgbFromPlanar(planes)).to.deep.equal(Uint8Array.of(0, 128, 255, 255, 128, 0))
    })

    it('agrees with rgbFromInterleaved on the same picture', () => {
      expect(rgbFromPlanar(Float32Array.of(-1, 1, 0, 0, 1, -1))).to.deep.equal(
        rgbFromInterleaved(Float32Array.of(-1, 0, 1, 1, 0, -1)),
      )
    })
  })

  describe('mirrorQuadrant', () => {
    it('puts the bottom-right pixel at the centre, four times', () => {
      const quadrant = Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4)
      const piece = mirrorQuadrant(quadrant, 2).filter((_, i) => i % 3 === 0)
      expect([...piece]).to.deep.equal([1, 2, 2, 1, 3, 4, 4, 3, 3, 4, 4, 3, 1, 2, 2, 1])
    })

    it('makes a piece that is its own mirror image', () => {
      fc.assert(
        fc.property(tiles, (rgb) => {
          const piece = mirrorQuadrant(rgb, SIZE)
          expect(flipped(piece, 2 * SIZE)).to.deep.equal(piece)
        }),
      )
    })

    it('refuses a quadrant of another size with ShapeMismatch', () => {
      expect(() => mirrorQuadrant(new Uint8Array(5), 2)).to.throw(ShapeMismatch)
    })
  })

  describe('upscaleTile', () => {
    it('keeps a tile of one colour as it is', () => {
      fc.assert(
        fc.property(fc.nat(255), factors, (value, factor) => {
          const large = upscaleTile(new Uint8Array(SIZE * SIZE * 3).fill(value), SIZE, factor)
          return large.every((byte) => byte === value)
        }),
      )
    })

    it('leaves a tile alone at factor 1', () => {
      fc.assert(fc.property(tiles, (rgb) => Buffer.compare(upscaleTile(rgb, SIZE, 1), rgb) === 0))
    })

    it('moves the enlarged tile when the tile is moved, so that repeats show no seam', () => {
      fc.assert(
        fc.property(tiles, factors, fc.nat(SIZE), fc.nat(SIZE), (rgb, factor, right, down) => {
          const moved = upscaleTile(shifted(rgb, SIZE, right, down), SIZE, factor)
          expect(moved).to.deep.equal(
            shifted(upscaleTile(rgb, SIZE, factor), SIZE * factor, right * factor, down * factor),
          )
        }),
        { numRuns: 50 },
      )
    })

    it('enlarges a mirrored tile to the mirrored enlargement', () => {
      fc.assert(
        fc.property(tiles, factors, (rgb, factor) => {
          expect(upscaleTile(flipped(rgb, SIZE), SIZE, factor)).to.deep.equal(
            flipped(upscaleTile(rgb, SIZE, factor), SIZE * factor),
          )
        }),
        { numRuns: 50 },
      )
    })

    it('is Catmull-Rom interpolation rounded to the nearest', () => {
      fc.assert(
        fc.property(tiles, factors, (rgb, factor) => {
          const side = SIZE * factor
          const large = upscaleTile(rgb, SIZE, factor)
          for (let i = 0; i < large.length; i += 17) {
            const x = Math.floor(i / 3) % side
            const exact = textbookUpscale(rgb, SIZE, factor, x, Math.floor(i / 3 / side), i % 3)
            expect(large[i]).to.be.closeTo(exact, 0.5 + 1e-9)
          }
        }),
        { numRuns: 30 },
      )
    })
  })
})
