import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openKuboStore } from '../../minter/adapters/kubo-store.ts'
import { behavesLikeContentStore } from '../behaviors/content-store.ts'
import { describeWith, freePort } from './peers.ts'

describeWith('kubo', 'minter/adapters/kubo-store openKuboStore on a Kubo daemon', (ipfs) => {
  let folder: string
  let daemon: ChildProcess
  let url: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-kubo-'))
    const env = { PATH: '/usr/bin:/bin', HOME: folder, IPFS_PATH: folder }
    const set = (key: string, value: unknown): void => {
      execFileSync(ipfs, ['config', '--json', key, JSON.stringify(value)], { env, stdio: 'ignore' })
    }
    execFileSync(ipfs, ['init', '--profile', 'test'], { env, stdio: 'ignore' })
    const port = await freePort()
    set('Addresses', {
      API: `/ip4/127.0.0.1/tcp/${port}`,
      Gateway: `/ip4/127.0.0.1/tcp/${await freePort()}`,
      Swarm: [],
    })
    url = `http://127.0.0.1:${port}/api/v0`
    daemon = spawn(ipfs, ['daemon'], { env, stdio: 'ignore' })
    for (let answered = false; !answered;) {
      answered = await fetch(`${url}/id`, { method: 'POST' }).then(
        (response) => response.ok,
        () => false,
      )
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })

  behavesLikeContentStore(async () => openKuboStore(url))

  it('leaves a directory pinned', async () => {
    const store = openKuboStore(url)
    const files = [{ path: 'policy.json', content: new TextEncoder().encode('{}') }]
    const root = await store.putDirectory(files, new AbortController().signal)
    const answer = await fetch(`${url}/pin/ls?arg=${root}`, { method: 'POST' })
    expect(await answer.text()).to.include('"recursive"')
  })

  after(async () => {
    const gone = new Promise((resolve) => daemon.once('exit', resolve))
    daemon.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
  })
})
