import { parentPort } from 'node:worker_threads'
import type { WorkerAnswer } from './worker-pool.ts'

/** Says something to the thread that started this one. */
export function tell(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, which has no origin
  parentPort?.postMessage(message)
}

/** Answers a question of the pool: with what comes of `work`, or with why nothing does. */
export async function reply(work: () => Promise<object>): Promise<void> {
  try {
    tell(await work())
  } catch (error) {
    const failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    tell({ failure } satisfies WorkerAnswer)
  }
}
