import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, existsSync, readFileSync, writeFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ChainStopped } from '../errors.ts'

/** How the embedded chain is to be started. */
export interface EmbeddedChainOptions {
  /** Keeps the journal; the same folder brings the same chain back. */
  readonly folder: string
  /** 0 takes any free one. */
  readonly port: number
  /** Unix seconds of the first block. */
  readonly genesisTime: number
  /** Equal calls make equal blocks, whatever the wall clock says. */
  readonly fixedClock: boolean
}

/** A running embedded chain. */
export interface EmbeddedChain {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

interface Genesis {
  readonly genesisTime: number
  readonly fixedClock: boolean
}

/** A chain that exists keeps its genesis, or its blocks could not be made again. */
function settleGenesis(options: EmbeddedChainOptions): Genesis {
  const file = join(options.folder, 'genesis.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const genesis = { genesisTime: options.genesisTime, fixedClock: options.fixedClock }
  writeFileSync(`${file}.tmp`, JSON.stringify(genesis))
  renameSync(`${file}.tmp`, file)
  return genesis
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let complaint = ''
    child.stderr?.on('data', (text) => (complaint = `${complaint}${text}`.slice(-2000)))
    child.once('exit', () => reject(new ChainStopped(`the embedded chain did not start: ${complaint.trim()}`)))
    child.once('message', (message) => resolve(Number(Reflect.get(Object(message), 'port'))))
  })
}

/**
 * Starts Hardhat's EVM in a process of its own, and waits until it answers.
 *
 * @throws {ChainStopped} when it does not come up
 */
export async function startEmbeddedChain(options: EmbeddedChainOptions): Promise<EmbeddedChain> {
  mkdirSync(options.folder, { recursive: true })
  const settings = {
    port: options.port,
    journal: join(options.folder, 'journal.jsonl'),
    ...settleGenesis(options),
  }
  const program = fileURLToPath(new URL('hardhat-node.ts', import.meta.url))
  const child = fork(program, [JSON.stringify(settings)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const port = await portOf(child)
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}
