import { canonicalJson, parseJson } from '../domain/canonical-json.ts'
import { type Hex, sha256 } from '../domain/digest.ts'
import { decodeUtf8, encodeUtf8 } from '../domain/utf8.ts'
import { MinterError } from '../errors.ts'
import type { Address, Database, Queryable } from '../ports.ts'

/** Something that not everybody may do, and that somebody did or tried. */
export interface AuditEvent {
  /** Unix seconds. */
  readonly at: number
  /** Lower-case address; null for somebody who has not signed in. */
  readonly account: Address | null
  /** A word for what was done: `veto`, `invite`, `sign-in`. */
  readonly action: string
  /** What it was done to: plain text and whole numbers. */
  readonly subject: Readonly<Record<string, string | number>>
}

/** An event in its place. */
export interface AuditEntry extends AuditEvent {
  /** From 0, without gaps. */
  readonly position: number
  /** Digest of the entry before; zeros for the first. */
  readonly previous: Hex
  /** sha-256 of all of the above as canonical JSON. */
  readonly digest: Hex
}

/** An entry was changed, or one is missing in between. */
class AuditLogBroken extends MinterError {
  readonly code = 'AUDIT_LOG_BROKEN'
  readonly position: number

  constructor(position: number, problem: string) {
    super(`entry ${position} of the audit log ${problem}`, 'database')
    this.position = position
  }
}

const NOTHING_BEFORE: Hex = `0x${'0'.repeat(64)}`

interface Row {
  readonly position: string
  readonly entry: string
  readonly digest: Hex
}

/** Any number of servers may add at the same time; each waits for the other's entry. */
const LOCK = 'select pg_advisory_xact_lock(7815618)'

/**
 * Adds an event. The database itself refuses to change or remove what is in the log; who can change the database can undo that,
 * and the digests then show where.
 */
export async function appendAudit(database: Database, event: AuditEvent): Promise<AuditEntry> {
  return database.transaction(async (transaction) => {
    await transaction.query(LOCK)
    const [last] = await transaction.query<Row>('select * from audit_log order by position desc limit 1')
    const position = last === undefined ? 0 : Number(last.position) + 1
    const { at, account, action, subject } = event
    const content = { position, previous: last?.digest ?? NOTHING_BEFORE, at, account, action, subject }
    const bytes = canonicalJson(content)
    const digest = sha256(bytes)
    await transaction.query('insert into audit_log (position, entry, digest) values ($1, $2, $3)', [
      position,
      decodeUtf8(bytes),
      digest,
    ])
    return { ...content, digest }
  })
}

/**
 * Reads entries in their order.
 *
 * @param from position of the first
 */
export async function readAudit(database: Queryable, from: number, count: number): Promise<readonly AuditEntry[]> {
  const rows = await database.query<Row>(
    'select position, entry, digest from audit_log where position >= $1 order by position limit $2',
    [from, count],
  )
  return rows.map(toEntry)
}

function toEntry({ entry, digest }: Row): AuditEntry {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by appendAudit, and checkAudit compares the digest
  const content = parseJson(encodeUtf8(entry)) as Omit<AuditEntry, 'digest'>
  return { ...content, digest }
}

/**
 * Computes the whole chain of digests again.
 *
 * @returns how many entries there are, and the digest of the last: who keeps it will notice when the end is cut off
 * @throws {AuditLogBroken} at the first entry that does not follow from the one before
 */
export async function checkAudit(database: Queryable): Promise<{ readonly entries: number; readonly digest: Hex }> {
  let previous = NOTHING_BEFORE
  let position = 0
  for (const row of await database.query<Row>('select position, entry, digest from audit_log order by position')) {
    const entry = toEntry(row)
    if (Number(row.position) !== position || entry.position !== position) {
      throw new AuditLogBroken(position, `is missing: the next is ${row.position}`)
    }
    if (sha256(encodeUtf8(row.entry)) !== row.digest) throw new AuditLogBroken(position, 'is not what its digest says')
    if (entry.previous !== previous) throw new AuditLogBroken(position, `follows ${entry.previous}, not ${previous}`)
    previous = row.digest
    position++
  }
  return { entries: position, digest: previous }
}
