import { BlockMissing, walkDag } from '../dag.ts'
import { ContentMissing, MinterError } from '../errors.ts'
import type { Database, PinPlace, Queryable } from '../ports.ts'
import { type PinnedRoot, type PinTools, readChecked } from './pins.ts'
import { publishedRoots } from './publish-step.ts'
import type { RunStore } from './runs.ts'
import type { Published, Registered, Committed } from './tools.ts'

const BLOCK_STATES = ['ok', 'altered', 'missing', 'unreachable'] as const
type BlockState = (typeof BLOCK_STATES)[number]

/** A drop whose content somebody may want to see for ever. */
export interface PublishedDrop {
  readonly run: string
  readonly name: string
  readonly roots: readonly [PinnedRoot, ...PinnedRoot[]]
}

/** A block that a place did not give back as it was. */
export interface StorageFault {
  readonly run: string
  readonly place: string
  readonly cid: string
  /** `directory/images/3.png`. */
  readonly path: string
  readonly state: Exclude<BlockState, 'ok'>
  readonly detail: string
}

/** How many blocks of a drop a place gave back, and how. */
export interface StorageCount extends Readonly<Record<BlockState, number>> {
  /** Unix seconds. */
  readonly auditedAt: number
  readonly run: string
  readonly name: string
  readonly place: string
}

/** What came of looking at everything everywhere. */
export interface StorageAudit {
  readonly auditedAt: number
  readonly counts: readonly StorageCount[]
  readonly faults: readonly StorageFault[]
}

/** Every drop that has been published, oldest first. */
export async function publishedDrops(runs: RunStore): Promise<readonly PublishedDrop[]> {
  const drops: PublishedDrop[] = []
  for (const run of (await runs.list()).toReversed()) {
    const registered = await runs.outputs<Registered>(run.id, 'register')
    const committed = await runs.outputs<Committed>(run.id, 'commit')
    const published = await runs.outputs<Published>(run.id, 'publish')
    if (registered === null || committed === null || published === null) continue
    const roots = publishedRoots(committed.directory, registered, published.verifyPage ?? null)
    drops.push({ run: run.id, name: run.name, roots })
  }
  return drops
}

/** A block from whichever place has it unaltered. */
async function readAnywhere(places: readonly PinPlace[], cid: string, signal: AbortSignal): Promise<Uint8Array> {
  const reasons: string[] = []
  for (const place of places) {
    try {
      return await readChecked(place, cid, '', signal)
    } catch (error) {
      if (!(error instanceof MinterError)) throw error
      reasons.push(`${place.name}: ${error.code}`)
    }
  }
  throw new ContentMissing(cid, `any place (${reasons.join(', ')})`)
}

interface NamedBlock {
  readonly cid: string
  readonly path: string
}

/** What was given back when the drop was published; where that is not known, what any good copy leads to. */
async function expectedBlocks(
  database: Queryable,
  { places, signal }: PinTools,
  { run, roots }: PublishedDrop,
): Promise<readonly NamedBlock[]> {
  const sql = 'select distinct on (cid) cid, path from checked_blocks where run_id = $1 order by cid, path'
  const known = await database.query<NamedBlock>(sql, [run])
  if (known.length > 0) return known
  const found: NamedBlock[] = []
  for (const { name, cid } of roots) {
    for await (const block of walkDag((part) => readAnywhere(places, part, signal), cid)) {
      found.push({ cid: block.cid, path: block.path === '' ? name : `${name}/${block.path}` })
    }
  }
  return found
}

const STATES: Readonly<Record<string, StorageFault['state']>> = {
  CONTENT_ALTERED: 'altered',
  CONTENT_MISSING: 'missing',
  PLACE_UNREACHABLE: 'unreachable',
}

/** Looks at each block once, even when several drops share it. */
class PlaceAudit {
  readonly place: PinPlace
  private readonly signal: AbortSignal
  private readonly seen = new Map<string, Pick<StorageFault, 'state' | 'detail'> | null>()
  /** A place that is down is not asked for every single block. */
  private down: string | null = null

  constructor(place: PinPlace, signal: AbortSignal) {
    this.place = place
    this.signal = signal
  }

  async look({ cid, path }: NamedBlock): Promise<Pick<StorageFault, 'state' | 'detail'> | null> {
    if (this.down !== null) return { state: 'unreachable', detail: this.down }
    const known = this.seen.get(cid)
    if (known !== undefined) return known
    const found = await this.ask(cid, path)
    if (found?.state === 'unreachable') this.down = found.detail
    this.seen.set(cid, found)
    return found
  }

  private async ask(cid: string, path: string): Promise<Pick<StorageFault, 'state' | 'detail'> | null> {
    this.signal.throwIfAborted()
    try {
      await readChecked(this.place, cid, path, this.signal)
      return null
    } catch (error) {
      const state = error instanceof MinterError ? STATES[error.code] : undefined
      if (state === undefined || !(error instanceof Error)) throw error
      return { state, detail: error.message }
    }
  }
}

