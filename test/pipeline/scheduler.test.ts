import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { TestClock } from 'pg-boss'
import { openQueue } from '../../minter/adapters/pgboss-queue.ts'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { createWebhook } from '../../minter/adapters/webhook.ts'
import { ChainUnreachable } from '../../minter/errors.ts'
import {
  openSchedules,
  SCHEDULE_QUEUE,
  type ScheduledDrop,
  type ScheduleStore,
} from '../../minter/pipeline/schedule.ts'
import { type Edition, type Notice, Scheduler, type SchedulerTools } from '../../minter/pipeline/scheduler.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { Database, WorkQueue } from '../../minter/ports.ts'

/** A Monday. */
const START = Date.parse('2026-11-30T12:00:00Z') / 1000
const HOUR = 3600
const DAY = 86_400
const SECRET = 'a secret of some length'
const DIGEST = `0x${'ab'.repeat(32)}` as const

interface Message {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What belongs to a drop's time: an hour and a minute before, and the time itself. */
function around(due: number): readonly number[] {
  return [due - HOUR, due - 60, due]
}

describe('minter/pipeline/scheduler Scheduler', () => {
  let folder: string
  let clock: TestClock
  let database: Database
  let queue: WorkQueue
  let schedules: ScheduleStore
  let notices: Notice[]
  let begun: Edition[]
  let closed: Edition[]
  /** What the tests vary. */
  let obstacles: (edition: Edition) => readonly string[]
  let fails: (edition: Edition) => Error | null
  let deliver: SchedulerTools['deliver']
  let controller: AbortController

  const now = (): number => Math.floor(clock.now() / 1000)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-schedule-'))
    clock = new TestClock(START * 1000)
    database = await openPglite(join(folder, 'database'))
    await prepareSchema(database)
    queue = await openQueue(database, 'pglite', clock)
    schedules = openSchedules(database, queue, now)
  })
  after(async () => {
    await queue.close()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    await database.exec('delete from schedules')
    await queue.clear(SCHEDULE_QUEUE)
    await queue.clear('webhooks')
    await clock.setTime(START * 1000)
    notices = []
    begun = []
    closed = []
    obstacles = () => []
    fails = () => null
    deliver = null
    controller = new AbortController()
  })

  function scheduler(): Scheduler {
    return new Scheduler({
      schedules,
      queue,
      now,
      signal: controller.signal,
      check: async (edition) => obstacles(edition),
      run: async (edition, watch) => {
        begun.push(edition)
        await watch.begin(DIGEST, null as unknown as string)
        await watch.step('announce')
        const error = fails(edition)
        if (error !== null) throw error
        return { run: null as unknown as string, closableAt: now() + 2 * DAY }
      },
      close: async (edition) => void closed.push(edition),
      isResumable: (error) => error instanceof ChainUnreachable,
      log: (notice) => void notices.push(notice),
      deliver,
    })
  }

  async function add(
    due: number,
    cron: string | null = null,
    template = 'name: Edition {edition} of {date}',
  ): Promise<void> {
    const terms = { path: '/policy.yaml', template, zone: 'UTC', chainId: null, bundleDigest: DIGEST }
    await schedules.add({ id: 'friday', cron, ...terms }, due)
  }

  /** A scheduler that looks at these moments. */
  async function visit(moments: readonly number[], using = scheduler()): Promise<void> {
    for (const moment of moments) {
      await clock.setTime(moment * 1000)
      await using.pass()
      await using.settled()
    }
  }

  async function drops(): Promise<readonly ScheduledDrop[]> {
    return (await schedules.list()).flatMap((one) => one.drops)
  }

  function events(): readonly string[] {
    return notices.map(({ event, step }) => (step === null ? event : `${event} ${step}`))
  }

