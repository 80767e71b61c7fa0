import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Contract, JsonRpcProvider } from 'ethers'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { type OpenRun, openRun } from '../../minter/cli/runs.ts'
import type { Studio } from '../../minter/cli/studio.ts'
import { proveRow } from '../../minter/domain/proof.ts'
import { MINT_ABI } from '../../minter/http/mint-call.ts'
import { ownDrops, reconcile } from '../../minter/pipeline/reconcile.ts'
import { publishRecovered, readDrop, writeDrop } from '../../minter/pipeline/recovery.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import { runHere } from '../cli/run-here.ts'
import { openTinyRun, openTinyStudio, untilDrawn } from './tiny-studio.ts'

const SILENT = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }
const NOTHING_OWN = { policy: null, demand: null, salt: null }
const signal = new AbortController().signal

async function buyFirst({ steps }: OpenRun, { chain, access }: Studio): Promise<void> {
  const { collection } = await steps.left('register')
  const { drop } = await steps.left('announce')
  const { manifest, tree } = await steps.chosen()
  const provider = new JsonRpcProvider(access.url, undefined, { cacheTimeout: -1 })
  const contract = new Contract(collection, MINT_ABI, developmentWallet(1).connect(provider))
  const order = { drop, phase: 0, recipient: developmentWallet(1).address, safe: true }
  const value = await chain.priceWei(collection, drop, 0)
  const minted: { wait(): Promise<unknown> } = await contract.getFunction('mintPublic')(
    order,
    [proveRow(manifest.candidates[0]!, drop, tree)],
    { value },
  )
  await minted.wait()
  provider.destroy()
}

/** The disk with the database is gone. */
async function wipe({ database }: Studio): Promise<void> {
  await database.exec('drop schema public cascade; create schema public')
  await prepareSchema(database)
}

async function recoverAll(studio: Studio): Promise<OpenRun> {
  const [place] = await ownDrops(studio)
  const recovered = await readDrop({ ...studio, signal }, place!, NOTHING_OWN)
  await writeDrop(studio, recovered)
  const opened = await openRun(studio, recovered.run.id, { workers: 1, progress: SILENT, signal })
  await publishRecovered(opened.tools, opened.work, recovered)
  return opened
}

async function outputsOf(studio: Studio, id: string): Promise<Record<string, unknown>> {
  return Object.fromEntries((await studio.runs.steps(id)).map(({ step, outputs }) => [step, outputs]))
}

describe('minter/pipeline/recovery and reconcile', function () {
  this.timeout(600_000)
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  let studio: Studio
  let opened: OpenRun
  let id: string
  let soFar: Record<string, unknown>
  let demandDigest: string
  const differences = () => reconcile({ ...studio, signal }, () => {})

  before(async () => {
    studio = await openTinyStudio(folder)
    opened = await openTinyRun(studio, folder, 24)
    id = opened.work.run.id
    await untilDrawn(opened)
  })

  after(async () => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('asks for the policy of a drop that is not committed, and goes on from the draw with it', async () => {
    const { policy } = opened.work
    const drawn = await opened.steps.left('draw')
    await opened.close()
    await wipe(studio)
    const [place] = await ownDrops(studio)
    const tools = { ...studio, signal }
    const refused = await readDrop(tools, place!, NOTHING_OWN).catch((error: unknown) => error)
    expect(refused).to.have.property('code', 'RECOVERY_IMPOSSIBLE')
    const other = { ...NOTHING_OWN, policy: { ...policy, name: 'Another' } }
    expect(await readDrop(tools, place!, other).catch((error: unknown) => error)).to.have.property(
      'code',
      'RECOVERY_IMPOSSIBLE',
    )
    await writeDrop(studio, await readDrop(tools, place!, { ...NOTHING_OWN, policy }))
    opened = await openRun(studio, id, { workers: 1, progress: SILENT, signal })
    expect(await opened.steps.draw()).to.deep.equal(drawn)

    await opened.steps.render()
    await opened.steps.select()
    await opened.steps.commit()
    await opened.steps.publish()
    await opened.steps.open()
    await buyFirst(opened, studio)
    soFar = await outputsOf(studio, id)
    await opened.close()
  })

  it('finds no difference in a drop that went well', async () => {
    expect(await differences()).to.deep.equal([])
  })

  it('names the drop that a wiped database does not know, and learns every step of it again', async () => {
    await wipe(studio)
    const [unknown, ...others] = await differences()
    expect(others).to.deep.equal([])
    expect(unknown).to.include({ run: null, database: 'unknown', chain: 'announced' })

    opened = await recoverAll(studio)
    expect(opened.work.run.id).to.equal(id)
    await opened.steps.open()
    const { publish, ...rest } = await outputsOf(studio, id)
    const { publish: published, ...wanted } = soFar
    expect(rest).to.deep.equal(wanted)
    expect(publish).to.deep.include({ stores: Reflect.get(Object(published), 'stores') })
    expect(await differences()).to.deep.equal([])
  })

  it('closes a recovered drop without rendering anything, and goes on learning demand', async () => {
    const closed = await opened.steps.close()
    expect(closed.minted).to.deep.equal([0])
    expect(closed.claims.map(({ wei }) => BigInt(wei) > 0n)).to.deep.equal([true, true])
    expect(await studio.database.query('select first from shards')).to.deep.equal([])
    expect(await differences()).to.deep.equal([])
    demandDigest = closed.demandDigest
  })

  it('names what was changed in the database, and what is missing or altered in the directory', async () => {
    const { directory } = await opened.steps.left('commit')
    const root = `0x${'66'.repeat(32)}`
    await studio.database.query(
      `update steps set outputs = jsonb_set(outputs, '{root}', to_jsonb($1::text)) where step = 'commit'`,
      [root],
    )
    await studio.database.query(
      `update steps set outputs = jsonb_set(outputs, '{minted}', '[0, 1]') where step = 'close'`,
    )
    const readBlock = async (cid: string): Promise<Uint8Array | null> => {
      const bytes = await studio.store.readBlock(cid)
      return !cid.startsWith('bafkrei') || bytes === null ? bytes : bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte))
    }
    const altered = { ...studio, store: { ...studio.store, readBlock }, signal }
    const found = await reconcile(altered, () => {})
    expect(found.find(({ what }) => what === 'commit.root')).to.include({ run: id, database: root })
    expect(found.find(({ what }) => what === 'close.minted')).to.include({ database: '0 1', chain: '0' })
    expect(found.map(({ what }) => what)).to.include('directory/policy.json')
    const empty = { ...studio, store: { ...studio.store, readBlock: async () => null }, signal }
    const missing = await reconcile(empty, () => {})
    expect(missing.find(({ what }) => what === `block ${directory}`)).to.include({ directory: 'missing' })
  })

  it('brings back a closed drop by the command, to the same demand, and reconcile ends with 0', async () => {
    await opened.close()
    await studio.close()
    rmSync(join(folder, 'home/database'), { recursive: true, force: true })
    const env = { LATENTMINT_HOME: join(folder, 'home') }
    const recovered = await runHere(['recover', '--json'], env)
    expect(recovered.code, recovered.failure).to.equal(0)
    expect(JSON.parse(recovered.stdout).recovered[0]).to.deep.include({ run: id, minted: 1 })
    const compared = await runHere(['reconcile', '--json'], env)
    expect(compared.code, compared.failure).to.equal(0)
    expect(JSON.parse(compared.stdout)).to.deep.equal({ differences: [] })
    const { runs } = JSON.parse((await runHere(['drop', 'status', '--json'], env)).stdout)
    expect(runs[0].outputs.close).to.include({ demandDigest })
  })
})
