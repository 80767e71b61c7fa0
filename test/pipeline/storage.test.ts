import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { openIpfsStore } from '../../minter/adapters/ipfs-store.ts'
import { openPlaces, type OpenPlaces } from '../../minter/cli/places.ts'
import { storageExit } from '../../minter/cli/storage.ts'
import { readConfig } from '../../minter/config.ts'
import { createPinMemory, pinEverywhere } from '../../minter/pipeline/pins.ts'
import { createRunStore } from '../../minter/pipeline/runs.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import {
  auditStorage,
  type PublishedDrop,
  publishedDrops,
  repairStorage,
  type StorageAudit,
  storageHistory,
  type StorageTools,
} from '../../minter/pipeline/storage.ts'
import type { ContentStore, Database } from '../../minter/ports.ts'
import { type FakeKubo, startFakeKubo } from '../adapters/fake-kubo.ts'
import { type FakePinningService, startFakePinningService } from '../adapters/fake-pinning-service.ts'
import { runHere } from '../cli/run-here.ts'
import { freePort } from '../services/peers.ts'

const TOKEN = 'sesame'
const RUN = '0123456789ab'
const BLOCKS = 7
const { signal } = new AbortController()
const quiet = { onTotal: () => {}, onChecked: () => {} }

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Changes a byte of the one file below a folder whose content this is. */
function alterOnDisk(folder: string, content: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (statSync(path).isFile() && readFileSync(path, 'utf8') === content) writeFileSync(path, `${content.slice(1)}X`)
  }
}

