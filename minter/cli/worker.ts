import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { selfTest } from '../../gan/index.ts'
import { startCanonicalPool, wasmPath } from '../adapters/canonical-pool.ts'
import type { CandidateRenderer } from '../ports.ts'
import { type RenderTools, renderShards, waitingShards } from '../pipeline/render-step.ts'
import { parseWorkers } from './options.ts'
import { workLoader } from './runs.ts'
import type { Session } from './session.ts'
import { openMemory } from './studio.ts'

interface WorkerOptions {
  readonly workers: number
  readonly once: boolean
}

const IDLE_MS = 1000

/** Adds `worker`. */
export function registerWorker(program: Command, session: Session): void {
  program
    .command('worker')
    .description('render shards of whatever drop has some waiting; any number, on any machine with the same PostgreSQL')
    .option('--workers <n>', 'rendering threads', parseWorkers, session.config.workers)
    .option('--once', 'end when nothing is waiting', false)
    .addHelpText('after', '\nExample:\n  LATENTMINT_DATABASE_URL=postgres://studio@db/latentmint latentmint worker')
    .action(async (options: WorkerOptions) => work(session, options))
}

/** Renders what one run has waiting; returns how many candidates. */
async function serveRun(
  session: Session,
  memory: Awaited<ReturnType<typeof openMemory>>,
  run: string,
  workers: number,
): Promise<number> {
  const { model } = await workLoader(memory.runs)(run)
  const pool: CandidateRenderer = await startCanonicalPool({ bundle: model.bundleBytes, recipe: model.recipe, workers })
  try {
    const step = session.progress(false).step('worker')
    let done = 0
    const tools: RenderTools = { ...memory, renderer: pool, signal: session.signal }
    const count = (more: number): void => {
      done += more
    }
    await Promise.all(Array.from({ length: workers + 1 }, () => renderShards(tools, run, count)))
    step.done(`${done} candidates of run ${run}`)
    return done
  } finally {
    await pool.close()
  }
}

async function work(session: Session, { workers, once }: WorkerOptions): Promise<void> {
  const { config, now, signal } = session
  // Each rendering thread tests itself as well; this one is for a machine that may wait for hours until it has something to do.
  await selfTest(new Uint8Array(readFileSync(wasmPath())))
  const memory = await openMemory(config.home, config, now)
  session.progress(false).note('the known answers come out right: waiting for shards')
  try {
    while (!signal.aborted) {
      let rendered = 0
      for (const { id } of await memory.runs.list()) {
        if ((await waitingShards(memory.queue, id)) > 0) rendered += await serveRun(session, memory, id, workers)
      }
      if (rendered === 0 && once) return
      if (rendered === 0) await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    }
  } finally {
    await memory.queue.close()
    await memory.database.close()
  }
}
