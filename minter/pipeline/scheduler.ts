import type { Clock, QueuedJob, WorkQueue } from '../ports.ts'
import {
  ACTS,
  fillTemplate,
  type Schedule,
  SCHEDULE_QUEUE,
  type ScheduledAct,
  type ScheduledDrop,
  type ScheduledState,
  type ScheduleStore,
  stableId,
} from './schedule.ts'

/** The queue of what receivers are told. */
const WEBHOOK_QUEUE = 'webhooks'
/** A drop that should have begun longer ago than this does not begin any more: people were told a time. */
const LATEST_START_SECONDS = 900
const MOST_AT_ONCE = 16

/** What happened to a drop, for logs and receivers. */
export interface Notice {
  /** The same however often it is told. */
  readonly id: string
  /** `drop.ready`, or `drop.step` when a step of the drop is done. */
  readonly event: string
  /** Unix seconds. */
  readonly at: number
  readonly schedule: string
  readonly edition: number
  /** Unix seconds. */
  readonly due: number
  readonly state: ScheduledState
  readonly step: string | null
  readonly reasons: readonly string[]
  readonly run: string | null
}

/** A drop with the policy that it is made by. */
export interface Edition {
  readonly schedule: Schedule
  readonly drop: ScheduledDrop
  readonly policy: string
}

/** What the scheduler does not do itself. */
export interface SchedulerTools {
  readonly schedules: ScheduleStore
  readonly queue: WorkQueue
  readonly now: Clock
  readonly signal: AbortSignal
  /** What stands in the way of the drop; empty when nothing does. */
  readonly check: (edition: Edition) => Promise<readonly string[]>
  /** All steps up to the sale; begun again it goes on. `begin` keeps the salt before anything is announced. */
  readonly run: (
    edition: Edition,
    watch: { begin(salt: ScheduledDrop['salt'], run: string): Promise<void>; step(name: string): Promise<void> },
  ) => Promise<{ readonly run: string; readonly closableAt: number }>
  readonly close: (edition: Edition) => Promise<void>
  /** Whether trying again may help. */
  readonly isResumable: (error: unknown) => boolean
  readonly log: (notice: Notice) => void
  /** Null when nobody wants to be told. */
  readonly deliver: ((notice: Notice) => Promise<void>) | null
}

const ENDED: readonly ScheduledState[] = ['open', 'closed', 'refused', 'failed', 'removed']

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The acts of each drop together: what comes due at once is done one after the other. */
function byDrop(jobs: readonly QueuedJob<ScheduledAct>[]): readonly (readonly QueuedJob<ScheduledAct>[])[] {
  const groups = new Map<string, QueuedJob<ScheduledAct>[]>()
  for (const job of jobs) {
    const key = `${job.payload.schedule}/${job.payload.due}`
    groups.set(key, [...(groups.get(key) ?? []), job])
  }
  return [...groups.values()]
}

/** Does what is due. */
export class Scheduler {
  private readonly tools: SchedulerTools
  private readonly busy = new Set<Promise<void>>()

  constructor(tools: SchedulerTools) {
    this.tools = tools
  }

  /** Begins what has come due since the last time; drops of different schedules run side by side. */
  async pass(): Promise<void> {
    const { queue } = this.tools
    const jobs = await queue.take<ScheduledAct>(SCHEDULE_QUEUE, MOST_AT_ONCE)
    for (const group of byDrop(jobs)) this.track(this.inOrder(group))
    const notices = await queue.take<Notice>(WEBHOOK_QUEUE, MOST_AT_ONCE)
    for (const job of notices) this.track(this.deliver(job))
  }

