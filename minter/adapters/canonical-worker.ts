// A worker thread around the canonical engine; canonical-pool.ts starts it and asks.
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { createCanonicalEngine, openBundle, parseRecipe, renderArtifact, type Rendered } from '../../gan/index.ts'
import type { ArtifactProvenance } from '../ports.ts'

/** What the pool hands over at the start. */
interface WorkerInput {
  readonly bundle: Uint8Array
  readonly recipe: unknown
  /** Path of the engine's binary. */
  readonly wasm: string
}

type Question =
  | { readonly task: 'render'; readonly seeds: readonly (number | Uint8Array)[] }
  | { readonly task: 'artifact'; readonly rgb: Uint8Array; readonly provenance: ArtifactProvenance }

const input: WorkerInput = workerData
const recipe = parseRecipe(input.recipe)
const engine = await createCanonicalEngine({
  bundle: openBundle(input.bundle),
  recipe,
  wasm: new Uint8Array(readFileSync(input.wasm)),
})

function send(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, which has no origin
  parentPort?.postMessage(message)
}

async function work(question: Question): Promise<{ rendered: readonly Rendered[] } | { png: Uint8Array }> {
  if (question.task === 'render') return { rendered: await engine.render(question.seeds) }
  return { png: renderArtifact(question.rgb, engine.resolution, recipe, question.provenance) }
}

async function answer(question: Question): Promise<void> {
  try {
    send(await work(question))
  } catch (error) {
    send({ failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
  }
}

parentPort?.on('message', (question: Question) => void answer(question))
send({ ready: true, resolution: engine.resolution })
