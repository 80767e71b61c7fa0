import { expect } from 'chai'
import { createCanonicalEngine, EngineUnfit, float32Of, latentFromSeed, type Recipe } from '../../gan/index.ts'
import { digestOf } from '../../gan/engines/wasm-backend.ts'
import { tinyBundle } from './tiny-bundle.ts'
import { openVectors, readWasm, vectorOf } from './vectors.ts'

const wasm = readWasm()

const RECIPE = {
  version: 1,
  engine: { name: 'tfjs-backend-wasm', version: '4.22.0', wasmDigest: `0x${digestOf(wasm).slice(2)}` },
  psi: '0.8',
  cutoff: null,
  noiseMode: 'const',
  mirror: 'quadrant',
  upscale: { factor: 4, kernel: 'catmull-rom' },
  png: 1,
} as const satisfies Recipe

const CHAIN_SEED = Uint8Array.from({ length: 32 }, (_, i) => i)

describe('the canonical engine', () => {
  it('gives an image the same bits whatever it is rendered with', async () => {
    const engine = await createCanonicalEngine({ bundle: tinyBundle(), recipe: RECIPE, wasm })
    const many = await engine.render(Array.from({ length: 19 }, (_, i) => i))
    const few = await engine.render([18, 3])
    const [alone] = await engine.render([3])
    expect(few[0]).to.deep.equal(many[18])
    expect(few[1]).to.deep.equal(many[3])
    expect(alone).to.deep.equal(many[3])
    engine.dispose()
  })

  it('takes the seeds of a chain as well as small numbers', async () => {
    const engine = await createCanonicalEngine({ bundle: tinyBundle(), recipe: RECIPE, wasm })
    const [image] = await engine.render([CHAIN_SEED])
    expect(image?.rgb).to.have.length(engine.resolution ** 2 * 3)
    expect(image?.features).to.have.length(8)
    expect(Math.fround(image?.logit ?? Number.NaN)).to.equal(image?.logit)
    expect(latentFromSeed(CHAIN_SEED, 8)).to.not.deep.equal(latentFromSeed(0, 8))
    engine.dispose()
  })

  it('gives a seed of a network with labels the image and the score of its class, as the official samples do', async () => {
    const { G, D, read, readAll } = openVectors('cond32')
    const plain = tinyBundle()
    const bundle = {
      description: { ...plain.description, G, D },
      generator: read('G.safetensors'),
      discriminator: read('D.safetensors'),
      calibration: {
        ...plain.calibration,
        featureMean: new Float32Array(32),
        featureStd: new Float32Array(32).fill(1),
      },
    }
    const io = readAll('io.safetensors')
    const seeds = [...new BigInt64Array(vectorOf(io, 'seeds').data.slice().buffer)].map(Number)
    const engine = await createCanonicalEngine({ bundle, recipe: { ...RECIPE, psi: '1' }, wasm })
    const images = await engine.render(seeds)
    const pixels = vectorOf(io, 'seeds.img_u8.psi1').data
    const logits = float32Of(vectorOf(io, 'seeds.logits.psi1.each'))
    for (const [i, { rgb, logit }] of images.entries()) {
      const official = pixels.subarray(i * rgb.length, (i + 1) * rgb.length)
      expect(rgb.filter((value, at) => Math.abs(value - official[at]!) > 1)).to.have.length(0)
      expect(logit).to.be.closeTo(logits[i]!, 1e-4 * Math.abs(logits[i]!))
    }
    const [alone] = await engine.render(seeds.slice(2, 3))
    expect(alone).to.deep.equal(images[2])
    engine.dispose()
  })

  it('renders the mean image for every seed at psi 0', async () => {
    const engine = await createCanonicalEngine({ bundle: tinyBundle(), recipe: { ...RECIPE, psi: '0' }, wasm })
    const [first, second] = await engine.render([1, 2])
    expect(first).to.deep.equal(second)
    engine.dispose()
  })

  it('quantises features to 24 steps a standard deviation, and clips them', async () => {
    const bundle = tinyBundle()
    const wide = { ...bundle, calibration: { ...bundle.calibration, featureStd: new Float32Array(8).fill(1e-6) } }
    const engine = await createCanonicalEngine({ bundle: wide, recipe: RECIPE, wasm })
    const [image] = await engine.render([1])
    expect([...(image?.features ?? [])].every((value) => Math.abs(value) === 127)).to.equal(true)
    engine.dispose()
  })

  it('refuses a binary other than the one that the recipe names', async () => {
    const recipe: Recipe = { ...RECIPE, engine: { ...RECIPE.engine, wasmDigest: `0x${'00'.repeat(32)}` } }
    const refusal = await createCanonicalEngine({ bundle: tinyBundle(), recipe, wasm }).catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(EngineUnfit)
  })
})
