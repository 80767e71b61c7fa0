// A worker thread around the canonical engine; canonical-pool.ts starts it and asks.
import { parentPort, workerData } from 'node:worker_threads'
import { createCanonicalEngine, openBundle, parseRecipe, type Rendered } from '../../gan/index.ts'

/** What the pool hands over at the start. */
interface WorkerInput {
  readonly bundle: Uint8Array
  readonly recipe: unknown
  readonly wasm: string
}

interface Question {
  readonly seeds: readonly Uint8Array[]
}

const input: WorkerInput = workerData
const engine = await createCanonicalEngine({
  bundle: openBundle(input.bundle),
  recipe: parseRecipe(input.recipe),
  wasm: input.wasm,
})

function send(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, which has no origin
  parentPort?.postMessage(message)
}

async function answer({ seeds }: Question): Promise<void> {
  try {
    const rendered: readonly Rendered[] = await engine.render(seeds)
    send({ rendered })
  } catch (error) {
    send({ failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
  }
}

parentPort?.on('message', (question: Question) => void answer(question))
send({ ready: true, resolution: engine.resolution })
