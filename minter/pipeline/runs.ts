import { digestOfJson } from '../domain/canonical-json.ts'
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

/** Why a step ended badly. */
export interface StepFailure {
  readonly code: string
  readonly message: string
  /** Unix seconds. */
  readonly at: number
}

/** A step's record: what went in, what came out, when, and what went wrong. */
export interface StepRecord {
  readonly step: string
  /** A step that is begun may have been killed; one that failed says why. */
  readonly state: 'started' | 'failed' | 'done'
  /** How often it was begun. */
  readonly attempts: number
  /** Unix seconds of the last beginning. */
  readonly startedAt: number
  readonly finishedAt: number | null
  /** What it took from the run and from earlier steps; null for what needs nothing. */
  readonly inputs: unknown
  readonly inputsDigest: Hex | null
  readonly outputs: unknown
  readonly outputsDigest: Hex | null
  /** The last failure, kept when a later attempt went well. */
  readonly lastError: StepFailure | null
}

const ID_DIGITS = 12

/** A run's name for itself: with the same policy and salt it is the same run. */
export function runId(policyDigest: Hex, salt: Hex): string {
  return digestOfJson({ policy: policyDigest, salt }).slice(2, 2 + ID_DIGITS)
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
   * @param inputs what it stands on, written down with its digest
   * @returns what `work` returned, through JSON
   */
  once<Outputs extends object>(
    id: string,
    step: string,
    work: () => Promise<Outputs>,
    inputs?: object,
  ): Promise<Outputs>
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

/** As JSON keeps it, so that the digest of what was written is that of what is read. */
function throughJson(value: object | undefined): { readonly text: string | null; readonly digest: Hex | null } {
  if (value === undefined) return { text: null, digest: null }
  const text = JSON.stringify(value)
  return { text, digest: digestOfJson(JSON.parse(text)) }
}

function failureOf(error: unknown, at: number): StepFailure {
  const code: unknown = Reflect.get(Object(error), 'code')
  return {
    code: typeof code === 'string' ? code : 'UNEXPECTED',
    message: error instanceof Error ? error.message : String(error),
    at,
  }
}

interface Once<Outputs> {
  readonly id: string
  readonly step: string
  readonly work: () => Promise<Outputs>
  readonly inputs: object | undefined
}

async function begin(db: Database, now: Clock, { id, step, inputs }: Once<unknown>): Promise<void> {
  const { text, digest } = throughJson(inputs)
  await db.query(
    `insert into steps (run_id, step, state, started_at, inputs, inputs_digest) values ($1, $2, 'started', $3, $4, $5)
     on conflict (run_id, step) do update set state = 'started', started_at = excluded.started_at,
       inputs = excluded.inputs, inputs_digest = excluded.inputs_digest, attempts = steps.attempts + 1`,
    [id, step, now(), text, digest],
  )
}

async function finish(db: Database, now: Clock, { id, step }: Once<unknown>, outputs: object): Promise<void> {
  const { text, digest } = throughJson(outputs)
  const sql = `update steps set state = 'done', outputs = $3, outputs_digest = $4, finished_at = $5
    where run_id = $1 and step = $2`
  await db.query(sql, [id, step, text, digest, now()])
}

async function doOnce<Outputs extends object>(db: Database, now: Clock, once: Once<Outputs>): Promise<Outputs> {
  const { id, step, work } = once
  const earlier = await readOutputs<Outputs>(db, id, step)
  if (earlier !== null) return earlier
  await begin(db, now, once)
  let outputs: Outputs
  try {
    outputs = await work()
  } catch (error) {
    const sql =
      "update steps set state = 'failed', last_error = $3 where run_id = $1 and step = $2 and state = 'started'"
    // The failure itself is what matters; a database that is down as well must not hide it.
    await db.query(sql, [id, step, JSON.stringify(failureOf(error, now()))]).catch(() => {})
    throw error
  }
  await finish(db, now, once, outputs)
  return outputs
}

interface StepRow extends Omit<StepRecord, 'startedAt' | 'finishedAt'> {
  readonly startedAt: string
  readonly finishedAt: string | null
}

const STEP_COLUMNS = `step, state, attempts, started_at as "startedAt", finished_at as "finishedAt", inputs,
  inputs_digest as "inputsDigest", outputs, outputs_digest as "outputsDigest", last_error as "lastError"`

async function readSteps(db: Database, id: string): Promise<readonly StepRecord[]> {
  const sql = `select ${STEP_COLUMNS} from steps where run_id = $1 order by started_at, finished_at, step`
  const rows = await db.query<StepRow>(sql, [id])
  return rows.map(({ startedAt, finishedAt, ...row }) => ({
    ...row,
    startedAt: Number(startedAt),
    finishedAt: finishedAt === null ? null : Number(finishedAt),
  }))
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
    steps: (id) => readSteps(db, id),
    once: (id, step, work, inputs) => doOnce(db, now, { id, step, work, inputs }),
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
