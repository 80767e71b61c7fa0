import { parentPort, workerData } from 'node:worker_threads'
import { createCanonicalEngine } from '../../gan/index.ts'

// One engine in a thread of its own; render-threads.ts starts it, and asks for one batch at a time.
const engine = await createCanonicalEngine(workerData)

function send(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, which has no origin
  parentPort?.postMessage(message)
}

parentPort?.on('message', (seeds: readonly Uint8Array[]) => {
  engine.render(seeds).then(
    (images) => send({ images }),
    (error: unknown) => send({ failure: String(error) }),
  )
})
