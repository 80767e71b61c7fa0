import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// How many visitors the site serves: the drop page, and whether a wallet may mint, asked by 10 to 1,000 connections of
// another process for as long as they like. A real drop on the embedded chain, served by `latentmint serve`.
// Run: node bench/api.ts

const SECONDS = 8
const CONNECTIONS = [10, 100, 1000] as const
const CANDIDATES = 120

const root = resolve(import.meta.dirname, '..')
const MAIN = join(root, 'minter/main.ts')

interface Load {
  readonly connections: number
  /** How long each waited for its first answer, when all came at the same moment. */
  readonly firstMedianMs: number
  readonly firstP99Ms: number
  readonly requestsPerSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly requests: number
  readonly errors: number
}

/** A policy of fewer candidates and a lower bar, so that staging it does not take longer than the measuring. */
function writePolicy(folder: string): string {
  const text = readFileSync(join(root, 'drops/looms-first.yaml'), 'utf8')
    .replace(/^candidates: .*$/mu, `candidates: ${CANDIDATES}`)
    .replace(/^edition: .*$/mu, 'edition: 24')
    .replace(/^ {2}score: .*$/mu, '  score: 20000')
    .replace(/^ {2}rarity: .*$/mu, '  rarity: 20000')
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, text)
  return file
}

async function serve(env: NodeJS.ProcessEnv): Promise<{ readonly url: string; readonly server: ChildProcess }> {
  const server = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--rate-limit', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of server.stdout) {
    const [url] = /http:\/\/[^\s]+/u.exec(String(line)) ?? []
    if (url !== undefined) return { url, server }
  }
  throw new Error('the server ended before it said where it listens')
}

/** One question after the other on a connection of its own, at least one, until the time is over. */
async function visit(agent: Agent, address: string, until: number, tell: (ms: number, ok: boolean) => void) {
  do {
    const start = performance.now()
    const ok = await ask(agent, address)
    tell(performance.now() - start, ok)
  } while (performance.now() < until)
}

function ask(agent: Agent, address: string): Promise<boolean> {
  return new Promise((answered) => {
    const request = get(address, { agent }, (response) => {
      response.resume().once('end', () => answered(response.statusCode === 200))
      response.once('error', () => answered(false))
    })
    request.once('error', () => answered(false))
  })
}

/** @param addressOf what the connection of that number asks for */
async function load(connections: number, addressOf: (connection: number) => string): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const numbers = Array.from({ length: connections }, (_, i) => i)
  let times: number[] = []
  let errors = 0
  const tell = (ms: number, ok: boolean): void => {
    if (!ok) errors++
    times.push(ms)
  }
  const everyOne = (until: number) => Promise.all(numbers.map((i) => visit(agent, addressOf(i), until, tell)))
  // All come at once, and nothing that they ask was asked before.
  await everyOne(0)
  const [firstMedianMs, firstP99Ms] = [quantile(times, 0.5), quantile(times, 0.99)]
  times = []
  const start = performance.now()
  await everyOne(start + SECONDS * 1000)
  const seconds = (performance.now() - start) / 1000
  agent.destroy()
  return {
    connections,
    firstMedianMs,
    firstP99Ms,
    requestsPerSecond: Math.round(times.length / seconds),
    medianMs: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    requests: times.length,
    errors,
  }
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1))
}

async function loads(addressOf: (connection: number) => string): Promise<readonly Load[]> {
  const measured: Load[] = []
  for (const connections of CONNECTIONS) measured.push(await load(connections, addressOf))
  return measured
}

function walletOf(connection: number): string {
  return `0x${(0xca11_0000 + connection).toString(16).padStart(40, '0')}`
}

const folder = mkdtempSync(join(tmpdir(), 'latentmint-bench-'))
// The programs that are measured find Node and their caches as this one does.
// oxlint-disable-next-line node/no-process-env
const env = { ...process.env, LATENTMINT_HOME: join(folder, 'home') }
try {
  const run = ['drop', 'run', writePolicy(folder)]
  execFileSync(process.execPath, [MAIN, ...run], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const { url, server } = await serve(env)
  const dropPage = await loads(() => `${url}/drops/1`)
  const eligibility = await loads((i) => `${url}/api/v1/drops/1/eligibility?wallet=${walletOf(i)}&rank=${i % 24}`)
  server.kill('SIGTERM')
  await once(server, 'exit')
  const result = {
    question: 'how many visitors does the site serve, and how do rate and latency change from 10 to 1,000 connections',
    cores: availableParallelism(),
    note: 'server, chain and load share the cores; each connection asks for a wallet of its own',
    secondsEach: SECONDS,
    dropPage,
    eligibility,
    rateAtThousandOverTen: {
      dropPage: ratio(dropPage),
      eligibility: ratio(eligibility),
    },
  }
  writeFileSync(join(root, 'bench/results/api.json'), `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  if ([...dropPage, ...eligibility].some(({ errors }) => errors > 0)) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function ratio(measured: readonly Load[]): number {
  return Number(((measured.at(-1)?.requestsPerSecond ?? 0) / (measured[0]?.requestsPerSecond ?? 1)).toFixed(2))
}
