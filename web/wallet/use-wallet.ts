import { useEffect, useState } from 'preact/hooks'
import { onWalletChange, walletState, type WalletState } from './store.ts'

/** The wallets offered and the one chosen, as they change. */
export function useWallet(): WalletState {
  const [state, setState] = useState(walletState)
  useEffect(() => {
    const read = (): void => setState(walletState())
    // Wallets announce themselves at once, and may have done so between the first drawing and this.
    read()
    return onWalletChange(read)
  }, [])
  return state
}
