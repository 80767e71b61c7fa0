import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { gatewayReader } from '../../minter/adapters/http-gateway.ts'
import { openIpfsStore } from '../../minter/adapters/ipfs-store.ts'
import { openPinningService } from '../../minter/adapters/pinning-service.ts'
import { multiaddrOf } from '../../minter/cli/places.ts'
import { openOrigin, type OpenOrigin } from '../../minter/cli/origin.ts'
import { walkDag } from '../../minter/dag.ts'
import { rawCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import type { ContentStore, PinPlace, PinWish } from '../../minter/ports.ts'
import { type FakePinningService, startFakePinningService } from './fake-pinning-service.ts'

const TOKEN = 'a token from the environment'
const { signal } = new AbortController()

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

async function failureOf(work: Promise<unknown>): Promise<Error & { code: string }> {
  return work.then(
    () => Object.assign(new Error('nothing failed'), { code: 'NONE' }),
    (error: unknown) => error as Error & { code: string },
  )
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

describe('minter/adapters/pinning-service openPinningService', () => {
  let folder: string
  let store: ContentStore
  let root: string
  let origin: OpenOrigin
  let originUrl: string
  let service: FakePinningService

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-pins-'))
    store = await openIpfsStore(folder)
    const files = [
      { path: 'policy.json', content: text('{}') },
      { path: 'images/0.png', content: Uint8Array.from({ length: 1_300_000 }, (_, i) => (i * 7919) & 255) },
      { path: 'images/1.png', content: text('a picture') },
    ]
    root = await store.putDirectory(files, signal)
    originUrl = `http://127.0.0.1:${await freePort()}`
    origin = openOrigin({ url: originUrl, port: undefined }, store)
    await origin.serve(root)
  })

  beforeEach(async () => {
    service = await startFakePinningService(TOKEN)
  })
  afterEach(() => service.close())
  after(async () => {
    await origin.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function open(given: { token?: string; patienceMs?: number } = {}): PinPlace {
    return openPinningService({
      name: 'one',
      endpoint: service.endpoint,
      token: given.token ?? TOKEN,
      origins: async () => [multiaddrOf(originUrl)],
      readBlock: gatewayReader('one', service.gateway),
      ...(given.patienceMs !== undefined && { patienceMs: given.patienceMs }),
    })
  }

  function wish(request: string | null = null, renew = false): PinWish & { readonly remembered: (string | null)[] } {
    const remembered: (string | null)[] = []
    return {
      cid: root,
      label: 'Tiny, directory',
      request,
      renew,
      remembered,
      onRequest: async (asked) => void remembered.push(asked),
      blocks: () => walkDag((cid) => store.readBlock(cid), root),
    }
  }

  it('lets the service fetch every block from us, and reads them back from its gateway', async () => {
    const place = open()
    await place.pin(wish(), signal)
    for await (const { cid, bytes } of walkDag((block) => store.readBlock(block), root)) {
      expect(sha256((await place.readBlock(cid, signal)) ?? new Uint8Array())).to.equal(sha256(bytes))
    }
    expect(service.pins[0]?.pin).to.deep.equal({
      cid: root,
      name: 'Tiny, directory',
      origins: [multiaddrOf(originUrl)],
    })
  })

  it('remembers the request before it waits, and asks after it instead of making a second one', async () => {
    service.mood.neverStarts = true
    const first = wish()
    expect(await failureOf(open({ patienceMs: 100 }).pin(first, signal))).to.have.property('code', 'PIN_PENDING')
    expect(first.remembered).to.deep.equal(['request-1'])
    service.pins[0]!.status = 'pinned'
    await open().pin(wish('request-1'), signal)
    expect(service.pins).to.have.length(1)
  })

  it('finds a pin that was asked for and not remembered, by its CID', async () => {
    await open().pin(wish(), signal)
    await open().pin(wish(), signal)
    await open().pin(wish('a request that the service has forgotten'), signal)
    expect(service.pins).to.have.length(1)
  })

  it('throws PIN_FAILED with the service’s reason, forgets the request, and asks anew the next time', async () => {
    service.mood.failAfterBlocks = 2
    const first = wish()
    const error = await failureOf(open().pin(first, signal))
    expect(error.code).to.equal('PIN_FAILED')
    expect(error.message).to.include('the disk of the service is full')
    expect(first.remembered).to.deep.equal(['request-1', null])
    delete service.mood.failAfterBlocks
    await open().pin(wish(), signal)
    expect(service.pins.map(({ status }) => status)).to.deep.equal(['failed', 'pinned'])
  })

  it('throws PIN_UNAUTHORIZED for a wrong token, and never repeats it', async () => {
    const error = await failureOf(open({ token: 'sesame' }).pin(wish(), signal))
    expect(error.code).to.equal('PIN_UNAUTHORIZED')
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.to.include('sesame')
  })

  it('waits as long as a busy service asks for, and throws PLACE_UNREACHABLE when it stays busy', async () => {
    service.mood.refuse = { status: 429, retryAfter: 0, times: 2 }
    await open().probe(signal)
    service.mood.refuse = { status: 503, retryAfter: 0, times: 100 }
    expect(await failureOf(open().probe(signal))).to.have.property('code', 'PLACE_UNREACHABLE')
  })

  it('throws PIN_REFUSED with the service’s words when it will not have the pin', async () => {
    service.mood.refuse = { status: 409, times: 100 }
    const error = await failureOf(open().probe(signal))
    expect(error).to.include({ code: 'PIN_REFUSED' })
    expect(error.message).to.include('BUSY, as the test wants')
  })

  it('throws CONTENT_ALTERED when the service reports another CID than it was asked for', async () => {
    service.mood.reports = rawCid(sha256(new Uint8Array(1)))
    service.mood.pretends = true
    expect(await failureOf(open().pin(wish(), signal))).to.have.property('code', 'CONTENT_ALTERED')
  })

  it('throws PLACE_UNREACHABLE when nobody listens there', async () => {
    const place = open()
    await service.close()
    expect(await failureOf(place.probe(signal))).to.have.property('code', 'PLACE_UNREACHABLE')
    expect(await failureOf(place.readBlock(root, signal))).to.have.property('code', 'PLACE_UNREACHABLE')
  })
})

describe('minter/cli/places multiaddrOf', () => {
  it('writes names, addresses and TLS as multiaddrs', () => {
    expect(multiaddrOf('https://studio.example.org')).to.equal('/dns/studio.example.org/tcp/443/tls/http')
    expect(multiaddrOf('http://127.0.0.1:8787/')).to.equal('/ip4/127.0.0.1/tcp/8787/http')
    expect(multiaddrOf('http://[::1]:80')).to.equal('/ip6/::1/tcp/80/http')
  })
})
