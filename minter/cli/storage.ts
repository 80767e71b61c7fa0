import { join } from 'node:path'
import type { Command } from 'commander'
import { openIpfsStore } from '../adapters/ipfs-store.ts'
import {
  auditStorage,
  type PublishedDrop,
  publishedDrops,
  repairStorage,
  type StorageAudit,
  type StorageCount,
  storageHistory,
  type StorageTools,
} from '../pipeline/storage.ts'
import type { RunStore } from '../pipeline/runs.ts'
import { EXIT } from './exit.ts'
import { parseWhole } from './options.ts'
import { openPlaces } from './places.ts'
import type { Session } from './session.ts'
import { openMemory } from './studio.ts'

interface StorageOptions {
  readonly json: boolean
  readonly last: number
}

/** Faults that are listed one by one; there are as many as blocks when a place is down. */
const LISTED_FAULTS = 20

/** Adds `storage audit|history|repair`. */
export function registerStorage(program: Command, session: Session): void {
  const storage = program
    .command('storage')
    .description('whether what was published is still held everywhere, unaltered')
  const json = ['--json', 'print nothing but one JSON object', false] as const
  storage
    .command('audit')
    .description('read every block of every published drop from every place, and hash it; ends with 5 or 3 on a fault')
    .option(...json)
    .addHelpText('after', '\nExample:\n  latentmint storage audit')
    .action(async (options: StorageOptions) => audit(session, options))
  storage
    .command('history')
    .description('what the audits found over time')
    .option('--last <n>', 'how many audits', parseWhole(1, 10_000), 20)
    .option(...json)
    .addHelpText('after', '\nExample:\n  latentmint storage history --last 5')
    .action(async (options: StorageOptions) => history(session, options))
  storage
    .command('repair')
    .description('give each place that lacks something the drop again, from any good copy')
    .option(...json)
    .addHelpText('after', '\nExample:\n  latentmint storage repair')
    .action(async (options: StorageOptions) => repair(session, options))
}

interface OpenStorage {
  readonly tools: StorageTools
  readonly runs: RunStore
}

/** Database and places, without a chain. */
async function withStorage(session: Session, work: (storage: OpenStorage) => Promise<void>): Promise<void> {
  const { config, now, signal } = session
  const memory = await openMemory(config.home, config, now)
  const store = await openIpfsStore(join(config.home, 'blocks'))
  const opened = openPlaces(store, config)
  try {
    await work({ tools: { ...memory, store, places: opened.places, signal }, runs: memory.runs })
  } finally {
    await opened.close()
    await store.close()
    await memory.queue.close()
    await memory.database.close()
  }
}

/** The worst of what was found decides: altered bytes are no matter of trying again. */
export function storageExit({ faults }: StorageAudit): number {
  if (faults.some(({ state }) => state === 'altered')) return EXIT.integrity
  return faults.length > 0 ? EXIT.resumable : EXIT.fine
}

async function lookAtAll(
  session: Session,
  { tools }: OpenStorage,
  drops: readonly PublishedDrop[],
  silent: boolean,
): Promise<StorageAudit> {
  const progress = session.progress(silent)
  let step = progress.step('storage')
  const watch = {
    onTotal: (total: number): void => {
      step = progress.step('storage', total)
    },
    onChecked: (): void => step.advance(),
  }
  const found = await auditStorage(tools, drops, session.now(), watch)
  const names = tools.places.map(({ name }) => name).join(', ')
  step.done(`drops: ${drops.length}, at ${names}; faults: ${found.faults.length}`)
  return found
}

async function audit(session: Session, { json }: StorageOptions): Promise<void> {
  await withStorage(session, async (storage) => {
    const found = await lookAtAll(session, storage, await publishedDrops(storage.runs), json)
    session.end(storageExit(found))
    if (json) return session.print(JSON.stringify(found))
    for (const line of auditLines(found)) session.print(line)
    if (found.faults.length > 0) session.print('Next: latentmint storage repair')
  })
}

async function repair(session: Session, { json }: StorageOptions): Promise<void> {
  await withStorage(session, async (storage) => {
    const drops = await publishedDrops(storage.runs)
    const before = await lookAtAll(session, storage, drops, json)
    const repairs = await repairStorage(storage.tools, drops, before)
    // A repair in the second of the audit would otherwise overwrite what the audit found.
    const later = { ...session, now: () => Math.max(session.now(), before.auditedAt + 1) }
    const after = repairs.length === 0 ? before : await lookAtAll(later, storage, drops, json)
    session.end(storageExit(after))
    if (json) return session.print(JSON.stringify({ before, repairs, after }))
    for (const { run, place, failure } of repairs) {
      session.print(
        failure === null ? `${place} was given run ${run} again` : `${place}: ${failure.code}, ${failure.reason}`,
      )
    }
    for (const line of auditLines(after)) session.print(line)
  })
}

async function history(session: Session, { json, last }: StorageOptions): Promise<void> {
  await withStorage(session, async ({ tools }) => {
    const counts = await storageHistory(tools.database, last)
    if (json) return session.print(JSON.stringify({ counts }))
    if (counts.length === 0) session.print('There was no audit yet. Begin with: latentmint storage audit')
    for (const line of countLines(counts)) session.print(line)
  })
}

function auditLines({ counts, faults }: StorageAudit): readonly string[] {
  const listed = faults
    .slice(0, LISTED_FAULTS)
    .map(({ place, path, cid, state, detail }) => `  ${place}: ${path} ${state}\n    ${cid}\n    ${detail}`)
  const more = faults.length > LISTED_FAULTS ? [`  and ${faults.length - LISTED_FAULTS} more (--json has all)`] : []
  if (counts.length === 0) return ['Nothing is published yet.']
  return [...countLines(counts), ...listed, ...more]
}

/** A table: when, which drop, where, and how many blocks of each kind. */
function countLines(counts: readonly StorageCount[]): readonly string[] {
  if (counts.length === 0) return []
  const cells = counts.map(({ auditedAt, run, name, place, ok, altered, missing, unreachable }) => [
    new Date(auditedAt * 1000).toISOString().replace('.000', ''),
    run,
    name,
    place,
    ...[ok, altered, missing, unreachable].map((count) => (count === 0 ? '·' : String(count))),
  ])
  const rows = [['time', 'run', 'drop', 'place', 'ok', 'altered', 'missing', 'unreachable'], ...cells]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
