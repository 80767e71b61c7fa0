import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { createCanonicalEngine, renderArtifact } from '../gan/index.ts'
import { wasmPath } from '../minter/adapters/canonical-pool.ts'
import { readModel } from '../minter/cli/model-files.ts'
import { convolutionsOf, gflopOf } from './convolutions.ts'

// What an image costs the canonical engine: rendered and scored, and as a finished artifact. One thread, the shipped model.
// Run: node bench/render.ts

const ROUNDS = 9
const BATCH = 8

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** Median milliseconds of `work`, after one round that does not count. */
async function timed(work: () => unknown): Promise<number> {
  await work()
  const times: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return median(times)
}

const root = resolve(import.meta.dirname, '..')
const { bundle, recipe } = readModel('looms-64')
const engine = await createCanonicalEngine({ bundle, recipe, wasm: new Uint8Array(readFileSync(wasmPath())) })

const seeds = Array.from({ length: BATCH }, (_, seed) => seed)
const convolutions = await convolutionsOf(() => engine.render(seeds))
const whole = await timed(() => engine.render(seeds))
const [first] = await engine.render([0])
if (first === undefined) throw new Error('the engine rendered nothing')
const zero = `0x${'0'.repeat(64)}` as const
const provenance = { model: zero, recipeDigest: zero, seed: '0' }
const artifact = await timed(() => renderArtifact(first.rgb, engine.resolution, recipe, provenance))

const round = (value: number, digits: number) => Number(value.toFixed(digits))
const gflop = gflopOf(convolutions)
const result = {
  question: 'what does an image cost, rendered and scored, and as a finished artifact',
  model: bundle.description.name,
  cores: availableParallelism(),
  msPerImageRenderedAndScored: round(whole / BATCH, 2),
  imagesPerSecondPerWorker: round((1000 * BATCH) / whole, 1),
  gflopPerImageInConvolutions: round(gflop / BATCH, 3),
  gflopPerSecond: round((1000 * gflop) / whole, 1),
  msPerArtifact: round(artifact, 1),
  artifactOverImage: round((artifact * BATCH) / whole, 2),
}
writeFileSync(join(root, 'bench/results/render.json'), `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
