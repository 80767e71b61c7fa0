import { CarReader } from '@ipld/car'
import { expect } from 'chai'
import { rawCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { type Exhibit, hang } from './exhibit.ts'
import { listen, type Listening } from './listen.ts'

describe('minter/http: the gateway', () => {
  let exhibit: Exhibit
  let server: Listening
  let directory = ''

  before(async () => {
    exhibit = await hang({ candidates: 8, edition: 3 })
    directory = exhibit.drop.directory!
    server = await listen(exhibit.deps)
  })
  after(() => server.close())

  it('serves a file of a directory with its type, and the digest that the chain has', async () => {
    const response = await server.get(`/ipfs/${directory}/images/1.png`)
    expect(response.headers.get('content-type')).to.equal('image/png')
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).to.equal(exhibit.candidates[1]!.artifactDigest)
  })

  it('serves a file by its own CID, which follows from its digest', async () => {
    const response = await server.get(`/ipfs/${rawCid(exhibit.candidates[2]!.artifactDigest)}`)
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).to.equal(exhibit.candidates[2]!.artifactDigest)
  })

  it('lets caches keep content for good, and answers 304 to who has it', async () => {
    const first = await server.get(`/ipfs/${directory}/images/0.png`)
    expect(first.headers.get('cache-control')).to.include('immutable')
    // fetch would ask for a fresh copy by itself as soon as it sees the tag.
    const headers = { 'if-none-match': first.headers.get('etag')!, 'cache-control': 'max-age=0' }
    const again = await server.get(`/ipfs/${directory}/images/0.png`, headers)
    expect([again.status, (await again.arrayBuffer()).byteLength]).to.deep.equal([304, 0])
  })

  it('serves single blocks to trustless clients, by format or by media type', async () => {
    const byFormat = await server.get(`/ipfs/${directory}?format=raw`)
    const byType = await server.get(`/ipfs/${directory}`, { accept: 'application/vnd.ipld.raw' })
    expect(new Uint8Array(await byFormat.arrayBuffer())).to.deep.equal(exhibit.blocks.get(directory))
    expect(byType.headers.get('content-type')).to.equal('application/vnd.ipld.raw')
  })

  it('serves everything under a CID as one CAR, the same bytes each time', async () => {
    const read = async () => new Uint8Array(await (await server.get(`/ipfs/${directory}?format=car`)).arrayBuffer())
    const car = await CarReader.fromBytes(await read())
    const cids = new Set<string>()
    for await (const { cid } of car.blocks()) cids.add(cid.toString())
    expect(String((await car.getRoots())[0])).to.equal(directory)
    expect(cids).to.deep.equal(new Set(exhibit.blocks.keys()))
    expect(await read()).to.deep.equal(await read())
  })

  it('serves a range', async () => {
    const response = await server.get(`/ipfs/${directory}/images/0.png`, { range: 'bytes=1-3' })
    expect([response.status, await response.text()]).to.deep.equal([206, 'PNG'])
  })

  it('runs nothing of what it serves, under its own address', async () => {
    const response = await server.get(`/ipfs/${directory}`)
    expect(response.headers.get('content-security-policy')).to.include('sandbox')
    expect(response.headers.get('access-control-allow-origin')).to.equal('*')
  })

  it('answers CONTENT_NOT_FOUND for a path that leads nowhere, and for blocks that it does not hold', async () => {
    const elsewhere = rawCid(`0x${'12'.repeat(32)}`)
    for (const path of [`${directory}/images/9.png`, elsewhere, `${elsewhere}?format=raw`, `${elsewhere}?format=car`]) {
      const response = await server.get(`/ipfs/${path}`)
      const { code } = (await response.json()) as { code: string }
      expect([response.status, code]).to.deep.equal([404, 'CONTENT_NOT_FOUND'])
    }
  })

  it('answers HTTP_BAD_REQUEST for what is no CID', async () => {
    expect((await server.get('/ipfs/hello')).status).to.equal(400)
  })

  it('breaks off a CAR when a block is missing half way, so that it does not look whole', async () => {
    const holed = new Map(exhibit.blocks)
    holed.delete(rawCid(exhibit.candidates[2]!.artifactDigest))
    const other = await listen({ ...exhibit.deps, blocks: { get: (cid) => Promise.resolve(holed.get(cid) ?? null) } })
    try {
      const response = await other.get(`/ipfs/${directory}?format=car`)
      const failure = await response.arrayBuffer().then(
        () => null,
        (error: unknown) => error,
      )
      expect(failure).to.be.instanceOf(Error)
    } finally {
      await other.close()
    }
  })
})
