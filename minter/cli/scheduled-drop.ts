import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { bytesToHex } from '../domain/digest.ts'
import { openSchedules } from '../pipeline/schedule.ts'
import type { Edition, Notice, SchedulerTools } from '../pipeline/scheduler.ts'
import { EXIT, explainFailure } from './exit.ts'
import { preflight, preflightReasons } from './preflight.ts'
import { SILENT } from './progress.ts'
import { keepDemand, runToSale } from './run-drop.ts'
import { beginRun, openRun, type PolicyFile, readPolicyText } from './runs.ts'
import type { Studio } from './studio.ts'

/** What a scheduler of this program is given besides the studio. */
export interface SchedulerSettings {
  readonly workers: number
  readonly now: () => number
  readonly signal: AbortSignal
  readonly log: Pick<Logger, 'info'>
  readonly webhook: ((notice: Notice) => Promise<void>) | null
}

function policyOf({ policy, schedule }: Edition): PolicyFile {
  return readPolicyText(policy, schedule.path)
}

/** Begins the run of a drop, and keeps which one it is before anything is announced: what was begun is never begun anew. */
async function begin(studio: Studio, edition: Edition, watch: Parameters<SchedulerTools['run']>[1]): Promise<string> {
  const salt = edition.drop.salt ?? bytesToHex(new Uint8Array(randomBytes(32)))
  const { id } = await beginRun(studio, policyOf(edition), salt)
  await watch.begin(salt, id)
  return id
}

/** Preflight, the steps of a drop and its closing, for the scheduler; the same code as `drop preflight`, `drop run`, `drop close`. */
export function schedulerTools(studio: Studio, settings: SchedulerSettings): SchedulerTools {
  const { workers, now, signal, log, webhook } = settings
  const run = { workers, progress: SILENT, signal }
  return {
    schedules: openSchedules(studio.database, studio.queue, now),
    queue: studio.queue,
    now,
    signal,
    check: async (edition) => {
      const { chainId, bundleDigest } = edition.schedule
      const terms = { signal, now, bundleDigest, ...(chainId !== null && { chainId }) }
      try {
        return preflightReasons(await preflight(studio, policyOf(edition), terms))
      } catch (error) {
        return [`policy: ${explainFailure(error).what}`]
      }
    },
    run: async (edition, watch) => {
      const id = edition.drop.run ?? (await begin(studio, edition, watch))
      const opened = await openRun(studio, id, run)
      try {
        const { collection, drop } = await runToSale(studio, opened, {
          step: (name) => watch.step(name),
          note: () => {},
        })
        const { salesEnd, closableAt } = await studio.chain.dropOf(collection, drop)
        return { run: id, closableAt: Math.max(salesEnd, closableAt) }
      } finally {
        await opened.close()
      }
    },
    close: async ({ drop }) => {
      if (drop.run === null) return
      const opened = await openRun(studio, drop.run, run)
      try {
        await opened.steps.close()
        await keepDemand(studio, drop.run)
      } finally {
        await opened.close()
      }
    },
    isResumable: (error) => explainFailure(error).exit === EXIT.resumable,
    log: ({ id, ...notice }) => log.info({ notice: id, ...notice }, notice.event),
    deliver: webhook,
  }
}
