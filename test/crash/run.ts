// Kills the processes of drops again and again, and writes what came of it to bench/results/crash.json, after every drop:
//   npm run test:crash -- --count 200 --seed 1
//   npm run test:crash -- --count 20 --database pglite --append
//   npm run test:crash -- --boundaries --append      (one drop, killed once at every boundary of every step)
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { endureBoundaries, endureKills, type Endured } from './endurance.ts'
import { openRig } from './rig.ts'

const CANDIDATES = 16
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    database: { type: 'string', default: 'postgres' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'bench/results/crash.json' },
    append: { type: 'boolean', default: false },
    boundaries: { type: 'boolean', default: false },
  },
})

/** One run of this program. */
interface Round extends Endured {
  readonly database: string
  readonly seed: number
}

function earlierRounds(): readonly Round[] {
  if (!values.append || !existsSync(values.out)) return []
  const { rounds }: { rounds: readonly Round[] } = JSON.parse(readFileSync(values.out, 'utf8'))
  return rounds
}

function writeResult(rounds: readonly Round[]): void {
  const sum = (of: (round: Round) => number): number => rounds.reduce((total, round) => total + of(round), 0)
  const result = {
    question: 'does a drop come out right when its processes are killed (SIGKILL) again and again',
    kills: sum(({ kills }) => kills),
    drops: sum(({ drops }) => drops),
    // Whatever of this is not so ends the program with an error, and that drop is not written down as one that came out right.
    changesSentTwice: 0,
    missingNonces: 0,
    revertedTransactions: 0,
    lostBlocks: 0,
    transactionsChecked: sum(({ transactions }) => transactions),
    blocksChecked: sum(({ blocksChecked }) => blocksChecked),
    candidates: CANDIDATES,
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node },
    rounds,
  }
  writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`)
}

const database = values.database === 'pglite' ? 'pglite' : 'postgres'
const count = Number(values.count)
const seed = Number(values.seed)
const earlier = earlierRounds()
const rig = await openRig(database, CANDIDATES)
try {
  const keep = (soFar: Endured): void => {
    writeResult([...earlier, { database, seed, ...soFar }])
    const of = values.boundaries ? '' : ` of ${count}`
    process.stderr.write(`${database}: ${soFar.kills}${of} killed, ${soFar.drops} drops came out right\n`)
  }
  if (values.boundaries) keep(await endureBoundaries(rig))
  else await endureKills(rig, count, seed, keep)
} finally {
  await rig.close()
}
process.exit(0)
