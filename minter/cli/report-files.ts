import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StorageFailed } from '../errors.ts'

/**
 * Writes a file beside its place and then moves it there, so that a full disk leaves the old one or none.
 *
 * @throws {StorageFailed} when the disk refuses
 */
export function writeWhole(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name)
  const draft = `${path}.tmp`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(draft, content)
    renameSync(draft, path)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new StorageFailed(path, reason, error)
  }
  return path
}
