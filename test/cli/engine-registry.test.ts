import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createSeedRenderer } from '../../gan/index.ts'
import { ENGINES, openEngine } from '../../minter/cli/engine-registry.ts'
import { ConfigInvalid, EngineAbsent } from '../../minter/errors.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  )
}

describe('minter/cli/engine-registry openEngine', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latentmint-engines-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('opens the canonical engine anywhere, ready to render', async () => {
    const { interpreter, detail } = await openEngine('canonical', folder)
    expect(detail).to.match(/^tfjs-backend-wasm \d/u)
    const renderer = await createSeedRenderer(interpreter, tinyBundle(), {
      version: 1,
      engine: { name: 'any', version: '1', wasmDigest: `0x${'00'.repeat(32)}` },
      psi: '1',
      cutoff: null,
      noiseMode: 'const',
      mirror: 'none',
      upscale: { factor: 1, kernel: 'catmull-rom' },
      png: 1,
    })
    const [image] = await renderer.render([7])
    expect(image?.rgb.length).to.equal(renderer.resolution ** 2 * 3)
    renderer.dispose()
  })

  for (const { name, remedy } of ENGINES.filter((engine) => engine.remedy.startsWith('latentmint engines install'))) {
    it(`says of ${name} where it is not installed how to get it`, async () => {
      const failure = await failureOf(openEngine(name, folder))
      expect(failure).to.be.instanceOf(EngineAbsent)
      expect(String(failure)).to.include(`"${name}" is not here`).and.to.include(remedy)
    })
  }

  it('says why an installation cannot be loaded', async () => {
    const place = join(folder, 'tensorflow/node_modules/@tensorflow/tfjs-node')
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'index.js'), 'throw new Error("libtensorflow.so.2: no such file")')
    const failure = await failureOf(openEngine('tensorflow', folder))
    expect(failure).to.be.instanceOf(EngineAbsent)
    expect(String(failure)).to.include('libtensorflow.so.2: no such file')
  })

  it('refuses a name that no engine has, and lists those that there are', async () => {
    const failure = await failureOf(openEngine('abacus', folder))
    expect(failure).to.be.instanceOf(ConfigInvalid)
    expect(String(failure)).to.include('canonical, ')
  })
})
