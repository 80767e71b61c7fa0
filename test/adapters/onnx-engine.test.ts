import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { createCanonicalEngine, createSeedRenderer, type Interpreter, type Rendered } from '../../gan/index.ts'
import { wasmPath } from '../../minter/adapters/canonical-pool.ts'
import { onnxCudaEngine, onnxEngine } from '../../minter/adapters/onnx-engine.ts'
import { defaultRecipe } from '../../minter/cli/model-files.ts'
import { readConfig } from '../../minter/config.ts'
import { EngineAbsent } from '../../minter/errors.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'

const { engines: folder } = readConfig({})
const SEEDS = Array.from({ length: 9 }, (_, seed) => seed)

describe('minter/adapters/onnx-engine', () => {
  let interpreter: Interpreter
  before(async function () {
    try {
      interpreter = (await onnxEngine.open(folder)).interpreter
    } catch (error) {
      if (!(error instanceof EngineAbsent)) throw error
      this.skip()
    }
  })

  for (const classes of [[], ['Ikat', 'Suzani', 'Batik']]) {
    it(`renders what the canonical engine renders, up to a level of a colour, with ${classes.length} classes`, async () => {
      const bundle = tinyBundle(classes)
      const recipe = defaultRecipe()
      const canonical = await createCanonicalEngine({ bundle, recipe, wasm: new Uint8Array(readFileSync(wasmPath())) })
      const renderer = await createSeedRenderer(interpreter, bundle, recipe)
      const [expected, actual] = [await canonical.render(SEEDS), await renderer.render(SEEDS)]
      for (const [i, { rgb, logit }] of expected.entries()) {
        const other: Rendered | undefined = actual[i]
        expect(Math.abs(logit - (other?.logit ?? Number.NaN))).to.be.below(2e-5)
        expect(Math.max(...rgb.map((byte, at) => Math.abs(byte - (other?.rgb[at] ?? 0))))).to.be.at.most(1)
      }
      renderer.dispose()
      canonical.dispose()
    })
  }

  it('says what a provider needs that cannot start', async function () {
    const failure = await onnxCudaEngine.open(folder).then(
      () => null,
      (error: unknown) => error,
    )
    if (failure === null) this.skip()
    expect(failure).to.be.instanceOf(EngineAbsent)
    expect(failure).to.have.property('message').that.includes('"onnx-cuda" is not here').and.includes('CUDA 12')
  })
})
