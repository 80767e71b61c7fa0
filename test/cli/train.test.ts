import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Command } from 'commander'
import { decodePng } from '../../gan/index.ts'
import { registerTrain } from '../../minter/cli/train.ts'
import { ConfigInvalid, EngineAbsent } from '../../minter/errors.ts'

const NOWHERE = join(tmpdir(), 'latentmint-no-engines')

/** Runs one command line and gives back what it said. */
async function run(...args: readonly string[]): Promise<string> {
  let said = ''
  const program = new Command('latentmint').exitOverride()
  program.configureOutput({ writeOut: () => {}, writeErr: (text) => void (said += text) })
  registerTrain(program, NOWHERE)
  await program.parseAsync(['train', '--images', '16', ...args], { from: 'user' })
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
    const said = await run('--out', folder, '--batch', '4', '--kimg', '0.004')
    expect(said).to.include('0.004 kimg')
    expect(await readdir(folder)).to.have.members(['checkpoint.safetensors', 'log.ndjson', 'samples-000000.png'])
    expect(decodePng(Uint8Array.from(await readFile(join(folder, 'samples-000000.png')))).width).above(512)
    const [entry] = (await readFile(join(folder, 'log.ndjson'), 'utf8')).trim().split('\n')
    expect(JSON.parse(entry ?? '')).to.include({ kimg: 0.004 })

    expect(await failureOf('--out', folder, '--batch', '4', '--kimg', '0.004')).to.be.instanceOf(ConfigInvalid)
    expect(await run('--out', folder, '--batch', '4', '--kimg', '0.004', '--resume')).to.include('0.004 kimg')
  }).timeout(300_000)

  it('says so when there is nothing to go on from', async () => {
    expect(await failureOf('--out', folder, '--resume')).to.be.instanceOf(ConfigInvalid)
    expect(await failureOf('--out', folder, '--export', join(folder, 'x.safetensors'))).to.be.instanceOf(ConfigInvalid)
  })

  it('says so when the native engine is not installed', async () => {
    const failure = await failureOf('--out', folder, '--engine', 'tensorflow')
    expect(failure).to.be.instanceOf(EngineAbsent)
    expect(String(failure)).to.include('latentmint engines install tensorflow')
  })
})
