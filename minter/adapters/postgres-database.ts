import { Pool, type PoolClient, type QueryResult, type QueryResultRow } from 'pg'
import { StorageFailed } from '../errors.ts'
import type { Database, Queryable } from '../ports.ts'

const STORAGE_CODES: Readonly<Record<string, string>> = { '53100': 'ENOSPC', '58030': 'EIO' }

/** The address without its password, for messages. */
function publicName(url: string): string {
  const parsed = new URL(url)
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`
}

function named(name: string, error: unknown): unknown {
  const reason = error instanceof Error && 'code' in error ? STORAGE_CODES[String(error.code)] : undefined
  return reason === undefined ? error : new StorageFailed(name, reason, error)
}

function queryable(name: string, client: Pool | PoolClient): Queryable {
  return {
    query: async <Row extends object>(sql: string, parameters: readonly unknown[] = []) => {
      try {
        const { rows } = await client.query<Row & QueryResultRow>(sql, [...parameters])
        return rows
      } catch (error) {
        throw named(name, error)
      }
    },
    exec: async (sql) => {
      try {
        // Several statements have an array of results, which the types do not say.
        const results: QueryResult | QueryResult[] = await client.query(sql)
        return [results].flat().flatMap((result) => result.rows)
      } catch (error) {
        throw named(name, error)
      }
    },
  }
}

/** Opens a pool on a PostgreSQL server. */
export async function openPostgres(url: string): Promise<Database> {
  const name = publicName(url)
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5000 })
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  const client = await pool.connect()
  client.release()
  return {
    ...queryable(name, pool),
    transaction: async (work) => {
      const connection = await pool.connect()
      try {
        await connection.query('begin')
        const result = await work(queryable(name, connection))
        await connection.query('commit')
        return result
      } catch (error) {
        await connection.query('rollback')
        throw error
      } finally {
        connection.release()
      }
    },
    close: () => pool.end(),
  }
}
