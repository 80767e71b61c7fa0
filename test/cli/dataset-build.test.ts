import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { Command } from 'commander'
import { zipSync } from 'fflate'
import sharp from 'sharp'
import { registerDataset } from '../../minter/cli/dataset.ts'
import { renderIkat } from '../../minter/dataset/ikat.ts'
import { readTrainingSet } from '../../minter/dataset/training-file.ts'
import { openTrainingSet } from '../../minter/dataset/training-set.ts'
import { datasetRoot, parseDatasetManifest } from '../../minter/domain/dataset-manifest.ts'
import { Interrupted } from '../../minter/errors.ts'

const ADA = 'Ada 0x90f79bf6eb2c4f870365e785982e1f101e93b906'
const TERMS = ['--licence', 'CC0-1.0', '--source', 'own camera', '--contributor', ADA] as const

/** Runs one command line and gives back what it printed. */
async function run(args: readonly string[], signal?: AbortSignal): Promise<string> {
  let printed = ''
  const program = new Command('latentmint').exitOverride()
  program.configureOutput({ writeOut: (text) => void (printed += text), writeErr: () => {} })
  registerDataset(program, signal)
  await program.parseAsync(['dataset', ...args], { from: 'user' })
  return printed
}

async function failureOf(...args: readonly string[]): Promise<unknown> {
  return run(args).then(
    () => null,
    (error: unknown) => error,
  )
}

/** An ikat as somebody's camera would have it. */
async function photograph(seed: number, quality = 90): Promise<Buffer> {
  const raw = { width: 64, height: 64, channels: 3 } as const
  return sharp(renderIkat(seed), { raw }).resize(240, 160, { fit: 'cover' }).jpeg({ quality }).toBuffer()
}

function write(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
}

interface Report {
  readonly taken: number
  readonly ignored: number
  readonly rejected: readonly { readonly path: string; readonly reason: string }[]
}

