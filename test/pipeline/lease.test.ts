import { expect } from 'chai'
import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import { createLease } from '../../minter/pipeline/lease.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { Database } from '../../minter/ports.ts'
import { MISSING_POSTGRES, type PostgresServer, startPostgres } from '../adapters/debian-postgres.ts'

describe(`minter/pipeline/lease createLease${MISSING_POSTGRES}`, function () {
  let server: PostgresServer | null = null
  let database: Database

  before(async function () {
    server = await startPostgres()
    if (server === null) {
      this.skip()
      return
    }
    database = await openPostgres(server.url)
    await prepareSchema(database)
  })
  after(async () => {
    await database?.close()
    server?.stop()
  })

  it('lets one of many processes lead, and tells the others which', async () => {
    const holders = Array.from({ length: 8 }, (_, i) => `host pid ${i}`)
    const answers = await Promise.all(holders.map((holder) => createLease(database, 'scheduler', holder).hold()))
    expect(answers.filter((answer) => answer === null)).to.have.length(1)
    const leader = holders[answers.indexOf(null)]
    const again = await Promise.all(holders.map((holder) => createLease(database, 'scheduler', holder).hold()))
    expect(again).to.deep.equal(holders.map((holder) => (holder === leader ? null : leader)))
  })

  it('goes to another once its holder has been silent for too long, or has let go', async () => {
    const [first, second] = ['one', 'two'].map((holder) => createLease(database, 'night', holder))
    expect(await first?.hold()).to.equal(null)
    expect(await second?.hold()).to.equal('one')
    await database.exec("update leases set until = until - interval '31 seconds' where name = 'night'")
    expect(await second?.hold()).to.equal(null)
    expect(await first?.hold()).to.equal('two')
    // What the first lets go is no longer its own.
    await first?.release()
    expect(await first?.hold()).to.equal('two')
    await second?.release()
    expect(await first?.hold()).to.equal(null)
  })
})