  /** Resolves when nothing that was begun is still going on. */
  async settled(): Promise<void> {
    while (this.busy.size > 0) await Promise.all(this.busy)
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.busy.delete(tracked))
    this.busy.add(tracked)
    // Whoever waits for `settled` sees the failure; a loop that does not wait must not end by it unheard.
    tracked.catch(() => {})
  }

  /** After a night without the scheduler a drop's check and its start come due together. */
  private async inOrder(jobs: readonly QueuedJob<ScheduledAct>[]): Promise<void> {
    const ordered = jobs.toSorted((a, b) => ACTS.indexOf(a.payload.act) - ACTS.indexOf(b.payload.act))
    for (const { id, payload } of ordered) {
      if (this.tools.signal.aborted) return
      await this.act(id, payload)
    }
  }

  private async act(id: string, { schedule: name, due, act }: ScheduledAct): Promise<void> {
    const { schedules, queue } = this.tools
    const drop = await schedules.drop(name, due)
    // Removed or not: what is open is still closed.
    const schedule = await schedules.find(name)
    if (drop === null || schedule === null || drop.state === 'removed') return queue.finish(SCHEDULE_QUEUE, [id])
    const edition = { schedule, drop, policy: fillTemplate(schedule.template, drop.edition, due) }
    try {
      if (act === 'close') await this.closeDrop(edition)
      else if (act === 'start') await this.start(edition)
      else await this.checkDrop(edition, act === 'check-minute')
    } catch (error) {
      return this.failed(id, edition, act, error)
    }
    await queue.finish(SCHEDULE_QUEUE, [id])
  }

  /** An hour before there is time to mend something; a minute before there is none. */
  private async checkDrop(edition: Edition, last: boolean): Promise<boolean> {
    const { drop } = edition
    if (ENDED.includes(drop.state) || drop.state === 'running' || drop.state === 'stalled') return false
    const reasons = await this.tools.check(edition)
    if (reasons.length === 0) await this.change(drop, { state: last ? 'ready' : 'checked', reasons: [] })
    else await this.change(drop, { state: last ? 'refused' : 'warned', reasons })
    if (reasons.length > 0 && last) await this.planNext(edition, drop.edition)
    return reasons.length === 0
  }

  private async start(edition: Edition): Promise<void> {
    const { now, schedules } = this.tools
    const { drop } = edition
    if (ENDED.includes(drop.state)) return
    const begun = drop.state === 'running' || drop.state === 'stalled'
    const late = now() - drop.due
    if (!begun && late > LATEST_START_SECONDS) {
      const reasons = [`it was to begin ${late} seconds ago, and no scheduler was running then`]
      await this.change(drop, { state: 'refused', reasons })
      return this.planNext(edition, drop.edition)
    }
    if (!begun && drop.state !== 'ready' && !(await this.checkDrop(edition, true))) return
    let current = await this.change((await schedules.drop(drop.schedule, drop.due)) ?? drop, {
      state: 'running',
      reasons: [],
    })
    const { run, closableAt } = await this.tools.run(
      { ...edition, drop: current },
      {
        begin: async (salt, id) => {
          current = await schedules.change(current, { salt, run: id })
        },
        step: (name) => this.tell(current, name),
      },
    )
    current = await this.change({ ...current, run }, { state: 'open', reasons: [] })
    await schedules.planClose(current, closableAt)
    await this.planNext(edition, drop.edition + 1)
  }

  private async closeDrop(edition: Edition): Promise<void> {
    if (edition.drop.state !== 'open') return
    await this.tools.close(edition)
    await this.change(edition.drop, { state: 'closed', reasons: [] })
  }

  private async failed(id: string, edition: Edition, act: ScheduledAct['act'], error: unknown): Promise<void> {
    const { schedules, queue, isResumable, signal } = this.tools
    const drop = (await schedules.drop(edition.drop.schedule, edition.drop.due)) ?? edition.drop
    // A stop is no failure: the next scheduler finds the job taken and nobody at it.
    if (signal.aborted) return
    const reasons = [reasonOf(error)]
    if (isResumable(error) && (await queue.giveBack(SCHEDULE_QUEUE, id, reasonOf(error)))) {
      if (act === 'start') await this.change(drop, { state: 'stalled', reasons })
      else await schedules.change(drop, { reasons })
      return
    }
    await this.change(drop, { state: 'failed', reasons })
    await queue.finish(SCHEDULE_QUEUE, [id])
    if (act === 'start') await this.planNext(edition, drop.edition + 1)
  }

  private async planNext({ schedule, drop }: Edition, edition: number): Promise<void> {
    const { schedules, queue, now } = this.tools
    const current = await schedules.find(schedule.id)
    if (schedule.cron === null || current === null || current.isRemoved) return
    const due = queue.nextTime(schedule.cron, schedule.zone, Math.max(drop.due, now()))
    await schedules.plan(schedule.id, due, edition)
  }

  /** Told before it is kept: a process that is killed in between tells it again under the same id, and nothing goes untold. */
  private async change(drop: ScheduledDrop, changed: Parameters<ScheduleStore['change']>[1]): Promise<ScheduledDrop> {
    const next = { ...drop, ...changed }
    if (next.state !== drop.state || next.reasons.join() !== drop.reasons.join()) await this.tell(next, null)
    return this.tools.schedules.change(drop, changed)
  }

  private async tell(drop: ScheduledDrop, step: string | null): Promise<void> {
    const { now, log, queue, deliver } = this.tools
    const { schedule, due, edition, state, reasons, run } = drop
    const event = step === null ? `drop.${state}` : 'drop.step'
    const id = stableId(schedule, due, event, step ?? '', ...reasons)
    const notice: Notice = { id, event, at: now(), schedule, edition, due, state, step, reasons, run }
    log(notice)
    if (deliver !== null) await queue.offerAt(WEBHOOK_QUEUE, { id, payload: notice, at: now() })
  }

  private async deliver({ id, payload }: QueuedJob<Notice>): Promise<void> {
    const { queue, deliver } = this.tools
    if (deliver === null) return queue.finish(WEBHOOK_QUEUE, [id])
    try {
      await deliver(payload)
    } catch (error) {
      await queue.giveBack(WEBHOOK_QUEUE, id, reasonOf(error))
      return
    }
    await queue.finish(WEBHOOK_QUEUE, [id])
  }
}
