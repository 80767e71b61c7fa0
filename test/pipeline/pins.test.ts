import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { openIpfsStore } from '../../minter/adapters/ipfs-store.ts'
import { openPlaces, type OpenPlaces } from '../../minter/cli/places.ts'
import { readConfig } from '../../minter/config.ts'
import { createPinMemory, pinEverywhere, type PinTools, type PinnedRoot } from '../../minter/pipeline/pins.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { ContentStore, Database, PinPlace } from '../../minter/ports.ts'
import { type FakeKubo, startFakeKubo } from '../adapters/fake-kubo.ts'
import { type FakePinningService, startFakePinningService } from '../adapters/fake-pinning-service.ts'
import { freePort } from '../services/peers.ts'

const TOKEN = 'sesame'
const BLOCKS = 12

/** Every block that was read at a place, by the place's name. */
function counting(counts: Record<string, number>): (place: PinPlace) => PinPlace {
  return (place) => ({
    ...place,
    readBlock: (cid, signal) => {
      counts[place.name] = (counts[place.name] ?? 0) + 1
      return place.readBlock(cid, signal)
    },
  })
}

async function shortOf(
  work: Promise<unknown>,
): Promise<{ code: string; failures: readonly object[]; message: string }> {
  return work.then(
    () => expect.fail('enough places hold it'),
    (error: unknown) => error as { code: string; failures: readonly object[]; message: string },
  )
}

