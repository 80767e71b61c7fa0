import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Command } from 'commander'
import { decodePng, openBundle, TrainingDiverged, TrainingSetInvalid } from '../../gan/index.ts'
import { EXIT, explainFailure } from '../../minter/cli/exit.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { createSession } from '../../minter/cli/session.ts'
import { registerTrain } from '../../minter/cli/train.ts'
import { readConfig } from '../../minter/config.ts'
import { CheckpointDamaged, ConfigInvalid, EngineAbsent, TrainingStopped, StorageFailed } from '../../minter/errors.ts'
import { createProgress } from '../../minter/cli/progress.ts'
import { TINY, writePictures } from './tiny-training.ts'

/** Runs one command line and gives back what it said. */
async function run(...args: readonly string[]): Promise<{ said: string; printed: string }> {
  let [said, printed] = ['', '']
  const terminal = { write: (text: string) => void (said += text) }
  const session = createSession(readConfig({ LATENTMINT_ENGINES: '/nonexistent' }), new AbortController().signal)
  const program = new Command('latentmint').exitOverride()
  program.configureOutput({ writeErr: () => {} })
  registerTrain(program, {
    ...session,
    print: (line) => void (printed += `${line}\n`),
    progress: (silent) => createProgress({ terminal, silent, now: session.elapsed }),
  })
  await program.parseAsync(['train', ...args], { from: 'user' })
  return { said, printed }
}

async function failureOf(...args: readonly string[]): Promise<unknown> {
  return run(...args).then(
    () => null,
    (error: unknown) => error,
  )
}

