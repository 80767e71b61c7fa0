import { readFileSync } from 'node:fs'

function readVersion(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return version
}

/** The program's version. */
export const VERSION = readVersion()
