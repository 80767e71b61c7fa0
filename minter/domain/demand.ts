import { z } from 'zod'
import { canonicalJson, digestOfJson, parseJson } from './canonical-json.ts'
import type { Hex } from './digest.ts'
import {
  addAttention,
  addCounts,
  type Attention,
  engagementPrior,
  type Interest,
  interestIn,
  NO_ATTENTION,
} from './engagement.ts'
import { DomainError } from './errors.ts'
import type { Traits } from './traits.ts'

/** Demand when nothing is known: as likely to sell as not. */
export const NEUTRAL_DEMAND = 32_768

/**
 * What earlier drops say about each trait value: the parameters of a Beta distribution without its prior, and what visitors
 * made of it.
 *
 * It is published with the drop that uses it, as demand.json, and its digest is part of the policy.
 */
export type DemandSnapshot = SalesSnapshot | LearnedSnapshot

/** A snapshot from before engagement was counted; it is read as it ever was, and no longer written but for the neutral one. */
interface SalesSnapshot {
  readonly format: 'latentmint-demand-1'
  /** Earlier drops that it learned from, ascending. */
  readonly drops: readonly number[]
  readonly traits: TraitTable<SalesEvidence>
}

/** A snapshot as it is written when a drop closes. */
export interface LearnedSnapshot {
  readonly format: 'latentmint-demand-2'
  /** Earlier drops that it learned from, by number. */
  readonly drops: readonly DropFacts[]
  readonly traits: TraitTable<Evidence>
}

/** By trait, then by value. */
type TraitTable<T> = Readonly<Record<string, Readonly<Record<string, T>>>>

/** For and against a trait value, in whole observations. */
interface SalesEvidence {
  /** Observations of demand: pieces with it that sold, twice when they sold early. */
  readonly alpha: number
  /** Observations of none: pieces with it that were offered and did not sell. */
  readonly beta: number
}

/** The same, with what visitors did before they bought or went away. */
export interface Evidence extends SalesEvidence, Interest {}

/** How a drop went, by the chain and, for the attention, by the pages. */
export interface DropFacts {
  readonly drop: number
  readonly offered: number
  readonly sold: number
  /** Different wallets that bought. */
  readonly collectors: number
  /** How long its pieces could be bought. */
  readonly seconds: number
  /** From the opening to the sale in the middle, the earlier of two; null when nothing sold. */
  readonly medianSeconds: number | null
  readonly attention: Attention
}

/** What became of a piece that was for sale. */
export interface OfferedPiece {
  readonly traits: Traits
  /** Null when it did not sell. */
  readonly sale: {
    /** From the moment it could first be bought. */
    readonly seconds: number
    readonly collector: string
  } | null
  /** What visitors of its pages did; none when nobody counted. */
  readonly attention?: Attention
}

/** A drop whose sale is over. */
export interface DropSales {
  readonly drop: number
  /** How long its pieces could be bought. */
  readonly seconds: number
  /** By rank. */
  readonly pieces: readonly OfferedPiece[]
}

/** A demand snapshot that cannot be read. */
export class DemandInvalid extends DomainError {
  readonly code = 'DEMAND_INVALID'
}

/** The snapshot of a collection that has sold nothing yet. */
export function neutralSnapshot(): SalesSnapshot {
  return { format: 'latentmint-demand-1', drops: [], traits: {} }
}

/** sha-256 of demand.json. */
export function snapshotDigest(snapshot: DemandSnapshot): Hex {
  return digestOfJson(snapshot)
}

/** The bytes of demand.json. */
export function snapshotJson(snapshot: DemandSnapshot): Uint8Array {
  return canonicalJson(snapshot)
}

