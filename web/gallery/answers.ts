/** What the API answers, as these pages use it; test/http/answers.test.ts holds it to the server's own shapes. */

export type Hex = `0x${string}`

export interface Network {
  readonly chainId: number
  readonly name: string
  readonly rpcUrl: string
  readonly currency: string
  readonly explorerUrl: string | null
  readonly gateways: readonly string[]
  /** Blocks after which a transaction is called final where the chain names no finalised block. */
  readonly confirmations: number
  /** The node signs for accounts of its own that hold play money. */
  readonly unlocked: boolean
}

/** Times are Unix seconds by the chain's clock, amounts decimal wei. */
export interface Phase {
  readonly phase: number
  readonly name: string
  readonly kind: 'public' | 'allowlist' | 'voucher'
  readonly state: 'upcoming' | 'open' | 'over'
  readonly startsAt: number
  readonly endsAt: number
  readonly limit: number
  readonly price: { readonly startWei: string; readonly endWei: string }
  /** Null when each wallet has its own. */
  readonly priceWei: string | null
}

export interface DropSummary {
  readonly drop: number
  readonly name: string
  readonly collection: Hex
  readonly stage: 'announced' | 'drawn' | 'committed' | 'live' | 'closed' | 'voided'
  readonly edition: number
  readonly candidates: number
  readonly minted: number
  readonly remaining: number
}

export interface Measures {
  /** 0 to 65535 each. */
  readonly score: number
  readonly rarity: number
  readonly demand: number
}

export interface Head {
  readonly number: number
  readonly time: number
}

export interface Drop extends DropSummary {
  readonly story: string
  readonly liveAt: number | null
  readonly paused: boolean
  readonly head: Head
  readonly network: Network
  readonly phases: readonly Phase[]
  readonly thresholds: Measures
  readonly weights: Measures
  readonly royaltyBps: number
  readonly licence: string
  readonly contributors: readonly {
    readonly name: string
    readonly account: Hex
    readonly files: number
    /** Of 1,000,000. */
    readonly shares: number
  }[]
  readonly model: { readonly name: string; readonly bundleDigest: Hex; readonly cid: string | null }
  readonly dataset: { readonly root: Hex; readonly files: number; readonly name: string }
  readonly masterSeed: Hex | null
  readonly seedBlock: number | null
  readonly root: Hex | null
  readonly directory: string | null
  readonly funnel: {
    readonly candidates: number
    readonly steps: readonly { readonly filter: string; readonly fell: number; readonly left: number }[]
  } | null
  readonly pieceSize: { readonly width: number; readonly height: number }
}

export interface Trait {
  readonly name: string
  readonly value: string
  /** Of all candidates, 0 to 1. */
  readonly share: number
  /** What it adds to the rarity. */
  readonly bits: number
}

export interface Piece extends Measures {
  readonly rank: number
  readonly tokenId: string
  readonly index: number
  readonly rarityBits: number
  readonly traits: readonly Trait[]
  readonly image: string
  readonly owner: Hex | null
}

export interface PieceDetail extends Piece {
  readonly seed: Hex
  readonly facts: Hex
  readonly pixelDigest: Hex
  readonly artifactDigest: Hex
  readonly artifactCid: string
  readonly leaf: Hex
  readonly proof: readonly Hex[]
  readonly priceWei: string | null
  readonly history: readonly {
    readonly from: Hex
    readonly to: Hex
    readonly transaction: Hex
    readonly block: number
    readonly time: number
  }[]
}

export type ReasonCode =
  | 'DROP_NOT_COMMITTED'
  | 'CHALLENGE_WINDOW'
  | 'SALES_PAUSED'
  | 'QUESTION_OPEN'
  | 'DROP_CLOSED'
  | 'DROP_VOIDED'
  | 'PHASE_NOT_OPEN'
  | 'PHASE_OVER'
  | 'SOLD_OUT'
  | 'PIECE_TAKEN'
  | 'PIECE_HELD'
  | 'PIECE_NOT_FOR_SALE'
  | 'NOT_ON_LIST'
  | 'NOT_INVITED'
  | 'LIMIT_REACHED'
  | 'FUNDS_MISSING'

export interface Reason {
  readonly code: ReasonCode
  readonly message: string
  /** When it goes away by itself. */
  readonly until?: number | undefined
  readonly missingWei?: string | undefined
}

export interface Eligibility {
  readonly wallet: Hex
  readonly rank: number | null
  readonly balanceWei: string
  readonly head: Head
  readonly phases: readonly {
    readonly phase: number
    readonly eligible: boolean
    readonly priceWei: string | null
    readonly reasons: readonly Reason[]
  }[]
}

export interface MintTransaction {
  readonly to: Hex
  readonly data: Hex
  readonly value: string
  readonly chainId: number
}
