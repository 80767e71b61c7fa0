import { PgBoss } from 'pg-boss'
import type { Database, QueuedJob, WorkQueue } from '../ports.ts'

/** After this long without an answer a job is handed to another worker. */
const LOST_AFTER_SECONDS = 120
const RETRIES = 5

/**
 * Opens the queue inside the database that the rest of the program uses.
 *
 * @param database PGlite or PostgreSQL; it stays open when the queue closes
 * @param backend which of the two it is, since pg-boss maintains them differently
 */
export async function openQueue(database: Database, backend: 'pglite' | 'postgres'): Promise<WorkQueue> {
  const boss = new PgBoss({
    db: {
      executeSql: async (text, values) => {
        const rows =
          values === undefined || values.length === 0 ? await database.exec(text) : await database.query(text, values)
        return { rows: [...rows] }
      },
    },
    backend,
    supervise: false,
    schedule: false,
  })
  // The failure itself reaches whoever called; this event repeats it for those who did not ask.
  boss.on('error', () => {})
  await boss.start()
  const known = new Set<string>()

  async function ensure(queue: string): Promise<void> {
    if (known.has(queue)) return
    await boss.createQueue(queue, { retryLimit: RETRIES, expireInSeconds: LOST_AFTER_SECONDS })
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
    close: () => boss.stop({ graceful: true, timeout: 3000 }),
  }
}
