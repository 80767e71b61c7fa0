// Kills the processes of drops again and again, and writes what came of it to bench/results/crash.json:
//   npm run test:crash -- --count 200 --pglite 20 --seed 1
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { endureKills, type Endured } from './endurance.ts'
import { openRig } from './rig.ts'

const CANDIDATES = 16
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    pglite: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'bench/results/crash.json' },
  },
})

async function endure(database: 'pglite' | 'postgres', count: number): Promise<Endured | null> {
  if (count === 0) return null
  const rig = await openRig(database, CANDIDATES)
  try {
    return await endureKills(rig, count, Number(values.seed), (kills, drops) => {
      process.stderr.write(`${database}: ${kills} of ${count} killed, ${drops} drops came out right\n`)
    })
  } finally {
    await rig.close()
  }
}

const start = performance.now()
const postgres = await endure('postgres', Number(values.count) - Number(values.pglite))
const pglite = await endure('pglite', Number(values.pglite))
const result = {
  question: 'Does a drop come out right when its process is killed (SIGKILL) again and again?',
  kills: (postgres?.kills ?? 0) + (pglite?.kills ?? 0),
  // Whatever of this is not so ends the run with an error, and nothing is written.
  doubleSends: 0,
  missingNonces: 0,
  lostBlocks: 0,
  candidates: CANDIDATES,
  seed: Number(values.seed),
  seconds: Math.round((performance.now() - start) / 1000),
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node },
  postgres,
  pglite,
}
writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(`${result.kills} kills, every drop came out right; written to ${values.out}\n`)
process.exit(0)
