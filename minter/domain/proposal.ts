import { counted } from './counted.ts'
import { asLearned, type DemandSnapshot, type DropFacts, type LearnedSnapshot, snapshotDigest } from './demand.ts'
import { affordableCandidates, type Guardrails, GuardrailsImpossible } from './guardrails.ts'
import type { Policy } from './policy.ts'
import { METRICS } from './ranking.ts'

/** One line of a policy file that a proposal changes, with what speaks for it. */
export interface Change {
  /** Keys from the top of the file. */
  readonly path: readonly [string, ...string[]]
  readonly from: string | number | null
  readonly to: string | number
  /** What was observed, and the rule that it set off. */
  readonly because: string
}

/** Pieces offered at which what was learned weighs half as much as it ever may. */
const HALF_CONFIDENT = 100
/** Weights are at least this fine, so that demand's part can be set to a per cent. */
const FINENESS = 100

/**
 * The next policy's differences from this one: what earlier drops tell, within the guardrails, and every change with its
 * evidence. Nothing but integers decides, so that everybody who has the three files comes to the same proposal.
 *
 * @param demandPath how the next policy names the snapshot
 * @returns in the order of the policy file; none when nothing speaks for another policy
 * @throws {GuardrailsImpossible} when the spending cap does not pay for a drop of one candidate
 */
export function proposeChanges(
  policy: Policy,
  snapshot: DemandSnapshot,
  guardrails: Guardrails,
  demandPath: string,
): readonly Change[] {
  const learned = asLearned(snapshot)
  const last = learned.drops.at(-1)
  const isNew = learned.drops.length > 0 && policy.demand !== snapshotDigest(snapshot)
  const candidates = proposeCandidates(policy, last, guardrails)
  const edition = proposeEdition(policy, last, guardrails, candidates?.to ?? policy.candidates)
  return [
    ...(candidates === null ? [] : [candidates]),
    ...(edition === null ? [] : [edition]),
    ...proposeThresholds(policy, last, guardrails),
    ...proposeWeights(policy, learned, guardrails),
    ...(isNew ? [proposeDemand(policy, learned, demandPath)] : []),
  ]
}

interface NumberChange extends Change {
  readonly to: number
}

/** Changes nothing where there is nothing to change. */
function numberChange(
  path: Change['path'],
  from: number,
  to: number,
  because: string,
): readonly [NumberChange] | readonly [] {
  return from === to ? [] : [{ path, from, to, because }]
}

/** More only when a lower bar may not help, and never more than the spending cap pays for. */
function proposeCandidates(
  policy: Policy,
  last: DropFacts | undefined,
  { spending, floors }: Guardrails,
): NumberChange | null {
  const affordable = affordableCandidates(spending)
  if (affordable < 1) {
    throw new GuardrailsImpossible('the spending cap does not pay for a drop of one candidate')
  }
  const { candidates } = policy
  if (candidates > affordable) {
    const because = `the spending cap pays for ${affordable} candidates`
    return numberChange(['candidates'], candidates, affordable, because)[0] ?? null
  }
  const short = fellShort(policy, last)
  if (short === null || METRICS.some((metric) => policy.thresholds[metric] > floors[metric])) return null
  const more = Math.min(affordable, Math.floor((candidates * 5) / 4))
  return (
    numberChange(
      ['candidates'],
      candidates,
      more,
      `${short}, and the thresholds are at their floors: a quarter more`,
    )[0] ?? null
  )
}

/** What to say when fewer candidates passed than there was room for; null when enough did. */
function fellShort({ edition }: Policy, last: DropFacts | undefined): string | null {
  if (last === undefined || last.seconds === 0 || last.offered >= edition) return null
  return `${last.offered} of ${edition} places were filled in drop ${last.drop}`
}

function proposeEdition(
  { edition }: Policy,
  last: DropFacts | undefined,
  { editionCap }: Guardrails,
  candidates: number,
): NumberChange | null {
  const most = Math.min(editionCap, candidates)
  const wanted = editionBySales(edition, last)
  const cap = `at most ${most}`
  const because =
    wanted.edition <= most ? wanted.because : wanted.edition === edition ? cap : `${wanted.because}, ${cap}`
  return numberChange(['edition'], edition, Math.min(most, wanted.edition), because)[0] ?? null
}

