import { expect } from 'chai'
import * as fc from 'fast-check'
import { classOfSeed } from '../../gan/index.ts'
import { hexToBytes } from '../../minter/domain/digest.ts'
import { logitBits, logitOfBits, scalesOf, scoreFromLogit } from '../../minter/domain/quality.ts'
import { candidateSeed } from '../../minter/domain/seed.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'

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

  describe('scalesOf', () => {
    const master = `0x${'5e'.repeat(32)}` as const
    const bundle = tinyBundle(['Ikat', 'Suzani', 'Batik'])
    const scales = [Float32Array.of(0), Float32Array.of(1), Float32Array.of(2)]
    const scaled = (logits: readonly Float32Array[]) => ({ ...bundle, calibration: { ...bundle.calibration, logits } })

    it('compares a candidate with its own class', () => {
      const scaleOf = scalesOf(scaled(scales), master)
      const classes = Array.from({ length: 30 }, (_, i) => classOfSeed(hexToBytes(candidateSeed(master, i)), 3))
      expect(classes.map((_, i) => scaleOf(i))).to.deep.equal(classes.map((own) => scales[own]))
      expect(new Set(classes)).to.have.property('size', 3)
    })

    it('compares all with the one scale that there is', () => {
      const scaleOf = scalesOf(scaled([calibration]), master)
      for (const index of [0, 1, 2, 3]) expect(scaleOf(index)).to.equal(calibration)
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
