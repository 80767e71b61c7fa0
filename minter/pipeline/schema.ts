import { MinterError } from '../errors.ts'
import type { Database } from '../ports.ts'
import { type Migration, MIGRATIONS } from './migrations.ts'

/** A later version of the program has changed the tables in ways that this one does not know. */
class SchemaNewer extends MinterError {
  readonly code = 'SCHEMA_NEWER'
  readonly unknown: readonly string[]

  constructor(unknown: readonly string[]) {
    super(`a later latentmint has changed the tables: ${unknown.join(', ')}`, 'database')
    this.unknown = unknown
  }
}

// The lock is for processes that start at the same time: both would try the same change, and one of them fail.
const PREPARE = `
select pg_advisory_xact_lock(7815617);
create table if not exists migrations (
  position serial,
  name text primary key
);
`

/**
 * Brings the minter's tables, in PostgreSQL's dialect, to what this program knows: all changes that are missing, or none. All
 * of it but the counts of what visitors did can be rebuilt from the chain and the published directories, but rendering again
 * takes longer than remembering.
 *
 * @returns the names of the changes that were made
 * @throws {SchemaNewer} when there are changes that this program does not know; nothing is touched
 */
export async function prepareSchema(
  database: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<readonly string[]> {
  return database.transaction(async (transaction) => {
    await transaction.exec(PREPARE)
    const rows = await transaction.query<{ name: string }>('select name from migrations order by position')
    const applied = new Set(rows.map(({ name }) => name))
    const known = new Set(migrations.map(({ name }) => name))
    const unknown = [...applied].filter((name) => !known.has(name))
    if (unknown.length > 0) throw new SchemaNewer(unknown)
    const missing = migrations.filter(({ name }) => !applied.has(name))
    for (const { name, sql, after } of missing) {
      await transaction.exec(sql)
      await after?.(transaction)
      await transaction.query('insert into migrations (name) values ($1)', [name])
    }
    return missing.map(({ name }) => name)
  })
}
