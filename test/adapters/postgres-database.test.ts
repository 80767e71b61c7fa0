import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import type { Database } from '../../minter/ports.ts'
import { behavesLikeDatabase } from '../behaviors/database.ts'

const INSTALLED = '/usr/lib/postgresql'

/** The newest server of Debian's packages, or null. */
function serverPrograms(): string | null {
  const [newest] = existsSync(INSTALLED) ? readdirSync(INSTALLED).toSorted((a, b) => Number(b) - Number(a)) : []
  return newest === undefined ? null : join(INSTALLED, newest, 'bin')
}

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

describe('minter/adapters/postgres-database openPostgres', function () {
  const programs = serverPrograms()
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  let database: Database

  before(async function () {
    if (programs === null) {
      this.skip()
      return
    }
    chmodSync(folder, 0o777)
    const cluster = join(folder, 'cluster')
    const port = await freePort()
    run(join(programs, 'initdb'), ['-D', cluster, '-A', 'trust', '-U', 'postgres', '--no-sync'])
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`
    run(join(programs, 'pg_ctl'), ['-D', cluster, '-o', options, '-l', join(folder, 'log'), '-w', 'start'])
    database = await openPostgres(`postgres://postgres@127.0.0.1:${port}/postgres`)
  })

  behavesLikeDatabase('postgres', () => database)

  after(async () => {
    if (programs !== null) {
      await database.close()
      run(join(programs, 'pg_ctl'), ['-D', join(folder, 'cluster'), '-m', 'immediate', 'stop'])
    }
    rmSync(folder, { recursive: true, force: true })
  })
})
