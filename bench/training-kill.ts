import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { trainUnderKills } from '../test/cli/killed-training.ts'

// Whether training that is killed twenty times at random, most often while it writes a checkpoint, comes to the very
// weights of a run that was left alone.
// Run: node bench/training-kill.ts [SEED]

const KILLS = 20
const KIMG = 0.4
const LATEST_MS = 4000

const seed = Number(process.argv[2] ?? Date.now() % 2 ** 32)
const folder = mkdtempSync(join(tmpdir(), 'latentmint-kill-'))
const { kills, isSame } = await trainUnderKills(folder, KILLS, KIMG, LATEST_MS, seed)
rmSync(folder, { recursive: true })

const result = {
  question: 'does training that is killed at random come to the weights of a run that was left alone',
  engine: 'canonical',
  seed,
  kimg: KIMG,
  killed: kills.length,
  beforeAnyCheckpoint: kills.filter(({ hasCheckpoint }) => !hasCheckpoint).length,
  isSameToTheBit: isSame,
  kills,
}
writeFileSync(
  join(resolve(import.meta.dirname, '..'), 'bench/results/training-kill.json'),
  `${JSON.stringify(result, null, 2)}\n`,
)
process.stdout.write(`${kills.length} kills, ${isSame ? 'the same weights' : 'OTHER WEIGHTS'}\n`)
if (!isSame || kills.length < KILLS) process.exitCode = 1