  it('checks an hour and a minute before, begins on time, opens, and closes when the sale is over', async () => {
    await add(START + 2 * HOUR)
    await visit([START + HOUR - 1])
    expect(events()).to.deep.equal([])
    await visit([START + HOUR])
    expect(events()).to.deep.equal(['drop.checked'])
    await visit([START + 2 * HOUR - 61])
    expect(events()).to.have.length(1)
    await visit([START + 2 * HOUR - 60, START + 2 * HOUR - 1])
    expect(begun).to.deep.equal([])
    await visit([START + 2 * HOUR])
    expect(events().slice(1)).to.deep.equal(['drop.ready', 'drop.running', 'drop.step announce', 'drop.open'])
    expect(notices.at(-1)?.at).to.equal(START + 2 * HOUR)
    expect(begun[0]?.policy).to.equal('name: Edition 1 of 2026-11-30')
    await visit([START + 2 * HOUR + 2 * DAY - 1])
    expect(closed).to.have.length(0)
    await visit([START + 2 * HOUR + 2 * DAY])
    expect(events().at(-1)).to.equal('drop.closed')
    expect(begun).to.have.length(1)
  })

  it('makes one edition after the other of a template, each Friday', async () => {
    const first = queue.nextTime('0 18 * * 5', 'UTC', START)
    expect(new Date(first * 1000).toISOString()).to.equal('2026-12-04T18:00:00.000Z')
    await add(first, '0 18 * * 5')
    for (const week of [0, 1, 2]) {
      const due = first + 7 * week * DAY
      await visit([...around(due), ...(week < 2 ? [due + 2 * DAY] : [])])
    }
    expect(begun.map(({ policy }) => policy)).to.deep.equal([
      'name: Edition 1 of 2026-12-04',
      'name: Edition 2 of 2026-12-11',
      'name: Edition 3 of 2026-12-18',
    ])
    expect((await drops()).map(({ edition, state }) => [edition, state])).to.deep.equal([
      [1, 'closed'],
      [2, 'closed'],
      [3, 'open'],
      [4, 'waiting'],
    ])
  })

  it('warns an hour before and refuses a minute before, with reasons; the next edition takes its number', async () => {
    const first = queue.nextTime('0 18 * * 5', 'UTC', START)
    await add(first, '0 18 * * 5')
    obstacles = () => ['balance: 0.01 ETH, a drop takes 0.11']
    await visit(around(first))
    expect(events()).to.deep.equal(['drop.warned', 'drop.refused'])
    expect(notices.map(({ reasons }) => reasons)).to.deep.equal([
      ['balance: 0.01 ETH, a drop takes 0.11'],
      ['balance: 0.01 ETH, a drop takes 0.11'],
    ])
    expect(begun).to.deep.equal([])
    obstacles = () => []
    await visit(around(first + 7 * DAY))
    expect(begun.map(({ policy }) => policy)).to.deep.equal(['name: Edition 1 of 2026-12-11'])
  })

  it('goes on when what was amiss an hour before is mended a minute before', async () => {
    await add(START + 2 * HOUR)
    obstacles = () => (now() < START + HOUR + 60 ? ['chain: the RPC does not answer'] : [])
    await visit(around(START + 2 * HOUR))
    expect(events()).to.deep.equal(['drop.warned', 'drop.ready', 'drop.running', 'drop.step announce', 'drop.open'])
  })

  it('refuses a drop that nobody was there to begin, and begins one that is a little late, checked first', async () => {
    await add(START + 2 * HOUR)
    await visit([START + 2 * HOUR + 600])
    expect(events()).to.deep.equal(['drop.checked', 'drop.ready', 'drop.running', 'drop.step announce', 'drop.open'])
    await add(START + 5 * HOUR)
    await visit([START + 9 * HOUR])
    expect(begun).to.have.length(1)
    const late = (await drops()).find(({ due }) => due === START + 5 * HOUR)
    expect(late?.state).to.equal('refused')
    expect(late?.reasons[0]).to.match(/^it was to begin 14400 seconds ago/u)
  })

