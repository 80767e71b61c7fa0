import { z } from 'zod'
import { canonicalJson, digestOfJson, parseJson } from './canonical-json.ts'
import type { Hex } from './digest.ts'
import { DomainError } from './errors.ts'
import type { Traits } from './traits.ts'

/** Demand when nothing is known: as likely to sell as not. */
export const NEUTRAL_DEMAND = 32_768

/**
 * What earlier sales say about each trait value: the parameters of a Beta distribution, without its prior.
 *
 * It is published with the drop that uses it, as demand.json, and its digest is part of the policy.
 */
export interface DemandSnapshot {
  readonly format: 'latentmint-demand-1'
  /** Earlier drops that it learned from, ascending. */
  readonly drops: readonly number[]
  readonly traits: Readonly<Record<string, Readonly<Record<string, Evidence>>>>
}

/** For and against a trait value, in whole observations. */
interface Evidence {
  /** Observations of demand: pieces with it that sold, twice when they sold early. */
  readonly alpha: number
  /** Observations of none: pieces with it that were offered and did not sell. */
  readonly beta: number
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
export function neutralSnapshot(): DemandSnapshot {
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
const snapshotSchema: z.ZodType<DemandSnapshot> = z.strictObject({
  format: z.literal('latentmint-demand-1'),
  drops: z.array(count),
  traits: z.record(z.string(), z.record(z.string(), z.strictObject({ alpha: count, beta: count }))),
})

/**
 * Reads demand.json.
 *
 * @throws {DemandInvalid} when it is something else
 */
export function readSnapshot(bytes: Uint8Array): DemandSnapshot {
  try {
    return snapshotSchema.parse(parseJson(bytes))
  } catch (cause) {
    throw new DemandInvalid('this is no demand snapshot (JSON, latentmint-demand-1)', { cause })
  }
}

/**
 * How much demand there is for a candidate: the mean, over its traits, of the probability that a piece with that value
 * sells.
 *
 * @returns 0 to 65535; 32768 when nothing is known of any of its traits
 * @see Beta-Bernoulli with the uniform prior Beta(1, 1): the posterior mean is (alpha + 1) / (alpha + beta + 2)
 */
export function demandOf(traits: Traits, snapshot: DemandSnapshot): number {
  const entries = Object.entries(traits)
  if (entries.length === 0) return NEUTRAL_DEMAND
  const sum = entries.reduce((total, [trait, value]) => total + posteriorMean(evidenceFor(snapshot, trait, value)), 0)
  return Math.min(0xffff, Math.floor(sum / entries.length))
}

/**
 * What is known after a drop.
 *
 * A piece sold within the first quarter of the sale counts twice. A collector's further pieces with the same trait value
 * count nothing, so that demand cannot be made by buying one's own pieces from one wallet.
 *
 * @throws {DemandInvalid} when the snapshot has learned from this drop already
 */
export function updateSnapshot(snapshot: DemandSnapshot, sales: DropSales): DemandSnapshot {
  if (snapshot.drops.includes(sales.drop)) {
    throw new DemandInvalid(`the snapshot has learned from drop ${sales.drop} already`)
  }
  const traits = new Map(
    Object.entries(snapshot.traits).map(([trait, values]) => [trait, new Map(Object.entries(values))]),
  )
  const counted = new Set<string>()
  for (const piece of sales.pieces) {
    for (const [trait, value] of Object.entries(piece.traits)) {
      const key = JSON.stringify([trait, value, piece.sale?.collector])
      const gained = piece.sale !== null && counted.has(key) ? { alpha: 0, beta: 0 } : evidenceOf(piece, sales.seconds)
      if (piece.sale !== null) counted.add(key)
      const values = traits.get(trait) ?? new Map<string, Evidence>()
      const known = values.get(value) ?? { alpha: 0, beta: 0 }
      traits.set(trait, values.set(value, { alpha: known.alpha + gained.alpha, beta: known.beta + gained.beta }))
    }
  }
  return {
    format: 'latentmint-demand-1',
    drops: [...snapshot.drops, sales.drop].toSorted((a, b) => a - b),
    traits: Object.fromEntries([...traits].map(([trait, values]) => [trait, Object.fromEntries(values)])),
  }
}

function evidenceOf(piece: OfferedPiece, seconds: number): Evidence {
  if (piece.sale === null) return { alpha: 0, beta: 1 }
  return { alpha: piece.sale.seconds * 4 <= seconds ? 2 : 1, beta: 0 }
}

function evidenceFor(snapshot: DemandSnapshot, trait: string, value: string): Evidence {
  const values = Object.hasOwn(snapshot.traits, trait) ? snapshot.traits[trait] : undefined
  const evidence = values !== undefined && Object.hasOwn(values, value) ? values[value] : undefined
  return evidence ?? { alpha: 0, beta: 0 }
}

/** In 1/65536. */
function posteriorMean({ alpha, beta }: Evidence): number {
  return Math.floor(((alpha + 1) * 65_536) / (alpha + beta + 2))
}
