import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const INSTALLED = '/usr/lib/postgresql'

/** A PostgreSQL server of one's own. */
export interface PostgresServer {
  readonly url: string
  /** Stops it and removes its files. */
  stop(): void
}

/** The newest server of Debian's packages, or null. */
export function serverPrograms(): string | null {
  const [newest] = existsSync(INSTALLED) ? readdirSync(INSTALLED).toSorted((a, b) => Number(b) - Number(a)) : []
  const programs = join(INSTALLED, newest ?? '', 'bin')
  return newest !== undefined && existsSync(join(programs, 'initdb')) ? programs : null
}

/** For the name of a suite that cannot run here: says what is missing; empty when nothing is. */
export const MISSING_POSTGRES =
  serverPrograms() === null ? ` (skipped: no initdb in ${INSTALLED}/*/bin; install the package postgresql)` : ''

/** PostgreSQL refuses to run as root, and Debian's package made a user for it. */
function run(program: string, args: readonly string[]): void {
  const isRoot = process.getuid?.() === 0
  const command = isRoot ? 'runuser' : program
  execFileSync(command, isRoot ? ['-u', 'postgres', '--', program, ...args] : [...args], { stdio: 'ignore' })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}

/** Starts a server with nothing in it; null when Debian's package is not installed. */
export async function startPostgres(): Promise<PostgresServer | null> {
  const programs = serverPrograms()
  if (programs === null) return null
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  chmodSync(folder, 0o777)
  const cluster = join(folder, 'cluster')
  const port = await freePort()
  run(join(programs, 'initdb'), ['-D', cluster, '-A', 'trust', '-U', 'postgres', '--no-sync'])
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`
  run(join(programs, 'pg_ctl'), ['-D', cluster, '-o', options, '-l', join(folder, 'log'), '-w', 'start'])
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: () => {
      run(join(programs, 'pg_ctl'), ['-D', cluster, '-m', 'immediate', 'stop'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
