import { expect } from 'chai'
import * as fc from 'fast-check'
import { ShapeMismatch } from '../../gan/errors.ts'
import { weaveSett } from '../../gan/weave.ts'
import { sha256 } from '../../minter/domain/digest.ts'

/** Worked out by another program. */
const DIGEST = '0x27196a429602d5679662510cef4f3627cce29ace55e9be3b2d0a281a667ea6a2'
const SIZE = 8
const SIDE = 2 * SIZE

/** An image whose columns have these colours, all rows the same. */
function warpOf(colours: readonly (readonly [number, number, number])[]): Uint8Array {
  return Uint8Array.from(Array.from({ length: colours.length }, () => colours.flat()).flat())
}

function pixel(piece: Uint8Array, x: number, y: number): readonly number[] {
  const at = 3 * ((y % SIDE) * SIDE + (x % SIDE))
  return [...piece.subarray(at, at + 3)]
}

function mirrored(at: number): number {
  return SIDE - 1 - at
}

function isWeftAbove(x: number, y: number): boolean {
  return (x + y) % 4 < 2
}

const colour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255))
const warps = fc.array(colour, { minLength: SIZE, maxLength: SIZE }).map(warpOf)

describe('gan/weave weaveSett', () => {
  const red = [240, 0, 0] as const
  const black = [0, 0, 0] as const
  const checked = weaveSett(warpOf([red, red, red, red, black, black, black, black]), SIZE)

  it('passes over two threads and under two, one further in each row', () => {
    // The warp is black in the middle, and the weft of the first rows is red.
    const shown = [0, 1].map((y) => {
      return [4, 5, 6, 7, 8, 9, 10, 11].map((x) => (pixel(checked, x, y)[0]! > 120 ? 'weft' : 'warp'))
    })
    const ribs = ['weft', 'weft', 'warp', 'warp', 'weft', 'weft', 'warp', 'warp']
    expect(shown).to.deep.equal([ribs, [...ribs.slice(1), ribs[0]]])
  })

  it('shows seven parts of the thread above and one of that below, and turns the warp from the light', () => {
    expect([pixel(checked, 4, 0)[0], pixel(checked, 6, 0)[0]]).to.deep.equal([210, 28])
    expect([pixel(checked, 0, 0)[0], pixel(checked, 2, 0)[0]]).to.deep.equal([240, 225])
  })

  it('has the last column in the middle, and the same stripes in warp and weft, mirrored', () => {
    fc.assert(
      fc.property(warps, fc.nat(SIDE - 1), fc.nat(SIDE - 1), (warp, x, y) => {
        const piece = weaveSett(warp, SIZE)
        // A place and its image are alike where the same set of threads lies above.
        if (isWeftAbove(x, y) === isWeftAbove(mirrored(x), y))
          expect(pixel(piece, mirrored(x), y)).to.deep.equal(pixel(piece, x, y))
        if (isWeftAbove(x, y) === isWeftAbove(x, mirrored(y)))
          expect(pixel(piece, x, mirrored(y))).to.deep.equal(pixel(piece, x, y))
      }),
    )
    expect(pixel(checked, 7, 7)).to.deep.equal([0, 0, 0])
  })

  it('repeats without a seam: the ribs go on over the edge', () => {
    const plain = weaveSett(warpOf(Array.from({ length: SIZE }, () => [99, 50, 7] as const)), SIZE)
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) expect(pixel(plain, x + 1, y)).to.deep.equal(pixel(plain, x, y + 1))
    }
  })

  it('takes the mean of each column for its thread, so that what differs along a thread is as if it did not', () => {
    fc.assert(
      fc.property(warps, (warp) => {
        const uneven = Uint8Array.from(warp, (byte) => Math.min(254, Math.max(1, byte)))
        const even = weaveSett(uneven, SIZE)
        for (let i = 0; i < 3 * SIZE; i++) {
          uneven[i]! += 1
          uneven[3 * SIZE + i]! -= 1
        }
        expect(weaveSett(uneven, SIZE)).to.deep.equal(even)
      }),
    )
  })

  it('gives the same bytes everywhere', () => {
    const columns = Array.from({ length: SIZE }, (_, x) => [x * 30, 255 - x * 31, (x * 77) % 256] as const)
    expect(sha256(weaveSett(warpOf(columns), SIZE))).to.equal(DIGEST)
  })

  it('refuses an image of another size with ShapeMismatch', () => {
    expect(() => weaveSett(new Uint8Array(5), SIZE)).to.throw(ShapeMismatch)
  })
})
