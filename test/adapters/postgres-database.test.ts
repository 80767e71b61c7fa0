import { expect } from 'chai'
import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { Database } from '../../minter/ports.ts'
import { behavesLikeDatabase } from '../behaviors/database.ts'
import { MISSING_POSTGRES, type PostgresServer, startPostgres } from './debian-postgres.ts'

describe(`minter/adapters/postgres-database openPostgres${MISSING_POSTGRES}`, function () {
  let server: PostgresServer | null = null
  let database: Database

  before(async function () {
    server = await startPostgres()
    if (server === null) {
      this.skip()
      return
    }
    database = await openPostgres(server.url)
  })

  it('lets several processes make the tables at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => prepareSchema(database)))
    expect(await database.query('select id from runs')).to.deep.equal([])
  })

  behavesLikeDatabase('postgres', () => database)

  after(async () => {
    if (server === null) return
    await database.close()
    server.stop()
  })
})
