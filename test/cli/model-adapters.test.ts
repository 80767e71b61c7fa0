import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { encodePng, openAdapter, openBundle, writeBundle } from '../../gan/index.ts'
import { datasetManifestJson, datasetRoot } from '../../minter/domain/dataset-manifest.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'
import { runHere } from './run-here.ts'

describe('minter/cli/model-adapters', function () {
  this.timeout(60_000)
  let folder: string
  const at = (name: string) => join(folder, name)
  const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)))

  /** Trains an adapter for a moment; the seed makes another one. */
  async function train(name: string, seed: string): Promise<void> {
    const to = ['train', '--out', at(`run-${name}`), '--data', at('data')]
    const origin = ['--from', at('tiny.safetensors'), '--lora', '2', '--batch', '4']
    const begun = await runHere([...to, ...origin, '--kimg', '0.012', '--seed', seed, '--json'])
    expect(begun.failure).to.equal('')
    const exported = await runHere([...to, '--export', at(`${name}.safetensors`)])
    expect(exported.stdout).to.equal(`${at(`${name}.safetensors`)}: adapter, 0.012 kimg\n`)
  }

  const manifest = {
    format: 'latentmint-dataset-1' as const,
    name: 'noise',
    renderer: { name: 'noise', version: '1' },
    resolution: 8,
    licence: 'CC0-1.0',
    contributors: [{ name: 'Ada', address: `0x${'aa'.repeat(20)}` as const, files: 1, shares: 1_000_000 }],
    files: [{ path: '0.png', sha256: sha256(Uint8Array.of(1)), licence: 'CC0-1.0', contributor: 0 }],
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-adapters-'))
    mkdirSync(at('data'))
    for (let i = 0; i < 4; i++) {
      const rgb = Uint8Array.from({ length: 8 * 8 * 3 }, (_, k) => (k * (i + 3)) % 256)
      writeFileSync(at(`data/${i}.png`), encodePng({ width: 8, height: 8, rgb }))
    }
    writeFileSync(at('data/manifest.json'), datasetManifestJson(manifest))
    writeFileSync(at('tiny.safetensors'), writeBundle(tinyBundle()))
    await train('blue', '1')
    await train('red', '2')
  })
  after(() => rmSync(folder, { recursive: true }))

  it('exports a small file that names its parent and its own dataset', () => {
    const { description } = openAdapter(bytesOf('blue.safetensors'))
    const parent = sha256(bytesOf('tiny.safetensors'))
    expect(description).to.deep.include({ name: 'blue', parent, rank: 2, datasetRoot: datasetRoot(manifest) })
  })

  it('is inspected like a model: what it is, its parent and its dataset', async () => {
    const { stdout } = await runHere(['model', 'inspect', at('blue.safetensors'), '--json'])
    const parent = sha256(bytesOf('tiny.safetensors'))
    const facts = { kind: 'adapter', parent, rank: 2, datasetRoot: datasetRoot(manifest), kimg: 0.012 }
    expect(JSON.parse(stdout)).to.deep.include(facts)
  })

  it('makes the same pictures merged and applied, of one adapter or of two', async () => {
    for (const adapters of [['blue.safetensors'], ['blue.safetensors:0.5', 'red.safetensors:-1']]) {
      const files = adapters.map(at)
      const merged = at(`merged-${adapters.length}.safetensors`)
      expect((await runHere(['model', 'merge', at('tiny.safetensors'), ...files, '--out', merged])).failure).to.equal(
        '',
      )
      const look = ['render', '--seeds', '0-3', '--json', '--grid']
      const apply = ['--model', at('tiny.safetensors'), '--adapter', ...files]
      const applied = JSON.parse((await runHere([...look, at('a.png'), ...apply])).stdout) as { digest: string }
      const own = JSON.parse((await runHere([...look, at('b.png'), '--model', merged])).stdout) as { digest: string }
      const plain = JSON.parse((await runHere([...look, at('c.png'), '--model', at('tiny.safetensors')])).stdout) as {
        digest: string
      }
      expect(applied.digest).to.equal(own.digest)
      expect(applied.digest).not.to.equal(plain.digest)
    }
    const { description } = openBundle(bytesOf('merged-2.safetensors'))
    expect(description.parent).to.equal(sha256(bytesOf('tiny.safetensors')))
    expect(description.adapters?.map(({ name, strength }) => [name, strength])).to.deep.equal([
      ['blue', '0.5'],
      ['red', '-1'],
    ])
  })

  it('refuses an adapter of another model with GAN_ADAPTER_MISMATCH, an integrity failure', async () => {
    const tiny = tinyBundle()
    writeFileSync(at('twin.safetensors'), writeBundle({ ...tiny, description: { ...tiny.description, name: 'twin' } }))
    const merge = ['model', 'merge', at('twin.safetensors'), at('blue.safetensors'), '--out', at('no.safetensors')]
    const { code, failure } = await runHere(merge)
    expect(failure).to.match(/^GAN_ADAPTER_MISMATCH: blue was trained on the model 0x/u)
    expect(code).to.equal(5)
  })

  for (const [what, adapter, out] of [
    ['an adapter that is not there', 'gone.safetensors', 'x.safetensors'],
    ['a strength that is none', 'blue.safetensors:much', 'x.safetensors'],
    ['another kind of file', 'blue.safetensors', 'x.pt'],
  ] as const) {
    it(`refuses ${what} with CONFIG_INVALID`, async () => {
      const { failure } = await runHere(['model', 'merge', at('tiny.safetensors'), at(adapter), '--out', at(out)])
      expect(failure).to.match(/^CONFIG_INVALID/u)
    })
  }

  it('refuses --lora without the model that is adapted', async () => {
    const { failure } = await runHere(['train', '--out', at('run-x'), '--data', at('data'), '--lora', '2'])
    expect(failure).to.match(/^CONFIG_INVALID: an adapter is of a model/u)
  })
})
