import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { createCanonicalEngine, openBundle, parseRecipe } from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { openIpfsStore } from '../adapters/ipfs-store.ts'
import { folderHolder } from '../adapters/pglite-database.ts'
import { contractArtifact } from '../artifacts.ts'
import { sha256 } from '../domain/digest.ts'
import { RpcPool } from '../rpc-pool.ts'
import { EXIT, explainFailure } from './exit.ts'
import { requireOperator } from './operator.ts'
import { openPlaces } from './places.ts'
import { bundlePath, readModel, readRecipe } from './model-files.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface Finding {
  readonly name: string
  readonly state: 'ok' | 'bad'
  readonly detail: string
  readonly remedy?: string
}

interface Check {
  readonly name: string
  readonly look: () => string | Promise<string>
}

const LEAST_NODE = [22, 18] as const
const LEAST_FREE_BYTES = 1024 ** 3
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

function fail(message: string): never {
  throw new Error(message)
}

function checkNode(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major === LEAST_NODE[0] && minor >= LEAST_NODE[1]
  return fits
    ? process.versions.node
    : fail(`Node ${process.versions.node}, expected 22.18 or a later 22; ./latentmint brings it`)
}

function checkDisk(home: string): string {
  const probe = writeWhole(home, 'doctor.probe', 'can write')
  rmSync(probe)
  const { bavail, bsize } = statfsSync(home)
  const free = bavail * bsize
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${home}`
  return free >= LEAST_FREE_BYTES ? text : fail(`${text}, expected 1 GiB`)
}

/** What a coverage run leaves behind is instrumented, and too large for any chain. */
function checkContracts(): string {
  const names = ['Lineage', 'Attribution', 'DropDesk', 'Drop', 'DropFactory'] as const
  const sizes = names.map((name) => ({ name, bytes: (contractArtifact(name).bytecode.length - 2) / 2 }))
  const large = sizes.find(({ bytes }) => bytes > MOST_CODE_BYTES)
  if (large !== undefined) {
    fail(`${large.name} has ${large.bytes} bytes, more than a chain takes; compile again: npm run build:contracts`)
  }
  return sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(', ')
}

function checkDatabase(session: Session): string {
  const { config } = session
  if (config.databaseUrl !== undefined) return 'PostgreSQL, as LATENTMINT_DATABASE_URL says'
  const holder = folderHolder(join(config.home, 'database'))
  return holder === null ? `embedded, in ${join(config.home, 'database')}` : `embedded, open in process ${holder}`
}

async function checkChain({ config }: Session): Promise<string> {
  if (config.rpc === undefined) return 'embedded, started when needed'
  const pool = new RpcPool({ urls: config.rpcs })
  if (config.rpcs.length > 1) await pool.survey()
  const chainId = Number(await pool.ask('eth_chainId'))
  const block = Number(await pool.ask('eth_blockNumber'))
  const operator = await (await requireOperator(config)).getAddress()
  const facts = `chain ${chainId}, block ${block}, operator ${operator}`
  const bad = pool.health().filter(({ state }) => state !== 'healthy')
  if (bad.length > 0)
    fail(`${facts}; ${bad.map(({ name, state, detail }) => `${name} is ${state}: ${detail}`).join('; ')}`)
  return config.rpcs.length > 1 ? `${facts}, ${config.rpcs.length} RPCs agree` : facts
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
  const path = bundlePath('ikat-64')
  const recipe = parseRecipe(JSON.parse(new TextDecoder().decode(readRecipe(path))))
  const engine = await createCanonicalEngine({
    bundle: openBundle(new Uint8Array(readFileSync(path))),
    recipe,
    wasm: new Uint8Array(readFileSync(wasmPath())),
  })
  const [first] = await engine.render([0])
  engine.dispose()
  return `${recipe.engine.name} ${recipe.engine.version}, seed 0 has pixels ${sha256(first?.rgb ?? new Uint8Array()).slice(0, 18)}…`
}

function checkPages(): string {
  const folder = fileURLToPath(new URL('../../build/web', import.meta.url))
  return existsSync(folder) ? folder : fail('the pages are not built; ./latentmint builds them')
}

function checksOf(session: Session): readonly Check[] {
  const { config } = session
  return [
    { name: 'node', look: checkNode },
    {
      name: 'disk',
      look: () => {
        mkdirSync(config.home, { recursive: true })
        return checkDisk(config.home)
      },
    },
    { name: 'contracts', look: checkContracts },
    { name: 'pages', look: checkPages },
    { name: 'model', look: () => `ikat-64, ${readModel('ikat-64').bundleDigest}` },
    { name: 'engine', look: checkEngine },
    { name: 'database', look: () => checkDatabase(session) },
    { name: 'chain', look: () => checkChain(session) },
    { name: 'places', look: () => checkPlaces(session) },
  ]
}

async function find({ name, look }: Check): Promise<Finding> {
  try {
    return { name, state: 'ok', detail: await look() }
  } catch (error) {
    const { what, remedy, code } = explainFailure(error)
    return { name, state: 'bad', detail: what, ...(code === 'UNEXPECTED' ? {} : { remedy }) }
  }
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
