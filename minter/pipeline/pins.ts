import { digestOfCid } from '../domain/cid.ts'
import { sha256 } from '../domain/digest.ts'
import { walkDag } from '../dag.ts'
import { ContentAltered, ContentMissing, PinsShort, type PlaceFailure, PlaceUnreachable } from '../errors.ts'
import type { Clock, ContentStore, Database, PinPlace } from '../ports.ts'

/** Something that must be held with everything below it. */
export interface PinnedRoot {
  /** `directory`, `model` or `dataset`. */
  readonly name: string
  readonly cid: string
}

/** Remembers what each place was asked for, and which blocks it has given back unaltered. */
export interface PinMemory {
  /** What to ask after, and whether the place has said that it holds the root. */
  pin(run: string, place: string, cid: string): Promise<{ request: string | null; held: boolean }>
  keepRequest(run: string, place: string, cid: string, request: string | null): Promise<void>
  keepHeld(run: string, place: string, cid: string): Promise<void>
  checked(run: string, place: string): Promise<ReadonlySet<string>>
  keepChecked(run: string, place: string, block: { readonly cid: string; readonly path: string }): Promise<void>
  /** Forgets that a place holds anything, since it was found not to. */
  forget(run: string, place: string): Promise<void>
}

/** Keeps all that in the database. */
export function createPinMemory(database: Database, now: Clock): PinMemory {
  return {
    pin: async (run, place, cid) => {
      const sql = 'select request, held_at from pins where run_id = $1 and place = $2 and cid = $3'
      const [row] = await database.query<{ request: string | null; held_at: string | null }>(sql, [run, place, cid])
      return { request: row?.request ?? null, held: (row?.held_at ?? null) !== null }
    },
    keepRequest: async (run, place, cid, request) => {
      await database.query(
        `insert into pins (run_id, place, cid, request) values ($1, $2, $3, $4)
         on conflict (run_id, place, cid) do update set request = excluded.request`,
        [run, place, cid, request],
      )
    },
    keepHeld: async (run, place, cid) => {
      await database.query(
        `insert into pins (run_id, place, cid, held_at) values ($1, $2, $3, $4)
         on conflict (run_id, place, cid) do update set held_at = excluded.held_at`,
        [run, place, cid, now()],
      )
    },
    checked: async (run, place) => {
      const sql = 'select cid from checked_blocks where run_id = $1 and place = $2'
      return new Set((await database.query<{ cid: string }>(sql, [run, place])).map(({ cid }) => cid))
    },
    keepChecked: async (run, place, { cid, path }) => {
      await database.query(
        `insert into checked_blocks (run_id, place, cid, path, checked_at) values ($1, $2, $3, $4, $5)
         on conflict (run_id, place, cid) do update set checked_at = excluded.checked_at`,
        [run, place, cid, path, now()],
      )
    },
    forget: async (run, place) => {
      await database.query('update pins set held_at = null where run_id = $1 and place = $2', [run, place])
    },
  }
}

/**
 * A store of ours as a place.
 *
 * @param read what reads through its gateway, where it has one; else the store itself is read
 */
export function placeOf(name: string, store: ContentStore, read?: PinPlace['readBlock']): PinPlace {
  const reachable = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw networkError(name, store.name, error)
    }
  }
  return {
    name,
    address: store.name,
    probe: (signal) => reachable(() => store.probe(signal)),
    pin: ({ cid, blocks }, signal) => reachable(() => store.putBlocks(cid, blocks(), signal)),
    readBlock: read ?? ((cid) => reachable(() => store.readBlock(cid))),
  }
}

/** A library's own words for a server that is not there, as a failure of the place. */
function networkError(place: string, address: string, error: unknown): unknown {
  if (!(error instanceof TypeError) && !(error instanceof DOMException)) return error
  const reason = error.cause instanceof Error ? error.cause.message || error.message : error.message
  return new PlaceUnreachable(place, address, reason, error)
}