describe('minter/cli/train', () => {
  let folder: string
  let data: string
  let runs: string
  /** Where to, from what. */
  let to: readonly string[]
  const read = (name: string) => new Uint8Array(readFileSync(join(runs, name)))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-train-'))
    data = join(folder, 'data')
    runs = join(folder, 'run')
    to = ['--out', runs, '--data', data]
    writePictures(data)
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('leaves a checkpoint, samples, a log and its curves, and does not start over what is there', async () => {
    const { printed } = await run(...to, ...TINY, '--kimg', '0.004')
    expect(printed).to.include('0.004 kimg')
    expect(readdirSync(runs)).to.have.members([
      'checkpoint.safetensors',
      'curves.png',
      'log.ndjson',
      'samples-000000.png',
    ])
    expect(decodePng(read('curves.png')).width).to.equal(640)
    const [entry = ''] = readFileSync(join(runs, 'log.ndjson'), 'utf8').split('\n')
    expect(JSON.parse(entry)).to.include({ kimg: 0.004, augmentP: 0, meanPathLength: null })
    expect(JSON.parse(entry)).to.include.keys('secondsPerKimg', 'generator', 'discriminator', 'r1', 'realSign')

    expect(await failureOf(...to, ...TINY, '--kimg', '0.004')).to.be.instanceOf(ConfigInvalid)
    expect((await run(...to, '--kimg', '0.004', '--resume')).printed).to.include('0.004 kimg')
  })

  it('logs how far it is from its pictures, beside how far other real ones are', async () => {
    const ikat = ['--out', runs, '--data', 'ikat', '--images', '8', '--frechet', '4']
    const { said } = await run(...ikat, ...TINY, '--kimg', '0.004')
    expect(said).to.match(/0\.00 kimg: Frechet distance \S+ on random features, \S+ times that of other real pictures/u)
    const lines = readFileSync(join(runs, 'log.ndjson'), 'utf8').trimEnd().split('\n')
    const last = JSON.parse(lines.at(-1) ?? '')
    expect(last).to.include({ kimg: 0.004, frechetSamples: 4 })
    expect(last.frechet).above(last.frechetFloor)
    // A machine gets the last of them with the summary.
    const { printed } = await run(...ikat, '--kimg', '0.004', '--resume', '--json')
    expect(JSON.parse(printed).distance).to.deep.equal(last)
  })

  it('takes no distance of pictures that are too small for it', async () => {
    const { said } = await run(...to, ...TINY, '--kimg', '0.004', '--frechet', '4')
    expect(said).to.include('too few or too small for a distance')
  })

  it('learns a collection by its name', async () => {
    const { said } = await run('--out', runs, '--data', 'ikat', '--images', '8', ...TINY, '--kimg', '0.004')
    expect(said).to.include('8 of 64 x 64 pixels, no classes')
  })

  it('prints nothing but one JSON object when a machine asks', async () => {
    const { said, printed } = await run(...to, ...TINY, '--kimg', '0.008', '--json')
    expect(said).to.equal('')
    expect(JSON.parse(printed)).to.include({ kimg: 0.008, out: runs })
  })

  it('says so when there is nothing to go on from', async () => {
    expect(await failureOf(...to, '--resume')).to.be.instanceOf(ConfigInvalid)
    expect(await failureOf(...to, '--export', join(folder, 'x.safetensors'))).to.be.instanceOf(ConfigInvalid)
  })

  it('says so when the native engine is not installed', async () => {
    const failure = await failureOf(...to, '--engine', 'tensorflow')
    expect(failure).to.be.instanceOf(EngineAbsent)
    expect(String(failure)).to.include('latentmint engines install tensorflow')
  })

  it('learns the classes, shows a row of each, and names them in the bundle', async () => {
    await run(...to, ...TINY, '--kimg', '0.008', '--mirror', '--path-length', '2', '--mixing', '0.9')
    const sheet = decodePng(read('samples-000000.png'))
    expect(sheet.width).above(sheet.height)
    const { printed } = await run(...to, '--resume', '--kimg', '0.012', '--gamma', '3', '--freeze-d', '2')
    expect(printed).to.include('0.012 kimg')
    const unlabelled = await failureOf(...to, '--no-classes', '--resume', '--kimg', '0.016')
    expect(unlabelled).to.be.instanceOf(TrainingSetInvalid)
    expect(explainFailure(unlabelled).exit).to.equal(EXIT.usage)
    expect(String(await failureOf(...to, '--resume', '--channel-base', '128'))).to.include('keeps its networks')

    const bundle = join(folder, 'cloth.safetensors')
    expect(String(await failureOf(...to, '--export', bundle))).to.include('no dataset manifest')
    await run(...to, '--export', bundle, '--dataset', 'models/ikat-64.dataset.json')
    const recipe = JSON.parse(readFileSync(join(folder, 'cloth.recipe.json'), 'utf8'))
    expect(recipe).to.include({ psi: '0.8', mirror: 'none' })
    const digests = join(folder, 'cloth.digests.json')
    expect(JSON.parse(readFileSync(digests, 'utf8'))).to.include({
      digest: sha256(new Uint8Array(readFileSync(bundle))),
    })
    const { description } = openBundle(new Uint8Array(readFileSync(bundle)))
    expect(description).to.deep.include({ name: 'cloth', kimg: 0.012, classes: ['kilim', 'suzani'] })

    const own = { ...recipe, psi: '1' }
    writeFileSync(join(folder, 'cloth.recipe.json'), JSON.stringify(own))
    const scored = readFileSync(bundle)
    await run(...to, '--export', bundle, '--dataset', 'models/ikat-64.dataset.json')
    expect(JSON.parse(readFileSync(join(folder, 'cloth.recipe.json'), 'utf8'))).to.deep.equal(own)
    expect(Buffer.compare(readFileSync(bundle), scored), 'judged at the psi of its recipe').to.not.equal(0)
    writeFileSync(join(folder, 'cloth.recipe.json'), '{}')
    const broken = await failureOf(...to, '--export', bundle, '--dataset', 'models/ikat-64.dataset.json')
    expect(String(broken)).to.include('recipe: version is missing')

    const begun = ['--out', join(folder, 'begun'), '--data', data, '--no-classes', '--from', bundle]
    const { said } = await run(...begun, '--batch', '4', '--kimg', '0.004')
    expect(said).to.include('drawn anew: G.mapping.fc0.weight [8, 8], there [8, 16]')
  })

  it('stops after the minutes it was given, and says how to go on', async () => {
    const failure = await failureOf(...to, ...TINY, '--kimg', '1000', '--stop-after-minutes', '0.01')
    expect(failure).to.be.instanceOf(TrainingStopped)
    expect(explainFailure(failure).exit).to.equal(EXIT.resumable)
    expect(readdirSync(runs)).to.include('checkpoint.safetensors')
  })

  it('divides each batch among threads, goes on with as many, and with as many as it is told', async () => {
    const tiny = [...TINY, '--batch=8']
    const { said } = await run(...to, ...tiny, '--kimg=0.008', '--workers=2')
    expect(said).to.include('2, each with 4 of 8 images at a time')
    expect((await run(...to, '--resume', '--kimg=0.016')).said).to.include('2, each with 4 of 8')
    expect((await run(...to, '--resume', '--kimg=0.024', '--workers=1')).said).not.to.include('each with')
    const uneven = await failureOf('--out', join(folder, 'other'), '--data', data, ...tiny, '--workers=3')
    expect(uneven).to.be.instanceOf(ConfigInvalid)
    expect(String(uneven)).to.include('8 images do not divide among 3 workers')
  })

  it('refuses options that contradict one another', async () => {
    const some = [...to, '--kimg', '0.004']
    expect(String(await failureOf(...some, '--batch', '6'))).to.include('do not divide into groups of 4')
    expect(String(await failureOf(...some, '--shift', '8'))).to.include("less than the images' 8 pixels")
    expect(String(await failureOf(...some, '--p', '0.2'))).to.include('nothing is altered without --aug')
    expect(String(await failureOf(...some, '--aug', 'fixed'))).to.include('how probable')
    const aimless = await failureOf(...some, '--aug', 'fixed', '--p', '0.2', '--target', '0.5')
    expect(String(aimless)).to.include('steers nothing')
  })

  it('stops when numbers cease to be numbers, and keeps where all was well', async () => {
    const failure = await failureOf(...to, ...TINY, '--kimg', '1', '--learning-rate', '1e18')
    expect(failure).to.be.instanceOf(TrainingDiverged)
    expect(explainFailure(failure)).to.include({ code: 'GAN_TRAINING_DIVERGED', exit: EXIT.failed })
    expect((await run(...to, '--resume', '--learning-rate', '0.002', '--kimg', '0.08')).printed).to.include('0.08 kimg')
  })

  describe('with checkpoints that were damaged', () => {
    beforeEach(async () => {
      await run(...to, ...TINY, '--kimg', '0.004')
      await run(...to, '--resume', '--kimg', '0.008')
      copyFileSync(join(runs, 'checkpoint.safetensors'), join(folder, 'good'))
    })

    const damages: readonly [what: string, damage: (bytes: Uint8Array) => Uint8Array][] = [
      ['cut in half', (bytes) => bytes.slice(0, bytes.length / 2)],
      ['empty', () => new Uint8Array(0)],
      ['altered in one bit', (bytes) => bytes.map((byte, i) => (i === bytes.length - 100 ? byte ^ 1 : byte))],
    ]
    for (const [what, damage] of damages) {
      it(`uses the one before when the last is ${what}, says so, and comes to the same end`, async () => {
        writeFileSync(join(runs, 'checkpoint.safetensors'), damage(read('checkpoint.safetensors')))
        const { said } = await run(...to, '--resume', '--kimg', '0.008')
        expect(said).to.match(/checkpoint\.safetensors is damaged \(.*using the one before, .*previous/u)
        expect(read('checkpoint.safetensors')).to.deep.equal(new Uint8Array(readFileSync(join(folder, 'good'))))
        expect(existsSync(join(runs, 'checkpoint.previous.safetensors'))).to.equal(true)
      })
    }

    it('uses the one before when a kill came between moving it aside and replacing it', async () => {
      rmSync(join(runs, 'checkpoint.safetensors'))
      expect(String(await failureOf(...to, ...TINY, '--kimg', '0.008'))).to.include('there is a checkpoint already')
      const { said } = await run(...to, '--resume', '--kimg', '0.008')
      expect(said).to.include('is missing: using the one before')
      expect(read('checkpoint.safetensors')).to.deep.equal(new Uint8Array(readFileSync(join(folder, 'good'))))
    })

    it('refuses to guess when both are damaged', async () => {
      for (const name of ['checkpoint.safetensors', 'checkpoint.previous.safetensors']) {
        writeFileSync(join(runs, name), read(name).slice(0, 1000))
      }
      const failure = await failureOf(...to, '--resume')
      expect(failure).to.be.instanceOf(CheckpointDamaged)
      expect(explainFailure(failure).exit).to.equal(EXIT.integrity)
    })

    it('keeps the last good checkpoint when the disk is full', async function () {
      if (!existsSync('/dev/full')) this.skip()
      symlinkSync('/dev/full', join(runs, 'checkpoint.safetensors.tmp'))
      const failure = await failureOf(...to, '--resume', '--kimg', '0.012')
      expect(failure).to.be.instanceOf(StorageFailed)
      expect(explainFailure(failure)).to.include({ code: 'STORAGE_FAILED', exit: EXIT.resumable })
      expect((failure as StorageFailed).reason).to.equal('ENOSPC')
      expect(read('checkpoint.safetensors')).to.deep.equal(new Uint8Array(readFileSync(join(folder, 'good'))))
      expect((await run(...to, '--resume', '--kimg', '0.012')).printed).to.include('0.012 kimg')
    })
  })
})
