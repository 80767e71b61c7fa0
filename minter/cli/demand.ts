import { basename, dirname } from 'node:path'
import type { Command } from 'commander'
import { asLearned, type DemandSnapshot, snapshotDigest } from '../domain/demand.ts'
import { beliefText, demandPage, type TraitBelief, traitBeliefs } from '../report/demand-page.ts'
import { readDemandFile } from './demand-file.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface ReportOptions {
  readonly html?: string
  readonly json: boolean
}

const TRACK = 24

/** Adds `demand report`. */
export function registerDemand(program: Command, session: Session): void {
  const demand = program.command('demand').description('what earlier drops say about the next one')
  demand
    .command('report')
    .description('how likely each trait is to sell, with the counts behind it')
    .argument('[snapshot]', 'a demand snapshot; demand-next.json of this folder when left out')
    .option('--html <file>', 'write a page with charts')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint demand report --html demand.html')
    .action((file: string | undefined, options: ReportOptions) => report(session, file, options))
}

function report(session: Session, file: string | undefined, { html, json }: ReportOptions): void {
  const snapshot = readDemandFile(session, file)
  const digest = snapshotDigest(snapshot)
  const page = html === undefined ? null : writeWhole(dirname(html), basename(html), demandPage(snapshot, digest))
  const beliefs = traitBeliefs(snapshot)
  if (json) {
    return session.print(JSON.stringify({ digest, drops: asLearned(snapshot).drops, traits: beliefs, page }))
  }
  for (const line of [...dropLines(snapshot), '', ...traitLines(beliefs)]) session.print(line)
  session.print(`\nsnapshot ${digest}`)
  if (page !== null) session.print(`page     ${page}`)
}

function dropLines(snapshot: DemandSnapshot): readonly string[] {
  const { drops } = asLearned(snapshot)
  if (drops.length === 0) return ['Nothing was sold yet: every trait is as likely to sell as not.']
  return drops.map(({ drop, offered, sold, collectors, medianSeconds, attention }) => {
    const pace = medianSeconds === null ? '' : `, half of them within ${medianSeconds} s`
    const { view, dwell, save, reserve } = attention
    return `drop ${drop}: ${sold} of ${offered} sold to ${collectors} collectors${pace}; ${view} views, ${dwell} long looks, ${save} saves, ${reserve} reservations`
  })
}

function traitLines(beliefs: readonly TraitBelief[]): readonly string[] {
  const width = Math.max(5, ...beliefs.map(({ value }) => value.length))
  return beliefs.flatMap(({ trait, value, mean, deviation, alpha, beta, views, points }, i) => {
    const row = `  ${value.padEnd(width)}  ${track(mean, deviation)} ${beliefText(mean).padStart(5)} ±${beliefText(deviation).padStart(4)} ${counts(alpha, beta, views, points)}`
    if (beliefs[i - 1]?.trait === trait) return [row]
    return [`${trait}${' '.repeat(Math.max(1, width + TRACK + 20 - trait.length))}   sold  unsold   views  points`, row]
  })
}

function counts(...numbers: readonly number[]): string {
  return numbers.map((number) => String(number).padStart(7)).join(' ')
}

/** The mean as a mark on a line, with a standard deviation to both sides. */
function track(mean: number, deviation: number): string {
  const at = (share: number): number => Math.min(TRACK - 1, Math.max(0, Math.floor((share * TRACK) / 65_536)))
  return Array.from({ length: TRACK }, (_, i) => {
    if (i === at(mean)) return '●'
    return i >= at(mean - deviation) && i <= at(mean + deviation) ? '─' : '·'
  }).join('')
}
