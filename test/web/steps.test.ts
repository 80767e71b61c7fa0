import { expect } from 'chai'
import { stepOf } from '../../web/review/steps.ts'

describe('web/review/steps stepOf', () => {
  it('moves by one, by a row, and by four rows', () => {
    const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown']
    expect(keys.map((key) => stepOf(key, 6))).to.deep.equal([-1, 1, -6, 6, -24, 24])
  })

  it('moves beyond either end, where the sheet stops it', () => {
    expect([stepOf('Home', 6), stepOf('End', 6)]).to.deep.equal([-Infinity, Infinity])
  })

  it('leaves other keys alone', () => {
    expect(stepOf('Tab', 6)).to.equal(null)
  })
})
