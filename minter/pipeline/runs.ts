import type { Hex } from '../domain/digest.ts'
import type { Policy } from '../domain/policy.ts'
import type { Clock, Database } from '../ports.ts'

/** One drop on its way, from a policy to its closing. */
export interface Run {
  readonly id: string
  readonly name: string
  /** As it was when the run began; editing the file changes nothing any more. */
  readonly policy: Policy
  readonly policyDigest: Hex
  /** sha-256 of the model that it began with. */
  readonly bundleDigest: Hex
  readonly salt: Hex
}

interface RunRow {
  readonly id: string
  readonly name: string
  readonly policy: Policy
  readonly policy_digest: Hex
  readonly bundle_digest: Hex
  readonly salt: Hex
}

/** A step's record. */
export interface StepRecord {
  readonly step: string
  readonly state: 'started' | 'done'
  readonly outputs: unknown
}

/** The memory of all runs. */
export interface RunStore {
  create(run: Run): Promise<Run>
  find(id: string): Promise<Run | null>
  /** All of them, the newest first. */
  list(): Promise<readonly Run[]>
  steps(id: string): Promise<readonly StepRecord[]>
  /**
   * Does `work` once: a step that is done answers with what came out of it then. A step that was interrupted is done again, and
   * must cope with its own first half.
   *
   * @returns what `work` returned, through JSON
   */
  once<Outputs extends object>(id: string, step: string, work: () => Promise<Outputs>): Promise<Outputs>
  /** What a step that is done left, or null. */
  outputs<Outputs extends object>(id: string, step: string): Promise<Outputs | null>
  putDocument(id: string, name: string, content: Uint8Array): Promise<void>
  document(id: string, name: string): Promise<Uint8Array | null>
}

function toRun(row: RunRow): Run {
  return {
    id: row.id,
    name: row.name,
    policy: row.policy,
    policyDigest: row.policy_digest,
    bundleDigest: row.bundle_digest,
    salt: row.salt,
  }
}

const COLUMNS = 'id, name, policy, policy_digest, bundle_digest, salt'

async function readOutputs<Outputs extends object>(db: Database, id: string, step: string): Promise<Outputs | null> {
  const sql = "select outputs from steps where run_id = $1 and step = $2 and state = 'done'"
  const rows = await db.query<{ outputs: Outputs }>(sql, [id, step])
  return rows[0]?.outputs ?? null
}

async function doOnce<Outputs extends object>(
  db: Database,
  now: Clock,
  [id, step]: readonly [string, string],
  work: () => Promise<Outputs>,
): Promise<Outputs> {
  const earlier = await readOutputs<Outputs>(db, id, step)
  if (earlier !== null) return earlier
  await db.query(
    `insert into steps (run_id, step, state, started_at) values ($1, $2, 'started', $3)
     on conflict (run_id, step) do update set started_at = excluded.started_at`,
    [id, step, now()],
  )
  const outputs = await work()
  await db.query("update steps set state = 'done', outputs = $3, finished_at = $4 where run_id = $1 and step = $2", [
    id,
    step,
    JSON.stringify(outputs),
    now(),
  ])
  return outputs
}

/** Keeps runs in the database. */
export function createRunStore(db: Database, now: Clock): RunStore {
  return {
    create: async (run) => {
      await db.query(`insert into runs (${COLUMNS}, created_at) values ($1, $2, $3, $4, $5, $6, $7)`, [
        run.id,
        run.name,
        JSON.stringify(run.policy),
        run.policyDigest,
        run.bundleDigest,
        run.salt,
        now(),
      ])
      return run
    },
    find: async (id) => {
      const rows = await db.query<RunRow>(`select ${COLUMNS} from runs where id = $1`, [id])
      return rows[0] === undefined ? null : toRun(rows[0])
    },
    list: async () => (await db.query<RunRow>(`select ${COLUMNS} from runs order by created_at desc, id`)).map(toRun),
    steps: (id) =>
      db.query<StepRecord>('select step, state, outputs from steps where run_id = $1 order by started_at', [id]),
    once: (id, step, work) => doOnce(db, now, [id, step], work),
    outputs: (id, step) => readOutputs(db, id, step),
    putDocument: async (id, name, content) => {
      await db.query(
        `insert into documents (run_id, name, content) values ($1, $2, $3)
         on conflict (run_id, name) do update set content = excluded.content`,
        [id, name, content],
      )
    },
    document: async (id, name) => {
      const sql = 'select content from documents where run_id = $1 and name = $2'
      const rows = await db.query<{ content: Uint8Array }>(sql, [id, name])
      return rows[0]?.content ?? null
    },
  }
}
