import type { AuditLinkResult, LinkState } from '../domain/audit-source.ts'

/** How an audit ends, for scripts. */
export const EXIT_CODES: Readonly<Record<LinkState, number>> = { ok: 0, broken: 5, unchecked: 3 }

/** Broken if anything is; else unchecked if anything is: a link that could not be checked never passes for one that holds. */
export function verdictOf(results: readonly AuditLinkResult[]): LinkState {
  if (results.some(({ state }) => state === 'broken')) return 'broken'
  // An audit that found nothing to look at has shown nothing.
  if (results.length === 0 || results.some(({ state }) => state === 'unchecked')) return 'unchecked'
  return 'ok'
}

/** Whether re-running the selection gave the one on chain. */
export type SelectionVerdict = 'reproduced' | 'differs' | 'unchecked'

/** The state of a link by its name; one that was never walked is unchecked. */
export function stateOf(results: readonly AuditLinkResult[], link: string): LinkState {
  return results.find((result) => result.link === link)?.state ?? 'unchecked'
}

export function selectionVerdict(results: readonly AuditLinkResult[]): SelectionVerdict {
  const state = stateOf(results, 'selection')
  return state === 'ok' ? 'reproduced' : state === 'broken' ? 'differs' : 'unchecked'
}

/** How many of the tokens have links, all of which hold. */
export function identicalTokens(results: readonly AuditLinkResult[], tokenIds: readonly bigint[]): number {
  return tokenIds.filter((id) => {
    const links = results.filter(({ link }) => link.startsWith(`token ${id} `))
    return links.length > 0 && links.every(({ state }) => state === 'ok')
  }).length
}
