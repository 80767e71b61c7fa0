import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { folderHolder, openPglite } from '../../minter/adapters/pglite-database.ts'
import { withFolder } from '../pipeline/tiny-studio.ts'

describe('minter/adapters/pglite-database openPglite', () => {
  it('keeps bytes, undoes a failed transaction, and refuses a second opening with DATABASE_LOCKED', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'database')
      const database = await openPglite(path)
      await database.exec('create table t (id integer primary key, content bytea); create table u (id integer)')
      await database.query('insert into t values ($1, $2)', [1, Uint8Array.of(0, 255, 39)])
      expect(await database.query('select content from t')).to.deep.equal([{ content: Uint8Array.of(0, 255, 39) }])

      const failed = database.transaction(async (transaction) => {
        await transaction.query('insert into t values ($1, $2)', [2, Uint8Array.of(1)])
        throw new Error('half way')
      })
      expect(await failed.catch((error: unknown) => error)).to.have.property('message', 'half way')
      expect(await database.query('select id from t')).to.deep.equal([{ id: 1 }])

      expect(folderHolder(path)).to.equal(process.pid)
      expect(await openPglite(path).catch((error: unknown) => error)).to.have.property('code', 'DATABASE_LOCKED')
      await database.close()
      expect(folderHolder(path)).to.equal(null)
    })
  })

  it('takes a lock over that a dead process left', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'database')
      writeFileSync(`${path}.lock`, '999999999')
      expect(folderHolder(path)).to.equal(null)
      const database = await openPglite(path)
      expect(folderHolder(path)).to.equal(process.pid)
      await database.close()
    })
  })
})
