import type { PhaseRecord } from './deps.ts'

/** Where a phase stands at a moment of the chain's clock. */
export function phaseState(phase: PhaseRecord, time: number): 'upcoming' | 'open' | 'over' {
  if (time < phase.startsAt) return 'upcoming'
  return time < phase.endsAt ? 'open' : 'over'
}
