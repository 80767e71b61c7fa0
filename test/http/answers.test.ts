import { expect } from 'chai'
import type * as reviews from '../../minter/http/review-shapes.ts'
import type * as server from '../../minter/http/shapes.ts'
import type * as page from '../../web/gallery/answers.ts'
import type * as desk from '../../web/review/answers.ts'

/** Compiles only where every server answer is what the page takes it for. */
const HELD = {
  drop: (answer: server.Drop): page.Drop => answer,
  summary: (answer: server.DropSummary): page.DropSummary => answer,
  piece: (answer: server.Piece): page.Piece => answer,
  detail: (answer: server.PieceDetail): page.PieceDetail => answer,
  eligibility: (answer: server.Eligibility): page.Eligibility => answer,
  signedIn: (answer: reviews.SignedIn): desk.SignedIn => answer,
  run: (answer: reviews.ReviewedRun): desk.ReviewedRun => answer,
  sheet: (answer: reviews.Sheet): desk.Sheet => answer,
  candidate: (answer: reviews.ReviewedDetail): desk.ReviewedDetail => answer,
  veto: (answer: reviews.VetoAnswer): desk.Veto => answer,
  transaction: (answer: server.MintTransaction): page.MintTransaction => answer,
}

describe('web: what the pages take for the API’s answers', () => {
  it('is what the server’s shapes say', () => {
    expect(Object.keys(HELD)).to.have.length(11)
  })
})
