import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { folderHolder, openPglite } from '../../minter/adapters/pglite-database.ts'
import type { Database } from '../../minter/ports.ts'
import { behavesLikeDatabase } from '../behaviors/database.ts'

describe('minter/adapters/pglite-database openPglite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  const path = join(folder, 'database')
  let database: Database

  before(async () => {
    // As a process leaves it that was killed.
    writeFileSync(`${path}.lock`, '999999999')
    expect(folderHolder(path)).to.equal(null)
    database = await openPglite(path)
  })

  behavesLikeDatabase('pglite', () => database)

  it('refuses a second opening with DATABASE_LOCKED, until the first is closed', async () => {
    expect(folderHolder(path)).to.equal(process.pid)
    expect(await openPglite(path).catch((error: unknown) => error)).to.have.property('code', 'DATABASE_LOCKED')
    await database.close()
    expect(folderHolder(path)).to.equal(null)
    rmSync(folder, { recursive: true, force: true })
  })
})
