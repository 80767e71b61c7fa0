import { expect } from 'chai'
import {
  createCanonicalInterpreter,
  createExplorer,
  type Bundle,
  latentFromSeed,
  startProjection,
  ShapeMismatch,
} from '../../../gan/index.ts'
import { tinyBundle } from '../tiny-bundle.ts'
import { openVectors, readWasm, startBackend } from '../vectors.ts'

const OPTIONS = { space: 'w', seed: 1, noise: 'const', labels: null, samples: 500 } as const

function officialBundle(): Bundle {
  const { G, D, read } = openVectors('tiny32')
  const about = tinyBundle()
  return {
    ...about,
    description: { ...about.description, G, D },
    generator: read('G.safetensors'),
    discriminator: read('D.safetensors'),
  }
}

/** What the model makes of a seed. */
async function pictureOfSeed(bundle: Bundle, seed: number): Promise<Float32Array> {
  const look = { psi: 0.7, cutoff: null, noise: 'const' } as const
  const explorer = await createExplorer(bundle, createCanonicalInterpreter(readWasm()), look)
  const styles = await explorer.styles([latentFromSeed(seed, bundle.description.G.z_dim)], null)
  const [picture] = await explorer.paint(styles)
  explorer.dispose()
  return picture!
}

/** The styles after a few steps. */
function fewSteps(bundle: Bundle, target: Float32Array, seed: number): Float32Array {
  const search = startProjection(bundle, target, { ...OPTIONS, seed, steps: 4 })
  for (let i = 0; i < 4; i++) search.step()
  const { styles } = search.best()
  search.dispose()
  return styles
}

describe('gan/artist/projection startProjection', () => {
  const bundle = officialBundle()
  let target: Float32Array

  before(async () => {
    await startBackend()
    target = await pictureOfSeed(bundle, 5)
  })

  // Fewer degrees of freedom are found sooner: w+ would take more steps than a test has.
  for (const [space, times] of [
    ['w', 15],
    ['w+', 2.5],
  ] as const) {
    it(`comes close to a picture that the model made, which the mean is far from (${space})`, () => {
      const search = startProjection(bundle, target, { ...OPTIONS, space, steps: 60 })
      const losses = Array.from({ length: 60 }, () => search.step())
      const [best, mean] = [search.best(), search.mean()]
      search.dispose()
      expect(losses.at(-1)).to.be.below(losses[0]! / times)
      expect(best.pixel).to.be.below(mean.pixel / times)
      expect(best.perceptual).to.be.below(mean.perceptual / times)
    }).timeout(60_000)
  }

  it('finds the same twice, and other styles with another seed', () => {
    expect(fewSteps(bundle, target, 1)).to.deep.equal(fewSteps(bundle, target, 1))
    expect(fewSteps(bundle, target, 2)).to.not.deep.equal(fewSteps(bundle, target, 1))
  })

  it('goes on from where it is told to', () => {
    const first = startProjection(bundle, target, { ...OPTIONS, steps: 25 })
    for (let i = 0; i < 25; i++) first.step()
    const found = first.best()
    first.dispose()
    const second = startProjection(bundle, target, { ...OPTIONS, steps: 25, start: found.styles })
    expect(second.best().pixel).to.be.closeTo(found.pixel, 1e-6)
    second.dispose()
  })

  it('refuses a target of another size, and a start of another model', () => {
    expect(() => startProjection(bundle, new Float32Array(3), { ...OPTIONS, steps: 1 })).to.throw(ShapeMismatch)
    const start = new Float32Array(3)
    expect(() => startProjection(bundle, target, { ...OPTIONS, steps: 1, start })).to.throw(ShapeMismatch)
  })
})