describe('minter/pipeline/storage', () => {
  let home: string
  let database: Database
  let store: ContentStore
  let kubo: FakeKubo
  let service: FakePinningService
  let opened: OpenPlaces
  let tools: StorageTools
  let drops: readonly PublishedDrop[]
  let env: Readonly<Record<string, string>>
  let clock = 1_000_000

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'latentmint-storage-'))
    database = await openPglite(join(home, 'database'))
    await prepareSchema(database)
    store = await openIpfsStore(join(home, 'blocks'))
    kubo = await startFakeKubo()
    service = await startFakePinningService(TOKEN)
    env = {
      LATENTMINT_HOME: home,
      LATENTMINT_KUBO: kubo.url,
      LATENTMINT_ORIGIN: `http://127.0.0.1:${await freePort()}`,
      LATENTMINT_PINNING: JSON.stringify([
        { name: 'one', endpoint: service.endpoint, token: TOKEN, gateway: service.gateway },
      ]),
    }
    opened = openPlaces(store, readConfig(env))
    tools = { store, places: opened.places, pins: createPinMemory(database, () => 7), signal, database }
    await publish()
    drops = await publishedDrops(createRunStore(database, () => 0))
  })
  after(async () => {
    await service.close()
    kubo.close()
    rmSync(home, { recursive: true, force: true })
  })

  /** What the steps of a run leave, without a chain. */
  async function publish(): Promise<void> {
    const files = ['one', 'two', 'three'].map((text, i) => ({ path: `images/${i}.png`, content: bytes(text) }))
    const directory = await store.putDirectory(files, signal)
    const bundleCid = await store.putFile(bytes('model'), signal)
    const datasetCid = await store.putFile(bytes('dataset'), signal)
    await database.query(
      `insert into runs (id, name, policy, policy_digest, bundle_digest, salt, created_at) values ($1, 'Tiny', '{}', '', '', '', 0)`,
      [RUN],
    )
    const outputs = { register: { bundleCid, datasetCid }, commit: { directory }, publish: { verifyPage: null } }
    for (const [step, left] of Object.entries(outputs)) {
      const sql = `insert into steps (run_id, step, state, outputs, started_at) values ($1, $2, 'done', $3, 0)`
      await database.query(sql, [RUN, step, JSON.stringify(left)])
    }
    const roots = [
      { name: 'directory', cid: directory },
      { name: 'model', cid: bundleCid },
      { name: 'dataset', cid: datasetCid },
    ]
    await pinEverywhere(tools, { id: RUN, name: 'Tiny' }, roots, 3, () => {})
  }

  function audit(): Promise<StorageAudit> {
    clock += 3600
    return auditStorage(tools, drops, clock, quiet)
  }

  it('finds every block of every drop at every place, and ends well', async () => {
    const found = await audit()
    expect(found.faults).to.deep.equal([])
    expect(found.counts.map(({ place, ok }) => [place, ok])).to.deep.equal([
      ['embedded', BLOCKS],
      ['kubo', BLOCKS],
      ['one', BLOCKS],
    ])
    expect(storageExit(found)).to.equal(0)
  })

  it('names who lacks what, and repairs it from any good copy', async () => {
    alterOnDisk(join(home, 'blocks'), 'two')
    const lost = [...service.blocks].find(([, content]) => new TextDecoder().decode(content) === 'three')?.[0] ?? ''
    service.blocks.delete(lost)
    const found = await audit()
    expect(found.faults.map(({ place, path, state }) => [place, path, state])).to.deep.equal([
      ['embedded', 'directory/images/1.png', 'altered'],
      ['one', 'directory/images/2.png', 'missing'],
    ])
    expect(storageExit(found)).to.equal(5)

    const repairs = await repairStorage(tools, drops, found)
    expect(repairs.map(({ place, failure }) => [place, failure])).to.deep.equal([
      ['embedded', null],
      ['one', null],
    ])
    expect((await audit()).faults).to.deep.equal([])
  })

  it('calls a place that is down unreachable after one try, and everything else by its own name', async () => {
    const counts = { one: 0 }
    const [first, second, third] = opened.places
    const down = {
      ...third!,
      readBlock: async (cid: string, until: AbortSignal) => {
        counts.one++
        return openPlaces(store, readConfig({ ...env, LATENTMINT_PINNING: gone })).places[2]!.readBlock(cid, until)
      },
    }
    const gone = JSON.stringify([
      { name: 'one', endpoint: 'http://127.0.0.1:9', token: TOKEN, gateway: 'http://127.0.0.1:9' },
    ])
    const found = await auditStorage({ ...tools, places: [first, second!, down] }, drops, ++clock, quiet)
    expect(counts.one).to.equal(1)
    expect(found.counts.at(-1)).to.include({ place: 'one', ok: 0, unreachable: BLOCKS })
    expect(storageExit(found)).to.equal(3)
  })

  it('says why a place could not be repaired', async () => {
    service.blocks.clear()
    service.mood.refuse = { status: 401, times: 1 }
    const [repaired] = await repairStorage(tools, drops, await audit())
    expect(repaired?.failure).to.include({ code: 'PIN_UNAUTHORIZED' })
    expect((await repairStorage(tools, drops, await audit()))[0]?.failure).to.equal(null)
  })

  it('keeps what each audit found, for a history over time', async () => {
    const { auditedAt } = await audit()
    const history = await storageHistory(database, 3)
    expect(new Set(history.map((count) => count.auditedAt)).size).to.equal(3)
    expect(history.slice(0, 3).map(({ place, ok }) => [place, ok])).to.deep.equal([
      ['embedded', BLOCKS],
      ['kubo', BLOCKS],
      ['one', BLOCKS],
    ])
    expect(history[0]).to.include({ auditedAt, run: RUN, name: 'Tiny' })
    expect(history.some(({ missing }) => missing > 0)).to.equal(true)
  })

  it('is done by the command line, which ends with 5 on altered bytes and 0 once they are repaired', async () => {
    // The folder serves one process, and here one owner.
    await opened.close()
    await store.close()
    await database.close()
    alterOnDisk(join(home, 'blocks'), 'one')
    const found = await runHere(['storage', 'audit'], env)
    expect(found.code, found.failure).to.equal(5)
    expect(found.stdout).to.include('directory/images/0.png altered').and.include('Next: latentmint storage repair')
    const repaired = await runHere(['storage', 'repair', '--json'], env)
    expect(repaired.code, repaired.failure).to.equal(0)
    const { repairs } = JSON.parse(repaired.stdout) as { repairs: readonly object[] }
    expect(repairs).to.deep.equal([{ run: RUN, place: 'embedded', failure: null }])
    const shown = await runHere(['storage', 'history', '--last', '2'], env)
    expect(shown.stdout.trim().split('\n')).to.have.length(7)
  })
})
