import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { createCanonicalEngine, openBundle, parseRecipe, readSafetensors } from '../../gan/index.ts'
import { readWasm } from '../gan/vectors.ts'
import { runHere } from './run-here.ts'

function vector(path: string): string {
  return fileURLToPath(new URL(`../vectors/${path}`, import.meta.url))
}

function read(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path))
}

const importFile = (file: string, ...options: string[]) =>
  runHere(['model', 'import', file, '--licence', 'CC0-1.0', '--samples', '2', '--json', ...options])

describe('minter/cli/model-import', () => {
  let folder = ''
  let tiny: Awaited<ReturnType<typeof runHere>>
  const out = () => join(folder, 'tiny.safetensors')
  before(async function () {
    this.timeout(60_000)
    folder = mkdtempSync(join(tmpdir(), 'import-'))
    tiny = await importFile(vector('import/tiny32-snapshot.pkl'), '--out', out(), '--kimg', '25000')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('writes a bundle whose seeds are the official pictures, to the byte but for rounding', async () => {
    expect(tiny.code, tiny.failure).to.equal(0)
    const recipe = parseRecipe(JSON.parse(readFileSync(out().replace('.safetensors', '.recipe.json'), 'utf8')))
    const engine = await createCanonicalEngine({ bundle: openBundle(read(out())), recipe, wasm: readWasm() })
    const rendered = await engine.render([0, 1, 2, 3, 4, 5, 6, 7])
    engine.dispose()

    const { tensors } = readSafetensors(read(vector('gan/tiny32/io.safetensors')))
    const official = tensors.get('seeds.img_u8.psi1')!.data
    const differences = rendered.flatMap(({ rgb }, seed) =>
      [...rgb].map((value, i) => Math.abs(value - official[seed * rgb.length + i]!)),
    )
    expect(Math.max(...differences)).most(1)
    expect(differences.filter((difference) => difference > 0).length / differences.length).below(0.001)
  })

  it('says in the bundle where it comes from, what is not known, and what it is calibrated on', () => {
    const { description } = openBundle(read(out()))
    expect(description).to.include({ name: 'tiny', kimg: 25_000, licence: 'CC0-1.0' })
    expect(description.datasetRoot).to.match(/^0x0{64}$/)
    expect(description.imported).to.deep.include({
      file: 'tiny32-snapshot.pkl',
      form: 'pickle',
      network: 'G_ema',
      unknown: ['dataset'],
      calibration: { images: 'its own', samples: 2, seed: 1, psi: '1' },
    })
  })

  it('writes the digests beside it, by which a changed byte names its tensor', async () => {
    expect((await runHere(['model', 'verify', out()])).stdout).to.include('intact')
    const altered = join(folder, 'altered.safetensors')
    const bytes = read(out())
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(altered, bytes)
    const digests = out().replace('.safetensors', '.digests.json')
    const verified = await runHere(['model', 'verify', altered, '--against', digests])
    expect(verified.code).to.equal(5)
    expect(verified.stdout).to.include('calibration.feature_std')
    const compared = await runHere(['model', 'verify', altered, '--against', out(), '--json'])
    expect(JSON.parse(compared.stdout).altered[0]).to.include({ firstByte: bytes.length - 1, changed: 1 })
  })

  it('replaces nothing unless it is told to', async () => {
    const again = await importFile(vector('import/tiny8-objects.pt'), '--out', out())
    expect(again.code).to.equal(2)
    expect(openBundle(read(out())).description.name).to.equal('tiny')
  })

  it('takes the arguments of tensors alone from an official training_options.json', async () => {
    const options = join(folder, 'training_options.json')
    writeFileSync(
      options,
      JSON.stringify({
        G_kwargs: { class_name: 'training.networks.Generator', synthesis_kwargs: { conv_clamp: 256 } },
        D_kwargs: { class_name: 'training.networks.Discriminator', epilogue_kwargs: { mbstd_group_size: 8 } },
      }),
    )
    const file = vector('import/tiny8-legacy.pt')
    const { code, stdout, failure } = await importFile(
      file,
      '--kwargs',
      options,
      '--out',
      join(folder, 'a.safetensors'),
    )
    expect(code, failure).to.equal(0)
    const { G, D } = JSON.parse(stdout)
    expect(G.synthesis_kwargs.conv_clamp).to.equal(256)
    expect(D.epilogue_kwargs.mbstd_group_size).to.equal(8)
  })

  for (const [what, content, exit, code] of [
    ['a pickle that wants to be run', '\x80\x04cos\nsystem\n\x8c\x04true\x85R.', 5, 'GAN_CHECKPOINT_REFUSED'],
    ['a file that is none of the kinds', 'hello, world', 5, 'GAN_CHECKPOINT_INVALID'],
  ] as const) {
    it(`ends with ${exit} for ${what}, and writes nothing`, async () => {
      const file = join(folder, 'odd.pkl')
      writeFileSync(file, Buffer.from(content, 'latin1'))
      const ended = await importFile(file, '--out', join(folder, 'odd.safetensors'))
      expect(ended.code).to.equal(exit)
      expect(ended.failure).to.include(code)
      expect(() => read(join(folder, 'odd.safetensors'))).to.throw('ENOENT')
    })
  }

  it('ends with 2 when something that changes pictures is said nowhere', async () => {
    const ended = await importFile(vector('import/tiny8-legacy.pt'), '--out', join(folder, 'b.safetensors'))
    expect(ended.code).to.equal(2)
    expect(ended.failure).to.include('conv_clamp')
  })
})
