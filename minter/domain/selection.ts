import { demandOf, type DemandSnapshot } from './demand.ts'
import type { Hex } from './digest.ts'
import { describeFunnel, type Funnel } from './funnel.ts'
import { REASONS } from './leaf.ts'
import { findResemblances } from './novelty.ts'
import type { Policy } from './policy.ts'
import { logitOfBits, type ScaleOf, scoreFromLogit } from './quality.ts'
import { editionSize, type Metrics, rankCandidates, rankClass, type RankTerms } from './ranking.ts'
import { rarityMetric, type RarityTable, rarityTable } from './rarity.ts'
import type { Traits } from './traits.ts'
import type { Veto } from './vetoes.ts'

/** What was measured of a candidate's image; nothing in it is a choice. */
export interface MeasuredCandidate {
  /** 0 to N-1. */
  readonly index: number
  readonly pixelDigest: Hex
  /** The discriminator's float32 answer, as its 32 bits. */
  readonly logitBits: number
  readonly features: Int8Array
  readonly traits: Traits
  /** Whether the image is broken, see qa.ts. */
  readonly flat: boolean
}

/** Everything a selection depends on. */
export interface SelectionInput {
  readonly policy: Policy
  /** In any order. */
  readonly candidates: readonly MeasuredCandidate[]
  readonly snapshot: DemandSnapshot
  /** Features of the pieces minted in earlier drops of the collection by the same model. */
  readonly earlier: readonly Int8Array[]
  readonly vetoes: readonly Veto[]
  /** Whether the policy admits the licences of model and dataset. */
  readonly licenceOk: boolean
  readonly scaleOf: ScaleOf
  /** Candidates whose PNG turned out larger than the policy allows. */
  readonly oversize?: readonly number[]
}

/** A candidate with its place. */
export interface RankedCandidate extends MeasuredCandidate, Metrics {
  /** Position in the tree, from 0. */
  readonly rank: number
  /** Not capped, in 1/2048 bit. */
  readonly rarityBits: number
  readonly reason: number
  /** Index of the better candidate that it looks like, for reason 3. */
  readonly resembles: number | null
}

/** The outcome of a drop, the same for everyone who computes it. */
export interface Selection {
  /** All N, by rank. */
  readonly ranked: readonly RankedCandidate[]
  /** How many have nothing against them and reach every threshold. */
  readonly passed: number
  /** How many are for sale: ranks 0 to edition - 1. None is a valid outcome. */
  readonly edition: number
  readonly funnel: Funnel
  /** How often each trait value occurs among the candidates whose image is sound. */
  readonly rarity: RarityTable
}

type Scored = Omit<RankedCandidate, 'rank'>

/**
 * Selects: measures become numbers, rules disqualify, the policy's weights order.
 *
 * 1. Rules that look at one candidate or its twin, the first that applies: broken image, exact duplicate (the lower index
 *    stays), licence, specification, veto.
 * 2. Score, rarity and demand of each. The pool in which rarity is counted is every candidate whose image is sound.
 * 3. From the best to the worst: what resembles an earlier piece falls, then what resembles a better candidate that stayed.
 * 4. Order by the chain's key; the first K that reach every threshold are for sale.
 */
export function select(input: SelectionInput): Selection {
  const { policy } = input
  const table = rarityTable(input.candidates.filter(({ flat }) => !flat).map(({ traits }) => traits))
  const reasons = ownReasons(input)
  const scored = input.candidates.map((candidate) => {
    const reason = reasons.get(candidate.index) ?? REASONS.none
    return { ...candidate, ...measure(candidate, input, table), reason, resembles: null }
  })
  const ordered = rankCandidates(disqualifyResemblances(scored, input), policy)
  const ranked = ordered.map((candidate, rank) => ({ ...candidate, rank }))
  const passed = ranked.filter((candidate) => rankClass(candidate, policy.thresholds) === 2).length
  const edition = editionSize(ranked, policy.thresholds, policy.edition)
  return { ranked, passed, edition, funnel: describeFunnel(ranked, policy, edition), rarity: table }
}

function measure(
  candidate: MeasuredCandidate,
  input: SelectionInput,
  table: RarityTable,
): Metrics & { readonly rarityBits: number } {
  // The traits of a broken image are rare for the wrong reason.
  const rarityBits = candidate.flat ? 0 : table.bits(candidate.traits)
  return {
    score: scoreFromLogit(logitOfBits(candidate.logitBits), input.scaleOf(candidate.index)),
    rarity: rarityMetric(rarityBits),
    rarityBits,
    demand: demandOf(candidate.traits, input.snapshot),
  }
}

/** The reasons that need no order; a candidate that is missing from the map has none. */
function ownReasons(input: SelectionInput): ReadonlyMap<number, number> {
  const vetoed = new Set(input.vetoes.map(({ index }) => index))
  const oversize = new Set(input.oversize)
  const seen = new Set<Hex>()
  const reasons = new Map<number, number>()
  for (const { index, flat, pixelDigest } of input.candidates.toSorted((a, b) => a.index - b.index)) {
    const rules: readonly (readonly [boolean, number])[] = [
      [flat, REASONS.brokenImage],
      [seen.has(pixelDigest), REASONS.exactDuplicate],
      [!input.licenceOk, REASONS.licence],
      [oversize.has(index), REASONS.specification],
      [vetoed.has(index), REASONS.vetoed],
    ]
    const broken = rules.find(([applies]) => applies)
    if (broken !== undefined) reasons.set(index, broken[1])
    seen.add(pixelDigest)
  }
  return reasons
}

function disqualifyResemblances(scored: readonly Scored[], input: SelectionInput): readonly Scored[] {
  const terms: RankTerms = input.policy
  const sound = rankCandidates(
    scored.filter(({ reason }) => reason === REASONS.none),
    terms,
  )
  const resemblances = findResemblances(sound, input.earlier, input.policy.qa)
  const kept = sound.map((candidate, i): Scored => {
    const found = resemblances[i] ?? null
    if (found === null) return candidate
    if (found.kind === 'earlier') return { ...candidate, reason: REASONS.nearEarlierPiece }
    return { ...candidate, reason: REASONS.nearDuplicate, resembles: found.other.index }
  })
  return [...kept, ...scored.filter(({ reason }) => reason !== REASONS.none)]
}
