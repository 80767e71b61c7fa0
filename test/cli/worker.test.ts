import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { startCanonicalPool } from '../../minter/adapters/canonical-pool.ts'
import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import { beginRun, type OpenRun, openRun, readPolicyFile } from '../../minter/cli/runs.ts'
import { openMemory, type Studio } from '../../minter/cli/studio.ts'
import { readConfig } from '../../minter/config.ts'
import { type Hex, sha256 } from '../../minter/domain/digest.ts'
import { loadCandidates, type StoredCandidate } from '../../minter/pipeline/candidates.ts'
import { renderCandidates, waitingShards } from '../../minter/pipeline/render-step.ts'
import type { CandidateRenderer } from '../../minter/ports.ts'
import { MISSING_POSTGRES, type PostgresServer, startPostgres } from '../adapters/debian-postgres.ts'
import { openTinyStudio, withFolder, writeTinyModel, writeTinyPolicy } from '../pipeline/tiny-studio.ts'
import { type CliOutcome, runCli } from './run-cli.ts'

/** Five shards, the last of them not full. */
const TOTAL = 72
/** So that a candidate in another's place is seen. */
const VARIETY = 8
const SALT: Hex = `0x${'11'.repeat(32)}`
const SILENT = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }
const STILL = { advance: () => {}, done: () => {} }

interface Waiting {
  readonly studio: Studio
  readonly opened: OpenRun
  readonly run: string
  readonly masterSeed: Hex
}

/** A database for one chain: what was sent is remembered in it, and every test has a chain of its own. */
async function makeDatabase(server: string, name: string): Promise<string> {
  const database = await openPostgres(server)
  await database.exec(`create database ${name}`)
  await database.close()
  return new URL(`/${name}`, server).href
}

/** A drop whose seeds are drawn, in a database that others can reach, for as long as `work` takes. */
async function withDrawn(url: string, work: (drop: Waiting, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const studio = await openTinyStudio(folder, 'home', { LATENTMINT_DATABASE_URL: url })
    const file = readPolicyFile(writeTinyPolicy(folder, { model: writeTinyModel(folder, VARIETY), candidates: TOTAL }))
    const { id } = await beginRun(studio, file, SALT)
    const opened = await openRun(studio, id, { workers: 1, progress: SILENT, signal: new AbortController().signal })
    try {
      await opened.steps.register()
      await opened.steps.announce()
      const { masterSeed } = await opened.steps.draw()
      await work({ studio, opened, run: id, masterSeed }, folder)
    } finally {
      await opened.close()
      await studio.close()
    }
  })
}

/** Offers the shards as the render step does, and stops before the first of them is taken. */
async function offerOnly({ studio, opened, run, masterSeed }: Waiting): Promise<void> {
  const tools = { ...studio, renderer: await opened.renderer(), signal: AbortSignal.abort() }
  const stopped = await renderCandidates(tools, { run, masterSeed, total: TOTAL }, STILL).catch(
    (error: unknown) => error,
  )
  expect(stopped).to.have.property('code', 'INTERRUPTED')
}

/** The same candidates by one process alone, in an embedded database. */
async function renderAlone({ opened, run, masterSeed }: Waiting, folder: string): Promise<readonly StoredCandidate[]> {
  const memory = await openMemory(join(folder, 'alone'), readConfig({}), () => 0)
  await memory.runs.create(opened.work.run)
  const { bundleBytes, recipe } = opened.work.model
  const renderer = await startCanonicalPool({ bundle: bundleBytes, recipe, workers: 1 })
  const tools = { ...memory, renderer, signal: new AbortController().signal }
  await renderCandidates(tools, { run, masterSeed, total: TOTAL }, STILL)
  const candidates = await loadCandidates(memory.database, run)
  await renderer.close()
  await memory.queue.close()
  await memory.database.close()
  return candidates
}

/** A worker in a process of its own, with nothing in common with the drop's but the database and the model. */
function runWorker(
  url: string,
  folder: string,
  name = 'worker',
  more: Readonly<Record<string, string>> = {},
): Promise<CliOutcome> {
  const env = { LATENTMINT_DATABASE_URL: url, LATENTMINT_HOME: join(folder, name), ...more }
  return runCli(['worker', '--once', '--workers', '1'], { env })
}

