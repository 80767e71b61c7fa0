import { openPostgres } from '../../minter/adapters/postgres-database.ts'
import { type PostgresServer, serverPrograms, startPostgres } from '../adapters/debian-postgres.ts'
import { behavesLikeDatabase } from '../behaviors/database.ts'
import type { Database } from '../../minter/ports.ts'
import { describeWith } from './peers.ts'

function suite(): void {
  let server: PostgresServer | null = null
  let database: Database

  before(async function () {
    server = await startPostgres()
    database = server === null ? this.skip() : await openPostgres(server.url)
  })

  behavesLikeDatabase('postgres', () => database)

  after(async () => {
    await database?.close()
    server?.stop()
  })
}

// Debian keeps the server's programs off the PATH.
describeWith(
  'postgres',
  'minter/adapters/postgres-database openPostgres on a server of its own',
  suite,
  serverPrograms(),
)