  it('tries again what may pass, with the same salt, later each time; and gives up on what does not', async () => {
    await add(START + 2 * HOUR)
    fails = () => (begun.length < 3 ? new ChainUnreachable('http://node') : null)
    await visit([...around(START + 2 * HOUR), ...Array.from({ length: 12 }, (_, i) => START + 2 * HOUR + 5 * i)])
    expect(begun.map(({ drop }) => drop.salt)).to.deep.equal([null, DIGEST, DIGEST])
    expect(events().filter((event) => event.startsWith('drop.st') && !event.includes(' '))).to.include('drop.stalled')
    expect((await drops())[0]?.state).to.equal('open')

    await add(START + 6 * HOUR)
    fails = () => new TypeError('no such thing')
    await visit(around(START + 6 * HOUR))
    expect(notices.at(-1)).to.include({ event: 'drop.failed' })
    expect(notices.at(-1)?.reasons).to.deep.equal(['no such thing'])
  })

  it('takes up what a scheduler that was killed had begun, once', async () => {
    await add(START + 2 * HOUR)
    const reached: (() => void)[] = []
    const there = new Promise<void>((resolve) => void reached.push(resolve))
    const killed = new Scheduler({
      ...Reflect.get(scheduler(), 'tools'),
      run: (_edition: Edition, watch: Parameters<SchedulerTools['run']>[1]) =>
        watch.begin(DIGEST, null as unknown as string).then(() => {
          reached[0]?.()
          return new Promise<never>(() => {})
        }),
    })
    await clock.setTime((START + 2 * HOUR) * 1000)
    await killed.pass()
    await there
    const next = scheduler()
    await next.pass()
    await next.settled()
    expect(begun).to.deep.equal([])

    await queue.reclaim(SCHEDULE_QUEUE)
    await visit(
      [10, 20, 30].map((seconds) => START + 2 * HOUR + seconds),
      next,
    )
    expect(begun.map(({ drop }) => [drop.state, drop.salt])).to.deep.equal([['running', DIGEST]])
    expect((await drops())[0]?.state).to.equal('open')
  })

  it('forgets what was removed, and takes it up when it is scheduled again', async () => {
    await add(START + 2 * HOUR)
    expect(await schedules.remove('friday')).to.equal(true)
    expect(await schedules.remove('friday')).to.equal(false)
    await visit(around(START + 2 * HOUR))
    expect([events(), begun]).to.deep.equal([[], []])

    await add(START + 6 * HOUR)
    expect(await schedules.remove('friday')).to.equal(true)
    await add(START + 6 * HOUR)
    await visit(around(START + 6 * HOUR))
    expect(begun).to.have.length(1)
  })

  it('throws RangeError for what is no cron expression', () => {
    for (const cron of ['every friday', '0 18 * *', '0 99 * * 5', 'FREQ=WEEKLY;BYDAY=FR']) {
      expect(() => queue.nextTime(cron, 'UTC', START), cron).to.throw(RangeError)
    }
    expect(() => queue.nextTime('0 18 * * 5', 'Mars/Olympus', START)).to.throw(RangeError)
  })

  it('tells a receiver every change, signed, again and again until it answers, each under one id', async () => {
    const messages: Message[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (text) => (body += String(text)))
      request.on('end', () => {
        messages.push({ headers: request.headers, body })
        response.statusCode = messages.length <= 2 ? 503 : 204
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const send = createWebhook({ url, secret: SECRET, now })
    deliver = (notice) => send(notice)
    await add(START + HOUR)
    await visit(Array.from({ length: 40 }, (_, i) => START + i))
    server.close()

    expect(messages).to.have.length(3)
    expect(new Set(messages.map(({ headers }) => headers['webhook-id'])).size).to.equal(1)
    const times = messages.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect((times[2] ?? 0) - (times[1] ?? 0)).to.be.above((times[1] ?? 0) - (times[0] ?? 0) - 1)
    for (const { headers, body } of messages) {
      const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.')
      const signature = createHmac('sha256', SECRET).update(signed).digest('base64')
      expect(headers['webhook-signature']).to.equal(`v1,${signature}`)
    }
    expect(JSON.parse(messages[2]?.body ?? '')).to.include({ event: 'drop.checked', edition: 1, due: START + HOUR })
  })
})
