import { readFileSync } from 'node:fs'
import type { Hex } from '../../minter/domain/digest.ts'

/** test/vectors/commitment.json, made by an implementation of its own; the contracts are held to the same file. */
export interface CommitmentVector {
  readonly draw: {
    readonly beacon: Hex
    readonly salt: Hex
    readonly chainId: number
    readonly collection: Hex
    readonly drop: number
    readonly policyDigest: Hex
    readonly saltHash: Hex
    readonly masterSeed: Hex
    readonly seeds: readonly { readonly index: number; readonly seed: Hex }[]
  }
  readonly ranking: Readonly<
    Record<'minScore' | 'minRarity' | 'minDemand' | 'weightScore' | 'weightRarity' | 'weightDemand' | 'size', number>
  >
  readonly candidates: readonly VectorCandidate[]
  readonly tree: {
    readonly depth: number
    readonly root: Hex
    readonly ofTheFirst: readonly { readonly count: number; readonly root: Hex }[]
  }
  readonly allowlist: {
    readonly root: Hex
    readonly entries: readonly {
      readonly wallet: Hex
      readonly limit: number
      readonly priceWei: string
      readonly leaf: Hex
      readonly proof: readonly Hex[]
    }[]
  }
  readonly shares: {
    readonly root: Hex
    readonly entries: readonly {
      readonly account: Hex
      readonly shares: number
      readonly position: number
      readonly siblings: readonly { readonly hash: Hex; readonly sum: number | string }[]
    }[]
  }
  readonly lineage: {
    readonly dataset: { root: Hex; items: number; sharesRoot: Hex; licence: string; uri: string }
    readonly datasetId: Hex
    readonly model: {
      bundleDigest: Hex
      recipeDigest: Hex
      dataset: Hex
      parent: Hex
      sharesRoot: Hex
      cap: number
      licence: string
      uri: string
    }
    readonly registrant: Hex
    readonly modelId: Hex
  }
  readonly voucher: {
    readonly domain: { readonly chainId: number; readonly verifyingContract: Hex }
    readonly message: { to: Hex; drop: number; phase: number; rank: number; priceWei: string; deadline: number }
    readonly digest: Hex
  }
  readonly directory: { readonly digest: Hex; readonly cid: string }
}

/** A candidate of the vector, by rank. */
interface VectorCandidate {
  readonly rank: number
  readonly index: number
  readonly score: number
  readonly rarity: number
  readonly demand: number
  readonly reason: number
  readonly drop: number
  readonly rankKey: string
  readonly facts: string
  readonly pixelDigest: Hex
  readonly artifactDigest: Hex
  readonly leaf: Hex
  readonly proof: readonly Hex[]
}

export const commitment = JSON.parse(
  readFileSync(new URL('../vectors/commitment.json', import.meta.url), 'utf8'),
) as CommitmentVector

/** The vector's thresholds and weights as the domain has them. */
export const rankTerms = {
  thresholds: {
    score: commitment.ranking.minScore,
    rarity: commitment.ranking.minRarity,
    demand: commitment.ranking.minDemand,
  },
  weights: {
    score: commitment.ranking.weightScore,
    rarity: commitment.ranking.weightRarity,
    demand: commitment.ranking.weightDemand,
  },
}