const count = z.int().min(0).max(0xffffffff)
const sales = { alpha: count, beta: count }
const salesSchema: z.ZodType<SalesSnapshot> = z.strictObject({
  format: z.literal('latentmint-demand-1'),
  drops: z.array(count),
  traits: z.record(z.string(), z.record(z.string(), z.strictObject(sales))),
})
const learnedSchema: z.ZodType<LearnedSnapshot> = z.strictObject({
  format: z.literal('latentmint-demand-2'),
  drops: z.array(
    z.strictObject({
      drop: count,
      offered: count,
      sold: count,
      collectors: count,
      seconds: count,
      medianSeconds: count.nullable(),
      attention: z.strictObject({ view: count, dwell: count, save: count, reserve: count, mint: count }),
    }),
  ),
  traits: z.record(z.string(), z.record(z.string(), z.strictObject({ ...sales, views: count, points: count }))),
})
const snapshotSchema: z.ZodType<DemandSnapshot> = z.union([salesSchema, learnedSchema])

/**
 * Reads demand.json.
 *
 * @throws {DemandInvalid} when it is something else
 */
export function readSnapshot(bytes: Uint8Array): DemandSnapshot {
  try {
    return snapshotSchema.parse(parseJson(bytes))
  } catch (cause) {
    throw new DemandInvalid('this is no demand snapshot (JSON, latentmint-demand-1 or -2)', { cause })
  }
}

/** The numbers of the drops that a snapshot learned from, ascending. */
export function learnedFrom(snapshot: DemandSnapshot): readonly number[] {
  return snapshot.format === 'latentmint-demand-1' ? snapshot.drops : snapshot.drops.map(({ drop }) => drop)
}

/**
 * The same knowledge in the format that engagement goes into. What an old snapshot does not know of its drops is 0 or null.
 */
export function asLearned(snapshot: DemandSnapshot): LearnedSnapshot {
  if (snapshot.format === 'latentmint-demand-2') return snapshot
  const unknown = { offered: 0, sold: 0, collectors: 0, seconds: 0, medianSeconds: null, attention: NO_ATTENTION }
  const traits = Object.entries(snapshot.traits).map(([trait, values]) => {
    const entries = Object.entries(values).map(([value, known]) => [value, { ...known, views: 0, points: 0 }])
    return [trait, Object.fromEntries(entries)]
  })
  return {
    format: 'latentmint-demand-2',
    drops: snapshot.drops.map((drop) => ({ drop, ...unknown })),
    traits: Object.fromEntries(traits),
  }
}

/**
 * How much demand there is for a candidate: the mean, over its traits, of the probability that a piece with that value
 * sells.
 *
 * @returns 0 to 65535; 32768 when nothing is known of any of its traits
 * @see posteriorMean
 */
export function demandOf(traits: Traits, snapshot: DemandSnapshot): number {
  const entries = Object.entries(traits)
  if (entries.length === 0) return NEUTRAL_DEMAND
  const learned = asLearned(snapshot)
  const all = interestInAll(learned)
  const sum = entries.reduce((total, [trait, value]) => {
    return total + posteriorMean(evidenceFor(learned, trait, value), all)
  }, 0)
  return Math.min(0xffff, Math.floor(sum / entries.length))
}

/** Views and points over all pieces that the snapshot knows of. */
export function interestInAll({ traits }: LearnedSnapshot): Interest {
  // Every piece has one value of every trait, so that any trait counts them all; the largest, should they differ.
  return Object.values(traits).reduce<Interest>((largest, values) => {
    const sum = Object.values(values).reduce<Interest>(
      (total, { views, points }) => ({
        views: addCounts(total.views, views),
        points: addCounts(total.points, points),
      }),
      NO_INTEREST,
    )
    return sum.views > largest.views ? sum : largest
  }, NO_INTEREST)
}

const NO_INTEREST: Interest = { views: 0, points: 0 }

/**
 * The probability that a piece with a trait value sells.
 *
 * @param all what visitors made of all pieces
 * @returns in 1/65536, 0 to 65535
 * @see Beta-Bernoulli with the uniform prior Beta(1, 1), and the prior that engagement adds to it, of n observations of which
 *   the share p is for: the posterior mean is (alpha + 1 + n p) / (alpha + beta + 2 + n)
 */
