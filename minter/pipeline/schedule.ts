import { sha256 } from '../domain/digest.ts'
import type { Hex } from '../domain/digest.ts'
import type { Clock, Database, WorkQueue } from '../ports.ts'

/** The queue of everything that waits for its time. */
export const SCHEDULE_QUEUE = 'schedule'

/** A policy that is to become one drop, or with a cron expression one after the other. */
export interface Schedule {
  readonly id: string
  /** The policy's file: a demand snapshot that it names is looked for beside it. */
  readonly path: string
  /** The file's text when it was scheduled; `{edition}` and `{date}` are filled in. */
  readonly template: string
  /** Null for once. */
  readonly cron: string | null
  /** IANA name of the time zone that the expression is meant in. */
  readonly zone: string
  /** The chain that it was meant for; null for the embedded one. */
  readonly chainId: string | null
  /** sha-256 of the model that it was meant for. */
  readonly bundleDigest: Hex
  readonly isRemoved: boolean
}

const DROP_STATES = [
  'waiting',
  'warned',
  'checked',
  'ready',
  'running',
  'stalled',
  'open',
  'closed',
  'refused',
  'failed',
  'removed',
] as const
/**
 * waiting > checked (an hour before; warned when something is amiss) > ready (a minute before; refused for good) > running
 * (stalled while it is tried again) > open > closed.
 */
export type ScheduledState = (typeof DROP_STATES)[number]

/** One drop of a schedule. */
export interface ScheduledDrop {
  readonly schedule: string
  /** Unix seconds. */
  readonly due: number
  /** 1 and up; one that was refused gives its number to the next. */
  readonly edition: number
  readonly state: ScheduledState
  /** Why it is where it is. */
  readonly reasons: readonly string[]
  readonly salt: Hex | null
  readonly run: string | null
  readonly changedAt: number
}

export const ACTS = ['check-hour', 'check-minute', 'start', 'close'] as const
export type Act = (typeof ACTS)[number]

/** What lies in the queue. */
export interface ScheduledAct {
  readonly schedule: string
  readonly due: number
  readonly act: Act
}

/** How many seconds before the drop begins what is done. */
const BEFORE = [
  ['check-hour', 3600],
  ['check-minute', 60],
  ['start', 0],
] as const

