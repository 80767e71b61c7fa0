// Takes shards as a worker does, says so, and then has not finished the first when the test kills it.
import { readConfig } from '../../minter/config.ts'
import { openMemory } from '../../minter/cli/studio.ts'
import { renderShards } from '../../minter/pipeline/render-step.ts'
import type { CandidateRenderer } from '../../minter/ports.ts'

const [, , url = '', run = ''] = process.argv
const memory = await openMemory('', readConfig({ LATENTMINT_DATABASE_URL: url }), () => 0)
const renderer: CandidateRenderer = {
  resolution: 0,
  workers: 1,
  render: () => {
    process.stdout.write('taken\n')
    return new Promise(() => setInterval(() => {}, 1000))
  },
  measure: async () => [],
  renderArtifact: async () => new Uint8Array(),
  close: async () => {},
}
await renderShards({ ...memory, renderer, signal: new AbortController().signal }, run, () => {})
