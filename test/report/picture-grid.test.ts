import { expect } from 'chai'
import { pictureGrid } from '../../minter/report/picture-grid.ts'

function square(side: number, level: number): { width: number; height: number; rgb: Uint8Array } {
  return { width: side, height: side, rgb: new Uint8Array(side * side * 3).fill(level) }
}

describe('minter/report/picture-grid pictureGrid', () => {
  it('gives a caption that is wider than its picture the room that it needs', () => {
    const short = pictureGrid([{ picture: square(16, 0), caption: '1' }], { columns: 1 })
    const long = pictureGrid([{ picture: square(16, 0), caption: '0X1234..CDEF' }], { columns: 1 })
    expect(short.width).to.equal(48 + 16 + 48)
    expect(long.width).to.equal(48 + 12 * 6 - 1 + 48)
  })

  it('gives a title the room that it needs', () => {
    const { width } = pictureGrid([{ picture: square(16, 0) }], { columns: 1, title: 'SEED 7, DIRECTION 3' })
    expect(width).to.be.at.least(19 * 12 + 2 * 48 - 2)
  })

  it('puts pictures edge to edge when it is to be plain, and leaves places free', () => {
    const cells = [null, { picture: square(4, 9), caption: '1' }, { picture: square(4, 7) }]
    const { width, height, rgb } = pictureGrid(cells, { columns: 2, plain: true })
    expect([width, height]).to.deep.equal([8, 8])
    expect([rgb[0], rgb[4 * 3], rgb[4 * 8 * 3]]).to.deep.equal([246, 9, 7])
  })
})
