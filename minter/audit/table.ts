import { styleText } from 'node:util'
import type { AuditLinkResult, LinkState } from '../domain/audit-source.ts'

const SIGNS: Readonly<Record<LinkState, string>> = { ok: '✓', broken: '✗', unchecked: '?' }
const COLOURS = { ok: 'green', broken: 'red', unchecked: 'yellow' } as const
const LINK_WIDTH = 24

/** One link as a row of the table, with both values below it where it is broken. */
export function linkRow(result: AuditLinkResult, colour: boolean): string {
  const sign = paint(SIGNS[result.state], result.state, colour)
  const rows = [`  ${sign} ${result.link.padEnd(LINK_WIDTH)} ${result.detail}`]
  const indent = ' '.repeat(LINK_WIDTH + 5)
  if (result.expected !== undefined) rows.push(`${indent}expected ${result.expected}`)
  if (result.actual !== undefined) rows.push(`${indent}actual   ${result.actual}`)
  return rows.join('\n')
}

const VERDICTS: Readonly<Record<LinkState, string>> = {
  ok: 'every link holds',
  broken: 'BROKEN: something is not what the chain says',
  unchecked: 'UNCHECKED: nothing is broken, but not everything could be checked',
}

/** The last line of the table. */
export function verdictRow(verdict: LinkState, colour: boolean): string {
  return paint(VERDICTS[verdict], verdict, colour)
}

function paint(text: string, state: LinkState, colour: boolean): string {
  // The caller has decided about colour, so the stream that this runs on is not asked again.
  return colour ? styleText(COLOURS[state], text, { validateStream: false }) : text
}
