import { expect } from 'chai'
import { openQueue } from '../../minter/adapters/pgboss-queue.ts'
import { appendAudit, type AuditEvent, checkAudit, readAudit } from '../../minter/pipeline/audit-log.ts'
import { NO_ATTENTION } from '../../minter/domain/engagement.ts'
import { countEngagement, readEngagement } from '../../minter/pipeline/engagement.ts'
import { type Hold, listHolds, takeHold } from '../../minter/pipeline/holds.ts'
import { createRunStore } from '../../minter/pipeline/runs.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { Address, Database } from '../../minter/ports.ts'
import { behavesLikeStores } from './stores.ts'

function auditEvent(number: number): AuditEvent {
  return { at: 1000 + number, account: null, action: 'tries', subject: { number } }
}

/** What every database must do; the embedded one and the server run these same tests, one after the other on one database. */
export function behavesLikeDatabase(backend: 'pglite' | 'postgres', database: () => Database): void {
  const take = (rank: number, wallet: Address, now: number): Promise<Hold | null> => {
    return takeHold(database(), 's', { rank, wallet }, now)
  }

  it('keeps bytes as they are', async () => {
    await database().exec('create table t (id integer primary key, content bytea); create table u (id integer)')
    await database().query('insert into t values ($1, $2)', [1, Uint8Array.of(0, 255, 39)])
    const [row] = await database().query<{ content: Uint8Array }>('select content from t')
    expect([...(row?.content ?? [])]).to.deep.equal([0, 255, 39])
  })

  it('undoes a transaction that fails', async () => {
    const failed = database().transaction(async (transaction) => {
      await transaction.query('insert into t values ($1, $2)', [2, Uint8Array.of(1)])
      throw new Error('half way')
    })
    expect(await failed.catch((error: unknown) => error)).to.have.property('message', 'half way')
    expect(await database().query('select id from t')).to.deep.equal([{ id: 1 }])
  })

  it('does a step once, and remembers what came out of it', async () => {
    await prepareSchema(database())
    const runs = createRunStore(database(), () => 5)
    await database().query(
      "insert into runs values ('r', 'Run', '{}', '0x01', '0x02', '0x03', 5), ('s', 'Later', '{}', '0x01', '0x02', '0x03', 6)",
    )
    let worked = 0
    const work = async (): Promise<{ worked: number }> => ({ worked: ++worked })
    expect(await runs.once('r', 'draw', work)).to.deep.equal({ worked: 1 })
    expect(await runs.once('r', 'draw', work)).to.deep.equal({ worked: 1 })
    expect((await runs.list()).map(({ id }) => id)).to.deep.equal(['s', 'r'])
    expect(await runs.outputs('s', 'draw')).to.equal(null)
  })

  it('begins a step again that was interrupted', async () => {
    const runs = createRunStore(database(), () => 5)
    const broken = runs.once('r', 'render', () => Promise.reject(new Error('killed')))
    expect(await broken.catch((error: unknown) => error)).to.have.property('message', 'killed')
    expect(await runs.once('r', 'render', async () => ({ candidates: 3 }))).to.deep.equal({ candidates: 3 })
  })

  it('adds up what visitors did, also when many batches come at the same time', async () => {
    const acts = [0, 1].flatMap((rank) => (['view', 'save'] as const).map((act) => ({ rank, act })))
    const batches = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? acts : acts.toReversed()))
    await Promise.all(batches.map((batch) => countEngagement(database(), 'r', batch)))
    await countEngagement(database(), 'r', [])
    const counted = { ...NO_ATTENTION, view: 8, save: 8 }
    expect([...(await readEngagement(database(), 'r'))].toSorted(([a], [b]) => a - b)).to.deep.equal([
      [0, counted],
      [1, counted],
    ])
    expect((await readEngagement(database(), 's')).size).to.equal(0)
  })

  it('holds a piece for one of many wallets that ask at the same time', async () => {
    const wallets = Array.from({ length: 8 }, (_, i) => `0x${String(i).repeat(40)}` as const)
    const holds = await Promise.all(wallets.map((wallet) => takeHold(database(), 'r', { rank: 0, wallet }, 1000)))
    const [first] = holds
    expect(holds).to.deep.equal(holds.map(() => first))
    expect(first).to.include({ rank: 0, until: 1090 })
    expect(await listHolds(database(), 'r', 1089)).to.deep.equal([first])
    expect(await listHolds(database(), 'r', 1090)).to.deep.equal([])
  })

  it('makes no hold longer by asking again, and lets go of the piece that a wallet held before', async () => {
    const [one, other] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as const
    expect(await take(0, one, 1000)).to.include({ wallet: one, until: 1090 })
    expect(await take(0, one, 1080)).to.include({ wallet: one, until: 1090 })
    expect(await take(1, one, 1081)).to.include({ wallet: one, until: 1171 })
    expect(await take(0, other, 1082)).to.include({ wallet: other, until: 1172 })
  })

  it('does not give a hold that ran out to the same wallet again at once, but to any other', async () => {
    const [one, other] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as const
    await take(2, one, 2000)
    expect(await take(2, one, 2100)).to.equal(null)
    expect(await take(2, other, 2100)).to.include({ wallet: other, until: 2190 })
    expect(await take(2, one, 2200)).to.include({ wallet: one })
    expect(await take(2, one, 2600)).to.include({ wallet: one, until: 2690 })
  })

  it('binds every entry of the audit log to the one before, also when many are added at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => appendAudit(database(), auditEvent(i))))
    const entries = await readAudit(database(), 0, 100)
    expect(entries.map(({ position }) => position)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7])
    expect(await checkAudit(database())).to.deep.equal({ entries: 8, digest: entries[7]?.digest })
  })

  it('changes and removes nothing in the audit log', async () => {
    for (const sql of ["update audit_log set digest = '0x00'", 'delete from audit_log', 'truncate audit_log']) {
      const refused = await database()
        .query(sql)
        .catch((error: unknown) => error)
      expect(String(refused), sql).to.include('only added to')
    }
  })

  it('throws AUDIT_LOG_BROKEN for an entry that was changed, or is gone, by whoever can change the tables', async () => {
    const { entry } = (await database().query<{ entry: string }>('select entry from audit_log where position = 3'))[0]!
    await database().exec('alter table audit_log disable trigger audit_log_append_only')
    await database().query('update audit_log set entry = $1 where position = 3', [entry.replace('"tries"', '"trees"')])
    const changed = await checkAudit(database()).catch((error: unknown) => error)
    expect(changed).to.include({ code: 'AUDIT_LOG_BROKEN', position: 3 })
    await database().query('update audit_log set entry = $1 where position = 3', [entry])
    await database().exec('delete from audit_log where position = 5')
    const gone = await checkAudit(database()).catch((error: unknown) => error)
    expect(gone).to.include({ code: 'AUDIT_LOG_BROKEN', position: 5 })
  })

  behavesLikeStores(database)

  it('hands a job to one taker only, and forgets what is cleared', async () => {
    const queue = await openQueue(database(), backend)
    await queue.offer('shards', [{ first: 0 }, { first: 16 }, { first: 32 }])
    const taken = (await Promise.all([1, 2, 3, 4].map(() => queue.take<{ first: number }>('shards', 1)))).flat()
    expect(taken.map(({ payload }) => payload.first).toSorted((a, b) => a - b)).to.deep.equal([0, 16, 32])
    await queue.finish(
      'shards',
      taken.map(({ id }) => id),
    )
    await queue.offer('shards', [{ first: 48 }])
    expect(await queue.waiting('shards')).to.equal(1)
    await queue.clear('shards')
    expect(await queue.take('shards', 1)).to.deep.equal([])
    await queue.close()
  })
}
