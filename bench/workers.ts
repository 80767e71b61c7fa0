// Whether 1, 2 and 4 workers, each a process of its own with nothing but the database in common, come to the same root, how
// fast they are, and what that makes of a million candidates. On the shipped model, through PostgreSQL (Debian's package).
// Run: node bench/workers.ts [candidates]
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beginRun, openRun, readPolicyText } from '../minter/cli/runs.ts'
import { openStudio, type Studio } from '../minter/cli/studio.ts'
import { readConfig } from '../minter/config.ts'
import type { Hex } from '../minter/domain/digest.ts'
import { renderCandidates } from '../minter/pipeline/render-step.ts'
import { startPostgres } from '../test/adapters/debian-postgres.ts'

const CANDIDATES = Number(process.argv[2] ?? 512)
const WORKERS = [1, 2, 4]
const CLOCK = 1_800_000_000
const SALT: Hex = `0x${'5a'.repeat(32)}`
const MILLION = 1_000_000
const LOAD = Number((loadavg()[0] ?? 0).toFixed(1))
const ROOT = resolve(import.meta.dirname, '..')
const SILENT = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }
const settings = { workers: 1, progress: SILENT, signal: new AbortController().signal }

const POLICY = `
name: Bench
collection: { name: Bench, symbol: BENCH }
model: looms-64
candidates: ${CANDIDATES}
edition: 4
weights: { score: 1, rarity: 1, demand: 0 }
phases: [{ kind: public, start: +0s, end: +1d, price: '0.01' }]
schedule: { seedDelayBlocks: 1, challengeWindowSeconds: 60 }
`

/** A worker that waits for work; its known answers have come out right. */
async function startWorker(url: string, home: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'minter/main.ts'), 'worker', '--workers', '1'], {
    cwd: ROOT,
    env: { PATH: '/usr/bin:/bin', LATENTMINT_DATABASE_URL: url, LATENTMINT_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await new Promise<void>((ready, fail) => {
    child.stderr?.on('data', (text) => {
      if (String(text).includes('waiting for shards')) ready()
    })
    child.once('exit', (code) => fail(new Error(`a worker ended with ${code}`)))
  })
  return child
}

async function stored(studio: Studio, run: string): Promise<number> {
  const sql = 'select coalesce(sum(count), 0)::int as count from shards where run_id = $1'
  const [row] = await studio.database.query<{ count: number }>(sql, [run])
  return row?.count ?? 0
}

/** Seconds from the first shard to the last, and what was rendered between them. */
async function watch(studio: Studio, run: string): Promise<{ seconds: number; rendered: number }> {
  let first = 0
  let start = 0
  for (;;) {
    const count = await stored(studio, run)
    if (first === 0 && count > 0) {
      first = count
      start = performance.now()
    }
    if (count === CANDIDATES) return { seconds: (performance.now() - start) / 1000, rendered: CANDIDATES - first }
    await new Promise((wait) => setTimeout(wait, 20))
  }
}

interface Row {
  readonly workers: number
  readonly seconds: number
  readonly candidatesPerSecond: number
  readonly root: Hex
}

async function measure(studio: Studio, run: string, url: string, home: string, workers: number): Promise<Row> {
  await studio.database.query('delete from shards where run_id = $1', [run])
  const opened = await openRun(studio, run, settings)
  const children = await Promise.all(Array.from({ length: workers }, (_, i) => startWorker(url, join(home, `w${i}`))))
  try {
    const { masterSeed } = await opened.steps.left('draw')
    const tools = { ...studio, renderer: { ...(await opened.renderer()), workers: 0 }, signal: AbortSignal.abort() }
    const still = { advance: () => {}, done: () => {} }
    // Offers the shards, and is stopped before it takes one itself.
    await renderCandidates(tools, { run, masterSeed, total: CANDIDATES }, still).catch(() => {})
    const { seconds, rendered } = await watch(studio, run)
    const { manifest } = await opened.steps.chosen()
    const candidatesPerSecond = Number((rendered / seconds).toFixed(1))
    return { workers, seconds: Number(seconds.toFixed(2)), candidatesPerSecond, root: manifest.root }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await opened.close()
  }
}

const server = await startPostgres()
if (server === null) throw new Error('this bench needs the package postgresql')
const home = mkdtempSync(join(tmpdir(), 'latentmint-workers-'))
try {
  const studio = await openStudio({
    home,
    config: readConfig({ LATENTMINT_DATABASE_URL: server.url }),
    now: () => CLOCK,
    fixedClock: CLOCK,
  })
  try {
    const { id } = await beginRun(studio, readPolicyText(POLICY, 'bench.yaml'), SALT)
    const opened = await openRun(studio, id, settings)
    await opened.steps.register()
    await opened.steps.announce()
    await opened.steps.draw()
    await opened.close()
    const rows: Row[] = []
    for (const workers of WORKERS) rows.push(await measure(studio, id, server.url, home, workers))
    const sql = `select sum(octet_length(pixels) + octet_length(logits) + octet_length(features))::int as bytes
                 from shards where run_id = $1`
    const [size] = await studio.database.query<{ bytes: number }>(sql, [id])
    const [alone] = rows
    const perCore = alone?.candidatesPerSecond ?? 0
    const coreHours = MILLION / perCore / 3600
    const result = {
      question: 'do 1, 2 and 4 workers come to the same root, and what do a million candidates cost',
      model: 'looms-64',
      cores: availableParallelism(),
      // Of the minute before; above 1 something else had a part in the times.
      loadBefore: LOAD,
      candidates: CANDIDATES,
      rows,
      sameRoot: new Set(rows.map(({ root }) => root)).size === 1,
      bytesPerCandidate: Math.round((size?.bytes ?? 0) / CANDIDATES),
      million: {
        coreHours: Number(coreHours.toFixed(1)),
        hoursOn16Cores: Number((coreHours / 16).toFixed(2)),
        hoursOn10MachinesOf16Cores: Number((coreHours / 160).toFixed(3)),
        gigabytesInTheDatabase: Number((((size?.bytes ?? 0) / CANDIDATES) * 1e-3).toFixed(1)),
      },
    }
    writeFileSync(join(ROOT, 'bench/results/workers.json'), `${JSON.stringify(result, null, 2)}\n`)
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    if (!result.sameRoot) throw new Error('the roots differ')
  } finally {
    await studio.close()
  }
} finally {
  server.stop()
  rmSync(home, { recursive: true, force: true })
}
