import { expect } from 'chai'
import * as tf from '@tensorflow/tfjs-core'
import {
  type Bundle,
  createCanonicalEngine,
  createCanonicalInterpreter,
  createExplorer,
  drawNoise,
  type Explorer,
  latentFromSeed,
  type Look,
  MersenneTwister,
  mixStyles,
  pictureOf,
  ShapeMismatch,
} from '../../../gan/index.ts'
import { defaultRecipe } from '../../../minter/cli/model-files.ts'
import { tinyBundle } from '../tiny-bundle.ts'
import { channelsLast, openVectors, readWasm, relativeError, tensorOf, vectorOf, type VectorSet } from '../vectors.ts'

const PLAIN: Look = { psi: 1, cutoff: null, noise: 'const' }

/** An explorer of one of the official networks. */
async function explore(set: VectorSet, look: Look): Promise<Explorer> {
  const bundle: Bundle = {
    ...tinyBundle(),
    description: { ...tinyBundle().description, G: set.G, D: set.D },
    generator: set.read('G.safetensors'),
  }
  return createExplorer(bundle, createCanonicalInterpreter(readWasm()), look)
}

/** The rows of an official tensor. */
function rows(set: VectorSet, name: string): readonly Float32Array[] {
  const { shape, data } = vectorOf(set.read('io.safetensors'), name)
  const length = data.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, i) => data.slice(i * length, (i + 1) * length))
}

/** An official image with its channels last. */
function image(set: VectorSet, name: string): Float32Array {
  return tf.tidy(() => Float32Array.from(channelsLast(tensorOf(vectorOf(set.read('io.safetensors'), name))).dataSync()))
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

describe('gan/artist/explorer', () => {
  const tiny32 = openVectors('tiny32')
  const cond32 = openVectors('cond32')

  it('gives the official styles with truncation and cutoff', async () => {
    for (const [name, look] of [
      ['ws.psi1', PLAIN],
      ['ws.psi0.7', { ...PLAIN, psi: 0.7 }],
      ['ws.psi0.7.cut4', { ...PLAIN, psi: 0.7, cutoff: 4 }],
      ['ws.psi-0.5', { ...PLAIN, psi: -0.5 }],
    ] as const) {
      const explorer = await explore(tiny32, look)
      const styles = await explorer.styles(rows(tiny32, 'z'), null)
      expect(relativeError(joined(styles), joined(rows(tiny32, name))), name).to.be.below(5e-6)
      explorer.dispose()
    }
  })

  it('gives the official images of a labelled network, soft labels among them', async () => {
    const explorer = await explore(cond32, PLAIN)
    const labels = rows(cond32, 'c')
    const latents = rows(cond32, 'z')
    const styles = await Promise.all(labels.map(async (c, i) => (await explorer.styles([latents[i]!], [c]))[0]!))
    expect(relativeError(joined(styles), joined(rows(cond32, 'ws.psi1')))).to.be.below(5e-6)
    const painted = joined(await explorer.paint(styles))
    const expected = image(cond32, 'img.psi1.const')
    expect(relativeError(painted.subarray(0, expected.length), expected)).to.be.below(5e-6)
    explorer.dispose()
  })

  it('gives the official images of recorded random noise', async () => {
    const explorer = await explore(tiny32, { ...PLAIN, noise: 'random' })
    const io = tiny32.read('io.safetensors')
    const layers = [...io.keys()].filter((name) => name.startsWith('random.noise.'))
    const noise = [0, 1].map(
      (row) => new Map(layers.map((name) => [name.slice('random.noise.'.length), rows(tiny32, name)[row]!])),
    )
    const styles = await explorer.styles(rows(tiny32, 'z').slice(0, 2), null)
    expect(layers).to.have.length(7)
    expect(relativeError(joined(await explorer.paint(styles, noise)), image(tiny32, 'img.psi1.random'))).to.be.below(
      5e-6,
    )
    explorer.dispose()
  })

  it('gives the official image of mixed styles', async () => {
    const explorer = await explore(tiny32, PLAIN)
    const [row, col] = await explorer.styles(rows(tiny32, 'z').slice(0, 2), null)
    const mixed = mixStyles(row!, col!, [2, 3, 4, 5], explorer.wDim)
    const expected = image(tiny32, 'img.stylemix.row0.col1.layers2-5')
    expect(relativeError(joined(await explorer.paint([mixed])), expected)).to.be.below(5e-6)
    explorer.dispose()
  })

  it('gives the pixels of the canonical engine, to the bit, whatever the batch', async () => {
    const bundle = tinyBundle()
    const recipe = defaultRecipe()
    const seeds = Array.from({ length: 11 }, (_, seed) => seed)
    const engine = await createCanonicalEngine({ bundle, recipe, wasm: readWasm() })
    const tokens = await engine.render(seeds)
    const look: Look = { psi: Number(recipe.psi), cutoff: recipe.cutoff, noise: 'const' }
    const explorer = await createExplorer(bundle, createCanonicalInterpreter(readWasm()), look)
    const styles = await explorer.styles(
      seeds.map((seed) => latentFromSeed(seed, bundle.description.G.z_dim)),
      null,
    )
    const images = await explorer.paint(styles)
    for (const [i, token] of tokens.entries())
      expect(pictureOf(images[i]!, 8, 3).rgb, `seed ${i}`).to.deep.equal(token.rgb)
    engine.dispose()
    explorer.dispose()
  })

  it('draws the same noise from the same seed, one map for each layer', () => {
    const { generator } = tinyBundle()
    const noise = drawNoise(generator, new MersenneTwister(3))
    expect([...noise].map(([name, { length }]) => [name, length])).to.deep.equal([
      ['b4.conv1', 16],
      ['b8.conv0', 64],
      ['b8.conv1', 64],
    ])
    expect(drawNoise(generator, new MersenneTwister(3))).to.deep.equal(noise)
    expect(drawNoise(generator, new MersenneTwister(4))).to.not.deep.equal(noise)
  })

  it('refuses styles of another model', async () => {
    const explorer = await createExplorer(tinyBundle(), createCanonicalInterpreter(readWasm()), PLAIN)
    const error = await explorer.paint([new Float32Array(7)]).catch((caught: unknown) => caught)
    expect(error).to.be.instanceOf(ShapeMismatch)
    explorer.dispose()
  })
})

describe('gan/artist/style-mixing mixStyles', () => {
  it('takes the named layers from the donor and leaves both parents alone', () => {
    const base = Float32Array.of(1, 1, 2, 2, 3, 3)
    const donor = Float32Array.of(-1, -1, -2, -2, -3, -3)
    expect([...mixStyles(base, donor, [1], 2)]).to.deep.equal([1, 1, -2, -2, 3, 3])
    expect([...base, ...donor]).to.deep.equal([1, 1, 2, 2, 3, 3, -1, -1, -2, -2, -3, -3])
  })

  it('refuses a layer that is not there, and a parent of another size', () => {
    expect(() => mixStyles(new Float32Array(6), new Float32Array(6), [3], 2)).to.throw(ShapeMismatch)
    expect(() => mixStyles(new Float32Array(6), new Float32Array(4), [0], 2)).to.throw(ShapeMismatch)
  })
})
