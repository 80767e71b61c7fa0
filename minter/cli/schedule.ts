import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { pino } from 'pino'
import { createWebhook } from '../adapters/webhook.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import { calendarOf } from '../http/calendar.ts'
import { askNode } from '../json-rpc.ts'
import { createLease, LEASE_SECONDS } from '../pipeline/lease.ts'
import { fillTemplate, openSchedules, SCHEDULE_QUEUE, type ScheduledDrop } from '../pipeline/schedule.ts'
import { Scheduler } from '../pipeline/scheduler.ts'
import { auditStorage, publishedDrops, storageHistory } from '../pipeline/storage.ts'
import { type PolicyFile, readPolicySource, readPolicyText, workLoader } from './runs.ts'
import { explainFailure } from './exit.ts'
import { readModel } from './model-files.ts'
import { parsePort, parseWorkers } from './options.ts'
import { writeWhole } from './report-files.ts'
import { schedulerTools } from './scheduled-drop.ts'
import type { Session } from './session.ts'
import { openSite, REQUESTS_PER_MINUTE } from './site.ts'
import { openMemory, openStudio, type Studio } from './studio.ts'

const POLL_MS = 1000
/** After the database has not answered. */
const RECOVERY_MS = 5000
const AUDIT_SECONDS = 86_400
/** How many editions of a cron expression stand in the calendar file. */
const CALENDAR_EDITIONS = 8
const HOUR_SECONDS = 3600

interface AddOptions {
  readonly at?: number
  readonly cron?: string
  readonly zone: string
  readonly json: boolean
}

interface RunOptions {
  readonly workers: number
  readonly port?: number
  readonly host: string
}

function parseMoment(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?Z$/u.test(text) ? Date.parse(text) / 1000 : Number.NaN
  if (Number.isNaN(time)) throw new InvalidArgumentError('expected a moment such as 2026-12-04T18:00:00Z')
  return time
}

/** Adds `schedule`, `schedule list|remove|run`. */
export function registerSchedule(program: Command, session: Session): void {
  const schedule = program
    .command('schedule')
    .description('have drops happen by themselves, once or again and again')
    .argument('[policies...]', 'policy files; with --cron, templates in which {edition} and {date} are filled in')
    .option('--at <time>', 'begin at this time, in UTC', parseMoment)
    .option('--cron <expression>', 'begin the next edition whenever this says, five fields')
    .option('--zone <name>', 'the time zone that --cron is meant in', 'UTC')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      `\nExamples:
  latentmint schedule drops/looms-first.yaml --at 2026-12-04T18:00:00Z
  latentmint schedule drops/friday.yaml --cron "0 18 * * 5" --zone Asia/Tashkent
  latentmint schedule run --port 8787`,
    )
    .action(async (policies: string[], options: AddOptions) => add(session, policies, options))
  schedule
    .command('list')
    .description('what is to happen when, and what became of the rest')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint schedule list')
    // Both have --json, and the parent would take it.
    .action(async (_own: object, command: Command) => list(session, command.optsWithGlobals<AddOptions>().json))
  schedule
    .command('remove')
    .description('forget a schedule; a drop that has begun goes on')
    .argument('<id>', 'as `schedule list` shows it')
    .addHelpText('after', '\nExample:\n  latentmint schedule remove 1f00c2d1')
    .action(async (id: string) => remove(session, id))
  schedule
    .command('run')
    .description('wait, check, and have the drops happen, until Ctrl-C; a second one stands by')
    .option('--workers <n>', 'rendering workers', parseWorkers, session.config.workers)
    .option('--port <n>', 'serve the site as well, which the embedded database allows in one process alone', parsePort)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .addHelpText('after', '\nExample:\n  latentmint schedule run --port 8787')
    .action(async (options: RunOptions) => run(session, options))
}

async function withMemory<T>(
  session: Session,
  work: (memory: Awaited<ReturnType<typeof openMemory>>) => Promise<T>,
): Promise<T> {
  const memory = await openMemory(session.config.home, session.config, session.now)
  try {
    return await work(memory)
  } finally {
    await memory.queue.close()
    await memory.database.close()
  }
}