/** What pinning stands on. */
export interface PinTools {
  /** Ours, which the others get their copies from. */
  readonly store: ContentStore
  readonly places: readonly [PinPlace, ...PinPlace[]]
  readonly pins: PinMemory
  readonly signal: AbortSignal
}

/** What came of pinning: who holds everything, and what the others did not do. */
export interface PinOutcome {
  readonly held: readonly string[]
  readonly failures: readonly PlaceFailure[]
}

/**
 * One block as a place serves it, compared with its CID.
 *
 * @throws {ContentMissing} {ContentAltered} {PlaceUnreachable}
 */
export async function readChecked(
  place: PinPlace,
  cid: string,
  path: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await place.readBlock(cid, signal)
  const what = path === '' ? cid : `${path} (${cid})`
  if (bytes === null) throw new ContentMissing(what, `${place.name}, ${place.address}`)
  const [wanted, found] = [digestOfCid(cid), sha256(bytes)]
  if (found !== wanted) throw new ContentAltered(`${what} from ${place.name}, ${place.address}`, wanted, found)
  return bytes
}

/** How many blocks there are below the roots. */
export async function countBlocks(store: ContentStore, roots: readonly PinnedRoot[]): Promise<number> {
  let count = 0
  for (const { cid } of roots) for await (const _ of walkDag((block) => store.readBlock(block), cid)) count++
  return count
}

/** Makes one place hold all roots, and reads every block back that it has not given back before. */
async function holdAt(
  { store, pins, signal }: PinTools,
  place: PinPlace,
  run: { readonly id: string; readonly name: string },
  roots: readonly PinnedRoot[],
  onChecked: () => void,
): Promise<void> {
  const checked = await pins.checked(run.id, place.name)
  for (const { name, cid } of roots) {
    const blocks = () => walkDag((block) => store.readBlock(block), cid)
    const { request, held } = await pins.pin(run.id, place.name, cid)
    if (!held) {
      const label = `${run.name}, ${name}`
      const onRequest = (asked: string | null): Promise<void> => pins.keepRequest(run.id, place.name, cid, asked)
      await place.pin({ cid, label, request, renew: false, onRequest, blocks }, signal)
      await pins.keepHeld(run.id, place.name, cid)
    }
    for await (const block of blocks()) {
      signal.throwIfAborted()
      const path = block.path === '' ? name : `${name}/${block.path}`
      if (!checked.has(block.cid)) {
        await readChecked(place, block.cid, path, signal)
        await pins.keepChecked(run.id, place.name, { cid: block.cid, path })
      }
      onChecked()
    }
  }
}

/**
 * Gives every place a copy and reads it back; a place that fails holds up no other. Called again it goes on where each place
 * was.
 *
 * @param wanted how many places must hold everything
 * @throws {PinsShort} naming what each place did not do
 */
export async function pinEverywhere(
  tools: PinTools,
  run: { readonly id: string; readonly name: string },
  roots: readonly PinnedRoot[],
  wanted: number,
  onChecked: () => void,
): Promise<PinOutcome> {
  const { places, signal } = tools
  const ended = await Promise.allSettled(places.map((place) => holdAt(tools, place, run, roots, onChecked)))
  signal.throwIfAborted()
  const held = places.filter((_, i) => ended[i]?.status === 'fulfilled').map(({ name }) => name)
  const failures = places.flatMap((place, i) => {
    const end = ended[i]
    return end?.status === 'rejected' ? [failureOf(place, end.reason)] : []
  })
  if (held.length < wanted) throw new PinsShort(held.length, wanted, failures)
  return { held, failures }
}

/** A failure that the code does not foresee is no place's fault, and must not pass for one. */
function failureOf({ name }: PinPlace, error: unknown): PlaceFailure {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  if (!(error instanceof Error) || typeof code !== 'string') throw error
  return { place: name, code, reason: error.message }
}
