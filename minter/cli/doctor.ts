import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { createCanonicalEngine, openBundle } from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { openIpfsStore } from '../adapters/ipfs-store.ts'
import { folderHolder } from '../adapters/pglite-database.ts'
import { openPostgres } from '../adapters/postgres-database.ts'
import { contractArtifact } from '../artifacts.ts'
import { sha256 } from '../domain/digest.ts'
import { chainChecks } from './doctor-chain.ts'
import { ail, type Check, find, type Finding } from './doctor-finding.ts'
import { EXIT } from './exit.ts'
import { redactLine } from './log.ts'
import { openPlaces } from './places.ts'
import { bundlePath, readModel, openRecipe, SHIPPED_MODEL } from './model-files.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

const LEAST_NODE = [22, 18] as const
const LEAST_FREE_BYTES = 1024 ** 3
/** For a program that is asked for its version. */
const PATIENCE_MS = 10_000
/** @see EIP-170; a little above it, since the artifact's code still has its constructor. */
const MOST_CODE_BYTES = 26_000

/** Adds `doctor`. */
export function registerDoctor(program: Command, session: Session): void {
  program
    .command('doctor')
    .description('check what this machine and the settings have to offer; changes nothing')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint doctor')
    .action(async ({ json }: { json: boolean }) => doctor(session, json))
}

function checkNode(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major === LEAST_NODE[0] && minor >= LEAST_NODE[1]
  return fits
    ? process.versions.node
    : ail(
        `Node ${process.versions.node}, expected 22.18 or a later 22`,
        'Run ./latentmint instead of node, which brings it.',
      )
}

/** Programs that are started by name are found by the same rules as those of a shell. */
function checkNpm(): string {
  try {
    return execFileSync('npm', ['--version'], { encoding: 'utf8', timeout: PATIENCE_MS, shell: false }).trim()
  } catch {
    return ail(
      'npm is not on the PATH',
      'Install npm, or Node.js with it: setting up and `engines install` fetch by it.',
    )
  }
}

function checkDisk(home: string): string {
  const probe = writeWhole(home, 'doctor.probe', 'can write')
  rmSync(probe)
  const { bavail, bsize } = statfsSync(home)
  const free = bavail * bsize
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${home}`
  return free >= LEAST_FREE_BYTES
    ? text
    : ail(`${text}, expected 1 GiB`, 'Make room, or name a folder on another disk: LATENTMINT_HOME.')
}

/** What a coverage run leaves behind is instrumented, and too large for any chain. */
function checkContracts(): string {
  const names = ['Lineage', 'Attribution', 'DropDesk', 'Drop', 'DropFactory'] as const
  const sizes = names.map((name) => ({ name, bytes: (contractArtifact(name).bytecode.length - 2) / 2 }))
  const large = sizes.find(({ bytes }) => bytes > MOST_CODE_BYTES)
  if (large !== undefined) {
    ail(`${large.name} has ${large.bytes} bytes, more than a chain takes`, 'Compile again: npm run build:contracts')
  }
  return sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(', ')
}

async function checkDatabase({ config }: Session): Promise<string> {
  if (config.databaseUrl !== undefined) return askPostgres(config.databaseUrl)
  const folder = join(config.home, 'database')
  const holder = folderHolder(folder)
  return holder === null ? `embedded, in ${folder}` : `embedded, in ${folder}, open in process ${holder}`
}

async function askPostgres(url: string): Promise<string> {
  const remedy =
    'See that the server is up, and that LATENTMINT_DATABASE_URL names host, user, password and database rightly.'
  try {
    const database = await openPostgres(url)
    try {
      const [row] = await database.query<{ version: string }>("select current_setting('server_version') as version")
      return `PostgreSQL ${row?.version}`
    } finally {
      await database.close()
    }
  } catch (error) {
    // The address has a password in it, and the message may have the address in it.
    return ail(
      `PostgreSQL does not answer: ${redactLine(error instanceof Error ? error.message : String(error), [url])}`,
      remedy,
    )
  }
}

/** What is installed, without measuring it. */
function checkEngines({ config }: Session): string {
  const installed = existsSync(config.engines)
    ? readdirSync(config.engines).filter((name) => !name.startsWith('.'))
    : []
  return ['canonical', ...installed].join(', ') + '; `latentmint engines` measures them'
}

async function checkPlaces({ config, signal }: Session): Promise<string> {
  const store = await openIpfsStore(join(config.home, 'blocks'))
  try {
    const { places } = openPlaces(store, config)
    for (const place of places) await place.probe(signal)
    return places.map(({ name, address }) => `${name} (${address})`).join(', ')
  } finally {
    await store.close()
  }
}

/** Renders one seed, so that a processor that computes otherwise is found before a drop and not after it. */
async function checkEngine(): Promise<string> {
  const path = bundlePath(SHIPPED_MODEL)
  const recipe = openRecipe(path)
  const engine = await createCanonicalEngine({
    bundle: openBundle(new Uint8Array(readFileSync(path))),
    recipe,
    wasm: new Uint8Array(readFileSync(wasmPath())),
  })
  const [first] = await engine.render([0])
  engine.dispose()
  return `${recipe.engine.name} ${recipe.engine.version}, seed 0 has pixels ${sha256(first?.rgb ?? new Uint8Array()).slice(0, 18)}…`
}

/** Reading a model checks it against its recipe and its dataset. */
function checkModel(name: string): string {
  return `${name}, ${readModel(name).bundleDigest}`
}

function checkPages(): string {
  const folder = fileURLToPath(new URL('../../build/web', import.meta.url))
  return existsSync(folder)
    ? folder
    : ail('the pages are not built', 'Run ./latentmint, which builds them, or npm run build:web.')
}

function checksOf(session: Session): readonly Check[] {
  const { config } = session
  return [
    { name: 'node', look: checkNode },
    { name: 'npm', look: checkNpm },
    {
      name: 'disk',
      look: () => {
        mkdirSync(config.home, { recursive: true })
        return checkDisk(config.home)
      },
    },
    { name: 'contracts', look: checkContracts },
    { name: 'pages', look: checkPages },
    { name: 'model', look: () => checkModel(config.model ?? SHIPPED_MODEL) },
    { name: 'engine', look: checkEngine },
    { name: 'engines', look: () => checkEngines(session) },
    { name: 'database', look: () => checkDatabase(session) },
    ...chainChecks(session),
    { name: 'places', look: () => checkPlaces(session) },
  ]
}

async function doctor(session: Session, json: boolean): Promise<void> {
  const findings: Finding[] = []
  for (const check of checksOf(session)) {
    const finding = await find(check)
    findings.push(finding)
    if (json) continue
    session.print(`${finding.state === 'ok' ? 'ok ' : 'BAD'} ${finding.name.padEnd(10)} ${finding.detail}`)
    if (finding.remedy !== undefined) session.print(`    ${''.padEnd(10)} ${finding.remedy}`)
  }
  if (json) session.print(JSON.stringify({ findings }))
  if (findings.some(({ state }) => state === 'bad')) session.end(EXIT.failed)
}
