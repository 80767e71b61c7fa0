import { hasSigned } from '../adapters/ethers-signatures.ts'
import { type OpenReview, type ReviewableRun, type ReviewDesk, ROLES } from '../http/deps.ts'
import type { Review } from '../pipeline/review.ts'
import type { Run } from '../pipeline/runs.ts'
import type { Announced, Registered } from '../pipeline/tools.ts'
import { vetoStage } from '../pipeline/vetoes.ts'
import { type OpenRun, openRun, type RunSettings } from './runs.ts'
import type { Studio } from './studio.ts'

/** A desk that may have rendering workers behind it. */
export interface StaffedDesk extends ReviewDesk {
  close(): Promise<void>
}

async function reviewableRun({ runs, database }: Studio, run: Run): Promise<ReviewableRun | null> {
  const registered = await runs.outputs<Registered>(run.id, 'register')
  const announced = await runs.outputs<Announced>(run.id, 'announce')
  const stage = await vetoStage(database, run.id)
  if (registered === null || announced === null || stage === 'early') return null
  return {
    run: run.id,
    name: run.name,
    collection: registered.collection,
    drop: announced.drop,
    candidates: run.policy.candidates,
    open: stage === 'open',
  }
}

function deskReview(review: Review): OpenReview {
  return {
    ...review,
    sheet: async () => {
      const { work, ...sheet } = await review.sheet()
      return { ...sheet, policy: work.policy }
    },
  }
}

/** What the site needs for reviewing, over the runs of a studio; workers start when a run is looked at. */
export function staffReviewDesk(studio: Studio, settings: RunSettings): StaffedDesk {
  const opened = new Map<string, Promise<OpenRun>>()
  const { runs, chain, access } = studio
  return {
    roles: async (collection, account) => {
      const held = await Promise.all(ROLES.map((role) => chain.hasRole(collection, role, account)))
      return ROLES.filter((_, i) => held[i])
    },
    hasSigned: (account, message, signature) => hasSigned(access, account, message, signature),
    list: async () => {
      const all = await Promise.all((await runs.list()).map((run) => reviewableRun(studio, run)))
      return all.filter((run) => run !== null)
    },
    open: async (id) => {
      if ((await runs.find(id)) === null) return null
      const run = opened.get(id) ?? openRun(studio, id, settings)
      opened.set(id, run)
      run.catch(() => opened.delete(id))
      return deskReview((await run).review)
    },
    close: async () => {
      await Promise.allSettled([...opened.values()].map(async (run) => (await run).close()))
    },
  }
}
