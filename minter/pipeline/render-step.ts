import { candidateSeed } from '../domain/seed.ts'
import type { Hex } from '../domain/digest.ts'
import { Interrupted } from '../errors.ts'
import type { CandidateRenderer, Database, StepProgress, WorkQueue } from '../ports.ts'
import { missingShards, type ShardRange, storeShard } from './candidates.ts'

/** A shard as it travels through the queue; a worker elsewhere needs nothing but this, the model and the recipe. */
export interface ShardJob extends ShardRange {
  readonly run: string
  readonly masterSeed: Hex
}

/** What rendering stands on. */
export interface RenderTools {
  readonly database: Database
  readonly queue: WorkQueue
  readonly renderer: CandidateRenderer
  readonly signal: AbortSignal
}

/** The queue of a run's shards. */
function shardQueue(run: string): string {
  return `render-${run}`
}

/** How many shards of a run wait for somebody to take them. */
export function waitingShards(queue: WorkQueue, run: string): Promise<number> {
  return queue.waiting(shardQueue(run))
}

/** Puts what is not rendered yet into the queue, in place of whatever an earlier, killed process had left there. */
async function offerMissing(tools: RenderTools, run: string, masterSeed: Hex, total: number): Promise<number> {
  const missing = await missingShards(tools.database, run, total)
  await tools.queue.clear(shardQueue(run))
  if (missing.length > 0)
    await tools.queue.offer(
      shardQueue(run),
      missing.map((range): ShardJob => ({ ...range, run, masterSeed })),
    )
  return missing.reduce((sum, { count }) => sum + count, 0)
}

/** Takes shards until the queue is empty; any number of these may run side by side, in any number of processes. */
export async function renderShards(tools: RenderTools, run: string, onDone: (count: number) => void): Promise<void> {
  const queue = shardQueue(run)
  for (;;) {
    if (tools.signal.aborted) throw new Interrupted('stopped between two shards; what is rendered is kept', 'render')
    const [job] = await tools.queue.take<ShardJob>(queue, 1)
    if (job === undefined) return
    const { masterSeed, ...range } = job.payload
    const seeds = Array.from({ length: range.count }, (_, i) => candidateSeed(masterSeed, range.first + i))
    const rendered = await tools.renderer.render(seeds)
    await storeShard(tools.database, run, range, rendered)
    await tools.queue.finish(queue, [job.id])
    onDone(range.count)
  }
}

/**
 * Renders all candidates of a drop that are not there yet.
 *
 * @returns how many were rendered now
 * @throws {Interrupted} when the signal asks to stop; nothing finished is lost
 */
export async function renderCandidates(
  tools: RenderTools,
  job: { readonly run: string; readonly masterSeed: Hex; readonly total: number },
  progress: StepProgress,
): Promise<number> {
  let missing = await offerMissing(tools, job.run, job.masterSeed, job.total)
  const rendered = missing
  progress.advance(job.total - missing)
  while (missing > 0) {
    // One more than there are workers, so that the next shard waits at the door while one is being stored.
    const hands = Array.from({ length: tools.renderer.workers + 1 }, () =>
      renderShards(tools, job.run, (count) => progress.advance(count)),
    )
    const ended = await Promise.allSettled(hands)
    const failed = ended.find((hand) => hand.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    // What a worker elsewhere took and lost is in no queue any more.
    missing = await offerMissing(tools, job.run, job.masterSeed, job.total)
  }
  return rendered
}