/** The policy of the first edition, so that what is wrong with a template is said now and not on Friday night. */
function firstEdition(path: string, due: number, cron: string | undefined): PolicyFile & { readonly template: string } {
  const template = readPolicySource(path)
  if (cron !== undefined && !template.includes('{edition}')) {
    throw new ConfigInvalid('every edition would be the same drop: write {edition} into its name', path)
  }
  return { ...readPolicyText(fillTemplate(template, 1, due), path), template }
}

async function add(session: Session, policies: readonly string[], options: AddOptions): Promise<void> {
  const { config, now } = session
  const { at, cron, zone } = options
  if (policies.length === 0) throw new ConfigInvalid('name a policy file, or say list, remove or run', 'command line')
  if ((at === undefined) === (cron === undefined)) throw new ConfigInvalid('say --at or --cron', 'command line')
  if (at !== undefined && at <= now()) throw new ConfigInvalid('--at is past', new Date(at * 1000).toISOString())
  const chainId = config.rpc === undefined ? null : String(Number(await askNode(config.rpc, 'eth_chainId')))
  await withMemory(session, async ({ database, queue }) => {
    const schedules = openSchedules(database, queue, now)
    const times = (from: number, count: number): readonly number[] => {
      const found: number[] = []
      while (found.length < count)
        found.push(nextTime((...terms) => queue.nextTime(...terms), cron ?? '', zone, found.at(-1) ?? from))
      return found
    }
    const dues = at === undefined ? times(now(), CALENDAR_EDITIONS) : [at]
    const added: object[] = []
    for (const path of policies) {
      const [due = 0] = dues
      const file = firstEdition(path, due, cron)
      const { bundleDigest } = readModel(file.policy.model)
      const id = sha256(new TextEncoder().encode([resolve(path), file.template, at, cron, zone].join('\n'))).slice(
        2,
        10,
      )
      const { template } = file
      await schedules.add({ id, path: resolve(path), template, cron: cron ?? null, zone, chainId, bundleDigest }, due)
      const calendar = writeCalendar(session, id, file, dues)
      added.push({ id, name: file.policy.name, due, calendar })
      if (!options.json) session.print(`${id}  ${file.policy.name}  ${iso(due)}\n  ${calendar}`)
    }
    if (options.json) session.print(JSON.stringify({ added }))
    else session.print('Next: latentmint schedule run')
  })
}

function nextTime(
  of: (cron: string, zone: string, after: number) => number,
  cron: string,
  zone: string,
  after: number,
): number {
  try {
    return of(cron, zone, after)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigInvalid(`--cron "${cron}" in --zone ${zone}: ${error.message}`, 'command line', error)
  }
}

function writeCalendar(
  { config }: Session,
  id: string,
  { template, path }: PolicyFile & { readonly template: string },
  dues: readonly number[],
): string {
  const events = dues.map((due, i) => {
    const { name } = readPolicyText(fillTemplate(template, i + 1, due), path).policy
    return {
      uid: `${id}-${due}`,
      stampedAt: due,
      startsAt: due,
      endsAt: due + HOUR_SECONDS,
      summary: `${name}: the drop begins`,
      reminder: `${name} begins in ten minutes`,
    }
  })
  return writeWhole(resolve(config.home, 'schedule'), `${id}.ics`, calendarOf(events))
}

function iso(time: number): string {
  return new Date(time * 1000).toISOString().replace('.000', '')
}

async function list(session: Session, json: boolean): Promise<void> {
  await withMemory(session, async ({ database, queue }) => {
    const all = await openSchedules(database, queue, session.now).list()
    if (json) return session.print(JSON.stringify({ schedules: all }))
    if (all.length === 0) session.print('Nothing is scheduled.')
    for (const { schedule, drops } of all) {
      const when = schedule.cron === null ? 'once' : `${schedule.cron} in ${schedule.zone}`
      session.print(`${schedule.id}  ${schedule.path}  ${when}`)
      for (const line of drops.flatMap(dropLines)) session.print(line)
    }
  })
}

function dropLines({ due, edition, state, reasons, run: id }: ScheduledDrop): readonly string[] {
  const row = `  ${iso(due)}  edition ${edition}  ${state}${id === null ? '' : `  run ${id}`}`
  return [row, ...reasons.map((reason) => `    ${reason}`)]
}