/** A UUID (version 8, RFC 9562) that is the same for the same words. */
export function stableId(...words: readonly (string | number)[]): string {
  const hex = sha256(new TextEncoder().encode(words.join('/'))).slice(2)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function actId({ schedule, due, act }: ScheduledAct): string {
  return stableId('schedule', schedule, due, act)
}

/**
 * The policy's text for one edition.
 *
 * @param due Unix seconds
 */
export function fillTemplate(template: string, edition: number, due: number): string {
  const date = new Date(due * 1000).toISOString().slice(0, 10)
  return template.replaceAll('{edition}', String(edition)).replaceAll('{date}', date)
}

interface ScheduleRow {
  readonly id: string
  readonly path: string
  readonly template: string
  readonly cron: string | null
  readonly zone: string
  readonly chain_id: string | null
  readonly bundle_digest: Hex
  readonly removed_at: string | null
}

interface DropRow {
  readonly schedule_id: string
  readonly due: string
  readonly edition: number
  readonly state: ScheduledState
  readonly reasons: readonly string[]
  readonly salt: Hex | null
  readonly run_id: string | null
  readonly changed_at: string
}

function toSchedule({ chain_id, bundle_digest, removed_at, ...row }: ScheduleRow): Schedule {
  return { ...row, chainId: chain_id, bundleDigest: bundle_digest, isRemoved: removed_at !== null }
}

function toDrop({ schedule_id, due, run_id, changed_at, ...row }: DropRow): ScheduledDrop {
  return { ...row, schedule: schedule_id, due: Number(due), run: run_id, changedAt: Number(changed_at) }
}

const SCHEDULE_COLUMNS = 'id, path, template, cron, zone, chain_id, bundle_digest, removed_at'
const DROP_COLUMNS = 'schedule_id, due, edition, state, reasons, salt, run_id, changed_at'

/** Schedules and their drops, in the database; what waits for its time, in the queue. */
export interface ScheduleStore {
  /** Adds a schedule and its first drop; the same one again is no error. */
  add(schedule: Omit<Schedule, 'isRemoved'>, due: number): Promise<void>
  /** Removed or not. */
  find(id: string): Promise<Schedule | null>
  /** Those that were not removed, with all their drops, by time. */
  list(): Promise<readonly { readonly schedule: Schedule; readonly drops: readonly ScheduledDrop[] }[]>
  /** Forgets what has not begun; what is running goes on. False when there is no such schedule. */
  remove(id: string): Promise<boolean>
  drop(schedule: string, due: number): Promise<ScheduledDrop | null>
  /** @returns the drop as it is now */
  change(
    drop: ScheduledDrop,
    changed: Partial<Pick<ScheduledDrop, 'state' | 'reasons' | 'salt' | 'run'>>,
  ): Promise<ScheduledDrop>
  /** Plans a drop, with its checks. */
  plan(schedule: string, due: number, edition: number): Promise<void>
  planClose(drop: ScheduledDrop, at: number): Promise<void>
}

class DatabaseSchedules implements ScheduleStore {
  private readonly database: Database
  private readonly queue: WorkQueue
  private readonly now: Clock

  constructor(database: Database, queue: WorkQueue, now: Clock) {
    this.database = database
    this.queue = queue
    this.now = now
  }

  async add(schedule: Omit<Schedule, 'isRemoved'>, due: number): Promise<void> {
    const { id, path, template, cron, zone, chainId, bundleDigest } = schedule
    const columns = 'id, path, template, cron, zone, chain_id, bundle_digest, created_at'
    await this.database.query(
      `insert into schedules (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (id) do update set removed_at = null`,
      [id, path, template, cron, zone, chainId, bundleDigest, this.now()],
    )
    await this.plan(id, due, 1)
  }

  async find(id: string): Promise<Schedule | null> {
    const sql = `select ${SCHEDULE_COLUMNS} from schedules where id = $1`
    const [row] = await this.database.query<ScheduleRow>(sql, [id])
    return row === undefined ? null : toSchedule(row)
  }

  async list(): ReturnType<ScheduleStore['list']> {
    const sql = `select ${SCHEDULE_COLUMNS} from schedules where removed_at is null order by created_at, id`
    const schedules = await this.database.query<ScheduleRow>(sql)
    const drops = await this.database.query<DropRow>(`select ${DROP_COLUMNS} from scheduled_drops order by due`)
    return schedules.map((row) => ({
      schedule: toSchedule(row),
      drops: drops.filter(({ schedule_id }) => schedule_id === row.id).map(toDrop),
    }))
  }

  async remove(id: string): Promise<boolean> {
    const removed = await this.database.query<{ id: string }>(
      'update schedules set removed_at = $2 where id = $1 and removed_at is null returning id',
      [id, this.now()],
    )
    const waiting = await this.database.query<DropRow>(
      `update scheduled_drops set state = 'removed', changed_at = $2
       where schedule_id = $1 and state in ('waiting', 'warned', 'checked', 'ready') returning ${DROP_COLUMNS}`,
      [id, this.now()],
    )
    const acts = waiting.flatMap((row) => ACTS.map((act) => actId({ schedule: id, due: Number(row.due), act })))
    await this.queue.forget(SCHEDULE_QUEUE, acts)
    return removed.length > 0
  }

  async drop(schedule: string, due: number): Promise<ScheduledDrop | null> {
    const sql = `select ${DROP_COLUMNS} from scheduled_drops where schedule_id = $1 and due = $2`
    const [row] = await this.database.query<DropRow>(sql, [schedule, due])
    return row === undefined ? null : toDrop(row)
  }

  async change(drop: ScheduledDrop, changed: Parameters<ScheduleStore['change']>[1]): Promise<ScheduledDrop> {
    const next = { ...drop, ...changed, changedAt: this.now() }
    await this.database.query(
      `update scheduled_drops set state = $3, reasons = $4, salt = $5, run_id = $6, changed_at = $7
       where schedule_id = $1 and due = $2`,
      [next.schedule, next.due, next.state, JSON.stringify(next.reasons), next.salt, next.run, next.changedAt],
    )
    return next
  }

  async plan(schedule: string, due: number, edition: number): Promise<void> {
    await this.database.query(
      `insert into scheduled_drops (schedule_id, due, edition, state, changed_at) values ($1, $2, $3, 'waiting', $4)
       on conflict (schedule_id, due) do update set state = excluded.state, edition = excluded.edition
         where scheduled_drops.state = 'removed'`,
      [schedule, due, edition, this.now()],
    )
    for (const [act, before] of BEFORE) await this.offer({ schedule, due, act }, due - before)
  }

  planClose({ schedule, due }: ScheduledDrop, at: number): Promise<void> {
    return this.offer({ schedule, due, act: 'close' }, at)
  }

  private offer(payload: ScheduledAct, at: number): Promise<void> {
    return this.queue.offerAt(SCHEDULE_QUEUE, { id: actId(payload), payload, at })
  }
}

/** Opens the schedules of a database. */
export function openSchedules(database: Database, queue: WorkQueue, now: Clock): ScheduleStore {
  return new DatabaseSchedules(database, queue, now)
}
