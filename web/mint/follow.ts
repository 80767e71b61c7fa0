import { formatWei } from '../gallery/format.ts'
import type { MintStep, Standing } from './offer.ts'

/** One JSON-RPC question to the chain, through the wallet or straight to a node. */
export type AskChain = <T = unknown>(method: string, params: readonly unknown[]) => Promise<T>

/** A transaction that was sent; the nonce tells it from the ones that replace it. */
export interface Sent {
  readonly hash: string
  readonly from: string
  /** Null until a node has shown the transaction. */
  readonly nonce: number | null
  /** What it called; empty when only its hash was kept. */
  readonly input: string
  /** How often in a row no node had a trace of it. */
  readonly unseen: number
}

/** What the transaction should do, and how the chain is spoken of. */
export interface Wanted {
  readonly collection: string
  readonly tokenId: string
  /** Blocks that make it final where the chain names no finalised block. */
  readonly confirmations: number
  readonly currency: string
}

export interface Seen {
  readonly step: MintStep
  readonly sent: Sent
}

interface Receipt {
  readonly blockNumber: string
  readonly status: string
  readonly gasUsed?: string
  readonly effectiveGasPrice?: string
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[] }[]
}

interface ChainTransaction {
  readonly hash: string
  readonly from: string
  readonly to: string | null
  readonly nonce: string
  readonly input: string
  readonly value?: string
}

/** How far back a replacement is looked for; a wallet that replaces does so within minutes. */
const BLOCKS_BACK = 30
/** After so many looks without a trace the owner is told; a node that is slow to learn of a transaction is faster. */
const LOST_AFTER = 8
/** keccak256 of Transfer(address,address,uint256), EIP-721. */
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
const NOBODY = `0x${'0'.repeat(64)}`

/**
 * Where a sent transaction is now: waiting, in a block, final, reverted, lost, or replaced by another of the same nonce.
 *
 * @param before what was known before; a transaction that was in a block and is in none has been reorganised away
 * @returns the step to show, and what to follow from here on
 */
export async function look(ask: AskChain, sent: Sent, before: MintStep, wanted: Wanted): Promise<Seen> {
  const receipt = await ask<Receipt | null>('eth_getTransactionReceipt', [sent.hash])
  if (receipt !== null) {
    return { step: await stepOfReceipt(ask, sent.hash, receipt, wanted), sent: { ...sent, unseen: 0 } }
  }
  const spedUp = before.at === 'sent' && before.spedUp
  const reorganised = before.at === 'included' || (before.at === 'sent' && before.reorganised)
  const waiting: MintStep = { at: 'sent', hash: sent.hash, spedUp, reorganised }

  const shown = await ask<ChainTransaction | null>('eth_getTransactionByHash', [sent.hash])
  if (shown !== null) {
    const { from, input } = shown
    return { step: waiting, sent: { ...sent, nonce: Number(shown.nonce), from, input, unseen: 0 } }
  }
  const replacement = await findReplacement(ask, sent)
  if (replacement !== null) return stepOfReplacement(replacement, sent, wanted)
  const unseen = sent.unseen + 1
  return { step: unseen < LOST_AFTER ? waiting : { at: 'lost', hash: sent.hash }, sent: { ...sent, unseen } }
}

async function stepOfReceipt(ask: AskChain, hash: string, receipt: Receipt, wanted: Wanted): Promise<MintStep> {
  const block = Number(receipt.blockNumber)
  if (Number(receipt.status) === 0) {
    const why = (await whyReverted(ask, hash, block)) ?? 'The chain turned the mint down after it was sent.'
    return { at: 'failed', message: `${why} You paid ${feeOf(receipt, wanted.currency)}, nothing else.`, hash }
  }
  const owner = ownerOf(receipt, wanted)
  if (owner === null) return { at: 'failed', message: 'This transaction did not mint this piece.', hash }
  const standing = await standingOf(ask, block, wanted.confirmations)
  const isFinal = standing.rule === 'finalized' ? block <= standing.upTo : standing.have >= standing.wanted
  return { at: isFinal ? 'final' : 'included', hash, block, owner, standing }
}

/** The chain's own word about what can't be undone, where it has one; else blocks are counted. */
async function standingOf(ask: AskChain, block: number, wanted: number): Promise<Standing> {
  const finalized = await ask<{ number: string } | null>('eth_getBlockByNumber', ['finalized', false]).catch(() => null)
  if (finalized !== null) return { rule: 'finalized', upTo: Number(finalized.number) }
  return { rule: 'confirmations', have: Number(await ask('eth_blockNumber', [])) - block + 1, wanted }
}

/** Whom the receipt says that the piece was minted to; an address with a hash of something else must not pass for it. */
function ownerOf({ logs }: Receipt, { collection, tokenId }: Wanted): string | null {
  const minted = logs.find(({ address, topics: [event, from, , token] }) => {
    return address.toLowerCase() === collection && event === TRANSFER && from === NOBODY && isToken(token, tokenId)
  })
  return minted === undefined ? null : `0x${minted.topics[2]?.slice(-40)}`
}

function isToken(topic: string | undefined, tokenId: string): boolean {
  return topic !== undefined && BigInt(topic) === BigInt(tokenId)
}

/** Asks the same of the block that turned it down, and has the answer in words; null when it does not say no again. */
async function whyReverted(ask: AskChain, hash: string, block: number): Promise<string | null> {
  const sent = await ask<ChainTransaction | null>('eth_getTransactionByHash', [hash]).catch(() => null)
  if (sent === null) return null
  const { from, to, input: data, value } = sent
  try {
    await ask('eth_call', [{ from, to, data, value }, `0x${block.toString(16)}`])
    return null
  } catch (error) {
    const { explainRevert } = await import('./contract-errors.ts')
    return explainRevert(error)
  }
}

function feeOf({ gasUsed, effectiveGasPrice }: Receipt, currency: string): string {
  if (gasUsed === undefined || effectiveGasPrice === undefined) return 'the network fee'
  return `${formatWei(BigInt(gasUsed) * BigInt(effectiveGasPrice), currency)} of network fee`
}

function stepOfReplacement({ hash, to, input }: ChainTransaction, sent: Sent, { collection }: Wanted): Seen {
  const kept = { ...sent, unseen: 0 }
  // A page that was opened anew may no longer know what the first one called; the receipt tells whether it mints.
  const same = to?.toLowerCase() === collection && (sent.input === '' || sent.input === input)
  if (same) return { step: { at: 'sent', hash, spedUp: true, reorganised: false }, sent: { ...kept, hash } }
  // An empty call is how wallets cancel.
  return { step: { at: 'cancelled', by: input === '0x' ? 'cancel' : 'other' }, sent: kept }
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
