// A worker thread that paints on the canonical engine; painting-pool.ts starts it and asks.
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import {
  createCanonicalInterpreter,
  createExplorer,
  type Look,
  type NoiseMaps,
  openBundle,
  type Styles,
} from '../../gan/index.ts'
import { reply, tell } from '../worker-thread.ts'

/** What the pool hands over at the start. */
interface WorkerInput {
  readonly bundle: Uint8Array
  readonly look: Look
  /** Path of the engine's binary. */
  readonly wasm: string
}

type Question =
  | {
      readonly task: 'styles'
      readonly latents: readonly Float32Array[]
      readonly labels: readonly Float32Array[] | null
    }
  | { readonly task: 'paint'; readonly styles: readonly Styles[]; readonly noise: readonly NoiseMaps[] }

const { bundle, look, wasm }: WorkerInput = workerData
const interpreter = createCanonicalInterpreter(new Uint8Array(readFileSync(wasm)))
const explorer = await createExplorer(openBundle(bundle), interpreter, look)

async function work(question: Question): Promise<object> {
  const made =
    question.task === 'styles'
      ? await explorer.styles(question.latents, question.labels)
      : await explorer.paint(question.styles, question.noise)
  return { made }
}

parentPort?.on('message', (question: Question) => void reply(() => work(question)))
tell({ ready: true })
