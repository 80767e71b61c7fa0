import type { Queryable } from '../ports.ts'

/** Seconds that a holder may be silent before another takes its place. */
export const LEASE_SECONDS = 30

/** The right of one process among many to do something, for as long as it says that it is alive. */
export interface Lease {
  /** Takes or keeps it; null when it is held, else who holds it. */
  hold(): Promise<string | null>
  release(): Promise<void>
  /** Ends anybody's; only for who knows that its holder is gone. */
  clear(): Promise<void>
}

/**
 * The database's clock decides, since those of several machines differ.
 *
 * @param holder whom to name to the others: host and process
 */
export function createLease(database: Queryable, name: string, holder: string): Lease {
  return {
    hold: async () => {
      const [row] = await database.query<{ holder: string }>(
        `insert into leases (name, holder, until) values ($1, $2, clock_timestamp() + make_interval(secs => $3))
         on conflict (name) do update set holder = excluded.holder, until = excluded.until
           where leases.holder = excluded.holder or leases.until < clock_timestamp()
         returning holder`,
        [name, holder, LEASE_SECONDS],
      )
      if (row !== undefined) return null
      const [other] = await database.query<{ holder: string }>('select holder from leases where name = $1', [name])
      return other?.holder ?? 'somebody'
    },
    clear: async () => {
      await database.query('delete from leases where name = $1', [name])
    },
    release: async () => {
      await database.query('delete from leases where name = $1 and holder = $2', [name, holder])
    },
  }
}
