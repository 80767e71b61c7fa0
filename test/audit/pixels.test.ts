import { expect } from 'chai'
import { encodePng, mirrorQuadrant, upscaleTile } from '../../gan/index.ts'
import { comparePixels, describeDifference, thumbnail, thumbnailDistance } from '../../minter/audit/pixels.ts'
import { renderIkat } from '../../minter/dataset/ikat.ts'

const picture = (seed: number) => ({ width: 128, height: 128, rgb: mirrorQuadrant(renderIkat(seed), 64) })

describe('comparing pictures', () => {
  it('names the only pixel that differs, with both colours', () => {
    const [actual, expected] = [picture(1), picture(1)]
    actual.rgb.set([1, 2, 3], (5 * 128 + 7) * 3)
    expected.rgb.set([255, 0, 16], (5 * 128 + 7) * 3)
    const said = 'pixel (7, 5) is #010203, rendered again it is #ff0010'
    expect(describeDifference(encodePng(actual), encodePng(expected))).to.equal(said)
  })

  it('counts pixels, not bytes', () => {
    const [actual, expected] = [picture(1), picture(1)]
    for (const at of [0, 300, 600]) for (let c = 0; c < 3; c++) actual.rgb[at + c]! ^= 255
    expect(comparePixels(actual, expected)?.count).to.equal(3)
  })

  it('tells another file from another picture', () => {
    const { width, height, rgb } = picture(1)
    const said = describeDifference(encodePng({ width, height, rgb, xmp: '<x/>' }), encodePng({ width, height, rgb }))
    expect(said).to.equal('the pixels are the same, the file around them differs')
  })

  it('has nothing to compare when the sizes differ', () => {
    expect(comparePixels(picture(1), { width: 64, height: 64, rgb: renderIkat(1) })).to.equal(null)
  })

  it('knows a picture that was enlarged and roughened by its thumbnail', () => {
    const original = picture(3)
    const copy = { width: 512, height: 512, rgb: upscaleTile(original.rgb, 128, 4) }
    copy.rgb.forEach((value, i) => (copy.rgb[i] = Math.max(0, Math.min(255, value + ((i * 7919) % 21) - 10))))
    expect(thumbnailDistance(thumbnail(original), thumbnail(copy))).to.be.lessThan(1.2)
  })

  it('keeps different cloths apart', () => {
    const thumbnails = Array.from({ length: 40 }, (_, seed) => thumbnail(picture(seed)))
    for (const [i, one] of thumbnails.entries()) {
      for (const other of thumbnails.slice(0, i)) expect(thumbnailDistance(one, other)).to.be.greaterThan(8)
    }
  })
})
