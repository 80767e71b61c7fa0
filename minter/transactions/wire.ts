import type { Hex } from '../domain/digest.ts'
import type { Address, SignedAttempt, TransactionDraft } from '../ports.ts'
import type { FeeMarket, Fees } from './fees.ts'

/** What a node says of a transaction that is in a block. */
export interface MinedReceipt {
  readonly hash: Hex
  readonly block: number
  readonly blockHash: Hex
  readonly succeeded: boolean
  readonly gasUsed: bigint
  /** What was paid for all its gas. */
  readonly feeWei: bigint
  readonly contract: Address | null
  readonly logs: readonly { readonly address: Address; readonly topics: readonly string[]; readonly data: string }[]
}

/** A transaction as it stands in a block. */
export interface SeenTransaction extends Fees {
  readonly hash: Hex
  readonly to: Address | null
  readonly data: string
  readonly valueWei: bigint
}

/**
 * What became of handing a transaction to a node: `taken` also when the node had it already; `stale` when its nonce is used up;
 * `underpriced` when the node wants more for it, or for replacing what it has.
 */
export type Handed = 'taken' | 'stale' | 'underpriced'

/** The few questions that sending stands on, about one account on one chain. */
export interface ChainWire {
  chainId(): Promise<bigint>
  codeAt(address: Address): Promise<string>
  balanceWei(): Promise<bigint>
  /** How many transactions of the account are in the chain up to a block; `pending` counts those on their way. */
  count(at: 'latest' | 'pending' | number): Promise<number>
  market(): Promise<FeeMarket>
  /** @throws {CallReverted} naming the contract's own error */
  estimateGas(draft: Omit<TransactionDraft, 'gasLimit'>): Promise<bigint>
  sign(draft: TransactionDraft, nonce: number, fees: Fees): Promise<SignedAttempt>
  /** @throws {FundsMissing} when the node says that the account cannot pay */
  hand(raw: string): Promise<Handed>
  receipt(hash: Hex): Promise<MinedReceipt | null>
  /** The account's transaction with this nonce in a block, or null. */
  transactionIn(block: number, nonce: number): Promise<SeenTransaction | null>
  /** The number of the newest block. */
  head(): Promise<number>
  /** The newest block that the chain calls final. */
  finalized(): Promise<number>
}
