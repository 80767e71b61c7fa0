import { expect } from 'chai'
import { openKuboStore } from '../../minter/adapters/kubo-store.ts'
import { behavesLikeContentStore } from '../behaviors/content-store.ts'
import { type FakeKubo, startFakeKubo } from './fake-kubo.ts'

describe('minter/adapters/kubo-store openKuboStore', () => {
  let kubo: FakeKubo
  before(async () => {
    kubo = await startFakeKubo()
  })

  behavesLikeContentStore(async () => openKuboStore(kubo.url))

  it('leaves a directory pinned', async () => {
    const store = openKuboStore(kubo.url)
    const files = [{ path: 'policy.json', content: new TextEncoder().encode('{}') }]
    const root = await store.putDirectory(files, new AbortController().signal)
    expect([...kubo.pins]).to.include(root)
  })

  after(() => kubo.close())
})
