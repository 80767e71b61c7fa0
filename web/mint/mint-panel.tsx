import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Drop, PieceDetail } from '../gallery/answers.ts'
import { formatWei, shorten } from '../gallery/format.ts'
import { verifyAddress } from '../gallery/provenance.tsx'
import type { WalletInfo } from '../wallet/store.ts'
import { isPicture } from '../wallet/wallet-corner.tsx'
import { useMint } from './use-mint.ts'

interface MintPanelProps {
  readonly drop: Drop
  readonly piece: PieceDetail
  readonly onMinted: () => void
}

/** One button that says what will happen, or why it can't. */
export function MintPanel({ drop, piece, onMinted }: MintPanelProps): JSX.Element {
  const { offer, step, wallet, press, connect } = useMint(drop, piece.rank, piece.owner, onMinted)
  const [choosing, setChoosing] = useState(false)
  const { owner } = piece
  if (owner !== null && owner !== wallet.account && step.at === 'start') {
    return (
      <p class="owned">
        In the hands of <code title={owner}>{shorten(owner)}</code>
        {piece.priceWei !== null && `, minted for ${formatWei(piece.priceWei, drop.network.currency)}`}.{' '}
        <a href={verifyAddress(drop, piece)}>Verify it</a>
      </p>
    )
  }
  const pressed = (): void => {
    if (offer.action === 'choose-wallet') setChoosing(true)
    else press()
  }
  return (
    <div class="mint">
      <button type="button" class="primary" disabled={offer.action === null} aria-busy={offer.busy} onClick={pressed}>
        {offer.label}
      </button>
      <div role="status" aria-live="polite">
        {offer.notes.map((note) => (
          <p key={note} class="small">
            {note}
          </p>
        ))}
        {step.at === 'final' && (
          <p class="small">
            The transaction is final. <a href={verifyAddress(drop, piece)}>Verify your piece</a>
          </p>
        )}
      </div>
      {choosing && wallet.account === null && (
        <WalletList
          wallets={wallet.offered}
          choose={(rdns) => {
            setChoosing(false)
            connect(rdns)
          }}
          leave={() => setChoosing(false)}
        />
      )}
    </div>
  )
}

interface WalletListProps {
  readonly wallets: readonly WalletInfo[]
  readonly choose: (rdns: string) => void
  readonly leave: () => void
}

function WalletList({ wallets, choose, leave }: WalletListProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} onClose={leave} aria-label="Wallets">
      <h2>Your wallets</h2>
      <ul class="plain wallets">
        {wallets.map(({ rdns, name, icon }) => (
          <li key={rdns}>
            <button type="button" onClick={() => choose(rdns)}>
              {isPicture(icon) && <img src={icon} alt="" width="28" height="28" />}
              {name}
            </button>
          </li>
        ))}
      </ul>
      <form method="dialog">
        <button class="link">Just looking</button>
      </form>
    </dialog>
  )
}