export function posteriorMean(evidence: Evidence, all: Interest): number {
  const { alpha, beta } = evidence
  const { observations, share } = engagementPrior(evidence, all)
  return Math.floor(((alpha + 1) * 65_536 + observations * share) / (alpha + beta + 2 + observations))
}

/**
 * What is known after a drop.
 *
 * A piece sold within the first quarter of the sale counts twice. A collector's further pieces with the same trait value
 * count nothing, so that demand cannot be made by buying one's own pieces from one wallet.
 *
 * @throws {DemandInvalid} when the snapshot has learned from this drop already
 */
export function updateSnapshot(snapshot: DemandSnapshot, drop: DropSales): LearnedSnapshot {
  if (learnedFrom(snapshot).includes(drop.drop)) {
    throw new DemandInvalid(`the snapshot has learned from drop ${drop.drop} already`)
  }
  const before = asLearned(snapshot)
  const traits = new Map(
    Object.entries(before.traits).map(([trait, values]) => [trait, new Map(Object.entries(values))]),
  )
  const counted = new Set<string>()
  for (const piece of drop.pieces) {
    for (const [trait, value] of Object.entries(piece.traits)) {
      const key = JSON.stringify([trait, value, piece.sale?.collector])
      const isFurther = piece.sale !== null && counted.has(key)
      if (piece.sale !== null) counted.add(key)
      const gained = isFurther ? { alpha: 0, beta: 0 } : salesEvidence(piece, drop.seconds)
      const values = traits.get(trait) ?? new Map<string, Evidence>()
      const known = values.get(value) ?? { alpha: 0, beta: 0, ...NO_INTEREST }
      const sum = addEvidence(known, { ...gained, ...interestIn(piece.attention ?? NO_ATTENTION) })
      traits.set(trait, values.set(value, sum))
    }
  }
  return {
    format: 'latentmint-demand-2',
    drops: [...before.drops, factsOf(drop)].toSorted((a, b) => a.drop - b.drop),
    traits: Object.fromEntries([...traits].map(([trait, values]) => [trait, Object.fromEntries(values)])),
  }
}

function addEvidence(a: Evidence, b: Evidence): Evidence {
  return {
    alpha: addCounts(a.alpha, b.alpha),
    beta: addCounts(a.beta, b.beta),
    views: addCounts(a.views, b.views),
    points: addCounts(a.points, b.points),
  }
}

function factsOf({ drop, seconds, pieces }: DropSales): DropFacts {
  const sold = pieces.flatMap(({ sale }) => (sale === null ? [] : [sale]))
  const times = sold.map((sale) => sale.seconds).toSorted((a, b) => a - b)
  return {
    drop,
    offered: pieces.length,
    sold: sold.length,
    collectors: new Set(sold.map(({ collector }) => collector)).size,
    seconds,
    medianSeconds: times[Math.floor((times.length - 1) / 2)] ?? null,
    attention: pieces.reduce((sum, { attention = NO_ATTENTION }) => addAttention(sum, attention), NO_ATTENTION),
  }
}

function salesEvidence(piece: OfferedPiece, seconds: number): SalesEvidence {
  if (piece.sale === null) return { alpha: 0, beta: 1 }
  return { alpha: piece.sale.seconds * 4 <= seconds ? 2 : 1, beta: 0 }
}

function evidenceFor(snapshot: LearnedSnapshot, trait: string, value: string): Evidence {
  const values = Object.hasOwn(snapshot.traits, trait) ? snapshot.traits[trait] : undefined
  const evidence = values !== undefined && Object.hasOwn(values, value) ? values[value] : undefined
  return evidence ?? { alpha: 0, beta: 0, ...NO_INTEREST }
}
