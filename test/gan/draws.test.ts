import { expect } from 'chai'
import { createDraws, type DrawsOptions } from '../../gan/training/draws.ts'

const COUNT = 10
const OPTIONS: DrawsOptions = {
  seed: 5,
  batch: 4,
  zDim: 8,
  layers: 6,
  styleMixing: 0.9,
  furthestShift: 12,
  freshNoise: true,
  images: Uint8Array.from({ length: COUNT }, (_, i) => i),
  bytesPerImage: 1,
}

describe('the randomness of training', () => {
  it('depends on the seed and the iteration alone', () => {
    const early = createDraws(OPTIONS)
    early(0).reals()
    early(6).latents('generator', 4)
    const late = createDraws(OPTIONS)
    for (const draw of [early(7), late(7)].map((draws) => draws.latents('generator', 4))) {
      expect(draw).to.deep.equal(createDraws(OPTIONS)(7).latents('generator', 4))
    }
    expect(early(7).reals()).to.deep.equal(late(7).reals())
    expect(early(8).latents('generator', 4)).to.not.deep.equal(early(7).latents('generator', 4))
  })

  it('shows every image once in an epoch, in another order each time', () => {
    const draws = createDraws(OPTIONS)
    const shown = Array.from({ length: 5 }, (_, iteration) => [...draws(iteration).reals()]).flat()
    const bytes = shown.map((value) => Math.round((value + 1) * 127.5))
    const [first, second] = [bytes.slice(0, COUNT), bytes.slice(COUNT)]
    expect(first.toSorted((a, b) => a - b)).to.deep.equal([...OPTIONS.images])
    expect(second.toSorted((a, b) => a - b)).to.deep.equal([...OPTIONS.images])
    expect(second).to.not.deep.equal(first)
  })

  it('mixes styles as often as it is told, between the first layer and the last', () => {
    const draws = createDraws(OPTIONS)
    const crossovers = Array.from({ length: 400 }, (_, iteration) => draws(iteration).crossover('generator'))
    const mixed = crossovers.filter((crossover) => crossover !== null)
    expect(mixed.length).within(330, 390)
    expect(new Set(mixed)).to.deep.equal(new Set([1, 2, 3, 4, 5]))
  })

  it('shifts half of the iterations, by no more than it may', () => {
    const draws = createDraws(OPTIONS)
    const shifts = Array.from({ length: 400 }, (_, iteration) => draws(iteration).shift())
    const moved = shifts.filter(({ down, right }) => down !== 0 || right !== 0)
    expect(moved.length).within(150, 250)
    expect(Math.max(...moved.flatMap(({ down, right }) => [Math.abs(down), Math.abs(right)]))).to.equal(12)
  })

  it('gives the constant noise its place when fresh noise is not wanted', () => {
    expect(createDraws({ ...OPTIONS, freshNoise: false })(0).noise(16)).to.equal(null)
  })
})
