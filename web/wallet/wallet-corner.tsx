import type { JSX } from 'preact'
import { shorten } from '../gallery/format.ts'
import { leaveWallet } from './store.ts'
import { useWallet } from './use-wallet.ts'

/** Which wallet looks at the page; nothing at all before one was chosen, since the page needs none. */
export function WalletCorner(): JSX.Element | null {
  const { account, chosen } = useWallet()
  if (account === null) return null
  return (
    <span class="wallet">
      {chosen !== null && isPicture(chosen.icon) && <img src={chosen.icon} alt="" width="16" height="16" />}
      <code title={account}>{shorten(account)}</code>
      <button type="button" class="link" onClick={leaveWallet}>
        leave
      </button>
    </span>
  )
}

/** EIP-6963 asks for data: addresses; anything else would let a wallet count the visitors of this page. */
export function isPicture(icon: string): boolean {
  return icon.startsWith('data:image/')
}
