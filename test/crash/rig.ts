import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectChain } from '../../minter/adapters/ethers-access.ts'
import { startEmbeddedChain } from '../../minter/adapters/hardhat-chain.ts'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import { openQueue } from '../../minter/adapters/pgboss-queue.ts'
import { embeddedHouse } from '../../minter/cli/house.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { askNode } from '../../minter/json-rpc.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { House } from '../../minter/ports.ts'
import { startPostgres } from '../adapters/debian-postgres.ts'
import { writeTinyModel, writeTinyPolicy } from '../pipeline/tiny-studio.ts'
import { memoryOutbox } from '../transactions/memory-outbox.ts'
import { checkDrop, type DropFacts } from './checks.ts'
import type { ChildOrder } from './drop-child.ts'

/** How a child is to end. */
export type Kill =
  | { readonly how: 'place'; readonly after: number }
  | { readonly how: 'boundary'; readonly passed: readonly string[] }
  | { readonly how: 'instant'; readonly afterMs: number }
  | null

/** The end of one child. */
export interface Death {
  readonly how: 'place' | 'boundary' | 'instant'
  /** The last place that it passed, before or after a change. */
  readonly where: string
}

/** What one drop went through before it was done. */
export interface Ordeal {
  readonly deaths: readonly Death[]
  readonly transactions: number
  readonly blocksChecked: number
}

/** A chain, a database server and a policy that many drops are run on, one after the other. */
export interface Rig {
  readonly database: 'pglite' | 'postgres'
  /** Runs a drop to its end, killing each process by the plan, and checks what it came to. */
  endure(plan: (child: number, deaths: readonly Death[]) => Kill): Promise<Ordeal>
  close(): Promise<void>
}

const CHILD = fileURLToPath(new URL('drop-child.ts', import.meta.url))

interface Ended {
  readonly killed: boolean
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

function runChild(order: ChildOrder, kill: Kill): Promise<Ended> {
  const asked = {
    ...order,
    killAt: kill?.how === 'place' ? kill.after : 0,
    boundariesPassed: kill?.how === 'boundary' ? kill.passed : null,
  }
  const child = spawn(process.execPath, [CHILD, JSON.stringify(asked)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: dirname(process.execPath), NODE_COMPILE_CACHE: join(tmpdir(), 'latentmint-compile-cache') },
  })
  const timer = kill?.how === 'instant' ? setTimeout(() => child.kill('SIGKILL'), kill.afterMs) : undefined
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (part) => (text.stdout += String(part)))
  child.stderr.on('data', (part) => (text.stderr += String(part)))
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ ...text, killed: signal === 'SIGKILL', code })
    })
  })
}

function lastLine(file: string): string {
  return existsSync(file) ? (readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? 'start') : 'start'
}

/** The databases that drops begin with: emptied by copying, since making the tables takes longer than a kill. */
interface Memory {
  readonly url: string | null
  reset(folder: string): Promise<void>
  stop(): Promise<void>
}

async function pgliteMemory(folder: string): Promise<Memory> {
  const template = join(folder, 'template')
  const database = await openPglite(template)
  await prepareSchema(database)
  await (await openQueue(database, 'pglite')).close()
  await database.close()
  return {
    url: null,
    reset: async (home) => cpSync(template, join(home, 'database'), { recursive: true }),
    stop: async () => {},
  }
}

async function postgresMemory(): Promise<Memory> {
  const server = await startPostgres()
  if (server === null) throw new Error('no PostgreSQL on this machine: install the package postgresql')
  const urlOf = (name: string): string => server.url.replace(/\/postgres$/u, `/${name}`)
  const admin = await openPostgres(server.url)
  await admin.exec('create database template_drop')
  const database = await openPostgres(urlOf('template_drop'))
  await prepareSchema(database)
  await (await openQueue(database, 'postgres')).close()
  await database.close()
  return {
    url: urlOf('drop'),
    reset: async () => {
      await admin.query('drop database if exists drop with (force)')
      await admin.query('create database drop template template_drop')
    },
    stop: async () => {
      await admin.close()
      server.stop()
    },
  }
}

/** Deploys the contracts once; every drop begins at this point of the chain. */
async function deployHouse(folder: string, url: string): Promise<House> {
  const signer = developmentWallet(0)
  const access = await connectChain({ url, signer, interfaces: [], outbox: () => memoryOutbox(), embedded: true })
  const house = await embeddedHouse(folder, access, signer)
  await access.close()
  return house
}

/** Starts what lives on while processes die. */
export async function openRig(database: 'pglite' | 'postgres', candidates: number): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-crash-'))
  const settings = { folder: join(folder, 'chain'), port: 0, genesisTime: 1_800_000_000, fixedClock: true }
  const chain = await startEmbeddedChain(settings)
  const memory = database === 'pglite' ? await pgliteMemory(folder) : await postgresMemory()
  const house = await deployHouse(join(folder, 'chain'), chain.url)
  const policy = writeTinyPolicy(folder, { model: writeTinyModel(folder), candidates })
  let snapshot = await askNode(chain.url, 'evm_snapshot')

  async function endure(plan: (child: number, deaths: readonly Death[]) => Kill): Promise<Ordeal> {
    await askNode(chain.url, 'evm_revert', [snapshot])
    snapshot = await askNode(chain.url, 'evm_snapshot')
    const since = Number(await askNode(chain.url, 'eth_blockNumber'))
    const home = join(folder, 'home')
    rmSync(home, { recursive: true, force: true })
    rmSync(join(home, 'database.lock'), { force: true })
    mkdirSync(home)
    await memory.reset(home)
    const deaths: Death[] = []
    for (let child = 0; ; child++) {
      const trace = join(home, 'trace.txt')
      rmSync(trace, { force: true })
      const kill = plan(child, deaths)
      const order = {
        folder: home,
        policy,
        rpc: chain.url,
        databaseUrl: memory.url,
        house,
        killAt: 0,
        boundariesPassed: null,
        trace,
      }
      const ended = await runChild(order, kill)
      if (ended.killed && kill !== null) deaths.push({ how: kill.how, where: lastLine(trace) })
      else if (ended.code !== 0)
        throw new Error(`child ${child} failed after ${JSON.stringify(deaths)}: ${ended.stderr}`)
      else return { deaths, ...(await checkDrop(chain.url, home, since, JSON.parse(ended.stdout) as DropFacts)) }
    }
  }
  return {
    database,
    endure,
    close: async () => {
      await memory.stop()
      await chain.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
