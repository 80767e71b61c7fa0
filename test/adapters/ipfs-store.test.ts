import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openIpfsStore } from '../../minter/adapters/ipfs-store.ts'
import { behavesLikeContentStore } from '../behaviors/content-store.ts'

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'latentmint-blocks-'))
}

describe('minter/adapters/ipfs-store openIpfsStore', () => {
  behavesLikeContentStore(() => openIpfsStore(newFolder()))

  it('throws CONTENT_ALTERED when a block on disk is no longer what its CID says', async () => {
    const folder = newFolder()
    const store = await openIpfsStore(folder)
    const cid = await store.putFile(new TextEncoder().encode('token 1'), AbortSignal.timeout(5000))
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name)
      if (statSync(path).isFile()) writeFileSync(path, 'token 2')
    }
    expect(await store.readBlock(cid).catch((error: unknown) => error)).to.have.property('code', 'CONTENT_ALTERED')
    expect(await store.readFile(cid).catch((error: unknown) => error)).to.have.property('code', 'CONTENT_ALTERED')
  })
})
