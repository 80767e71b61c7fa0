// One process of a drop that is killed again and again: opens everything, does every step, and sells two pieces on the way.
import { join } from 'node:path'
import { connectChain } from '../../minter/adapters/ethers-access.ts'
import { openDropChain } from '../../minter/adapters/ethers-chain.ts'
import { openIpfsStore } from '../../minter/adapters/ipfs-store.ts'
import { openQueue } from '../../minter/adapters/pgboss-queue.ts'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import { contractInterface } from '../../minter/artifacts.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { beginRun, type OpenRun, openRun, readPolicyFile } from '../../minter/cli/runs.ts'
import type { Studio } from '../../minter/cli/studio.ts'
import { lowerCaseHex } from '../../minter/domain/digest.ts'
import { proveRow } from '../../minter/domain/proof.ts'
import { MINT_ABI } from '../../minter/http/mint-call.ts'
import { createOutbox } from '../../minter/pipeline/outbox.ts'
import { createPinMemory, placeOf } from '../../minter/pipeline/pins.ts'
import { createRunStore } from '../../minter/pipeline/runs.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { ChainAccess, Database, House } from '../../minter/ports.ts'
import { Interface } from 'ethers'
import { Faults, faultyChain, faultyDatabase, faultyPlace, faultyStore } from './faults.ts'

/** What the rig tells a child. */
export interface ChildOrder {
  readonly folder: string
  readonly policy: string
  readonly rpc: string
  /** None keeps the database in the folder, by PGlite. */
  readonly databaseUrl: string | null
  readonly house: House
  readonly killAt: number
  /** Dies at the first boundary of a step that is not among these; null for at none. */
  readonly boundariesPassed: readonly string[] | null
  readonly trace: string
}

const SALT = `0x${'11'.repeat(32)}` as const
const COLLECTOR = developmentWallet(1)
/** How many pieces are bought in the public phase. */
const SOLD = 2
const now = (): number => Math.floor(Date.now() / 1000)

async function openDatabase({ folder, databaseUrl }: ChildOrder, faults: Faults): Promise<Database> {
  const plain = databaseUrl === null ? await openPglite(join(folder, 'database')) : await openPostgres(databaseUrl)
  return faultyDatabase(faults, plain)
}

async function open(order: ChildOrder, faults: Faults): Promise<{ studio: Studio; collector: ChainAccess }> {
  faultyChain(faults)
  const database = await openDatabase(order, faults)
  await prepareSchema(database)
  const queue = await openQueue(database, order.databaseUrl === null ? 'pglite' : 'postgres')
  const store = faultyStore(faults, await openIpfsStore(join(order.folder, 'blocks')))
  const second = await openIpfsStore(join(order.folder, 'blocks-2'))
  const interfaces = [contractInterface('IDrop'), contractInterface('Lineage'), contractInterface('Attribution')]
  const connect = (signer: typeof COLLECTOR): Promise<ChainAccess> =>
    connectChain({
      url: order.rpc,
      signer,
      interfaces,
      outbox: (scope) => createOutbox(database, scope, now),
      embedded: true,
    })
  const access = await connect(developmentWallet(0))
  const studio: Studio = {
    home: order.folder,
    database,
    runs: createRunStore(database, now),
    pins: createPinMemory(database, now),
    queue,
    store,
    places: [faultyPlace(faults, placeOf('embedded', store)), faultyPlace(faults, placeOf('second', second))],
    kit: { folder: join(order.folder, 'archives'), verifyPage: null },
    access,
    chain: openDropChain(access),
    house: async () => order.house,
    signer: developmentWallet(0),
    embedded: true,
    close: async () => {
      await access.close()
      await queue.close()
      await database.close()
    },
  }
  return { studio, collector: await connect(COLLECTOR) }
}

/** Buys the first pieces, each once: a collector's intent stands in the same outbox. */
async function buy({ steps }: OpenRun, { chain }: Studio, collector: ChainAccess): Promise<void> {
  const { collection } = await steps.left('register')
  const { drop } = await steps.left('announce')
  const { manifest, tree } = await steps.chosen()
  const price = await chain.priceWei(collection, drop, 0)
  for (const row of manifest.candidates.slice(0, SOLD)) {
    const { rank, facts, pixelDigest, artifactDigest, proof } = proveRow(row, drop, tree)
    const order = { drop, phase: 0, recipient: COLLECTOR.address, safe: true }
    const piece = { rank, facts, pixelDigest, artifactDigest, proof }
    const data = new Interface(MINT_ABI).encodeFunctionData('mintPublic', [order, [piece]])
    await collector.send({ intent: `mint:${collection}:${drop}:${rank}`, to: collection, data, valueWei: price })
  }
}

async function runDrop(order: ChildOrder): Promise<void> {
  const faults = new Faults(order.killAt, order.trace, order.boundariesPassed)
  const { studio, collector } = await open(order, faults)
  faults.arm()
  const { id } = await beginRun(studio, readPolicyFile(order.policy), SALT)
  const progress = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }
  const opened = await openRun(studio, id, { workers: 1, progress, signal: new AbortController().signal })
  const { steps } = opened
  await steps.register()
  await steps.announce()
  await steps.draw()
  await steps.render()
  await steps.select()
  await steps.commit()
  await steps.publish()
  await steps.open()
  // Whoever closed has sold before, and no phase is open any more.
  if ((await studio.runs.steps(id)).every(({ step }) => step !== 'close')) await buy(opened, studio, collector)
  await steps.close()
  const { collection } = await steps.left('register')
  const { drop } = await steps.left('announce')
  const { directory, root } = await steps.left('commit')
  const all = (await studio.runs.steps(id)).map(({ step, state, attempts }) => ({ step, state, attempts }))
  const transactions = await studio.database.query('select intent, nonce, state from transactions order by id')
  const facts = { run: id, collection: lowerCaseHex(collection), drop, directory, root, steps: all, transactions }
  await opened.close()
  await collector.close()
  await studio.close()
  process.stdout.write(JSON.stringify(facts))
}

const order: ChildOrder = JSON.parse(process.argv[2] ?? '{}')
await runDrop(order)
process.exit(0)
