import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  decodePng,
  discriminatorShapes,
  encodePng,
  fitPicture,
  generatorShapes,
  MersenneTwister,
  writeBundle,
} from '../../gan/index.ts'
import { renderIkat } from '../../minter/dataset/ikat.ts'
import { randomWeights, tinyBundle } from '../gan/tiny-bundle.ts'
import { runHere } from './run-here.ts'

const SIZE = 32

/** A small model that was never trained. */
function modelFile(): Uint8Array {
  const tiny = tinyBundle()
  const random = new MersenneTwister(3)
  const G = { ...tiny.description.G, img_resolution: SIZE }
  const D = { ...tiny.description.D, img_resolution: SIZE }
  const generator = randomWeights(random, generatorShapes(G))
  const discriminator = randomWeights(random, discriminatorShapes(D))
  return writeBundle({ ...tiny, description: { ...tiny.description, G, D }, generator, discriminator })
}

describe('minter/cli/metrics', function () {
  this.timeout(60_000)
  let folder: string
  let model: string
  let pictures: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-metrics-'))
    model = join(folder, 'tiny.safetensors')
    pictures = join(folder, 'pictures')
    mkdirSync(pictures)
    writeFileSync(model, modelFile())
    for (let i = 0; i < 20; i++) {
      const small = fitPicture({ width: 64, height: 64, rgb: renderIkat(i) }, SIZE, 'centre')
      writeFileSync(join(pictures, `${i}.png`), encodePng(small))
    }
  })
  after(() => rmSync(folder, { recursive: true }))

  const measure = (...rest: readonly string[]) =>
    runHere(['metrics', '--model', model, '--data', pictures, '--samples', '8', ...rest])

  it('prints one JSON object, and writes it with a sheet of the likest pairs', async () => {
    const out = join(folder, 'out')
    const { code, stdout } = await measure('--out', out, '--json')
    expect(code).to.equal(0)
    const report = JSON.parse(stdout) as Record<string, unknown>
    expect(report).to.include({ format: 'latentmint-metrics-1', samples: 8, reals: 20, psi: 1, engine: 'canonical' })
    expect(report).to.have.nested.property('random.frechet.floor').that.is.greaterThan(0)
    expect(JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8'))).to.deep.equal(report)
    expect(decodePng(readFileSync(join(out, 'neighbours.png'))).width).to.be.greaterThan(4 * 2 * SIZE)
  })

  it('shows a table with a floor in every row that can have one', async () => {
    const { stdout } = await measure('--psi', '0.7')
    const rows = stdout.split('\n').filter((line) => /Frechet|kernel|precision|recall|Wasserstein/u.test(line))
    expect(rows).to.have.lengthOf(10)
    for (const row of rows) expect(row).to.match(/-?[\d.e-]+\s+-?[\d.e-]+\s+(?:-|[\d.-]+)$/u)
    expect(stdout).to.match(/copies of training pictures: 0 of 8 \(0 of 8 real ones/u)
  })

  it('refuses pictures of another size than the model makes', async () => {
    const smaller = join(folder, 'eight.safetensors')
    writeFileSync(smaller, writeBundle(tinyBundle()))
    const { code, failure } = await runHere(['metrics', '--model', smaller, '--data', pictures, '--samples', '8'])
    expect(failure).to.match(/^GAN_TRAINING_SET_INVALID: the images are 32 x 32 pixels, the network makes 8 x 8/u)
    expect(code).to.equal(2)
  })

  for (const wrong of [
    ['--samples', '4'],
    ['--psi', 'much'],
    ['--engine', 'abacus'],
  ]) {
    it(`refuses ${wrong.join(' ')}`, async () => {
      expect((await measure(...wrong)).code).to.equal(2)
    })
  }
})
