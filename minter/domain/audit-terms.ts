import { agree, type Comparison, type Found } from './audit-link.ts'
import type { ChainDrop } from './audit-source.ts'
import { phaseTerms } from './phase-terms.ts'
import type { Phase, Policy } from './policy.ts'
import { METRICS } from './ranking.ts'

/**
 * Whether what was announced is what the policy says.
 *
 * The policy may count times from the announcement; then all of them must count from the same second.
 */
export function auditTerms(chain: ChainDrop, policy: Policy): Found<true> {
  const anchor =
    policy.phases.map((phase, i) => anchorOf(phase, chain.phases[i])).find((second) => second !== null) ?? 0
  return agree(true, 'the announced numbers are those of the policy', [
    { what: 'the number of candidates', expected: policy.candidates, actual: chain.candidates },
    { what: 'the size of the edition', expected: policy.edition, actual: chain.size },
    ...METRICS.flatMap((metric): readonly Comparison[] => [
      { what: `the threshold of ${metric}`, expected: policy.thresholds[metric], actual: chain.thresholds[metric] },
      { what: `the weight of ${metric}`, expected: policy.weights[metric], actual: chain.weights[metric] },
    ]),
    {
      what: 'the challenge window',
      expected: policy.schedule.challengeWindowSeconds,
      actual: chain.challengeWindow,
    },
    { what: 'the number of phases', expected: policy.phases.length, actual: chain.phases.length },
    ...policy.phases.flatMap((phase, i) => comparePhase(phase, i, chain, anchor)),
  ])
}

function comparePhase(phase: Phase, position: number, chain: ChainDrop, anchor: number): readonly Comparison[] {
  const announced = chain.phases[position]
  if (announced === undefined) return []
  // A signer that the policy leaves to the operator is whoever was announced.
  const expected = phaseTerms(phase, anchor, `0x${announced.gate.slice(-40)}`)
  const fields = ['kind', 'start', 'end', 'walletLimit', 'priceStartWei', 'priceEndWei', 'gate'] as const
  return fields.map((field) => ({
    what: `${field} of phase ${position}`,
    expected: expected[field],
    actual: announced[field],
  }))
}

/** The second from which a phase's times count; null when it has moments only. */
function anchorOf(
  phase: Phase,
  announced: { readonly start: number; readonly end: number } | undefined,
): number | null {
  if (announced === undefined) return null
  if (phase.start.from === 'announcement') return announced.start - phase.start.seconds
  return phase.end.from === 'announcement' ? announced.end - phase.end.seconds : null
}
