import { join } from 'node:path'
import { NEXT_DEMAND_DOCUMENT } from '../pipeline/close-step.ts'
import type { Announced, Committed, Registered } from '../pipeline/tools.ts'
import { funnelLines, writeReport } from './drop-report.ts'
import { writeWhole } from './report-files.ts'
import type { OpenRun } from './runs.ts'
import type { Studio } from './studio.ts'

/** Who wants to know how a drop goes. */
export interface DropWatch {
  /** A step is done. */
  step(name: string): Promise<void>
  /** A line for people. */
  note(line: string): void
}

/** What a drop that is for sale has left. */
export interface OnSale extends Registered, Announced, Committed {
  readonly run: string
  /** The report's page. */
  readonly report: string
}

/** Selects, shows the funnel, and commits. */
export async function commitWithFunnel({ steps }: OpenRun, note: DropWatch['note']): Promise<Committed> {
  await steps.select()
  const { funnel } = (await steps.chosen()).selection
  for (const line of funnelLines(funnel)) note(line)
  return steps.commit()
}

/** All steps up to the sale, by hand or by schedule; those that are done answer at once. */
export async function runToSale(studio: Studio, opened: OpenRun, watch: DropWatch): Promise<OnSale> {
  const { steps, work } = opened
  const registered = await steps.register()
  await watch.step('register')
  const announced = await steps.announce()
  await watch.step('announce')
  await steps.draw()
  await watch.step('draw')
  await steps.render()
  await watch.step('render')
  const committed = await commitWithFunnel(opened, (line) => watch.note(line))
  await watch.step('commit')
  const { archive } = await steps.publish()
  await watch.step('publish')
  const { directory } = committed
  const place = { rpc: studio.access.url, gateway: 'http://127.0.0.1:8787', directory, archive }
  const folder = join(studio.home, 'report', work.run.id)
  const report = writeReport(folder, work, await steps.chosen(), { registered, announced }, place)
  await steps.open()
  await watch.step('open')
  return { run: work.run.id, ...registered, ...announced, ...committed, report }
}

/** Writes what was learned where the next policy can name it. */
export async function keepDemand(studio: Studio, run: string): Promise<void> {
  const next = await studio.runs.document(run, NEXT_DEMAND_DOCUMENT)
  if (next !== null) writeWhole(studio.home, NEXT_DEMAND_DOCUMENT, next)
}
