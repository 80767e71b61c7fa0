import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { startCanonicalPool } from '../../minter/adapters/canonical-pool.ts'
import { openMemory } from '../../minter/cli/studio.ts'
import { defaultRecipe, readModel } from '../../minter/cli/model-files.ts'
import { readPolicyFile } from '../../minter/cli/runs.ts'
import { readConfig } from '../../minter/config.ts'
import type { Hex } from '../../minter/domain/digest.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { candidateSeed } from '../../minter/domain/seed.ts'
import { Interrupted } from '../../minter/errors.ts'
import { loadCandidates, missingShards, shardRanges } from '../../minter/pipeline/candidates.ts'
import { renderCandidates } from '../../minter/pipeline/render-step.ts'
import type { CandidateRenderer } from '../../minter/ports.ts'
import { withFolder, writeTinyModel, writeTinyPolicy } from './tiny-studio.ts'

const TOTAL = 80
const MASTER: Hex = `0x${'5e'.repeat(32)}`
const RUN = 'run'

type Memory = Awaited<ReturnType<typeof openMemory>>

async function openWithRun(folder: string): Promise<Memory> {
  const memory = await openMemory(join(folder, 'home'), readConfig({}), () => 0)
  if ((await memory.runs.find(RUN)) !== null) return memory
  const model = writeTinyModel(folder)
  const { policy, digest } = readPolicyFile(writeTinyPolicy(folder, { model, candidates: TOTAL }))
  const { bundleDigest } = readModel(model)
  await memory.runs.create({ id: RUN, name: 'Tiny', policy, policyDigest: digest, bundleDigest, salt: MASTER })
  return memory
}

async function close({ queue, database }: Memory): Promise<void> {
  await queue.close()
  await database.close()
}

/** Renders in another process, and kills that one after a number of shards. */
function killAfter(folder: string, shards: number): Promise<void> {
  const program = fileURLToPath(new URL('render-child.ts', import.meta.url))
  const child = spawn(process.execPath, [program, join(folder, 'home'), RUN, MASTER, String(TOTAL)])
  return new Promise((resolve) => {
    let lines = 0
    child.stdout.on('data', (text) => {
      lines += String(text).split('\n').length - 1
      // The first line counts what was there before.
      if (lines > shards) child.kill('SIGKILL')
    })
    child.once('close', () => resolve())
  })
}

function counting(renderer: CandidateRenderer, counted: { seeds: number }): CandidateRenderer {
  return {
    ...renderer,
    render: (seeds) => {
      counted.seeds += seeds.length
      return renderer.render(seeds)
    },
  }
}

const still = { advance: () => {}, done: () => {} }

describe('minter/pipeline/render-step renderCandidates', () => {
  it('goes on after kill -9 where it was, and ends with the bytes of an undisturbed run', async () => {
    await withFolder(async (folder) => {
      await close(await openWithRun(folder))
      await killAfter(folder, 2)

      const memory = await openWithRun(folder)
      const missing = await missingShards(memory.database, RUN, TOTAL)
      expect(missing.length).to.be.within(1, shardRanges(TOTAL).length - 2)
      const { bundleBytes } = readModel(join(folder, 'tiny.safetensors'))
      const pool = await startCanonicalPool({ bundle: bundleBytes, recipe: defaultRecipe(), workers: 2 })
      const counted = { seeds: 0 }
      const tools = { ...memory, renderer: counting(pool, counted), signal: new AbortController().signal }
      await renderCandidates(tools, { run: RUN, masterSeed: MASTER, total: TOTAL }, still)
      expect(counted.seeds).to.equal(missing.reduce((sum, { count }) => sum + count, 0))

      const stored = await loadCandidates(memory.database, RUN)
      const seeds = Array.from({ length: TOTAL }, (_, index) => candidateSeed(MASTER, index))
      const fresh = await pool.render(seeds)
      expect(stored.map(({ rgb }) => sha256(rgb))).to.deep.equal(fresh.map(({ rgb }) => sha256(rgb)))
      expect(stored.map(({ features }) => features)).to.deep.equal(fresh.map(({ features }) => features))
      await pool.close()
      await close(memory)
    })
  })

  it('stops between two shards when asked to, with INTERRUPTED, and keeps what is finished', async () => {
    await withFolder(async (folder) => {
      const memory = await openWithRun(folder)
      const { bundleBytes } = readModel(join(folder, 'tiny.safetensors'))
      const pool = await startCanonicalPool({ bundle: bundleBytes, recipe: defaultRecipe(), workers: 1 })
      const controller = new AbortController()
      const stopping: CandidateRenderer = {
        ...pool,
        render: (seeds) => {
          controller.abort(new Interrupted('stopped'))
          return pool.render(seeds)
        },
      }
      const tools = { ...memory, renderer: stopping, signal: controller.signal }
      const job = { run: RUN, masterSeed: MASTER, total: TOTAL }
      const error = await renderCandidates(tools, job, still).catch((failure: unknown) => failure)
      expect(error).to.have.property('code', 'INTERRUPTED')
      const kept = await loadCandidates(memory.database, RUN)
      expect(kept.length).to.be.within(1, TOTAL - 1)
      await pool.close()
      await close(memory)
    })
  })
})
