import type { Drop, Phase } from './answers.ts'

/** What of a drop decides whether and for how much something can be had. */
export type Sale = Pick<Drop, 'phases' | 'stage' | 'liveAt'>

/** A phase that is announced for earlier opens when the selection can no longer be challenged; Unix seconds. */
export function opensAt({ liveAt }: Pick<Sale, 'liveAt'>, phase: Phase): number {
  return Math.max(phase.startsAt, liveAt ?? 0)
}

/** @param time Unix seconds by the chain's clock */
export function stateAt(sale: Pick<Sale, 'liveAt'>, phase: Phase, time: number): Phase['state'] {
  if (phase.endsAt <= time) return 'over'
  return opensAt(sale, phase) <= time ? 'open' : 'upcoming'
}

/** The phases that can be minted in now, in the order of the announcement. */
export function openPhases(sale: Sale, time: number): readonly Phase[] {
  return sale.phases.filter((phase) => stateAt(sale, phase, time) === 'open')
}

/** The phase that opens next. */
export function nextPhase(sale: Sale, time: number): Phase | undefined {
  return sale.phases
    .filter((phase) => stateAt(sale, phase, time) === 'upcoming')
    .toSorted((a, b) => opensAt(sale, a) - opensAt(sale, b))[0]
}

/** Whether nothing of the drop can be had any more, whatever its phases say. */
export function isOver({ stage }: Pick<Sale, 'stage'>): boolean {
  return stage === 'closed' || stage === 'voided'
}

/**
 * A public phase's price at a moment, falling evenly from its first to its last: what the chain asks then, but for the
 * chain's rounding to its own units. For looking at; what is paid is read from the chain.
 *
 * @param time Unix seconds, held within the phase
 * @returns wei
 */
export function priceAt({ price, startsAt, endsAt }: Phase, time: number): bigint {
  const [start, end] = [BigInt(price.startWei), BigInt(price.endWei)]
  const past = BigInt(Math.floor(Math.min(endsAt, Math.max(startsAt, time)) - startsAt))
  return start - ((start - end) * past) / BigInt(Math.max(1, endsAt - startsAt))
}