describe('minter/pipeline/pins pinEverywhere', () => {
  let folder: string
  let database: Database
  let store: ContentStore
  let roots: readonly PinnedRoot[]
  let kubo: FakeKubo
  let service: FakePinningService
  let opened: OpenPlaces
  let drops = 0
  let run: { readonly id: string; readonly name: string }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-pins-'))
    database = await openPglite(join(folder, 'database'))
    await prepareSchema(database)
    store = await openIpfsStore(join(folder, 'blocks'))
  })
  after(async () => {
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    run = { id: `run-${++drops}`, name: 'Tiny' }
    await database.query(
      `insert into runs (id, name, policy, policy_digest, bundle_digest, salt, created_at) values ($1, '', '{}', '', '', '', 0)`,
      [run.id],
    )
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(`${text} of ${run.id}`)
    const { signal } = new AbortController()
    const files = Array.from({ length: 8 }, (_, i) => ({ path: `images/${i}.png`, content: bytes(`picture ${i}`) }))
    roots = [
      { name: 'directory', cid: await store.putDirectory(files, signal) },
      { name: 'model', cid: await store.putFile(bytes('model'), signal) },
      { name: 'dataset', cid: await store.putFile(bytes('dataset'), signal) },
    ]
    kubo = await startFakeKubo()
    service = await startFakePinningService(TOKEN)
    opened = openPlaces(
      store,
      readConfig({
        LATENTMINT_KUBO: kubo.url,
        LATENTMINT_ORIGIN: `http://127.0.0.1:${await freePort()}`,
        LATENTMINT_PINNING: JSON.stringify([
          { name: 'one', endpoint: service.endpoint, token: TOKEN, gateway: service.gateway },
        ]),
      }),
    )
  })
  afterEach(async () => {
    await opened.close()
    await service.close()
    kubo.close()
  })

  function tools(change: (place: PinPlace) => PinPlace = (place) => place, signal?: AbortSignal): PinTools {
    const [first, ...others] = opened.places
    const places = [change(first), ...others.map(change)] as const
    return { store, places, pins: createPinMemory(database, () => 7), signal: signal ?? new AbortController().signal }
  }

  it('has all blocks held by our store, a Kubo node and a pinning service, each read back', async () => {
    const counts = {}
    const outcome = await pinEverywhere(tools(counting(counts)), run, roots, 3, () => {})
    expect(outcome).to.deep.equal({ held: ['embedded', 'kubo', 'one'], failures: [] })
    expect(counts).to.deep.equal({ embedded: BLOCKS, kubo: BLOCKS, one: BLOCKS })
    expect([...kubo.pins]).to.include.members(roots.map(({ cid }) => cid))
    expect(service.pins.map(({ pin }) => pin.cid)).to.have.members(roots.map(({ cid }) => cid))
  })

  it('goes on where each place was: nothing that was read back is asked for again, and no pin is made twice', async () => {
    let reads = 0
    const stopping = (place: PinPlace): PinPlace => ({
      ...place,
      readBlock: async (cid, signal) => {
        if (place.name === 'one' && ++reads > 4)
          throw Object.assign(new Error('the cable is out'), { code: 'ENETDOWN' })
        return place.readBlock(cid, signal)
      },
    })
    const error = await shortOf(pinEverywhere(tools(stopping), run, roots, 3, () => {}))
    expect(error.code).to.equal('PINS_SHORT')
    expect(error.failures).to.deep.equal([{ place: 'one', code: 'ENETDOWN', reason: 'the cable is out' }])

    const counts = {}
    await pinEverywhere(tools(counting(counts)), run, roots, 3, () => {})
    expect(counts).to.deep.equal({ one: BLOCKS - 4 })
    expect(service.pins).to.have.length(roots.length)
  })

  it('stops between two blocks when asked to, and goes on there', async () => {
    const controller = new AbortController()
    let checked = 0
    const stop = (): void => {
      if (++checked === 5) controller.abort(new Error('stopped'))
    }
    const only = { ...tools(undefined, controller.signal), places: [opened.places[0]] as const }
    expect(await shortOf(pinEverywhere(only, run, roots, 1, stop))).to.have.property('message', 'stopped')
    const counts = {}
    const again = { ...tools(counting(counts)) }
    await pinEverywhere({ ...again, places: [again.places[0]] }, run, roots, 1, () => {})
    expect(counts).to.deep.equal({ embedded: BLOCKS - 5 })
  })

  it('is content when as many hold it as are wanted, and says what the others did not do', async () => {
    service.mood.failAfterBlocks = 3
    const { held, failures } = await pinEverywhere(tools(), run, roots, 2, () => {})
    expect(held).to.deep.equal(['embedded', 'kubo'])
    expect(failures).to.have.length(1)
    expect(failures[0]).to.include({ place: 'one', code: 'PIN_FAILED' })
    expect(failures[0]?.reason).to.include('the disk of the service is full')
  })

  it('does not count a service that says “pinned” and has nothing', async () => {
    service.mood.pretends = true
    const { failures } = await shortOf(pinEverywhere(tools(), run, roots, 3, () => {}))
    expect(failures[0]).to.include({ place: 'one', code: 'CONTENT_MISSING' })
  })

  it('does not count a place whose gateway serves one other byte, and names the file', async () => {
    service.mood.alters = (_cid, bytes) => {
      const altered = bytes.slice()
      if (new TextDecoder().decode(bytes).startsWith('picture 3')) altered[0] = 80
      return altered
    }
    const { failures } = await shortOf(pinEverywhere(tools(), run, roots, 3, () => {}))
    expect(failures[0]).to.include({ place: 'one', code: 'CONTENT_ALTERED' })
    expect(Reflect.get(failures[0] ?? {}, 'reason')).to.be.a('string')
  })

  it('names every place that is down, and what to do', async () => {
    kubo.close()
    service.mood.refuse = { status: 401, times: 100 }
    const error = await shortOf(pinEverywhere(tools(), run, roots, 2, () => {}))
    expect(error.failures.map((failure) => Reflect.get(failure, 'code'))).to.deep.equal([
      'PLACE_UNREACHABLE',
      'PIN_UNAUTHORIZED',
    ])
    expect(error.message).to.include('kubo does not answer').and.to.include('LATENTMINT_PINNING')
    expect(error.message).not.to.include(TOKEN)
  })
})