async function remove(session: Session, id: string): Promise<void> {
  await withMemory(session, async ({ database, queue }) => {
    const removed = await openSchedules(database, queue, session.now).remove(id)
    if (!removed) throw new ConfigInvalid(`there is no schedule ${id}`, 'database')
    session.print(`schedule ${id} is removed`)
  })
}

/** Resolves after a while, or at once when it is time to stop. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resume) => {
    if (signal.aborted) return resume()
    const timer = setTimeout(resume, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resume()), { once: true })
  })
}

async function run(session: Session, { workers, port, host }: RunOptions): Promise<void> {
  const { config, now, signal } = session
  const studio = await openStudio({ home: config.home, config, now })
  const site =
    port === undefined
      ? null
      : await openSite({
          studio,
          loadWork: workLoader(studio.runs),
          host,
          port,
          logLevel: config.logLevel,
          config,
          perMinute: REQUESTS_PER_MINUTE,
          signal,
        })
  try {
    if (site !== null) session.print(site.url)
    await lead(session, studio, workers)
  } finally {
    await site?.close()
    await studio.close()
  }
}

/** Waits to be the only scheduler of this database, and does what is due for as long as it is. */
async function lead(session: Session, studio: Studio, workers: number): Promise<void> {
  const { config, now, signal, print } = session
  const lease = createLease(studio.database, 'scheduler', `${hostname()} pid ${process.pid}`)
  const log = pino({ level: config.logLevel === 'warn' ? 'info' : config.logLevel, base: null }, pino.destination(2))
  const webhook = config.webhook === undefined ? null : createWebhook({ ...config.webhook, now })
  // The embedded database lets one process in at a time, so that whoever led before is gone.
  if (config.databaseUrl === undefined) await lease.clear()
  let said = ''
  while (!signal.aborted) {
    const leader = await lease.hold().catch((error: unknown) => `nobody, ${explainFailure(error).what}`)
    if (leader !== null) {
      if (leader !== said) print(`standing by, the scheduler is: ${leader}`)
      said = leader
      await rest(POLL_MS, signal)
      continue
    }
    print('this is the scheduler (Ctrl-C ends)')
    said = ''
    // Whoever loses the lease must not go on with what another has taken up.
    const lost = new AbortController()
    const until = AbortSignal.any([signal, lost.signal])
    await studio.queue.reclaim(SCHEDULE_QUEUE)
    const scheduler = new Scheduler(schedulerTools(studio, { workers, now, signal: until, log, webhook }))
    await serveLease(session, studio, { scheduler, lease, lost, until, log })
    await scheduler.settled()
  }
  await lease.release()
}

interface Leading {
  readonly scheduler: Scheduler
  readonly lease: ReturnType<typeof createLease>
  readonly lost: AbortController
  readonly until: AbortSignal
  readonly log: pino.Logger
}

async function serveLease(
  session: Session,
  studio: Studio,
  { scheduler, lease, lost, until, log }: Leading,
): Promise<void> {
  const { now } = session
  let heldAt = now()
  let audit: Promise<void> | null = null
  while (!until.aborted) {
    try {
      await scheduler.pass()
      if (now() - heldAt > LEASE_SECONDS / 3) {
        const leader = await lease.hold()
        heldAt = now()
        if (leader !== null) lost.abort(new Error(`${leader} is the scheduler now`))
      }
    } catch (error) {
      // A database that is away for a moment must not end a process that is meant to live for months.
      log.error(explainFailure(error), 'scheduler')
      if (now() - heldAt > LEASE_SECONDS) lost.abort(error)
      await rest(RECOVERY_MS, until)
    }
    audit ??= auditWhenDue(studio, now, until, log)
      .catch((error: unknown) => log.error(explainFailure(error), 'storage audit'))
      .finally(() => {
        audit = null
      })
    await rest(POLL_MS, until)
  }
  await audit
}

async function auditWhenDue(studio: Studio, now: () => number, signal: AbortSignal, log: pino.Logger): Promise<void> {
  const [last] = await storageHistory(studio.database, 1)
  if (now() - (last?.auditedAt ?? 0) < AUDIT_SECONDS) return
  const drops = await publishedDrops(studio.runs)
  if (drops.length === 0) return
  const watch = { onTotal: () => {}, onChecked: () => {} }
  const { faults } = await auditStorage({ ...studio, signal }, drops, now(), watch)
  log.info({ drops: drops.length, faults: faults.length }, 'storage audit')
}
