import type { Command } from 'commander'
import { type AuditEntry, checkAudit, readAudit } from '../pipeline/audit-log.ts'
import { parseCount } from './options.ts'
import type { Session } from './session.ts'
import { openMemory } from './studio.ts'

interface LogOptions {
  readonly from: number
  readonly count: number
  readonly json: boolean
}

/** Adds `audit-log`. */
export function registerAuditLog(program: Command, session: Session): void {
  program
    .command('audit-log')
    .description('what privileged visitors and the operator did; checks that no entry was changed or is missing')
    .option('--from <n>', 'position of the first entry shown', parseCount, 0)
    .option('--count <n>', 'how many are shown', parseCount, 1000)
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      '\nExample:\n  latentmint audit-log\n\nKeep the digest of the last entry elsewhere: with it nobody can cut off the end unseen.',
    )
    .action(async (options: LogOptions) => showLog(session, options))
}

async function showLog({ config, now, print }: Session, { from, count, json }: LogOptions): Promise<void> {
  const { database, queue } = await openMemory(config.home, config, now)
  try {
    const { entries, digest } = await checkAudit(database)
    const shown = await readAudit(database, from, count)
    if (json) return print(JSON.stringify({ entries, digest, shown }))
    for (const entry of shown) print(entryLine(entry))
    print(`${entries} ${entries === 1 ? 'entry' : 'entries'}, each follows from the one before; the last has ${digest}`)
  } finally {
    await queue.close()
    await database.close()
  }
}

function entryLine({ position, at, account, action, subject }: AuditEntry): string {
  const what = Object.entries(subject).map(([key, value]) => `${key} ${value}`)
  const when = new Date(at * 1000).toISOString().replace('.000Z', 'Z')
  return `${String(position).padStart(5)}  ${when}  ${account ?? 'nobody'}  ${action}  ${what.join(', ')}`
}
