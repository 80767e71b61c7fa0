import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CarReader } from '@ipld/car'
import { expect } from 'chai'
import { openIpfsStore } from '../../minter/adapters/ipfs-store.ts'
import { digestOfCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { type ArchiveContent, writeArchive } from '../../minter/pipeline/archive.ts'
import type { ContentStore } from '../../minter/ports.ts'

const { signal } = new AbortController()

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

async function fill(to: ContentStore): Promise<ArchiveContent> {
  const files = [
    { path: 'manifest.json', content: bytes('{}') },
    { path: 'images/0.png', content: bytes('a picture') },
  ]
  const model = Uint8Array.from({ length: 1_200_000 }, (_, i) => (i * 7919) & 255)
  const earlier = [
    { path: 'manifest.json', content: bytes('{"earlier":true}') },
    { path: 'images/0.png', content: bytes('an earlier picture') },
  ]
  return {
    roots: [
      { name: 'directory', cid: await to.putDirectory(files, signal) },
      { name: 'model', cid: await to.putFile(model, signal) },
      // The same bytes as a file of the directory, which are not written twice.
      { name: 'dataset', cid: await to.putFile(bytes('{}'), signal) },
    ],
    earlier: [await to.putDirectory(earlier, signal)],
  }
}

describe('minter/pipeline/archive writeArchive', () => {
  let folder: string
  let store: ContentStore
  let content: ArchiveContent

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-archive-'))
    store = await openIpfsStore(join(folder, 'blocks'))
    content = await fill(store)
  })
  after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  it('writes one CAR whose roots are what is pinned, with every block true to its CID, each once', async () => {
    const archive = await writeArchive(store, content, { folder, name: 'drop.car' }, signal)
    const written = new Uint8Array(readFileSync(archive.path))
    expect(archive).to.deep.equal({ path: join(folder, 'drop.car'), digest: sha256(written), bytes: written.length })
    const car = await CarReader.fromBytes(written)
    expect((await car.getRoots()).map(String)).to.deep.equal(content.roots.map(({ cid }) => cid))
    const cids: string[] = []
    for await (const block of car.blocks()) {
      cids.push(String(block.cid))
      expect(sha256(block.bytes)).to.equal(digestOfCid(String(block.cid)))
    }
    expect(new Set(cids).size).to.equal(cids.length)
    expect(cids).to.include.members([...content.roots.map(({ cid }) => cid), ...content.earlier])
    // Directory, images, two files; model with two parts; earlier directory and its manifest alone.
    expect(cids).to.have.length(4 + 3 + 2)
  })

  it('writes the same bytes from another store with the same content', async () => {
    const other = await openIpfsStore(join(folder, 'other'))
    const first = await writeArchive(store, content, { folder, name: 'first.car' }, signal)
    const second = await writeArchive(other, await fill(other), { folder, name: 'second.car' }, signal)
    expect(second.digest).to.equal(first.digest)
    await other.close()
  })

  it('leaves the earlier file alone when a block is missing', async () => {
    const before = await writeArchive(store, content, { folder, name: 'kept.car' }, signal)
    const holed = {
      ...store,
      readBlock: async (cid: string) => (cid === content.earlier[0] ? null : store.readBlock(cid)),
    }
    const error = await writeArchive(holed, content, { folder, name: 'kept.car' }, signal).catch(
      (failure: unknown) => failure,
    )
    expect(error).to.have.property('code', 'BLOCK_MISSING')
    expect(sha256(new Uint8Array(readFileSync(before.path)))).to.equal(before.digest)
  })
})
