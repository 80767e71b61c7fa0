import { type Clock, PgBoss, type QueueOptions } from 'pg-boss'
import type { Database, QueuedJob, WorkQueue } from '../ports.ts'

/** After this long without an answer a job is handed to another worker. */
const LOST_AFTER_SECONDS = 120
const RETRIES = 5
const DAY_SECONDS = 86_400

/** What is not a shard: a drop may be scheduled a year ahead, and a receiver may be down for a night. */
const TERMS: Readonly<Record<string, QueueOptions>> = {
  schedule: {
    retryLimit: 100_000,
    retryDelay: 4,
    retryBackoff: true,
    retryDelayMax: 900,
    expireInSeconds: DAY_SECONDS - 1,
    retentionSeconds: 3650 * DAY_SECONDS,
  },
  webhooks: { retryLimit: 16, retryDelay: 4, retryBackoff: true, retryDelayMax: 3600, expireInSeconds: 60 },
}

type TimedWork = Pick<WorkQueue, 'offerAt' | 'giveBack' | 'reclaim' | 'forget' | 'nextTime'>

/** Work that has its time. */
function timedWork(boss: PgBoss, ensure: (queue: string) => Promise<void>): TimedWork {
  return {
    offerAt: async (queue, { id, payload, at }) => {
      await ensure(queue)
      await boss.insert(queue, [{ id, data: payload, startAfter: new Date(at * 1000) }])
    },
    giveBack: async (queue, id, reason) => {
      await boss.fail(queue, id, { reason })
      return (await boss.getJobById(queue, id))?.state === 'retry'
    },
    reclaim: async (queue) => {
      await ensure(queue)
      const taken = (await boss.findJobs(queue)).filter(({ state }) => state === 'active').map(({ id }) => id)
      if (taken.length > 0) await boss.fail(queue, taken, { reason: 'whoever took it is gone' })
    },
    forget: async (queue, ids) => {
      await ensure(queue)
      if (ids.length > 0) await boss.deleteJob(queue, [...ids])
    },
    nextTime: (cron, zone, after) => {
      if (cron.trim().split(/\s+/u).length !== 5) throw new RangeError('expected five fields')
      try {
        const [next] = boss.previewSchedule(cron, { tz: zone, from: new Date(after * 1000), count: 1 })
        if (next !== undefined) return next.getTime() / 1000
      } catch (error) {
        throw new RangeError(error instanceof Error ? error.message : String(error), { cause: error })
      }
      throw new RangeError('it names no time at all')
    },
  }
}

function createBoss(database: Database, backend: 'pglite' | 'postgres', clock: Clock | undefined): PgBoss {
  const boss = new PgBoss({
    db: {
      executeSql: async (text, values) => {
        const rows =
          values === undefined || values.length === 0 ? await database.exec(text) : await database.query(text, values)
        return { rows: [...rows] }
      },
      ...(clock !== undefined && {
        setSessionStatements: async (statements: string[]) => {
          for (const statement of statements) await database.exec(statement)
        },
      }),
    },
    backend,
    ...(clock !== undefined && { clock }),
    supervise: false,
    schedule: false,
  })
  // The failure itself reaches whoever called; this event repeats it for those who did not ask.
  boss.on('error', () => {})
  return boss
}

/**
 * Opens the queue inside the database that the rest of the program uses.
 *
 * @param database PGlite or PostgreSQL; it stays open when the queue closes
 * @param backend which of the two it is, since pg-boss maintains them differently
 * @param clock another clock than the machine's, which the database then goes by as well; PGlite alone has one session for that
 */
export async function openQueue(database: Database, backend: 'pglite' | 'postgres', clock?: Clock): Promise<WorkQueue> {
  const boss = createBoss(database, backend, clock)
  await boss.start()
  const known = new Set<string>()

  async function ensure(queue: string): Promise<void> {
    if (known.has(queue)) return
    await boss.createQueue(queue, TERMS[queue] ?? { retryLimit: RETRIES, expireInSeconds: LOST_AFTER_SECONDS })
    known.add(queue)
  }

  return {
    offer: async (queue, payloads) => {
      await ensure(queue)
      await boss.insert(
        queue,
        payloads.map((data) => ({ data })),
      )
    },
    take: async <Payload extends object>(queue: string, count: number): Promise<readonly QueuedJob<Payload>[]> => {
      await ensure(queue)
      const jobs = await boss.fetch<Payload>(queue, { batchSize: count })
      return jobs.map(({ id, data }) => ({ id, payload: data }))
    },
    finish: async (queue, ids) => {
      await boss.complete(queue, [...ids])
    },
    waiting: async (queue) => {
      await ensure(queue)
      return (await boss.findJobs(queue, { queued: true })).length
    },
    clear: async (queue) => {
      await ensure(queue)
      await boss.deleteAllJobs(queue)
    },
    ...timedWork(boss, ensure),
    close: () => boss.stop({ graceful: true, timeout: 3000 }),
  }
}
