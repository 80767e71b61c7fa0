import { expect } from 'chai'
import type * as server from '../../minter/http/shapes.ts'
import type * as page from '../../web/gallery/answers.ts'

/** Compiles only where every server answer is what the page takes it for. */
const HELD = {
  drop: (answer: server.Drop): page.Drop => answer,
  summary: (answer: server.DropSummary): page.DropSummary => answer,
  piece: (answer: server.Piece): page.Piece => answer,
  detail: (answer: server.PieceDetail): page.PieceDetail => answer,
  eligibility: (answer: server.Eligibility): page.Eligibility => answer,
  transaction: (answer: server.MintTransaction): page.MintTransaction => answer,
}

describe('web/gallery: what the pages take for the API’s answers', () => {
  it('is what the server’s shapes say', () => {
    expect(Object.keys(HELD)).to.have.length(6)
  })
})
