import type { Drop, MintTransaction } from '../gallery/answers.ts'
import { ApiProblem, prepareMint } from '../gallery/api.ts'
import { expectWallet, WalletMoved } from '../wallet/network.ts'
import type { WalletProvider } from '../wallet/store.ts'
import { explainWallet, isRejection } from '../wallet/wallet-errors.ts'
import type { Sent } from './follow.ts'
import type { MintStep } from './offer.ts'

export interface Order {
  /** Lower-case address. */
  readonly wallet: string
  readonly rank: number
  readonly phase: number
}

/**
 * Tries the mint out, then has it signed and sent. What the chain would refuse never reaches the wallet's owner.
 *
 * @param signing called when the wallet is about to ask its owner
 * @throws what the site, the chain or the wallet objects; {@link stepOfFailure} has it in words
 */
export async function sendMint(provider: WalletProvider, drop: Drop, order: Order, signing: () => void): Promise<Sent> {
  const call = callOf(await prepareMint(drop.drop, order), order.wallet)
  await expectWallet(provider, drop.network.chainId, order.wallet)
  // As of the block that comes next: at the newest one, a phase that has just opened would still be closed.
  await provider.request({ method: 'eth_call', params: [call, 'pending'] })
  signing()
  const hash = await provider.request<string>({ method: 'eth_sendTransaction', params: [call] })
  return { hash, from: order.wallet, nonce: null, input: call.data, unseen: 0 }
}

export function callOf(
  { to, data, value }: MintTransaction,
  from: string,
): Readonly<Record<'from' | 'to' | 'data' | 'value', string>> {
  return { from, to, data, value: `0x${BigInt(value).toString(16)}` }
}

function failed(message: string): MintStep {
  return { at: 'failed', message, hash: null }
}

/** What a failure before anything was sent leaves behind: a rejection nothing at all, everything else a sentence. */
export async function stepOfFailure(error: unknown): Promise<MintStep> {
  if (isRejection(error)) return { at: 'start' }
  if (error instanceof ApiProblem || error instanceof WalletMoved) return failed(error.message)
  // Only who has a wallet, and only when something fails, needs the ABI decoder.
  const { explainRevert } = await import('./contract-errors.ts')
  const refusal = explainRevert(error)
  return failed(refusal === null ? explainWallet(error) : `${refusal} Nothing was sent, and nothing paid.`)
}
