import { useEffect, useState } from 'preact/hooks'
import { onWalletChange, walletState, type WalletState } from './store.ts'

/** The wallets offered and the one chosen, as they change. */
export function useWallet(): WalletState {
  const [state, setState] = useState(walletState)
  useEffect(() => onWalletChange(() => setState(walletState())), [])
  return state
}
