import { join } from 'node:path'
import type { Signer } from 'ethers'
import { connectChain } from '../adapters/ethers-access.ts'
import { openDropChain } from '../adapters/ethers-chain.ts'
import { startEmbeddedChain } from '../adapters/hardhat-chain.ts'
import { openIpfsStore } from '../adapters/ipfs-store.ts'
import { openQueue } from '../adapters/pgboss-queue.ts'
import { openPglite } from '../adapters/pglite-database.ts'
import { openPostgres } from '../adapters/postgres-database.ts'
import { contractInterface } from '../artifacts.ts'
import type { Config } from '../config.ts'
import { createOutbox } from '../pipeline/outbox.ts'
import { createPinMemory, type PinMemory } from '../pipeline/pins.ts'
import { createRunStore, type RunStore } from '../pipeline/runs.ts'
import { prepareSchema } from '../pipeline/schema.ts'
import type { DropTools } from '../pipeline/tools.ts'
import type { SendingLimits } from '../transactions/delivery.ts'
import type { Clock, Database, House, WorkQueue } from '../ports.ts'
import { verifyPage } from './built-pages.ts'
import { embeddedHouse, recordedCodeHash, recordedHouse } from './house.ts'
import { developmentWallet, openOperator, requireOperator } from './operator.ts'
import { openPlaces } from './places.ts'
import type { Session } from './session.ts'

/** Everything that the steps of a drop work with, opened. */
export interface Studio extends Pick<
  DropTools,
  'database' | 'runs' | 'pins' | 'queue' | 'store' | 'places' | 'kit' | 'access' | 'chain' | 'house'
> {
  readonly home: string
  /** The operator, who also signs vouchers. */
  readonly signer: Signer
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
): Promise<{ database: Database; runs: RunStore; pins: PinMemory; queue: WorkQueue }> {
  const database =
    config.databaseUrl === undefined ? await openPglite(join(home, 'database')) : await openPostgres(config.databaseUrl)
  try {
    await prepareSchema(database)
    const queue = await openQueue(database, config.databaseUrl === undefined ? 'pglite' : 'postgres')
    return { database, runs: createRunStore(database, now), pins: createPinMemory(database, now), queue }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** A chain with the one who acts on it. */
interface OpenedChain {
  readonly url: string
  readonly embedded: boolean
  readonly signer: Signer
}

/** The node that was asked for, or one of our own. */
async function openNode(options: StudioOptions, closing: Closing): Promise<OpenedChain> {
  const { home, config, now, fixedClock } = options
  if (config.rpc !== undefined) return { url: config.rpc, embedded: false, signer: await requireOperator(config) }
  const chain = await startEmbeddedChain({
    folder: join(home, 'chain'),
    port: 0,
    genesisTime: fixedClock ?? now(),
    fixedClock: fixedClock !== undefined,
  })
  closing.add(() => chain.stop())
  return { url: chain.url, embedded: true, signer: (await openOperator(config)) ?? developmentWallet(0) }
}

/** What the operator has set; the rest is as it suits the chain. */
function sendingLimits({ maxFeeWei, maxSpendWei, stuckAfterSeconds, finality }: Config): Partial<SendingLimits> {
  return {
    ...(maxFeeWei !== undefined && { maxFeeWei }),
    ...(maxSpendWei !== undefined && { maxSpendWei }),
    ...(stuckAfterSeconds !== undefined && { stuckAfterMs: stuckAfterSeconds * 1000 }),
    ...(finality !== undefined && { finality }),
  }
}

async function openAll(options: StudioOptions, closing: Closing): Promise<Studio> {
  const { home, config, now } = options
  const { database, runs, pins, queue } = await openMemory(home, config, now)
  closing.add(() => database.close())
  closing.add(() => queue.close())
  const store = await openIpfsStore(join(home, 'blocks'))
  closing.add(() => store.close())
  const opened = openPlaces(store, config)
  closing.add(() => opened.close())
  const { places } = opened
  const { url, embedded, signer } = await openNode(options, closing)
  const access = await connectChain({
    url,
    others: embedded ? [] : config.rpcs.slice(1),
    note: (line) => void process.stderr.write(`${line}\n`),
    signer,
    interfaces: [contractInterface('IDrop'), contractInterface('Lineage'), contractInterface('Attribution')],
    outbox: (scope) => createOutbox(database, scope, now),
    now,
    embedded,
    limits: sendingLimits(config),
    ...(!embedded && {
      codeHash: (contract, chainId) => recordedCodeHash(config.deployments, chainId, contract),
    }),
  })
  closing.add(() => access.close())
  const chain = openDropChain(access)
  const house = (): Promise<House> =>
    embedded ? embeddedHouse(join(home, 'chain'), access, signer) : recordedHouse(config.deployments, access)
  const memory = { database, runs, pins, queue }
  const kit = { folder: join(home, 'archives'), verifyPage: verifyPage() }
  return { home, ...memory, store, places, kit, access, chain, house, signer, embedded, close: () => closing.run() }
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

/** Opens everything that a command's surroundings name, for as long as `work` takes. */
export async function withStudio<T>(
  { config, now }: Pick<Session, 'config' | 'now'>,
  work: (studio: Studio) => Promise<T>,
): Promise<T> {
  const studio = await openStudio({ home: config.home, config, now })
  try {
    return await work(studio)
  } finally {
    await studio.close()
  }
}
