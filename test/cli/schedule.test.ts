import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { withFolder, writeTinyModel, writeTinyPolicy } from '../pipeline/tiny-studio.ts'
import { runCli } from './run-cli.ts'
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

  it('has a drop happen by itself, from the check to the sale', async () => {
    await withFolder(async (folder) => {
      const home = join(folder, 'home')
      const env = { LATENTMINT_HOME: home, LATENTMINT_LOG: 'info' }
      const at = iso(Date.now() + 3 * SECOND)
      const added = await runHere(['schedule', writeTemplate(folder), '--at', at], env)
      expect(added.failure).to.equal('')
      const ended = await runCli(['schedule', 'run', '--workers', '1'], {
        env,
        onStderr: (text, child) => {
          if (/"event":"drop\.(?:open|failed|refused)"/u.test(text)) child.kill('SIGTERM')
        },
      })
      expect(ended.stderr).to.include('"event":"drop.open"')
      const steps = [...ended.stderr.matchAll(/"step":"(\w+)"/gu)].map(([, step]) => step)
      expect(steps).to.deep.equal(['register', 'announce', 'draw', 'render', 'commit', 'publish', 'open'])
      const listed = await runHere(['schedule', 'list', '--json'], env)
      const [only] = (JSON.parse(listed.stdout) as { schedules: { drops: { state: string; run: string }[] }[] })
        .schedules
      expect(only?.drops.map(({ state }) => state)).to.deep.equal(['open'])
      expect(existsSync(join(home, 'archives', `${only?.drops[0]?.run}.car`))).to.equal(true)
    })
  })
})
