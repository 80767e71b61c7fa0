import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { keccak256 } from 'ethers'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { createOutbox } from '../../minter/pipeline/outbox.ts'
import { MIGRATIONS } from '../../minter/pipeline/migrations.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { Database } from '../../minter/ports.ts'

const RUN = `insert into runs values ('a', 'A', '{}', '0x01', '0x02', '0x03', 7);
  insert into steps (run_id, step, state, outputs, started_at) values ('a', 'register', 'done', '{"modelId":"0x1"}', 8)`

describe('minter/pipeline/schema prepareSchema', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  let database: Database

  before(async () => {
    database = await openPglite(join(folder, 'database'))
  })

  beforeEach(() => database.exec('drop schema public cascade; create schema public'))

  it('brings a database from before changes were counted up to date, and keeps what is in it', async () => {
    await database.exec(MIGRATIONS[0]!.sql)
    await database.exec(RUN)
    expect(await prepareSchema(database)).to.deep.equal(MIGRATIONS.map(({ name }) => name))
    expect(await prepareSchema(database)).to.deep.equal([])
    const steps = await database.query('select step, state, outputs, attempts from steps')
    expect(steps).to.deep.equal([{ step: 'register', state: 'done', outputs: { modelId: '0x1' }, attempts: 1 }])
  })

  it('takes what was signed over from the outbox that knew no nonces', async () => {
    const wallet = developmentWallet(0)
    const to = `0x${'33'.repeat(20)}`
    const fees = { maxFeePerGas: 20n, maxPriorityFeePerGas: 3n }
    const raw = await wallet.signTransaction({
      type: 2,
      chainId: 31_337,
      nonce: 5,
      to,
      value: 7n,
      gasLimit: 21_000,
      ...fees,
    })
    const scope = `0x${'ab'.repeat(32)}/${wallet.address.toLowerCase()}`
    await database.exec(MIGRATIONS[0]!.sql)
    const hash = keccak256(raw)
    await database.query('insert into outbox values ($1, $2, $3)', [`${scope}/claim:run/x:0xa1`, raw, hash])
    await prepareSchema(database)
    const [entry] = await createOutbox(database, scope, () => 0).unfinished()
    expect(entry).to.deep.include({
      intent: 'claim:run/x:0xa1',
      nonce: 5,
      to,
      valueWei: 7n,
      gasLimit: 21_000n,
      state: 'sent',
    })
    expect(entry?.attempts).to.deep.equal([{ hash, raw, maxFeeWei: 20n, tipWei: 3n }])
  })

  it('makes all changes or none when one of them fails', async () => {
    const broken = [...MIGRATIONS, { name: 'broken', sql: 'alter table nobody add column x text' }]
    expect(await prepareSchema(database, broken).catch((error: unknown) => error)).to.be.instanceOf(Error)
    expect(await prepareSchema(database)).to.deep.equal(MIGRATIONS.map(({ name }) => name))
  })

  it('throws SCHEMA_NEWER for changes of a later program, and names them', async () => {
    await prepareSchema(database, [...MIGRATIONS, { name: 'from-the-future', sql: 'select 1' }])
    const error = await prepareSchema(database).catch((failure: unknown) => failure)
    expect(error).to.have.property('code', 'SCHEMA_NEWER')
    expect(error).to.deep.include({ unknown: ['from-the-future'] })
  })

  after(async () => {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  })
})
