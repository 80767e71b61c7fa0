import type { MintStep } from './offer.ts'

/** One JSON-RPC question to the chain, through the wallet or straight to a node. */
export type AskChain = <T = unknown>(method: string, params: readonly unknown[]) => Promise<T>

/** A transaction that was sent; the nonce tells it from the ones that replace it. */
export interface Sent {
  readonly hash: string
  readonly from: string
  /** Null until a node has shown the transaction. */
  readonly nonce: number | null
  readonly input: string
}

interface Receipt {
  readonly blockNumber: string
  readonly status: string
}

interface ChainTransaction {
  readonly hash: string
  readonly from: string
  readonly nonce: string
  readonly input: string
}

/** How far back a replacement is looked for; a wallet that replaces does so within minutes. */
const BLOCKS_BACK = 30

/**
 * Where a sent transaction is now: waiting, in a block, final, reverted, or replaced by another of the same nonce.
 *
 * @param before what was known before; a transaction that was in a block and is in none has been reorganised away
 * @returns the step to show, and what to follow from here on
 */
export async function look(
  ask: AskChain,
  sent: Sent,
  before: MintStep,
  confirmationsWanted: number,
): Promise<{ readonly step: MintStep; readonly sent: Sent }> {
  const receipt = await ask<Receipt | null>('eth_getTransactionReceipt', [sent.hash])
  if (receipt !== null) {
    const step = await stepOfReceipt(ask, sent.hash, receipt, confirmationsWanted)
    return { step, sent }
  }
  const spedUp = before.at === 'sent' && before.spedUp
  const reorganised = before.at === 'included' || (before.at === 'sent' && before.reorganised)
  const waiting: MintStep = { at: 'sent', hash: sent.hash, spedUp, reorganised }

  const shown = await ask<ChainTransaction | null>('eth_getTransactionByHash', [sent.hash])
  if (shown !== null) {
    return { step: waiting, sent: { ...sent, nonce: Number(shown.nonce), from: shown.from, input: shown.input } }
  }
  const replacement = await findReplacement(ask, sent)
  if (replacement === null) return { step: waiting, sent }
  // An empty call is how wallets cancel; a page that was opened anew no longer knows what the first one called.
  const other = sent.input !== '' && replacement.input !== sent.input
  if (replacement.input === '0x' || other) return { step: { at: 'cancelled' }, sent }
  const { hash } = replacement
  return { step: { at: 'sent', hash, spedUp: true, reorganised: false }, sent: { ...sent, hash } }
}

async function stepOfReceipt(
  ask: AskChain,
  hash: string,
  receipt: Receipt,
  confirmationsWanted: number,
): Promise<MintStep> {
  if (Number(receipt.status) === 0) {
    const message = 'The chain turned the mint down after it was sent. You paid the network fee, nothing else.'
    return { at: 'failed', message, hash }
  }
  const block = Number(receipt.blockNumber)
  const confirmations = Number(await ask('eth_blockNumber', [])) - block + 1
  return confirmations >= confirmationsWanted ? { at: 'final', hash } : { at: 'included', hash, block, confirmations }
}

async function findReplacement(ask: AskChain, { from, nonce }: Sent): Promise<ChainTransaction | null> {
  if (nonce === null) return null
  const used = Number(await ask('eth_getTransactionCount', [from, 'latest']))
  if (used <= nonce) return null
  const head = Number(await ask('eth_blockNumber', []))
  for (let number = head; number >= Math.max(0, head - BLOCKS_BACK); number--) {
    const params = [`0x${number.toString(16)}`, true]
    const block = await ask<{ transactions: ChainTransaction[] } | null>('eth_getBlockByNumber', params)
    const found = block?.transactions.find((one) => one.from === from && Number(one.nonce) === nonce)
    if (found !== undefined) return found
  }
  return null
}
