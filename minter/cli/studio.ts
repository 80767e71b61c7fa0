import { join } from 'node:path'
import { HDNodeWallet } from 'ethers'
import { connectChain } from '../adapters/ethers-access.ts'
import { openDropChain } from '../adapters/ethers-chain.ts'
import { startEmbeddedChain } from '../adapters/hardhat-chain.ts'
import { openIpfsStore } from '../adapters/ipfs-store.ts'
import { openKuboStore } from '../adapters/kubo-store.ts'
import { openQueue } from '../adapters/pgboss-queue.ts'
import { openPglite } from '../adapters/pglite-database.ts'
import { openPostgres } from '../adapters/postgres-database.ts'
import { contractInterface } from '../artifacts.ts'
import type { Config } from '../config.ts'
import { ConfigInvalid } from '../errors.ts'
import { createOutbox } from '../pipeline/outbox.ts'
import { createRunStore, type RunStore } from '../pipeline/runs.ts'
import { prepareSchema } from '../pipeline/schema.ts'
import type { DropTools } from '../pipeline/tools.ts'
import type { Clock, ContentStore, Database, WorkQueue } from '../ports.ts'

/** Accounts of every development chain; worthless anywhere else. */
const DEVELOPMENT_MNEMONIC = 'test test test test test test test test test test test junk'

/** Everything that the steps of a drop work with, opened. */
export interface Studio extends Pick<DropTools, 'database' | 'runs' | 'queue' | 'stores' | 'access' | 'chain'> {
  readonly home: string
  /** The operator's key, which also signs vouchers. */
  readonly key: string
  /** Whether the chain is our own, and may be moved forward. */
  readonly embedded: boolean
  close(): Promise<void>
}

/** What is opened, and where. */
export interface StudioOptions {
  readonly home: string
  readonly config: Config
  readonly now: Clock
  /** Genesis time of an embedded chain whose blocks follow a clock of their own. */
  readonly fixedClock?: number
}

/** A wallet of the development chain, by its number. */
export function developmentWallet(account: number): HDNodeWallet {
  return HDNodeWallet.fromPhrase(DEVELOPMENT_MNEMONIC, undefined, `m/44'/60'/0'/0/${account}`)
}

/** Undoes what was opened, the last first, whatever happens on the way. */
class Closing {
  private readonly steps: (() => Promise<void>)[] = []

  add(step: () => Promise<void>): void {
    this.steps.push(step)
  }

  async run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.steps.splice(0).toReversed()) await step().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
}

/** Opens the database and what lives in it. */
export async function openMemory(
  home: string,
  config: Config,
  now: Clock,
): Promise<{ database: Database; runs: RunStore; queue: WorkQueue }> {
  const database =
    config.databaseUrl === undefined ? await openPglite(join(home, 'database')) : await openPostgres(config.databaseUrl)
  try {
    await prepareSchema(database)
    const queue = await openQueue(database, config.databaseUrl === undefined ? 'pglite' : 'postgres')
    return { database, runs: createRunStore(database, now), queue }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function openStores(home: string, config: Config): Promise<readonly [ContentStore, ...ContentStore[]]> {
  const ours = await openIpfsStore(join(home, 'blocks'))
  return config.kubo === undefined ? [ours] : [ours, openKuboStore(config.kubo)]
}

/** The node that was asked for, or one of our own. */
async function openChainUrl(options: StudioOptions, closing: Closing): Promise<{ url: string; embedded: boolean }> {
  const { home, config, now, fixedClock } = options
  if (config.rpc !== undefined) {
    if (config.key === undefined) {
      throw new ConfigInvalid('LATENTMINT_RPC is set, so LATENTMINT_KEY must hold the operator key', 'environment')
    }
    return { url: config.rpc, embedded: false }
  }
  const chain = await startEmbeddedChain({
    folder: join(home, 'chain'),
    port: 0,
    genesisTime: fixedClock ?? now(),
    fixedClock: fixedClock !== undefined,
  })
  closing.add(() => chain.stop())
  return { url: chain.url, embedded: true }
}

async function openAll(options: StudioOptions, closing: Closing): Promise<Studio> {
  const { home, config, now } = options
  const { database, runs, queue } = await openMemory(home, config, now)
  closing.add(() => database.close())
  closing.add(() => queue.close())
  const stores = await openStores(home, config)
  for (const store of stores) closing.add(() => store.close())
  const { url, embedded } = await openChainUrl(options, closing)
  const key = config.key ?? developmentWallet(0).privateKey
  const access = await connectChain({
    url,
    key,
    interfaces: [contractInterface('IDrop'), contractInterface('Lineage'), contractInterface('Attribution')],
    outbox: (scope) => createOutbox(database, scope),
    embedded,
  })
  closing.add(() => access.close())
  const chain = openDropChain(access)
  return { home, database, runs, queue, stores, access, chain, key, embedded, close: () => closing.run() }
}

/** Opens everything, or nothing. */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const closing = new Closing()
  try {
    return await openAll(options, closing)
  } catch (error) {
    await closing.run().catch(() => {})
    throw error
  }
}
