import { etherFromWei } from '../domain/amounts.ts'
import type { Hex } from '../domain/digest.ts'
import type { Closed } from '../pipeline/tools.ts'
import type { DropReport, RehearsalReport } from './auditor.ts'
import type { MintedToken, Refusal } from './collectors.ts'

/** The parts of a demonstration that are timed. */
export const TIMED = ['setup', 'render', 'score', 'publish', 'mint', 'audit'] as const
export type Timed = (typeof TIMED)[number]

/** Everything that a demonstration comes to. */
export interface DemoSummary {
  readonly candidates: number
  readonly passed: number
  readonly edition: number
  readonly minted: readonly MintedToken[]
  readonly refusals: readonly Refusal[]
  readonly audit: DropReport
  readonly rehearsal: RehearsalReport
  /** Null while the sale goes on. */
  readonly closed: Closed | null
  readonly seconds: Readonly<Record<Timed, number>>
  readonly contract: Hex
  readonly root: Hex
  readonly directory: string
  /** Path of the report page. */
  readonly report: string
}

/** The one line for machines. */
export function summaryJson(summary: DemoSummary): object {
  const { audit, rehearsal } = summary
  return {
    candidates: summary.candidates,
    passed: summary.passed,
    edition: summary.edition,
    minted: summary.minted.length,
    audit: {
      tokens: audit.tokens,
      identical: audit.identical,
      selection: audit.selection,
      tampered: { tried: rehearsal.tried, caught: rehearsal.caught },
    },
    seconds: summary.seconds,
    contract: summary.contract,
    root: summary.root,
    directory: summary.directory,
  }
}

/** The lines for people. */
export function summaryLines(summary: DemoSummary): readonly string[] {
  const { audit, rehearsal, closed } = summary
  const seconds = TIMED.map((part) => `${part} ${summary.seconds[part].toFixed(1)} s`).join(', ')
  return [
    '',
    `${summary.candidates} candidates, ${summary.passed} passed, ${summary.edition} for sale, ${summary.minted.length} minted:`,
    ...summary.minted.map(({ kind, rank, wallet, priceWei }) => {
      return `  ${kind.padEnd(10)} rank ${String(rank).padStart(2)}  ${etherFromWei(priceWei)} ETH  ${wallet}`
    }),
    'refused by the contract:',
    ...summary.refusals.map(({ attempt, error }) => `  ${attempt}: ${error}`),
    `audit: ${audit.verdict}; ${audit.identical} of ${audit.tokens} tokens identical, selection ${audit.selection}`,
    `tampered copies: ${rehearsal.caught} of ${rehearsal.tried} caught`,
    ...rehearsal.cases.map(({ tampering, object, link }) => `  ${tampering} in ${object}: ${link}`),
    ...(closed === null
      ? []
      : [`contributors: ${closed.claims.map(({ wei }) => `${etherFromWei(BigInt(wei))} ETH`).join(', ')}`]),
    `contract  ${summary.contract}`,
    `root      ${summary.root}`,
    `directory ${summary.directory}`,
    `report    ${summary.report}`,
    `time      ${seconds}`,
  ]
}