interface Wanted {
  readonly edition: number
  readonly because: string
}

function editionBySales(edition: number, last: DropFacts | undefined): Wanted {
  if (last === undefined) return { edition, because: '' }
  const { drop, offered, sold, seconds, medianSeconds } = last
  if (soldOutEarly(last) && offered >= edition) {
    const because = `all ${offered} of drop ${drop} sold, half of them within ${medianSeconds} of ${seconds} s: a fifth more`
    return { edition: Math.max(edition + 1, Math.floor((edition * 6) / 5)), because }
  }
  if (sold * 2 < offered) {
    const because = `${sold} of ${offered} of drop ${drop} sold: a fifth fewer`
    return { edition: Math.max(1, Math.floor((edition * 4) / 5)), because }
  }
  return { edition, because: '' }
}

function soldOutEarly({ offered, sold, seconds, medianSeconds }: DropFacts): boolean {
  return offered > 0 && sold === offered && medianSeconds !== null && medianSeconds * 4 <= seconds
}

/** Lowers the bar by a twentieth where it left places empty, down to the floors; raises what is below them. */
function proposeThresholds(policy: Policy, last: DropFacts | undefined, { floors }: Guardrails): readonly Change[] {
  const short = fellShort(policy, last)
  return METRICS.flatMap((metric) => {
    const now = policy.thresholds[metric]
    const floor = floors[metric]
    const path = ['thresholds', metric] as const
    if (now < floor) return numberChange([...path], now, floor, `the floor is ${floor}`)
    if (short === null) return []
    const to = Math.max(floor, Math.floor((now * 19) / 20))
    return numberChange([...path], now, to, `${short}: a twentieth lower, not below ${floor}`)
  })
}

/** Demand's part of the weights grows with the number of pieces that were ever offered. */
function proposeWeights(policy: Policy, snapshot: LearnedSnapshot, { demandShare }: Guardrails): readonly Change[] {
  const { score, rarity, demand } = policy.weights
  const within = demand * 100 <= demandShare * (score + rarity + demand)
  if (score + rarity === 0 || (snapshot.drops.length === 0 && within)) return []
  const offered = snapshot.drops.reduce((sum, drop) => sum + drop.offered, 0)
  const sold = snapshot.drops.reduce((sum, drop) => sum + drop.sold, 0)
  // In 1/1000 of all weights.
  const part = Math.floor((demandShare * 10 * offered) / (offered + HALF_CONFIDENT))
  const factor = Math.ceil(FINENESS / (score + rarity))
  const others = factor * (score + rarity)
  const to = Math.min(0xffff, Math.floor((others * part) / (1000 - part)))
  if (to === factor * demand) return []
  const because = `${sold} of ${offered} offered pieces sold in ${counted(snapshot.drops.length, 'drop')}: demand gets ${percent(part)} % of the weights, and never more than ${demandShare} %`
  const finer = `times ${factor}, which leaves the order as it is, so that demand's part can be set to a per cent`
  return [
    ...numberChange(['weights', 'score'], score, factor * score, finer),
    ...numberChange(['weights', 'rarity'], rarity, factor * rarity, finer),
    ...numberChange(['weights', 'demand'], demand, to, because),
  ]
}

function percent(thousandths: number): string {
  return `${Math.floor(thousandths / 10)}.${thousandths % 10}`
}

function proposeDemand(policy: Policy, { drops }: LearnedSnapshot, demandPath: string): Change {
  const { view, save, reserve } = drops
    .map(({ attention }) => attention)
    .reduce(
      (sum, one) => ({ view: sum.view + one.view, save: sum.save + one.save, reserve: sum.reserve + one.reserve }),
      { view: 0, save: 0, reserve: 0 },
    )
  const because = `learned from ${drops.length === 1 ? 'drop' : 'drops'} ${drops.map(({ drop }) => drop).join(', ')}; visitors made ${view} views, ${save} saves, ${reserve} reservations`
  return { path: ['demand'], from: policy.demand, to: demandPath, because }
}
