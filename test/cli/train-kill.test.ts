import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { trainUnderKills } from './killed-training.ts'

describe('minter/cli/train, killed at random', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-kill-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('goes on every time, and comes to the very weights of a run that was left alone', async () => {
    const { kills, isSame } = await trainUnderKills(folder, 2, 0.06, 1000, Date.now() % 2 ** 32)
    expect(kills).to.have.length(2)
    expect(isSame).to.equal(true)
  }).timeout(300_000)
})
