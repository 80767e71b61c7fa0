import type { Address, Database } from '../ports.ts'

/** Long enough to read what a wallet shows and sign it, and for the transaction to come into a block. */
const HOLD_SECONDS = 90
/** For so long after a hold ran out, its wallet can mint the piece but not hold it again. */
const PAUSE_SECONDS = 300

/** A piece that one wallet is about to mint. */
export interface Hold {
  readonly rank: number
  readonly wallet: Address
  /** Unix seconds of this machine, exclusive. */
  readonly until: number
}

interface HoldRow {
  readonly rank: number
  readonly wallet: Address
  readonly until: string
}

function toHold({ rank, wallet, until }: HoldRow): Hold {
  return { rank, wallet, until: Number(until) }
}

/** All pieces of a run that are held now. */
export async function listHolds(database: Database, run: string, now: number): Promise<readonly Hold[]> {
  const sql = 'select rank, wallet, until from holds where run_id = $1 and until > $2 order by rank'
  return (await database.query<HoldRow>(sql, [run, now])).map(toHold)
}

/**
 * Holds a piece for a wallet, so that nobody else is handed the same mint meanwhile. The chain knows nothing of it: who mints
 * without this site is as free as ever. A wallet holds one piece of a run, asking again makes no hold longer, and one that ran
 * out cannot be taken again at once, so that holding costs others little.
 *
 * @param now Unix seconds of this machine
 * @returns who holds it now; null when nobody does, because this wallet has let it go not long ago
 */
export async function takeHold(
  database: Database,
  run: string,
  { rank, wallet }: Pick<Hold, 'rank' | 'wallet'>,
  now: number,
): Promise<Hold | null> {
  return database.transaction(async (transaction) => {
    await transaction.query(
      'delete from holds where run_id = $1 and (until <= $2 or (wallet = $3 and rank <> $4 and until > $5))',
      [run, now - PAUSE_SECONDS, wallet, rank, now],
    )
    await transaction.query(
      `insert into holds (run_id, rank, wallet, until) values ($1, $2, $3, $4)
       on conflict (run_id, rank) do update set wallet = excluded.wallet, until = excluded.until
       where holds.until <= $5 and holds.wallet <> excluded.wallet`,
      [run, rank, wallet, now + HOLD_SECONDS, now],
    )
    const sql = 'select rank, wallet, until from holds where run_id = $1 and rank = $2 and until > $3'
    const [row] = await transaction.query<HoldRow>(sql, [run, rank, now])
    return row === undefined ? null : toHold(row)
  })
}
