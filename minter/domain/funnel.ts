import { REASONS } from './leaf.ts'
import { METRICS, type Metrics, type Rankable } from './ranking.ts'

/** How a thousand candidates became an edition, for people. */
export interface Funnel {
  readonly candidates: number
  /** In this order; each counts those that the filters before it had left. */
  readonly steps: readonly FunnelStep[]
  /**
   * The filter that costs most: which one, lifted alone, would admit the most candidates. 'edition size' when more pass
   * than are for sale, null when every candidate is for sale.
   */
  readonly binding: string | null
  /** Over the candidates whose image is sound. */
  readonly distributions: readonly Distribution[]
}

/** One filter. */
export interface FunnelStep {
  readonly filter: string
  readonly fell: number
  readonly left: number
}

/** How a number is spread; every figure is the value of some candidate, 0 where there is none. */
interface Distribution {
  readonly metric: keyof Metrics
  readonly least: number
  readonly p10: number
  readonly p25: number
  readonly median: number
  readonly p75: number
  readonly p90: number
  readonly most: number
}

/** The words for each reason, as pages and reports show them. */
const REASON_NAMES: Readonly<Record<number, string>> = {
  [REASONS.none]: 'none',
  [REASONS.brokenImage]: 'broken image',
  [REASONS.exactDuplicate]: 'exact duplicate',
  [REASONS.nearDuplicate]: 'near duplicate',
  [REASONS.nearEarlierPiece]: 'near an earlier piece',
  [REASONS.specification]: 'specification',
  [REASONS.licence]: 'licence',
  [REASONS.vetoed]: 'vetoed',
}

/** The filter whose relaxation would need a larger edition, not a lower bar. */
const EDITION_SIZE = 'edition size'

interface Terms {
  readonly thresholds: Metrics
}

/**
 * @param ranked all candidates
 * @param edition how many are for sale
 */
export function describeFunnel(ranked: readonly Rankable[], terms: Terms, edition: number): Funnel {
  const filters = filtersOf(terms)
  const steps: FunnelStep[] = []
  let left = ranked
  for (const [filter, fails] of filters) {
    const kept = left.filter((candidate) => !fails(candidate))
    steps.push({ filter, fell: left.length - kept.length, left: kept.length })
    left = kept
  }
  steps.push({ filter: EDITION_SIZE, fell: left.length - edition, left: edition })
  const sound = ranked.filter(({ reason }) => reason !== REASONS.brokenImage)
  return {
    candidates: ranked.length,
    steps,
    binding: left.length > edition ? EDITION_SIZE : (costliest(ranked, filters) ?? steepest(steps)),
    distributions: METRICS.map((metric) => distribution(metric, sound)),
  }
}

type Filter = readonly [name: string, fails: (candidate: Rankable) => boolean]

/** The word for a reason of REASONS. */
export function reasonName(reason: number): string {
  return REASON_NAMES[reason] ?? `reason ${reason}`
}

function because(reason: number): Filter {
  return [reasonName(reason), (candidate) => candidate.reason === reason]
}

function filtersOf({ thresholds }: Terms): readonly Filter[] {
  return [
    because(REASONS.brokenImage),
    because(REASONS.exactDuplicate),
    because(REASONS.licence),
    because(REASONS.specification),
    because(REASONS.vetoed),
    ...METRICS.map((metric): Filter => [metric, (candidate) => candidate[metric] < thresholds[metric]]),
    because(REASONS.nearEarlierPiece),
    because(REASONS.nearDuplicate),
  ]
}

/** The filter that the most candidates fail and no other; the earlier one when two cost the same. */
function costliest(ranked: readonly Rankable[], filters: readonly Filter[]): string | null {
  const costs = new Map<string, number>()
  for (const candidate of ranked) {
    const [first, second] = filters.filter(([, fails]) => fails(candidate))
    if (first !== undefined && second === undefined) costs.set(first[0], (costs.get(first[0]) ?? 0) + 1)
  }
  const worst = filters.map(([name]) => name).toSorted((a, b) => (costs.get(b) ?? 0) - (costs.get(a) ?? 0))
  return worst[0] !== undefined && costs.has(worst[0]) ? worst[0] : null
}

/** Where the most fell, for a pool in which everything that falls falls twice. */
function steepest(steps: readonly FunnelStep[]): string | null {
  const [step] = steps.toSorted((a, b) => b.fell - a.fell)
  return step !== undefined && step.fell > 0 ? step.filter : null
}

function distribution(metric: keyof Metrics, candidates: readonly Rankable[]): Distribution {
  const sorted = candidates.map((candidate) => candidate[metric]).toSorted((a, b) => a - b)
  const at = (percent: number): number => sorted[Math.floor(((sorted.length - 1) * percent) / 100)] ?? 0
  return {
    metric,
    least: at(0),
    p10: at(10),
    p25: at(25),
    median: at(50),
    p75: at(75),
    p90: at(90),
    most: at(100),
  }
}
