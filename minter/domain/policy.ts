import { canonicalJson, digestOfJson } from './canonical-json.ts'
import type { Hex } from './digest.ts'
import type { PhaseKind } from './phase-terms.ts'
import { PolicyInvalid, problemsOf } from './policy-problem.ts'
import { policyFileSchema, type SnapshotReader } from './policy-file.ts'
import { readYaml } from './policy-yaml.ts'
import type { Metrics } from './ranking.ts'

/**
 * The rules of a drop, in the form that is hashed and published as policy.json.
 *
 * Everything is fixed before the seeds are drawn: text, integers, wei as decimal strings.
 */
export interface Policy {
  readonly format: 'latentmint-policy-1'
  readonly name: string
  readonly story: string
  readonly collection: CollectionText
  /** Name of the model, or path of its bundle as the operator wrote it. */
  readonly model: string
  /** N: how many are made, 1 to 65535. */
  readonly candidates: number
  /** K: how many of them are for sale at most. */
  readonly edition: number
  /** What a candidate must reach to be for sale; each 0 to 65535. */
  readonly thresholds: Metrics
  /** How the three numbers weigh in the order; each 0 to 65535, not all 0. */
  readonly weights: Metrics
  readonly qa: QualityRules
  readonly royalty: { readonly bps: number }
  readonly phases: readonly Phase[]
  readonly schedule: Schedule
  /** sha-256 of the demand snapshot's canonical JSON; null for neutral demand. */
  readonly demand: Hex | null
}

/** What the collection calls itself. */
interface CollectionText {
  readonly name: string
  readonly symbol: string
  readonly description: string
  /** An `ipfs://` or `https://` address; null for the first piece. */
  readonly image: string | null
  readonly externalLink: string | null
}

/** What a candidate must not be. */
export interface QualityRules {
  /** Squared distance of features below which two candidates count as near duplicates; 0 turns the rule off. */
  readonly minDistance: number
  /** The same against pieces minted in earlier drops of the collection. */
  readonly minDistanceEarlier: number
  /** Largest PNG, in bytes; at most 1 MiB, so that a file is one block and its digest is its CID. */
  readonly maxBytes: number
  /** SPDX identifiers, of which each licence of model and dataset must be one. */
  readonly licences: readonly string[]
}

/** A time of the sale: so many seconds after the announcement, or a moment in Unix seconds. */
export interface PhaseTime {
  readonly from: 'announcement' | 'epoch'
  readonly seconds: number
}

/** One window of the sale. */
export interface Phase {
  readonly name: string
  readonly kind: PhaseKind
  readonly start: PhaseTime
  /** First second after it. */
  readonly end: PhaseTime
  /** Pieces per wallet in this phase; 0 for no limit. */
  readonly limit: number
  /** In wei, multiples of 1e12. Public: falls linearly from start to end. Voucher: endWei is the floor. */
  readonly price: { readonly startWei: string; readonly endWei: string }
  /** Empty but in allowlist phases. */
  readonly allowlist: readonly { readonly wallet: Hex; readonly limit: number; readonly priceWei: string }[]
  /** Who signs vouchers; null for the operator's own signer. */
  readonly signer: Hex | null
}

/** When things may happen. */
interface Schedule {
  /** Blocks from the announcement to the block whose hash seeds the drop; 1 or more. */
  readonly seedDelayBlocks: number
  /** Seconds from the commit to the first sale, in which anyone may challenge. */
  readonly challengeWindowSeconds: number
  /** How many places must hold the directory before anything is sold; all there are when left out. */
  readonly pins?: number
}

/**
 * Reads a policy as an operator writes it.
 *
 * @param text YAML; docs of the fields stand in policy-file.ts
 * @param source what to call it in messages, usually its path
 * @param readSnapshot returns the bytes of the demand snapshot that the policy names; needed only when it names one
 * @throws {PolicyInvalid} with every problem: where, what came, what is wanted, and for an unknown key the nearest known
 */
export function parsePolicy(text: string, source: string, readSnapshot?: SnapshotReader): Policy {
  const yaml = readYaml(text)
  if (yaml.problems.length > 0) throw new PolicyInvalid(source, yaml.problems)
  const parsed = policyFileSchema(readSnapshot).safeParse(yaml.value)
  if (!parsed.success) throw new PolicyInvalid(source, problemsOf(parsed.error, yaml.value, yaml.lineOf))
  return parsed.data
}

/** The bytes of policy.json. */
export function policyJson(policy: Policy): Uint8Array {
  return canonicalJson(policy)
}

/** sha-256 of policy.json, which is announced before the seeds exist. */
export function policyDigest(policy: Policy): Hex {
  return digestOfJson(policy)
}
