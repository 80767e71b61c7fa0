import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Command } from 'commander'
import { registerDataset } from '../../minter/cli/dataset.ts'
import { ContentAltered } from '../../minter/errors.ts'
import { DatasetManifestInvalid } from '../../minter/domain/dataset-manifest.ts'

/** Runs one command line and gives back what it printed. */
async function run(...args: readonly string[]): Promise<string> {
  let printed = ''
  const program = new Command('latentmint').exitOverride()
  program.configureOutput({ writeOut: (text) => void (printed += text), writeErr: () => {} })
  registerDataset(program)
  await program.parseAsync(['dataset', ...args], { from: 'user' })
  return printed
}

async function failureOf(...args: readonly string[]): Promise<unknown> {
  return run(...args).then(
    () => null,
    (error: unknown) => error,
  )
}

describe('minter/cli/dataset', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latentmint-dataset-'))
  })

  afterEach(async () => rm(folder, { recursive: true }))

  it('builds a dataset that verifies to the same root, from its files and from the manifest alone', async () => {
    const root = /0x[0-9a-f]{64}/.exec(await run('build', '--out', folder, '--count', '12'))?.[0]
    expect(await run('verify', folder)).to.equal(`root    ${root}\n`)
    expect(await run('verify', join(folder, 'manifest.json'))).to.equal(`root    ${root}\n`)
  })

  it('names the changed file and ends with CONTENT_ALTERED', async () => {
    await run('build', '--out', folder, '--count', '12')
    const files = await readdir(folder, { recursive: true })
    const image = files.find((file) => file.endsWith('.png'))!
    await writeFile(join(folder, image), 'another picture')
    expect(await failureOf('verify', folder))
      .to.be.instanceOf(ContentAltered)
      .with.property('where', join(folder, image))
  })

  it('refuses a file that is no manifest with DATASET_MANIFEST_INVALID', async () => {
    const file = join(folder, 'manifest.json')
    await writeFile(file, '{}')
    expect(await failureOf('verify', file)).to.be.instanceOf(DatasetManifestInvalid)
  })

  it('says with CONFIG_INVALID that there is no manifest', async () => {
    expect(await failureOf('verify', join(folder, 'nowhere'))).to.have.property('code', 'CONFIG_INVALID')
    expect(await failureOf('verify', folder)).to.have.property('where', join(folder, 'manifest.json'))
  })

  it('draws the five cloths, each in its folder, and verifies their manifest by drawing again', async () => {
    expect(await failureOf('build', '--drawn', 'looms', '--out', folder, '--count', '5')).to.equal(null)
    const manifest = join(folder, 'manifest.json')
    const { files } = JSON.parse(await readFile(manifest, 'utf8')) as { files: { path: string }[] }
    const paths = ['batik/00002.png', 'ikat/00000.png', 'kilim/00003.png', 'shibori/00004.png', 'suzani/00001.png']
    expect(files.map(({ path }) => path).toSorted()).to.deep.equal(paths)
    expect(await failureOf('verify', manifest)).to.equal(null)

    const other = (await readFile(manifest, 'utf8')).replace('"version":"1"', '"version":"0"')
    await writeFile(manifest, other)
    const failure = await failureOf('verify', manifest)
    expect(failure).to.have.property('code', 'CONFIG_INVALID')
    expect(failure).to.have.property('message').that.includes('no renderer latentmint-looms 0')
  })

  it('says with CONFIG_INVALID that a dataset has fewer images', async () => {
    const failure = await failureOf('build', '--out', folder, '--count', '9000')
    expect(failure).to.have.property('code', 'CONFIG_INVALID')
    expect(failure).to.have.property('message').that.includes('ikat-64 has 8192 images')
  })

  for (const count of ['0', 'many']) {
    it(`refuses --count ${count}`, async () => {
      expect(await failureOf('build', '--out', folder, '--count', count)).to.have.property(
        'code',
        'commander.invalidArgument',
      )
    })
  }
})
