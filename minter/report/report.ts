import type { Hex } from '../domain/digest.ts'
import type { Funnel } from '../domain/funnel.ts'
import type { Metrics } from '../domain/ranking.ts'

interface ReportCandidate extends Metrics {
  readonly rank: number
  /** 0, or why it was disqualified. */
  readonly reason: number
  readonly traits: Readonly<Record<string, string>>
}

/** A piece of the edition, with what is needed to check it. */
export interface ReportPiece extends Metrics {
  readonly rank: number
  readonly tokenId: string
  readonly index: number
  readonly seed: Hex
  /** Information content against all candidates, in bits. */
  readonly rarityBits: number
  readonly traits: Readonly<Record<string, string>>
  readonly pixelDigest: Hex
  readonly artifactDigest: Hex
  /** Where a browser finds the picture: a path beside the page, or a data: URI. */
  readonly image: string
}

interface ReportProvenance {
  readonly masterSeed: Hex
  readonly seedBlock: number
  readonly policyDigest: Hex
  readonly modelId: Hex
  readonly bundleDigest: Hex
  readonly recipeDigest: Hex
  readonly datasetRoot: Hex
  readonly root: Hex
  /** CID of the drop's directory; null before it is published. */
  readonly directory: string | null
  /** The file with everything that an audit reads; null before it is written. */
  readonly archive: { readonly name: string; readonly digest: Hex; readonly bytes: number } | null
}

/** Everything that the page about a drop tells. */
export interface Report {
  readonly name: string
  readonly story: string
  readonly drop: number
  readonly chainId: number
  readonly collection: string
  /** All of them, by rank. */
  readonly candidates: readonly ReportCandidate[]
  readonly funnel: Omit<Funnel, 'distributions'>
  readonly thresholds: Metrics
  readonly weights: Metrics
  readonly pieces: readonly ReportPiece[]
  readonly vetoes: readonly { readonly index: number; readonly reason: string }[]
  readonly contactSheet: string | null
  readonly provenance: ReportProvenance
  readonly model: { readonly name: string; readonly kimg: number; readonly licence: string }
  readonly dataset: { readonly name: string; readonly files: number; readonly licence: string }
  /** Where an auditor reaches chain and content, for the ready-made commands. */
  readonly check: { readonly rpc: string; readonly gateway: string }
}