async function auditPlace(
  audit: PlaceAudit,
  blocksOf: ReadonlyMap<PublishedDrop, readonly NamedBlock[]>,
  auditedAt: number,
  onChecked: () => void,
): Promise<Omit<StorageAudit, 'auditedAt'>> {
  const counts: StorageCount[] = []
  const faults: StorageFault[] = []
  const place = audit.place.name
  for (const [{ run, name }, blocks] of blocksOf) {
    const count = { ok: 0, altered: 0, missing: 0, unreachable: 0 }
    for (const block of blocks) {
      const fault = await audit.look(block)
      count[fault?.state ?? 'ok']++
      if (fault !== null) faults.push({ run, place, ...block, ...fault })
      onChecked()
    }
    counts.push({ auditedAt, run, name, place, ...count })
  }
  return { counts, faults }
}

/** What auditing stands on. */
export interface StorageTools extends PinTools {
  readonly database: Database
}

/**
 * Reads every block of every drop from every place, hashes it, and keeps what came out with the time.
 *
 * @param now Unix seconds
 * @param onTotal called once, with how many looks it will take
 */
export async function auditStorage(
  tools: StorageTools,
  drops: readonly PublishedDrop[],
  now: number,
  watch: { onTotal(total: number): void; onChecked(): void },
): Promise<StorageAudit> {
  const blocksOf = new Map<PublishedDrop, readonly NamedBlock[]>()
  for (const drop of drops) blocksOf.set(drop, await expectedBlocks(tools.database, tools, drop))
  const blocks = [...blocksOf.values()].reduce((sum, { length }) => sum + length, 0)
  watch.onTotal(blocks * tools.places.length)
  const parts = await Promise.all(
    tools.places.map((place) => {
      return auditPlace(new PlaceAudit(place, tools.signal), blocksOf, now, () => watch.onChecked())
    }),
  )
  const audit = {
    auditedAt: now,
    counts: parts.flatMap(({ counts }) => counts),
    faults: parts.flatMap(({ faults }) => faults),
  }
  await keepAudit(tools.database, audit)
  return audit
}

async function keepAudit(database: Database, { auditedAt, counts, faults }: StorageAudit): Promise<void> {
  await database.transaction(async (transaction) => {
    for (const { run, place, ok, altered, missing, unreachable } of counts) {
      await transaction.query(
        `insert into storage_counts (audited_at, run_id, place, ok, altered, missing, unreachable)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (audited_at, run_id, place) do update set ok = excluded.ok, altered = excluded.altered,
           missing = excluded.missing, unreachable = excluded.unreachable`,
        [auditedAt, run, place, ok, altered, missing, unreachable],
      )
    }
    for (const { run, place, cid, path, state, detail } of faults) {
      await transaction.query(
        `insert into storage_faults (audited_at, run_id, place, cid, path, state, detail)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (audited_at, run_id, place, cid) do update set state = excluded.state, detail = excluded.detail`,
        [auditedAt, run, place, cid, path, state, detail],
      )
    }
  })
}

interface CountRow extends Readonly<Record<BlockState, number>> {
  readonly audited_at: string
  readonly run_id: string
  readonly name: string
  readonly place: string
}

/** What the last audits found, the newest first. */
export async function storageHistory(database: Queryable, most: number): Promise<readonly StorageCount[]> {
  const rows = await database.query<CountRow>(
    `select c.audited_at, c.run_id, r.name, c.place, c.ok, c.altered, c.missing, c.unreachable
     from storage_counts c join runs r on r.id = c.run_id
     where c.audited_at in (select distinct audited_at from storage_counts order by audited_at desc limit $1)
     order by c.audited_at desc, r.created_at, c.place`,
    [most],
  )
  return rows.map(({ audited_at, run_id, ...row }) => ({ ...row, auditedAt: Number(audited_at), run: run_id }))
}

/** A place that was given what it lacked, or why it could not be. */
export interface StorageRepair {
  readonly run: string
  readonly place: string
  readonly failure: { readonly code: string; readonly reason: string } | null
}

/** Gives every place that an audit found wanting the drop again, from whatever copies are good. */
export async function repairStorage(
  tools: StorageTools,
  drops: readonly PublishedDrop[],
  { faults }: StorageAudit,
): Promise<readonly StorageRepair[]> {
  const repairs: StorageRepair[] = []
  for (const drop of drops) {
    for (const place of tools.places) {
      const lacking = faults.filter((fault) => fault.run === drop.run && fault.place === place.name)
      if (lacking.length > 0) repairs.push({ run: drop.run, place: place.name, ...(await repair(tools, drop, place)) })
    }
  }
  return repairs
}

async function repair(
  { places, pins, signal }: StorageTools,
  { run, name, roots }: PublishedDrop,
  place: PinPlace,
): Promise<Pick<StorageRepair, 'failure'>> {
  try {
    await pins.forget(run, place.name)
    for (const root of roots) {
      const { request } = await pins.pin(run, place.name, root.cid)
      await place.pin(
        {
          cid: root.cid,
          label: `${name}, ${root.name}`,
          request,
          renew: true,
          onRequest: (asked) => pins.keepRequest(run, place.name, root.cid, asked),
          blocks: () => walkDag((cid) => readAnywhere(places, cid, signal), root.cid),
        },
        signal,
      )
      await pins.keepHeld(run, place.name, root.cid)
    }
    return { failure: null }
  } catch (error) {
    if (!(error instanceof MinterError) && !(error instanceof BlockMissing)) throw error
    return { failure: { code: error.code, reason: error.message } }
  }
}
