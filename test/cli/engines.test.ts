import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { expect } from 'chai'
import { readConfig } from '../../minter/config.ts'
import { registerEngines } from '../../minter/cli/engines.ts'
import { createSession } from '../../minter/cli/session.ts'
import { ConfigInvalid } from '../../minter/errors.ts'

describe('minter/cli/engines', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latentmint-engines-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** Runs one command line; what it printed, or what it failed with. */
  async function run(...args: readonly string[]): Promise<{ readonly printed: string; readonly failure: unknown }> {
    let printed = ''
    const session = createSession(readConfig({ LATENTMINT_ENGINES: folder }), new AbortController().signal)
    const program = new Command('latentmint').exitOverride()
    registerEngines(program, { ...session, print: (line) => void (printed += `${line}\n`) })
    const failure = await program.parseAsync(['engines', ...args], { from: 'user' }).then(
      () => null,
      (error: unknown) => error,
    )
    return { printed, failure }
  }

  it('measures what is here, and says of the rest why it is not and how to get it', async () => {
    const { printed } = await run('--json')
    const { engines } = JSON.parse(printed)
    expect(engines[0]).to.include({ name: 'canonical', here: true, largestDifference: 0 })
    expect(engines[0].imagesPerSecond).above(0)
    const tensorflow = engines.find(({ name }: { name: string }) => name === 'tensorflow')
    expect(tensorflow.here).to.equal(false)
    expect(tensorflow.detail).to.include('nothing is installed').and.include('latentmint engines install tensorflow')
  })

  it('says the size of a download, and fetches nothing unasked', async () => {
    const { printed, failure } = await run('install', 'tensorflow', '--wheel')
    expect(printed).to.match(/downloads npm packages, \d+ MB, and the wheel tensorflow-cpu .*, 274 MB; into /u)
    expect(failure).to.be.instanceOf(ConfigInvalid)
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('does not install over what is there, nor what it does not know', async () => {
    await mkdir(join(folder, 'webgpu'))
    await writeFile(join(folder, 'webgpu/precious'), '')
    expect((await run('install', 'webgpu', '--yes')).failure).to.be.instanceOf(ConfigInvalid)
    expect(existsSync(join(folder, 'webgpu/precious'))).to.equal(true)
    expect((await run('install', 'abacus', '--yes')).failure).to.be.instanceOf(ConfigInvalid)
  })
})
