import { expect } from 'chai'
import type { TrainingSet } from '../../gan/index.ts'
import { createDraws, type Draws, type DrawsOptions } from '../../gan/training/draws.ts'

const COUNT = 10
const LABELS = Uint8Array.from({ length: COUNT }, (_, i) => (i < 8 ? 0 : 1))
/** Image i is 2 x 2 pixels; its left column is i, its right column 100 + i. */
const SET: TrainingSet = {
  images: Uint8Array.from({ length: COUNT * 12 }, (_, k) => Math.floor(k / 12) + (Math.floor(k / 3) % 2) * 100),
  labels: LABELS,
  classes: ['common', 'rare'],
  size: 2,
}
const OPTIONS: DrawsOptions = {
  seed: 5,
  batch: 4,
  zDim: 8,
  layers: 6,
  styleMixing: 0.9,
  furthestShift: 12,
  freshNoise: true,
  mirror: false,
  set: SET,
}

/** Left and right byte of each image shown in an iteration. */
function shownIn(draws: Draws): readonly (readonly [left: number, right: number])[] {
  const { pixels } = draws.reals()
  const byte = (k: number) => Math.round((pixels[k]! + 1) * 127.5)
  return Array.from({ length: OPTIONS.batch }, (_, i) => [byte(i * 12), byte(i * 12 + 3)] as const)
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
    const shown = Array.from({ length: 5 }, (_, iteration) => shownIn(draws(iteration))).flat()
    const [first, second] = [shown.slice(0, COUNT), shown.slice(COUNT)].map((epoch) => epoch.map(([left]) => left))
    const all = Array.from({ length: COUNT }, (_, i) => i)
    expect(first!.toSorted((a, b) => a - b)).to.deep.equal(all)
    expect(second!.toSorted((a, b) => a - b)).to.deep.equal(all)
    expect(second).to.not.deep.equal(first)
  })

  it('gives every image its own label', () => {
    const draws = createDraws(OPTIONS)
    for (let iteration = 0; iteration < 5; iteration++) {
      const { classes } = draws(iteration).reals()
      expect(Array.from(classes!)).to.deep.equal(shownIn(draws(iteration)).map(([left]) => LABELS[left]))
    }
    expect(createDraws({ ...OPTIONS, set: { ...SET, labels: null, classes: [] } })(0).reals().classes).to.equal(null)
  })

  it('shows every image once each way round when it mirrors', () => {
    const draws = createDraws({ ...OPTIONS, mirror: true })
    const shown = Array.from({ length: 5 }, (_, iteration) => shownIn(draws(iteration))).flat()
    const expected = Array.from({ length: COUNT }, (_, i) => [`${i},${100 + i}`, `${100 + i},${i}`]).flat()
    expect(shown.map(String).toSorted()).to.deep.equal(expected.toSorted())
  })

  it('draws the classes of fakes as they are among the images, the same for the same iteration', () => {
    const draws = createDraws(OPTIONS)
    const drawn = Array.from({ length: 400 }, (_, iteration) => Array.from(draws(iteration).classes('generator', 4)!))
    const rare = drawn.flat().filter((label) => label === 1).length
    expect(rare).within(250, 390)
    expect(draws(3).classes('generator', 4)).to.deep.equal(createDraws(OPTIONS)(3).classes('generator', 4))
    expect(draws(3).classes('generator', 64)).to.not.deep.equal(draws(3).classes('discriminator', 64))
    expect(createDraws({ ...OPTIONS, set: { ...SET, labels: null } })(0).classes('generator', 4)).to.equal(null)
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
