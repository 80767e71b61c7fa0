import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Command } from 'commander'
import { decodePng, encodePng, openBundle, TrainingSetInvalid } from '../../gan/index.ts'
import { EXIT, explainFailure } from '../../minter/cli/exit.ts'
import { registerTrain } from '../../minter/cli/train.ts'
import { ConfigInvalid, EngineAbsent, Interrupted } from '../../minter/errors.ts'

const NOWHERE = join(tmpdir(), 'latentmint-no-engines')

/** Runs one command line and gives back what it said. */
async function run(...args: readonly string[]): Promise<string> {
  let said = ''
  const program = new Command('latentmint').exitOverride()
  program.configureOutput({ writeOut: () => {}, writeErr: (text) => void (said += text) })
  registerTrain(program, NOWHERE)
  await program.parseAsync(['train', ...args], { from: 'user' })
  return said
}

async function failureOf(...args: readonly string[]): Promise<unknown> {
  return run(...args).then(
    () => null,
    (error: unknown) => error,
  )
}

describe('minter/cli/train', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latentmint-train-'))
  })

  afterEach(async () => rm(folder, { recursive: true }))

  it('leaves a checkpoint, samples and a log, and does not start over what is there', async () => {
    const said = await run('--out', folder, '--images', '16', '--batch', '4', '--kimg', '0.004')
    expect(said).to.include('0.004 kimg')
    expect(await readdir(folder)).to.have.members(['checkpoint.safetensors', 'log.ndjson', 'samples-000000.png'])
    expect(decodePng(Uint8Array.from(await readFile(join(folder, 'samples-000000.png')))).width).above(512)
    const [entry] = (await readFile(join(folder, 'log.ndjson'), 'utf8')).trim().split('\n')
    expect(JSON.parse(entry ?? '')).to.include({ kimg: 0.004 })

    const again = ['--out', folder, '--images', '16', '--batch', '4', '--kimg', '0.004']
    expect(await failureOf(...again)).to.be.instanceOf(ConfigInvalid)
    expect(await run(...again, '--resume')).to.include('0.004 kimg')
  }).timeout(300_000)

  it('says so when there is nothing to go on from', async () => {
    const some = ['--out', folder, '--images', '16']
    expect(await failureOf(...some, '--resume')).to.be.instanceOf(ConfigInvalid)
    expect(await failureOf(...some, '--export', join(folder, 'x.safetensors'))).to.be.instanceOf(ConfigInvalid)
  })

  it('says so when the native engine is not installed', async () => {
    const failure = await failureOf('--out', folder, '--engine', 'tensorflow')
    expect(failure).to.be.instanceOf(EngineAbsent)
    expect(String(failure)).to.include('latentmint engines install tensorflow')
  })

  describe('on a folder of pictures in classes', () => {
    const TINY = ['--z-dim', '8', '--w-dim', '8', '--channel-base', '64', '--channel-max', '8', '--batch', '4']
    let data: string
    let runs: string

    beforeEach(async () => {
      data = join(folder, 'data')
      runs = join(folder, 'run')
      for (const [i, name] of ['kilim', 'kilim', 'suzani', 'suzani'].entries()) {
        await mkdir(join(data, name), { recursive: true })
        const rgb = Uint8Array.from({ length: 8 * 8 * 3 }, (_, k) => (k * (i + 3)) % 256)
        await writeFile(join(data, name, `${i}.png`), encodePng({ width: 8, height: 8, rgb }))
      }
    })

    it('learns the classes, shows a row of each, and names them in the bundle', async () => {
      const to = ['--out', runs, '--data', data]
      await run(...to, ...TINY, '--kimg', '0.008', '--mirror', '--path-length', '2', '--mixing', '0.9')
      const sheet = decodePng(Uint8Array.from(await readFile(join(runs, 'samples-000000.png'))))
      expect(sheet.width).above(sheet.height)
      expect(await run(...to, '--resume', '--kimg', '0.012', '--gamma', '3', '--freeze-d', '2')).to.include(
        '0.012 kimg',
      )
      const unlabelled = await failureOf(...to, '--no-classes', '--resume', '--kimg', '0.016')
      expect(unlabelled).to.be.instanceOf(TrainingSetInvalid)
      const rebuilt = await failureOf(...to, '--resume', '--channel-base', '128')
      expect(String(rebuilt)).to.include('keeps its networks')

      const bundle = join(folder, 'cloth.safetensors')
      expect(String(await failureOf(...to, '--export', bundle))).to.include('no dataset manifest')
      await run(...to, '--export', bundle, '--dataset', 'models/ikat-64.dataset.json')
      const { description } = openBundle(Uint8Array.from(await readFile(bundle)))
      expect(description).to.deep.include({ name: 'cloth', kimg: 0.012, classes: ['kilim', 'suzani'] })

      const begun = join(folder, 'begun')
      const said = await run(
        '--out',
        begun,
        '--data',
        data,
        '--no-classes',
        '--from',
        bundle,
        '--batch',
        '4',
        '--kimg',
        '0.004',
      )
      expect(said).to.include('drawn anew: G.mapping.fc0.weight [8, 8], there [8, 16]')
    })

    it('stops after the minutes it was given, and says how to go on', async () => {
      const limited = ['--out', runs, '--data', data, ...TINY, '--kimg', '1000', '--stop-after-minutes', '0.01']
      const failure = await failureOf(...limited)
      expect(failure).to.be.instanceOf(Interrupted)
      expect(explainFailure(failure).exit).to.equal(EXIT.resumable)
      expect(await readdir(runs)).to.include('checkpoint.safetensors')
    })

    it('refuses options that contradict one another', async () => {
      const to = ['--out', runs, '--data', data, '--kimg', '0.004']
      expect(String(await failureOf(...to, '--batch', '6'))).to.include('do not divide into groups of 4')
      expect(String(await failureOf(...to, '--p', '0.2'))).to.include('nothing is altered without --aug')
      expect(String(await failureOf(...to, '--aug', 'fixed'))).to.include('how probable')
      expect(String(await failureOf(...to, '--aug', 'fixed', '--p', '0.2', '--target', '0.5'))).to.include(
        'steers nothing',
      )
      expect(String(await failureOf(...to, '--shift', '8'))).to.include("less than the images' 8 pixels")
      expect(
        String(await failureOf(...to, '--channel-base', '8', '--channel-max', '1', '--mapping-layers', '65')),
      ).to.match(/mapping-layers/u)
    })
  })
})
