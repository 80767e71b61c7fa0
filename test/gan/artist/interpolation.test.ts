import { expect } from 'chai'
import { assert, double, property } from 'fast-check'
import { pathThrough, ShapeMismatch } from '../../../gan/index.ts'
import { slerp } from '../../../gan/artist/interpolation.ts'

const KEYS = [Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(4, 0)]

/** How sharply a closed path turns at one of its points. */
function corner(curve: 'cubic' | 'linear'): number {
  const [before, at, after] = pathThrough(KEYS, 300, { curve, loop: true }).slice(99, 102)
  return Math.hypot(...at!.map((value, i) => after![i]! - 2 * value + before![i]!))
}

describe('gan/artist/interpolation pathThrough', () => {
  for (const curve of ['linear', 'cubic', 'slerp'] as const) {
    it(`goes through every point, from the first to the last (${curve})`, () => {
      const keys = KEYS.map((key) => Float32Array.from(key, (value) => value + 1))
      const frames = pathThrough(keys, 5, { curve, loop: false })
      expect([frames[0], frames[2], frames[4]]).to.deep.equal(keys)
    })

    it(`closes without showing the first frame twice (${curve})`, () => {
      const keys = KEYS.map((key) => Float32Array.from(key, (value) => value + 1))
      const frames = pathThrough(keys, 6, { curve, loop: true })
      expect([frames[0], frames[2], frames[4]]).to.deep.equal(keys)
      expect(frames).to.have.length(6)
      expect(frames[5]).to.not.deep.equal(keys[0])
    })
  }

  it('passes the points of a closed cubic without a corner, which a linear path has', () => {
    expect(corner('cubic')).to.be.below(corner('linear') / 20)
  })

  it('refuses points of different length', () => {
    const keys = [new Float32Array(2), new Float32Array(3)]
    expect(() => pathThrough(keys, 4, { curve: 'linear', loop: false })).to.throw(ShapeMismatch)
  })
})

describe('gan/artist/interpolation slerp', () => {
  it('divides a right angle evenly', () => {
    const third = slerp(Float32Array.of(1, 0), Float32Array.of(0, 1), 1 / 3)
    expect(third[0]).to.be.closeTo(Math.cos(Math.PI / 6), 1e-7)
    expect(third[1]).to.be.closeTo(0.5, 1e-7)
  })

  it('keeps to the sphere, and to the angle that t asks for', () => {
    const unit = double({ min: 0.01, max: 3.1, noNaN: true })
    assert(
      property(unit, double({ min: 0, max: 1, noNaN: true }), (angle, t) => {
        const b = Float32Array.of(Math.cos(angle), Math.sin(angle))
        const between = slerp(Float32Array.of(1, 0), b, t)
        expect(Math.atan2(between[1]!, between[0]!)).to.be.closeTo(t * angle, 1e-5)
        expect(Math.hypot(...between)).to.be.closeTo(1, 1e-6)
      }),
    )
  })

  it('goes straight where no one circle leads', () => {
    expect([...slerp(Float32Array.of(1, 0), Float32Array.of(-1, 0), 0.25)]).to.deep.equal([0.5, 0])
    expect([...slerp(Float32Array.of(0, 0), Float32Array.of(2, 0), 0.5)]).to.deep.equal([1, 0])
  })
})
