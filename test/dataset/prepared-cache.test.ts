import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPreparedCache } from '../../minter/dataset/prepared-cache.ts'
import { digestOf } from '../domain/published-drop.ts'

describe('minter/dataset/prepared-cache', () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'latentmint-cache-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  it('prepares a picture once, also when the run in between was killed in the middle of a record', async () => {
    const file = join(folder, 'cache')
    const picture = { width: 7, height: 5, rgb: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) }
    let prepared = 0
    const prepare = async () => {
      prepared++
      return picture
    }
    await openPreparedCache(file, 2).through(digestOf(1), prepare)
    appendFileSync(file, Buffer.alloc(20))
    const again = openPreparedCache(file, 2)
    expect(again.known).to.equal(1)
    expect(await again.through(digestOf(1), prepare)).to.deep.equal(picture)
    await again.through(digestOf(2), prepare)
    expect(prepared).to.equal(2)
    expect(openPreparedCache(file, 2).known).to.equal(2)
    again.drop()
    expect(existsSync(file)).to.equal(false)
  })

  it('prepares a picture again of which something else is kept than was written', async () => {
    const file = join(folder, 'cache')
    const picture = { width: 7, height: 5, rgb: new Uint8Array(12).fill(9) }
    const prepare = async () => picture
    await openPreparedCache(file, 2).through(digestOf(1), prepare)
    await openPreparedCache(file, 2).through(digestOf(2), prepare)
    const bytes = readFileSync(file)
    bytes.fill(0, bytes.length / 2 - 4, bytes.length / 2)
    writeFileSync(file, bytes)
    expect(openPreparedCache(file, 2).known).to.equal(1)
  })

  it('keeps nothing of a picture that cannot be prepared', async () => {
    const file = join(folder, 'cache')
    const failure = new Error('broken')
    const failed = openPreparedCache(file, 2).through(digestOf(1), () => Promise.reject(failure))
    expect(await failed.catch((error: unknown) => error)).to.equal(failure)
    expect(openPreparedCache(file, 2).known).to.equal(0)
  })
})
