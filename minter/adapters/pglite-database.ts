import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import { DatabaseLocked, StorageFailed } from '../errors.ts'
import type { Database, Queryable } from '../ports.ts'

// PostgreSQL's own codes for what the disk can do to it.
const STORAGE_CODES: Readonly<Record<string, string>> = { '53100': 'ENOSPC', '58030': 'EIO' }

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const heldHere = new Set<string>()

/** The process that has the folder's database open, or null. */
export function folderHolder(folder: string): number | null {
  const file = lockFile(folder)
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8'))
  // Our own number in a file that we did not write: a container started anew, and numbers begin again.
  const stale = pid === process.pid ? !heldHere.has(file) : !isAlive(pid)
  return stale ? null : pid
}

function lockFile(folder: string): string {
  return `${folder}.lock`
}

/**
 * Takes the folder for this process. PGlite itself lets two processes open one folder, and they ruin it.
 *
 * @throws {DatabaseLocked} when a living process has it
 */
function lockFolder(folder: string): () => void {
  const file = lockFile(folder)
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      heldHere.add(file)
      return () => {
        heldHere.delete(file)
        rmSync(file, { force: true })
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const holder = folderHolder(folder)
      if (holder !== null) throw new DatabaseLocked(folder, holder)
      rmSync(file, { force: true })
    }
  }
}

function named(folder: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = STORAGE_CODES[code] ?? /\b(ENOSPC|EIO|EDQUOT|EROFS)\b/u.exec(String(error))?.[1]
  return reason === undefined ? error : new StorageFailed(folder, reason, error)
}

function queryable(folder: string, lite: PGlite | Transaction): Queryable {
  return {
    query: async <Row extends object>(sql: string, parameters: readonly unknown[] = []) => {
      try {
        const { rows } = await lite.query<Row>(sql, [...parameters])
        return rows
      } catch (error) {
        throw named(folder, error)
      }
    },
    exec: async (sql) => {
      try {
        const results = await lite.exec(sql)
        return results.flatMap(({ rows }) => rows)
      } catch (error) {
        throw named(folder, error)
      }
    },
  }
}

/**
 * Opens PostgreSQL in this process, its files in `folder`.
 *
 * @throws {DatabaseLocked} when another process has the folder open
 */
export async function openPglite(folder: string): Promise<Database> {
  mkdirSync(dirname(folder), { recursive: true })
  const unlock = lockFolder(folder)
  let lite: PGlite
  try {
    lite = await PGlite.create(folder)
  } catch (error) {
    unlock()
    throw named(folder, error)
  }
  return {
    ...queryable(folder, lite),
    transaction: (work) => lite.transaction((transaction) => work(queryable(folder, transaction))),
    close: async () => {
      await lite.close()
      unlock()
    },
  }
}
