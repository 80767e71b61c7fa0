import { expect } from 'chai'
import { enlargePixels, fitPicture, isMirrored, mirrorQuadrant, repeatPicture, pictureOf } from '../../../gan/index.ts'

function gradient(width: number, height: number): { width: number; height: number; rgb: Uint8Array } {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return [pixel % width, Math.floor(pixel / width), 7][i % 3]! * 4
  })
  return { width, height, rgb }
}

describe('gan/artist/fit-picture', () => {
  it('leaves a picture of the right size as it is', () => {
    const picture = gradient(8, 8)
    expect(fitPicture(picture, 8, 'centre').rgb).to.deep.equal(picture.rgb)
  })

  it('takes the square in the middle', () => {
    const { rgb } = fitPicture(gradient(16, 8), 8, 'centre')
    expect([...rgb.subarray(0, 3)]).to.deep.equal([16, 0, 28])
  })

  it('takes the quadrant that a piece was mirrored from', () => {
    const quadrant = gradient(8, 8)
    const piece = { width: 16, height: 16, rgb: mirrorQuadrant(quadrant.rgb, 8) }
    expect(isMirrored(piece)).to.equal(true)
    expect(isMirrored(gradient(64, 64))).to.equal(false)
    expect(fitPicture(piece, 8, 'quadrant').rgb).to.deep.equal(quadrant.rgb)
  })

  it('keeps one colour and an even slope, whether it makes a picture smaller or larger', () => {
    for (const size of [5, 8, 24]) {
      const { rgb } = fitPicture(gradient(16, 16), size, 'centre')
      for (let i = 2; i < rgb.length; i += 3) expect(rgb[i]).to.equal(28)
      const middle = 3 * (Math.floor(size / 2) * size)
      const steps = Array.from({ length: size - 3 }, (_, x) => rgb[middle + 3 * (x + 2)]! - rgb[middle + 3 * (x + 1)]!)
      for (const step of steps) expect(step).to.be.closeTo(64 / size, 1.01)
    }
  })
})

describe('gan/artist/picture', () => {
  it('shows gray in all colours, and what is transparent on white', () => {
    expect([...pictureOf(Float32Array.of(-1, 1, 0, -1), 2, 1).rgb.subarray(0, 6)]).to.deep.equal([
      0, 0, 0, 255, 255, 255,
    ])
    const clear = pictureOf(Float32Array.of(-1, -1, -1, -1), 1, 4)
    const solid = pictureOf(Float32Array.of(-1, 0, 1, 1), 1, 4)
    expect([[...clear.rgb], [...solid.rgb]]).to.deep.equal([
      [255, 255, 255],
      [0, 128, 255],
    ])
  })

  it('repeats a picture in both directions', () => {
    const twice = repeatPicture({ width: 2, height: 1, rgb: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 2)
    expect([twice.width, twice.height, ...twice.rgb]).to.deep.equal([
      4, 2, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6,
    ])
  })

  it('makes a square of each pixel', () => {
    const large = enlargePixels({ width: 2, height: 1, rgb: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 2)
    const row = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
    expect([large.width, large.height, ...large.rgb]).to.deep.equal([4, 2, ...row, ...row])
  })
})
