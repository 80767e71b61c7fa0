import { expect } from 'chai'
import { gradientRows } from './parity/gradient-vectors.ts'
import { startBackend } from './vectors.ts'

const GRADIENT_SETS_IN_TESTS = ['tiny8', 'tiny32', 'cond32'] as const

describe('the gradients of the losses, first and second derivatives, against the official ones', () => {
  before(startBackend)

  // small64 takes as long as all others together, and bench/parity.ts measures it with them on every engine.
  for (const set of GRADIENT_SETS_IN_TESTS) {
    it(`are those of ${set} in all four phases`, async () => {
      const rows = await gradientRows(set)
      expect(rows.map(({ phase }) => phase)).to.deep.equal(['Gmain', 'Greg', 'Dmain', 'Dreg'])
      for (const row of rows) expect(row).to.include({ isWithin: true })
      expect(Math.min(...rows.map(({ tensors }) => tensors))).above(6)
    })
  }
})
