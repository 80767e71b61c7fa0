/** What the API answers to those who review; test/http/answers.test.ts holds these to the shapes of the server. */

export type Role = 'operator' | 'curator'
export type Standing = Role | 'auditor'

export interface Challenge {
  readonly nonce: string
  readonly message: string
}

export interface SignedIn {
  readonly account: string
  readonly roles: readonly Standing[]
}

export interface ReviewedRun {
  readonly run: string
  readonly name: string
  readonly collection: string
  readonly drop: number
  readonly open: boolean
  readonly candidates: number
  readonly roles: readonly Role[]
}

export interface Measures {
  readonly score: number
  readonly rarity: number
  readonly demand: number
}

export interface Reviewed extends Measures {
  readonly rank: number
  readonly index: number
  readonly rarityBits: number
  /** Why it is out; null when nothing is against it. */
  readonly reason: string | null
  readonly resembles: number | null
}

export interface Veto {
  readonly index: number
  readonly reason: string
  readonly curator: string
}

export interface Sheet {
  readonly run: string
  readonly name: string
  readonly collection: string
  readonly drop: number
  readonly open: boolean
  readonly total: number
  readonly passed: number
  readonly edition: number
  readonly size: number
  readonly thresholds: Measures
  readonly weights: Measures
  readonly minDistance: number
  readonly binding: string | null
  readonly vetoes: readonly Veto[]
  readonly candidates: readonly Reviewed[]
}

export interface ReviewedDetail extends Reviewed {
  readonly pixelDigest: string
  readonly traits: readonly {
    readonly name: string
    readonly value: string
    readonly share: number
    readonly bits: number
  }[]
  readonly neighbours: readonly { readonly index: number; readonly rank: number; readonly distance: number }[]
}