describe('minter/cli/dataset build of pictures', function () {
  this.timeout(30_000)
  let folder: string
  let pictures: string
  let out: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-pictures-'))
    pictures = join(folder, 'in')
    out = join(folder, 'out')
    mkdirSync(pictures)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const manifest = () => parseDatasetManifest(new Uint8Array(readFileSync(join(out, 'manifest.json'))))
  const report = () => JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
  const set = () => readTrainingSet(new Uint8Array(readFileSync(join(out, 'training-set.safetensors'))), out)
  const build = async (...rest: readonly string[]) => run(['build', pictures, '--out', out, ...rest])

  it('takes what is whole, and leaves each of the others out for its own reason', async () => {
    const first = await photograph(1)
    const small = await sharp(await photograph(3))
      .resize(63, 90)
      .png()
      .toBuffer()
    write(pictures, {
      '1.jpg': first,
      '2.webp': await sharp(await photograph(2))
        .webp()
        .toBuffer(),
      'same.jpg': first,
      'same-pixels.png': await sharp(first).png().toBuffer(),
      'near.jpg': await sharp(first).modulate({ brightness: 1.05 }).jpeg({ quality: 85 }).toBuffer(),
      'cut.jpg': first.subarray(0, first.length / 2),
      'text.png': 'no picture',
      'empty.png': '',
      'small.png': small,
      'notes.txt': 'no picture, and says so',
    })
    await build(...TERMS)
    expect(report()).to.include({ taken: 2, ignored: 1 })
    expect(Object.fromEntries(report().rejected.map(({ path, reason }) => [path, reason]))).to.deep.equal({
      'cut.jpg': 'broken',
      'empty.png': 'broken',
      'near.jpg': 'similar',
      'same-pixels.png': 'duplicate',
      'same.jpg': 'duplicate',
      'small.png': 'too-small',
      'text.png': 'broken',
    })
    expect(manifest().files.map(({ path }) => path)).to.have.members(['1.jpg', '2.webp'])
    expect(set()).to.deep.include({ size: 64, labels: null, classes: [] })
    expect(set().images).to.have.lengthOf(2 * 64 * 64 * 3)
    expect(readdirSync(out)).to.have.members(['manifest.json', 'report.json', 'training-set.safetensors'])
  })

  it('takes terms from the nearest dataset.yaml, and pays each contributor by what they gave', async () => {
    const files = await Promise.all([1, 2, 3, 4].map((seed) => photograph(seed)))
    write(pictures, {
      'dataset.yaml': `licence: CC0-1.0\nsource: own loom\ncontributor: Ada\ncontributors:\n  - {name: Ada, address: "${ADA.slice(4)}"}\n`,
      'kilim/1.jpg': files[0]!,
      'kilim/2.jpg': files[1]!,
      'kilim/deep/3.jpg': files[2]!,
      'suzani/4.jpg': files[3]!,
      'suzani/dataset.json': JSON.stringify({ licence: 'CC-BY-4.0', contributor: `Bo 0x${'ab'.repeat(20)}` }),
      'secret/5.jpg': await photograph(5),
      'secret/dataset.yml': 'licence: CC-BY-NC-4.0',
    })
    await build('--classes')
    expect(manifest().contributors.map(({ name, shares }) => [name, shares])).to.deep.equal([
      ['Ada', 750_000],
      ['Bo', 250_000],
    ])
    expect(manifest()).to.deep.include({ licence: 'CC-BY-4.0 AND CC0-1.0', classes: ['kilim', 'suzani'] })
    expect(report().rejected.map(({ path, reason }) => [path, reason])).to.deep.equal([['secret/5.jpg', 'unlicensed']])
    const labels = Object.fromEntries(manifest().files.map((file, i) => [file.path, set().labels?.[i]]))
    expect(openTrainingSet(out).set).to.deep.include({ classes: ['kilim', 'suzani'], size: 64, labels: set().labels })
    expect(openTrainingSet(out, { limit: 2 }).set.images).to.have.lengthOf(2 * 64 * 64 * 3)
    expect(labels).to.deep.equal({ 'kilim/1.jpg': 0, 'kilim/2.jpg': 0, 'kilim/deep/3.jpg': 0, 'suzani/4.jpg': 1 })
  })

  it('reads a CSV file, in which a listed picture may be missing', async () => {
    const rows = [
      'path,licence,source,contributor,address,class',
      `b/1.jpg,CC0-1.0,"a shop, in Bukhara",Ada,${ADA.slice(4)},ikat`,
      `gone.jpg,CC0-1.0,nowhere,Ada,${ADA.slice(4)},ikat`,
      `b/2.jpg,CC0-1.0,somewhere,Ada,${ADA.slice(4)},`,
      'b/3.jpg,,somewhere,,,ikat',
    ]
    write(folder, { 'list.csv': rows.join('\n'), 'b/1.jpg': await photograph(1), 'b/2.jpg': await photograph(2) })
    pictures = join(folder, 'list.csv')
    await build()
    expect(manifest().files.map(({ path, source }) => [path, source])).to.deep.equal([
      ['b/1.jpg', 'a shop, in Bukhara'],
    ])
    expect(report().rejected.map(({ path, reason }) => [path, reason])).to.deep.equal([
      ['b/2.jpg', 'no-class'],
      ['b/3.jpg', 'unlicensed'],
      ['gone.jpg', 'unreadable'],
    ])
  })

  it('makes the same manifest of a zip archive as of the folder', async () => {
    const files = { 'a/1.jpg': await photograph(1), 'a/2.jpg': await photograph(2) }
    write(pictures, files)
    await build(...TERMS, '--name', 'cloth')
    const ofFolder = readFileSync(join(out, 'manifest.json'))
    pictures = join(folder, 'in.zip')
    writeFileSync(pictures, zipSync(files))
    await build(...TERMS, '--name', 'cloth')
    expect(Buffer.compare(readFileSync(join(out, 'manifest.json')), ofFolder)).to.equal(0)
    expect(await run(['verify', out, '--pictures', pictures])).to.match(/^root {4}0x/u)
  })

  it('finds what was changed afterwards, in the pictures or in the training set', async () => {
    write(pictures, { '1.jpg': await photograph(1), '2.jpg': await photograph(2) })
    await build(...TERMS)
    write(pictures, { '2.jpg': await photograph(3) })
    expect(await failureOf('verify', out, '--pictures', pictures)).to.include({
      code: 'CONTENT_ALTERED',
      where: join(out, '2.jpg'),
    })
    const file = join(out, 'training-set.safetensors')
    const bytes = readFileSync(file)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(file, bytes)
    expect(await failureOf('verify', out)).to.include({ code: 'CONTENT_ALTERED' })
  })

  it('tells whoever has only the manifest its root, and whether that is the one that they know', async () => {
    write(pictures, { '1.jpg': await photograph(1), '2.jpg': await photograph(2) })
    await build(...TERMS)
    const file = join(folder, 'from-ipfs.json')
    writeFileSync(file, readFileSync(join(out, 'manifest.json')))
    const root = datasetRoot(manifest())
    expect(await run(['verify', file])).to.equal(`root    ${root}\n`)
    expect(await run(['verify', file, '--root', root])).to.equal(`root    ${root}\n`)
    const other = await failureOf('verify', file, '--root', `0x${'00'.repeat(32)}`)
    expect(other).to.include({ code: 'CONTENT_ALTERED', actual: root })
  })

  it('leaves no dataset behind when it is stopped, and goes on from what was prepared', async () => {
    write(pictures, { '1.jpg': await photograph(1), '2.jpg': await photograph(2) })
    const stop = new AbortController()
    stop.abort(new Interrupted('enough'))
    const stopped = run(['build', pictures, '--out', out, ...TERMS], stop.signal)
    expect(await stopped.catch((error: unknown) => error)).to.be.instanceOf(Interrupted)
    expect(existsSync(join(out, 'manifest.json'))).to.equal(false)
    await build(...TERMS)
    const whole = readFileSync(join(out, 'training-set.safetensors'))
    // As if a run had been killed in the middle of a record.
    appendFileSync(join(out, '.prepared-64-cover'), Buffer.alloc(100))
    await build(...TERMS)
    expect(Buffer.compare(readFileSync(join(out, 'training-set.safetensors')), whole)).to.equal(0)
    expect(readdirSync(out)).to.have.lengthOf(3)
  })

  it('says DATASET_EMPTY of a folder without pictures, and of pictures of which none may be taken', async () => {
    write(pictures, { 'notes.txt': 'x' })
    expect(await failureOf('build', pictures, '--out', out, ...TERMS)).to.include({
      code: 'DATASET_EMPTY',
      where: pictures,
    })
    write(pictures, { '1.jpg': await photograph(1) })
    const failure = await failureOf('build', pictures, '--out', out)
    expect(failure).to.include({ code: 'DATASET_EMPTY' }).and.property('message').to.include('1 unlicensed')
  })

  for (const [what, files, rest] of [
    ['a contributor without an address', {}, ['--contributor', 'Ada']],
    ['a dataset.yaml with a field that means nothing', { 'dataset.yaml': 'license: CC0-1.0' }, []],
    ['a dataset.yaml that is not YAML', { 'dataset.yaml': '{' }, []],
    ['two sidecars in one folder', { 'dataset.yaml': 'class: a', 'dataset.json': '{}' }, []],
  ] as const) {
    it(`refuses ${what} with CONFIG_INVALID`, async () => {
      write(pictures, files)
      expect(await failureOf('build', pictures, '--out', out, ...rest)).to.include({ code: 'CONFIG_INVALID' })
    })
  }

  it('refuses terms without pictures, which would be about none', async () => {
    const failure = await failureOf('build', '--out', out, '--licence', 'CC0-1.0')
    expect(failure).to.include({ code: 'CONFIG_INVALID', where: '--licence' })
  })

  for (const [what, text] of [
    ['leads out of the folder', 'path\n../1.jpg'],
    ['is listed twice', 'path\n1.jpg\n1.jpg'],
    ['the column "license" means nothing', 'path,license\n1.jpg,CC0-1.0'],
    ['no column "path"', 'source\nx'],
  ] as const) {
    it(`refuses a CSV file of which one must say: ${what}`, async () => {
      pictures = join(folder, 'list.csv')
      writeFileSync(pictures, text)
      expect(await failureOf('build', pictures, '--out', out))
        .property('message')
        .to.include(what)
    })
  }

  it('refuses a file that is neither folder, CSV nor zip', async () => {
    pictures = join(folder, 'x.tar')
    writeFileSync(pictures, 'x')
    expect(await failureOf('build', pictures, '--out', out))
      .property('message')
      .to.include('no zip archive')
  })

  it('proves what is in it and what is not, by file', async () => {
    write(pictures, { '1.jpg': await photograph(1), '2.jpg': await photograph(2), 'none.txt': 'mine' })
    await build(...TERMS)
    const claims = await Promise.all(
      ['1.jpg', 'none.txt'].map(async (name) => {
        const proof = JSON.parse(await run(['prove', out, '--file', join(pictures, name), '--json'])) as {
          claim: string
        }
        return proof.claim
      }),
    )
    expect(claims).to.deep.equal(['member', 'absent'])
  })
})
