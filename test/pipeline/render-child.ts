// Renders a run slowly and says so after every shard, so that a test can kill it in between.
import { openMemory } from '../../minter/cli/studio.ts'
import { readConfig } from '../../minter/config.ts'
import { startCanonicalPool } from '../../minter/adapters/canonical-pool.ts'
import { workLoader } from '../../minter/cli/runs.ts'
import { renderCandidates } from '../../minter/pipeline/render-step.ts'

const [, , home = '', run = '', masterSeed = '0x', total = '0'] = process.argv
const memory = await openMemory(home, readConfig({}), () => 0)
const { model } = await workLoader(memory.runs)(run)
const pool = await startCanonicalPool({ bundle: model.bundleBytes, recipe: model.recipe, workers: 1 })
const renderer = {
  ...pool,
  render: async (seeds: Parameters<typeof pool.render>[0]) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    return pool.render(seeds)
  },
}
const progress = { advance: (count = 1) => void process.stdout.write(`${count}\n`), done: () => {} }
const job = { run, masterSeed: masterSeed as `0x${string}`, total: Number(total) }
await renderCandidates({ ...memory, renderer, signal: new AbortController().signal }, job, progress)
