import { expect } from 'chai'
import * as fc from 'fast-check'
import { changedLines, diffLines } from '../../minter/domain/line-diff.ts'

describe('minter/domain/line-diff', () => {
  describe('diffLines', () => {
    it('marks what goes before what comes in its place', () => {
      const marked = diffLines('a\nb\nc', 'a\nx\nc').map(({ mark, line }) => mark + line)
      expect(marked).to.deep.equal([' a', '-b', '+x', ' c'])
    })

    it('holds both texts, whatever they are', () => {
      const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1 }).map((lines) => lines.join('\n'))
      fc.assert(
        fc.property(text, text, (before, after) => {
          const lines = diffLines(before, after)
          const side = (mark: string) => lines.filter((line) => line.mark !== mark).map(({ line }) => line)
          expect(side('+').join('\n')).to.equal(before)
          expect(side('-').join('\n')).to.equal(after)
        }),
      )
    })
  })

  describe('changedLines', () => {
    it('leaves out what is far from any change, once', () => {
      const lines = diffLines('1\n2\n3\n4\n5\n6\n7', '1\n2\nx\n4\n5\n6\n7')
      const kept = changedLines(lines, 1).map((line) => (line === null ? '...' : line.mark + line.line))
      expect(kept).to.deep.equal([' 2', '-3', '+x', ' 4', '...'])
    })
  })
})
