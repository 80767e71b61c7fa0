import { expect } from 'chai'
import * as fc from 'fast-check'
import { logitBits, logitOfBits, scoreFromLogit } from '../../minter/domain/quality.ts'

const calibration = Float32Array.of(-2, -1, -1, 0, 3)

describe('minter/domain/quality', () => {
  describe('scoreFromLogit', () => {
    it('is 0 below all of the calibration, 65535 above all of it, and in between the part that it reaches', () => {
      expect([-3, -2, -1, 2.9, 3, 9].map((logit) => scoreFromLogit(logit, calibration))).to.deep.equal([
        0, 13_107, 39_321, 52_428, 65_535, 65_535,
      ])
    })

    it('never falls when the logit rises', () => {
      fc.assert(
        fc.property(fc.float({ noNaN: true }), fc.float({ noNaN: true }), (a, b) => {
          const [low, high] = a < b ? [a, b] : [b, a]
          expect(scoreFromLogit(low, calibration)).to.be.at.most(scoreFromLogit(high, calibration))
        }),
      )
    })

    it('is 0 for a NaN', () => {
      expect(scoreFromLogit(Number.NaN, calibration)).to.equal(0)
    })
  })

  describe('logitBits', () => {
    it('keeps every bit of a float32', () => {
      fc.assert(
        fc.property(fc.float(), (logit) => {
          expect(logitOfBits(logitBits(logit))).to.deep.equal(logit)
        }),
      )
      expect(logitBits(1)).to.equal(0x3f800000)
      expect(logitBits(-0)).to.equal(0x80000000)
    })
  })
})
