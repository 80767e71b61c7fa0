import { expect } from 'chai'
import { drawPanels } from '../../minter/report/curves.ts'
import type { RgbImage } from '../../gan/index.ts'

const RED = [154, 58, 42]

/** Where a picture has that colour. */
function placesOf({ width, rgb }: RgbImage, colour: readonly number[]): readonly (readonly [x: number, y: number])[] {
  return Array.from({ length: rgb.length / 3 }, (_, pixel) => pixel)
    .filter((pixel) => colour.every((value, channel) => rgb[pixel * 3 + channel] === value))
    .map((pixel) => [pixel % width, Math.floor(pixel / width)] as const)
}

describe('minter/report/curves drawPanels', () => {
  const rising = { title: 'rising', curves: [{ name: 'a', points: [0, 1, 2, 3].map((x) => ({ x, y: x * x })) }] }

  it('draws a rising curve from the lower left to the upper right', () => {
    const places = placesOf(drawPanels([rising], 'KIMG'), RED)
    const [left, right] = [places.toSorted(([a], [b]) => a - b)[0], places.toSorted(([a], [b]) => b - a)[0]]
    expect(left?.[0]).below(130)
    expect(right?.[0]).above(590)
    expect(left?.[1]).above((right?.[1] ?? 0) + 100)
  })

  it('puts each panel below the one before', () => {
    const one = drawPanels([rising], 'KIMG')
    const two = drawPanels([rising, rising], 'KIMG')
    expect(two.height).to.equal(2 * one.height)
    expect(placesOf(two, RED)).to.have.length(2 * placesOf(one, RED).length)
  })

  it('stays within the picture when there is one point, or no panel', () => {
    const dot = { title: 'dot', curves: [{ name: 'a', points: [{ x: 5, y: 7 }] }] }
    expect(placesOf(drawPanels([dot], 'KIMG'), RED)).to.not.be.empty
    expect(drawPanels([], 'KIMG').rgb.length).above(0)
  })
})
