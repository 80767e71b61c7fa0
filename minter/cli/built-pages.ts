import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the set-up puts the built pages; null when they were not built. */
export function builtPages(): string | null {
  const folder = fileURLToPath(new URL('../../build/web', import.meta.url))
  return existsSync(folder) ? folder : null
}

/** The verify page as one file that works from a disk; null when it was not built. */
export function verifyPage(): Uint8Array | null {
  const file = join(builtPages() ?? '', 'verify-on-disk.html')
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : null
}
