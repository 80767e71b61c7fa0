import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { startCanonicalPool } from '../minter/adapters/canonical-pool.ts'
import { readModel } from '../minter/cli/model-files.ts'
import type { Hex } from '../minter/domain/digest.ts'
import { logitBits, type ScaleOf } from '../minter/domain/quality.ts'
import type { Traits } from '../minter/domain/traits.ts'

/** What the canonical engine makes of the seeds 0 to 3999; rendered once, then read from a folder that is not committed. */
export const POOL_SEEDS = 4000
const BATCH = 50
const FILE = resolve(import.meta.dirname, '../build/audience-pool.json')

export interface PooledCandidate {
  readonly seed: number
  readonly logitBits: number
  readonly flat: boolean
  readonly traits: Traits
}

const poolSchema = z.object({
  bundleDigest: z.string(),
  candidates: z
    .array(
      z.object({
        seed: z.int(),
        logitBits: z.int(),
        flat: z.boolean(),
        traits: z.record(z.string(), z.string()),
      }),
    )
    .length(POOL_SEEDS),
})

/** The shipped model's candidates, with what their scores are counted by. */
export async function readPool(): Promise<{
  readonly bundleDigest: Hex
  /** A candidate's index is its seed. */
  readonly scaleOf: ScaleOf
  readonly candidates: readonly PooledCandidate[]
}> {
  const model = readModel('looms-64')
  const { bundle, bundleDigest } = model
  const { logits } = bundle.calibration
  const scaleOf: ScaleOf = (seed) => logits[seed % logits.length] ?? new Float32Array()
  if (existsSync(FILE)) {
    const kept = poolSchema.safeParse(JSON.parse(readFileSync(FILE, 'utf8')))
    if (kept.success && kept.data.bundleDigest === bundleDigest) {
      return { bundleDigest, scaleOf, candidates: kept.data.candidates }
    }
  }
  const candidates = await renderPool(model.bundleBytes, model.recipe)
  mkdirSync(join(FILE, '..'), { recursive: true })
  writeFileSync(FILE, JSON.stringify({ bundleDigest, candidates }))
  return { bundleDigest, scaleOf, candidates }
}

async function renderPool(bundle: Uint8Array, recipe: unknown): Promise<readonly PooledCandidate[]> {
  const pool = await startCanonicalPool({ bundle, recipe, workers: 1 })
  const candidates: PooledCandidate[] = []
  try {
    for (let first = 0; first < POOL_SEEDS; first += BATCH) {
      const seeds = Array.from({ length: BATCH }, (_, i) => first + i)
      const rendered = await pool.render(seeds)
      const measured = await pool.measure(
        rendered.map(({ rgb }) => rgb),
        seeds,
      )
      for (const [i, { traits, flat }] of measured.entries()) {
        candidates.push({ seed: first + i, logitBits: logitBits(rendered[i]?.logit ?? 0), flat, traits })
      }
      process.stderr.write(`\r${candidates.length} of ${POOL_SEEDS} candidates rendered`)
    }
  } finally {
    await pool.close()
    process.stderr.write('\n')
  }
  return candidates
}
