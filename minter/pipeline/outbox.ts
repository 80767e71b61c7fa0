import type { Hex } from '../domain/digest.ts'
import type { Database, Outbox } from '../ports.ts'

interface Row {
  readonly intent: string
  readonly raw: string
  readonly hash: Hex
}

/**
 * Keeps signed transactions in the database.
 *
 * @param scope what sets this chain and sender apart from others that the same database may have seen
 */
export function createOutbox(database: Database, scope: string): Outbox {
  const key = (intent: string): string => `${scope}/${intent}`
  return {
    find: async (intent) => {
      const rows = await database.query<Row>('select intent, raw, hash from outbox where intent = $1', [key(intent)])
      return rows[0] ?? null
    },
    record: async ({ intent, raw, hash }) => {
      await database.query('insert into outbox (intent, raw, hash) values ($1, $2, $3)', [key(intent), raw, hash])
    },
    discard: async (intent) => {
      await database.query('delete from outbox where intent = $1', [key(intent)])
    },
  }
}
