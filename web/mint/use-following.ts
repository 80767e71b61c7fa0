import { useEffect } from 'preact/hooks'
import type { Network } from '../gallery/answers.ts'
import { walletProvider } from '../wallet/store.ts'
import { type AskChain, look, type Wanted } from './follow.ts'
import { recallSent, rememberSent, settleSent } from './memory.ts'
import type { MintStep } from './offer.ts'

/** Half of a fast chain's block time, so that a block is seen soon after it stands. */
const LOOK_EVERY_MS = 1500

/** What is followed, and whom to tell. */
export interface Following {
  readonly piece: string
  readonly wanted: Wanted
  readonly network: Network
  readonly step: MintStep
  readonly show: (step: MintStep) => void
  /** Called whenever the chain has moved the transaction on. */
  readonly moved: () => void
}

/** Watches a sent transaction until it is final, wherever it goes. */
export function useFollowing({ piece, wanted, network, step, show, moved }: Following): void {
  const followed = step.at === 'sent' || step.at === 'included' || step.at === 'lost'
  const hash = followed ? step.hash : null
  useEffect(() => {
    let sent = hash === null ? null : recallSent(piece)
    if (sent === null) return undefined
    let shown = step
    let current = true
    const ask = askThrough(network)
    const check = async (): Promise<void> => {
      if (sent === null) return
      const seen = await look(ask, sent, shown, wanted)
      if (!current) return
      if (seen.sent.hash !== sent.hash || seen.sent.nonce !== sent.nonce) rememberSent(piece, seen.sent)
      if (shown.at !== seen.step.at) moved()
      if (isSettled(seen.step)) settleSent(piece)
      sent = seen.sent
      shown = seen.step
      show(seen.step)
    }
    // A node that does not answer now will be asked again; what is shown stays true until then.
    const tick = (): void => void check().catch(() => undefined)
    const timer = setInterval(tick, LOOK_EVERY_MS)
    tick()
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [hash, piece])
}

function isSettled({ at }: MintStep): boolean {
  return at === 'final' || at === 'failed' || at === 'cancelled'
}

/** Through the wallet where it is connected to the drop's chain, else by the node that the drop names. */
function askThrough({ rpcUrl, chainId }: Network): AskChain {
  return async <T>(method: string, params: readonly unknown[]) => {
    const provider = walletProvider()
    if (provider !== null && Number(await provider.request({ method: 'eth_chainId' })) === chainId) {
      return provider.request<T>({ method, params })
    }
    return askNode<T>(rpcUrl, method, params)
  }
}

/** @throws the node's error object, as a wallet would */
export async function askNode<T>(rpcUrl: string, method: string, params: readonly unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { result, error }: { result: T; error?: { message: string } } = await response.json()
  if (error !== undefined) throw Object.assign(new Error(error.message), error)
  return result
}