/** A worker that takes a shard and is killed before it has rendered it. */
function killWithShard(url: string, run: string): Promise<void> {
  const program = fileURLToPath(new URL('slow-worker.ts', import.meta.url))
  const child = spawn(process.execPath, [program, url, run], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.once('data', () => child.kill('SIGKILL'))
  return new Promise((resolve) => child.once('close', () => resolve()))
}

/** How many candidates a worker says it has rendered. */
function renderedBy({ stderr }: CliOutcome): number {
  return [...stderr.matchAll(/(\d+) candidates of run/gu)].reduce((sum, [, count]) => sum + Number(count), 0)
}

describe(`minter/cli/worker${MISSING_POSTGRES}`, () => {
  let server: PostgresServer | null = null

  before(async function () {
    server = await startPostgres()
    if (server === null) this.skip()
  })

  it('renders all shards of a waiting drop, byte for byte as the drop’s own process does', async () => {
    const url = await makeDatabase(server?.url ?? '', 'waiting')
    await withDrawn(url, async (drop, folder) => {
      await offerOnly(drop)
      expect(await waitingShards(drop.studio.queue, drop.run)).to.equal(5)

      const worker = await runWorker(url, folder)
      expect(worker.code, worker.stderr).to.equal(0)
      expect(renderedBy(worker)).to.equal(TOTAL)
      expect(await waitingShards(drop.studio.queue, drop.run)).to.equal(0)
      const stored = await loadCandidates(drop.studio.database, drop.run)
      expect(stored).to.have.length(TOTAL)
      expect(new Set(stored.map(({ rgb }) => sha256(rgb))).size).to.be.above(TOTAL / 2)
      expect(stored).to.deep.equal(await renderAlone(drop, folder))

      expect(await drop.opened.steps.render()).to.deep.equal({ candidates: TOTAL })
      const { edition } = await drop.opened.steps.select()
      expect(edition).to.equal(4)
    })
  })

  it('shares the work with another worker and with the drop’s own process', async () => {
    const url = await makeDatabase(server?.url ?? '', 'shared')
    await withDrawn(url, async (drop, folder) => {
      await offerOnly(drop)
      const own = await drop.opened.renderer()
      let workers: readonly CliOutcome[] = []
      let asked: Promise<unknown> | undefined
      // Our own two hands hold a shard each until the workers have done the rest.
      const patient: CandidateRenderer = {
        ...own,
        render: async (seeds) => {
          asked ??= Promise.all(['one', 'two'].map((name) => runWorker(url, folder, name))).then((ended) => {
            workers = ended
          })
          await asked
          return own.render(seeds)
        },
      }
      const tools = { ...drop.studio, renderer: patient, signal: new AbortController().signal }
      await renderCandidates(tools, { run: drop.run, masterSeed: drop.masterSeed, total: TOTAL }, STILL)
      for (const { code, stderr } of workers) expect(code, stderr).to.equal(0)
      const byOthers = workers.reduce((sum, one) => sum + renderedBy(one), 0)
      expect(byOthers).to.be.within(TOTAL - 32, TOTAL - 16)
      expect(await loadCandidates(drop.studio.database, drop.run)).to.deep.equal(await renderAlone(drop, folder))
    })
  })

  it('loses nothing when a worker is killed with a shard in its hands', async () => {
    const url = await makeDatabase(server?.url ?? '', 'killed')
    await withDrawn(url, async (drop, folder) => {
      await offerOnly(drop)
      await killWithShard(url, drop.run)
      expect(await waitingShards(drop.studio.queue, drop.run)).to.equal(4)
      const other = await runWorker(url, folder)
      expect(other.code, other.stderr).to.equal(0)
      expect(renderedBy(other)).to.equal(TOTAL - 16)
      expect(await loadCandidates(drop.studio.database, drop.run)).to.have.length(TOTAL - 16)

      // The drop's own process finds what nobody has any more.
      expect(await drop.opened.steps.render()).to.deep.equal({ candidates: TOTAL })
      expect(await loadCandidates(drop.studio.database, drop.run)).to.deep.equal(await renderAlone(drop, folder))
    })
  })

  it('is refused on a machine that does not compute the known answers, and has taken nothing', async () => {
    const url = await makeDatabase(server?.url ?? '', 'unfit')
    await withDrawn(url, async (drop, folder) => {
      await offerOnly(drop)
      const faulty = fileURLToPath(new URL('faulty-machine.ts', import.meta.url))
      const refused = await runWorker(url, folder, 'worker', { NODE_OPTIONS: `--import=${faulty}` })
      expect(refused.stderr).to.include('GAN_ENGINE_UNFIT')
      expect(refused.code).to.equal(5)
      expect(await waitingShards(drop.studio.queue, drop.run)).to.equal(5)
    })
  })

  after(() => server?.stop())
})
