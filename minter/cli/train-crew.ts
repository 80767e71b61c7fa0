import { Worker } from 'node:worker_threads'
import type { Crew, ShareSlope } from '../../gan/index.ts'
import { CrewFailed } from '../errors.ts'
import { sharedBytes, type WorkerAnswer, WorkerPool } from '../worker-pool.ts'
import type { TrainWorkerInput } from './train-worker.ts'

interface Answer extends WorkerAnswer {
  readonly slope?: ShareSlope
}

/**
 * Starts a thread for each share of a batch but the first, on the engine of the run.
 *
 * @throws {CrewFailed} when one of them ends, or cannot compute; asked, not at the start
 */
export function startTrainingCrew(input: Omit<TrainWorkerInput, 'share'>): Crew {
  const set = { ...input.set, images: sharedBytes(input.set.images) }
  const members = Array.from({ length: input.settings.workers - 1 }, (_, i) => {
    const workerData: TrainWorkerInput = { ...input, set, share: i + 1 }
    const worker = new Worker(new URL('train-worker.ts', import.meta.url), { workerData })
    // One pool each: every share has its own thread.
    const pool = new WorkerPool<Answer>((reason, cause) => new CrewFailed(`share ${i + 1}: ${reason}`, 'worker', cause))
    pool.add(worker)
    return { worker, pool }
  })
  return {
    differentiate: (task) =>
      Promise.all(
        members.map(async ({ pool }, i) => {
          const { slope } = await pool.ask(task)
          if (slope === undefined) throw new CrewFailed(`share ${i + 1}: an answer without a slope`, 'worker')
          return slope
        }),
      ),
    close: () => {
      for (const { worker } of members) void worker.terminate()
    },
  }
}
