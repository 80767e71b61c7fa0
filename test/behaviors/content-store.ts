import { expect } from 'chai'
import { rawCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { walkDag } from '../../minter/dag.ts'
import type { Block, ContentStore } from '../../minter/ports.ts'

const encoder = new TextEncoder()

/** What every content store must do; each adapter runs these same tests. */
export function behavesLikeContentStore(open: () => Promise<ContentStore>): void {
  const { signal } = new AbortController()
  const files = [
    { path: 'images/0.png', content: encoder.encode('a picture') },
    { path: 'metadata/0.json', content: encoder.encode('{}') },
  ]

  it('names a file of one block by its sha-256', async () => {
    const store = await open()
    const content = encoder.encode('token 1')
    expect(await store.putFile(content, signal)).to.equal(rawCid(sha256(content)))
    await store.close()
  })

  it('cuts larger files at 1 MiB, wherever they are stored', async () => {
    const store = await open()
    const content = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 7919) & 255)
    const cid = await store.putFile(content, signal)
    expect(cid).to.equal('bafybeifbdvpnlokaiqe7okpaxrrypwdgmywydamzec5kogfbun4qdlkjl4')
    expect(sha256(await store.readFile(cid))).to.equal(sha256(content))
    await store.close()
  })

  it('gives a directory the same CID in whatever order its files come', async () => {
    const store = await open()
    const root = await store.putDirectory(files, signal)
    expect(await store.putDirectory(files.toReversed(), signal)).to.equal(root)
    expect(await store.readFile(root, 'images/0.png')).to.deep.equal(files[0]?.content)
    await store.close()
  })

  it('throws CONTENT_MISSING for a file that the directory does not have', async () => {
    const store = await open()
    const root = await store.putDirectory(files, signal)
    const missing = await store.readFile(root, 'images/1.png').catch((error: unknown) => error)
    expect(missing).to.have.property('code', 'CONTENT_MISSING')
    await store.close()
  })

  it('takes everything below a CID from another store, and answers when it is asked whether it is there', async () => {
    const [here, there] = [await open(), await open()]
    await there.probe(signal)
    const content = Uint8Array.from({ length: 1_100_000 }, (_, i) => (i * 31) & 255)
    const root = await here.putDirectory([...files, { path: 'model', content }], signal)
    await there.putBlocks(
      root,
      walkDag((cid) => here.readBlock(cid), root),
      signal,
    )
    expect(sha256(await there.readFile(root, 'model'))).to.equal(sha256(content))
    await here.close()
    await there.close()
  })

  it('refuses a block that is not what its CID says', async () => {
    const store = await open()
    const cid = rawCid(sha256(encoder.encode('what was asked for')))
    async function* lie(): AsyncGenerator<Block> {
      yield { cid, bytes: encoder.encode('what came') }
    }
    expect(await store.putBlocks(cid, lie(), signal).catch((error: unknown) => error)).to.be.instanceOf(Error)
    expect(await store.readBlock(cid)).to.equal(null)
    await store.close()
  })

  it('has no block that nobody stored', async () => {
    const store = await open()
    expect(await store.readBlock(rawCid(sha256(encoder.encode('nobody stored this'))))).to.equal(null)
    await store.close()
  })
}
