import { type Attention, type Engagement, NO_ATTENTION } from '../domain/engagement.ts'
import type { Database, Queryable } from '../ports.ts'

/** One act with the piece of a rank. */
export interface PieceAct {
  readonly rank: number
  readonly act: Engagement
}

interface CountRow {
  readonly rank: number
  readonly act: Engagement
  readonly count: string
}

/**
 * Adds to the counts of a run. Who did it is not asked and not kept: a row is a piece, an act and a number.
 *
 * @param acts of pieces of the edition; the caller knows which there are
 */
export async function countEngagement(database: Database, run: string, acts: readonly PieceAct[]): Promise<void> {
  const counts = new Map<string, number>()
  for (const { rank, act } of acts) counts.set(`${rank} ${act}`, (counts.get(`${rank} ${act}`) ?? 0) + 1)
  // In one order everywhere, so that two batches that meet do not wait for each other in a circle.
  const keys = [...counts.keys()].toSorted()
  const ordered = keys.map((key) => [...key.split(' '), counts.get(key) ?? 0] as const)
  if (ordered.length === 0) return
  await database.query(
    `insert into engagement (run_id, rank, act, count)
     select $1, * from unnest($2::integer[], $3::text[], $4::bigint[])
     on conflict (run_id, rank, act) do update set count = engagement.count + excluded.count`,
    [run, ordered.map(([rank]) => Number(rank)), ordered.map(([, act]) => act), ordered.map(([, , count]) => count)],
  )
}

/** What was done with each piece of a run, by rank; pieces that nobody looked at are missing. */
export async function readEngagement(database: Queryable, run: string): Promise<ReadonlyMap<number, Attention>> {
  const sql = 'select rank, act, count from engagement where run_id = $1'
  const byRank = new Map<number, Attention>()
  for (const { rank, act, count } of await database.query<CountRow>(sql, [run])) {
    byRank.set(rank, { ...(byRank.get(rank) ?? NO_ATTENTION), [act]: Math.min(Number(count), 0xffff_ffff) })
  }
  return byRank
}
