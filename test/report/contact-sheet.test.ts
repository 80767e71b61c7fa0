import { expect } from 'chai'
import { decodePng, mirrorQuadrant } from '../../gan/index.ts'
import { renderIkat } from '../../minter/dataset/ikat.ts'
import { contactSheet } from '../../minter/report/contact-sheet.ts'

const pieces = Array.from({ length: 7 }, (_, rank) => ({ rank, rgb: renderIkat(rank), size: 64 }))

describe('contact sheet', () => {
  it('is the same file every time', () => {
    expect(contactSheet(pieces, { title: 'Drop 1' })).to.deep.equal(contactSheet(pieces, { title: 'Drop 1' }))
  })

  it('shows every piece mirrored and unscaled, in rank order', () => {
    const sheet = decodePng(contactSheet(pieces, { columns: 3 }))
    for (const [at, piece] of pieces.entries()) {
      const left = 48 + (at % 3) * (128 + 20)
      const top = 48 + Math.floor(at / 3) * (128 + 20 + 20)
      const shown = mirrorQuadrant(piece.rgb, 64)
      const row = sheet.rgb.subarray(((top + 64) * sheet.width + left) * 3, ((top + 64) * sheet.width + left + 128) * 3)
      expect(row, `row 64 of rank ${piece.rank}`).to.deep.equal(shown.subarray(64 * 128 * 3, 65 * 128 * 3))
    }
  })

  it('is a sheet of paper when no piece was kept', () => {
    const sheet = decodePng(contactSheet([], { title: 'Nothing passed' }))
    expect(sheet.width).to.be.greaterThan(64)
  })

  it('leaves no place free beside a single piece', () => {
    expect(decodePng(contactSheet(pieces.slice(0, 1))).width).to.equal(48 + 128 + 48)
  })

  it('makes room for a last row that is not full', () => {
    const three = decodePng(contactSheet(pieces.slice(0, 3), { columns: 3 }))
    const four = decodePng(contactSheet(pieces.slice(0, 4), { columns: 3 }))
    expect(four.width).to.equal(three.width)
    expect(four.height - three.height).to.equal(128 + 20 + 20)
  })
})
