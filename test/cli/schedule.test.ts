import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import { MISSING_POSTGRES, type PostgresServer, startPostgres } from '../adapters/debian-postgres.ts'
import { withFolder, writeTinyModel, writeTinyPolicy } from '../pipeline/tiny-studio.ts'
import { type CliOutcome, runCli } from './run-cli.ts'
import { runHere } from './run-here.ts'

const SECOND = 1000

function iso(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

/** The tiny policy as a template, for which one place is enough. */
function writeTemplate(folder: string): string {
  const path = writeTinyPolicy(folder, { model: writeTinyModel(folder) })
  const text = readFileSync(path, 'utf8')
    .replace('name: Tiny', 'name: Tiny {edition}')
    .replace('challengeWindowSeconds: 60', 'challengeWindowSeconds: 60, pins: 1')
  writeFileSync(path, text)
  return path
}

interface Listed {
  readonly state: string
  readonly run: string | null
}

async function dropsOf(env: Readonly<Record<string, string>>): Promise<readonly Listed[]> {
  const { stdout } = await runHere(['schedule', 'list', '--json'], env)
  return (JSON.parse(stdout) as { schedules: { drops: Listed[] }[] }).schedules.flatMap(({ drops }) => drops)
}

/** A scheduler in a process of its own, once it has said that it leads or stands by. */
async function startScheduler(
  env: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; said: () => string }> {
  const program = fileURLToPath(new URL('../../minter/main.ts', import.meta.url))
  const child = spawn(process.execPath, [program, 'schedule', 'run'], { env: { PATH: '/usr/bin:/bin', ...env } })
  let said = ''
  child.stdout?.on('data', (text) => (said += String(text)))
  await until(() => said.includes('scheduler'))
  return { child, said: () => said }
}

async function until(there: () => boolean): Promise<void> {
  while (!there()) await new Promise((resolve) => setTimeout(resolve, 50))
}

describe(`minter/cli/schedule on PostgreSQL${MISSING_POSTGRES}`, () => {
  let server: PostgresServer | null = null
  before(async function () {
    server = await startPostgres()
    if (server === null) this.skip()
  })
  after(() => server?.stop())

  it('has one process lead and another stand by, which leads once the first is killed', async () => {
    await withFolder(async (folder) => {
      const url = server?.url ?? ''
      const env = (home: string) => ({ LATENTMINT_HOME: join(folder, home), LATENTMINT_DATABASE_URL: url })
      const first = await startScheduler(env('one'))
      const second = await startScheduler(env('two'))
      const database = await openPostgres(url)
      try {
        expect(first.said()).to.match(/^this is the scheduler/u)
        expect(second.said()).to.equal(`standing by, the scheduler is: ${hostname()} pid ${first.child.pid}\n`)
        first.child.kill('SIGKILL')
        // Half a minute of silence, which nobody wants to wait for here.
        await database.exec("update leases set until = until - interval '30 seconds'")
        await until(() => second.said().includes('this is the scheduler'))
      } finally {
        await database.close()
        first.child.kill('SIGKILL')
        second.child.kill('SIGTERM')
        await once(second.child, 'exit')
      }
    })
  })
})

describe('minter/cli/schedule', () => {
  it('holds schedules, lists them, writes them for calendars, and forgets them', async () => {
    await withFolder(async (folder) => {
      const env = { LATENTMINT_HOME: join(folder, 'home') }
      const policy = writeTemplate(folder)
      const added = await runHere(['schedule', policy, '--cron', '0 18 * * 5', '--json'], env)
      expect(added.failure).to.equal('')
      const [first] = (
        JSON.parse(added.stdout) as { added: { id: string; name: string; due: number; calendar: string }[] }
      ).added
      expect(first?.name).to.equal('Tiny 1')
      expect(new Date((first?.due ?? 0) * SECOND).getUTCDay()).to.equal(5)
      const calendar = readFileSync(first?.calendar ?? '', 'utf8')
      expect(calendar.match(/BEGIN:VEVENT/gu)).to.have.length(8)
      expect(calendar).to.include('SUMMARY:Tiny 8: the drop begins')

      const listed = await runHere(['schedule', 'list'], env)
      expect(listed.stdout).to.include('0 18 * * 5 in UTC').and.include('edition 1  waiting')
      expect((await runHere(['schedule', 'remove', first?.id ?? ''], env)).code).to.equal(0)
      expect((await runHere(['schedule', 'list'], env)).stdout).to.equal('Nothing is scheduled.\n')
    })
  })

  it('refuses what cannot be meant, by name', async () => {
    await withFolder(async (folder) => {
      const env = { LATENTMINT_HOME: join(folder, 'home') }
      const policy = writeTemplate(folder)
      const plain = join(folder, 'plain.yaml')
      writeFileSync(plain, readFileSync(policy, 'utf8').replace(' {edition}', ''))
      const cases = [
        [[policy], 'say --at or --cron'],
        [[policy, '--cron', 'every friday'], 'expected five fields'],
        [[policy, '--at', '2020-01-01T00:00:00Z'], '--at is past'],
        [[plain, '--cron', '0 18 * * 5'], 'write {edition} into its name'],
        [[join(folder, 'none.yaml'), '--cron', '0 18 * * 5'], 'there is no such policy file'],
      ] as const
      for (const [args, words] of cases) {
        const { code, failure } = await runHere(['schedule', ...args], env)
        expect(failure).to.include(words)
        expect(code).to.equal(2)
      }
    })
  })

  it('has a drop happen by itself, once, though it is killed on the way', async () => {
    await withFolder(async (folder) => {
      const home = join(folder, 'home')
      const env = { LATENTMINT_HOME: home, LATENTMINT_LOG: 'info' }
      const at = iso(Date.now() + 3 * SECOND)
      const added = await runHere(['schedule', writeTemplate(folder), '--at', at], env)
      expect(added.failure).to.equal('')
      const endAt = (moment: RegExp, signal: NodeJS.Signals): Promise<CliOutcome> =>
        runCli(['schedule', 'run', '--workers', '1'], {
          env,
          onStderr: (text, child) => void (moment.test(text) && child.kill(signal)),
        })
      const killed = await endAt(/"step":"announce"/u, 'SIGKILL')
      expect(killed.stderr).to.include('"event":"drop.ready"')
      const [begun] = await dropsOf(env)
      expect(begun?.state).to.equal('running')

      const ended = await endAt(/"event":"drop\.(?:open|failed|refused)"/u, 'SIGTERM')
      const steps = [...ended.stderr.matchAll(/"step":"(\w+)"/gu)].map(([, step]) => step)
      expect(steps).to.deep.equal(['register', 'announce', 'draw', 'render', 'commit', 'publish', 'open'])
      const [open, ...others] = await dropsOf(env)
      expect([open?.state, open?.run, others]).to.deep.equal(['open', begun?.run, []])
      expect(existsSync(join(home, 'archives', `${open?.run}.car`))).to.equal(true)

      const status = await runHere(['drop', 'status', '--json'], env)
      const { runs } = JSON.parse(status.stdout) as { runs: { outputs: { announce: { drop: number } } }[] }
      expect(runs.map(({ outputs }) => outputs.announce.drop)).to.deep.equal([1])
    })
  })
})
