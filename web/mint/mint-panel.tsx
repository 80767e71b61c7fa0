import type { JSX, RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Drop, PieceDetail } from '../gallery/answers.ts'
import { formatWei, shorten } from '../gallery/format.ts'
import { verifyAddress } from '../gallery/provenance.tsx'
import { isOver } from '../gallery/sale.ts'
import { offerNodePurses } from '../wallet/node-purse.ts'
import type { WalletInfo } from '../wallet/store.ts'
import { isPicture } from '../wallet/wallet-corner.tsx'
import type { MintStep } from './offer.ts'
import { useMint } from './use-mint.ts'

interface MintPanelProps {
  readonly drop: Drop
  readonly piece: PieceDetail
  readonly onMinted: () => void
}

/** One button that says what will happen, or why it can't. */
export function MintPanel({ drop, piece, onMinted }: MintPanelProps): JSX.Element {
  const { offer, step, wallet, press, connect } = useMint(drop, piece, onMinted)
  const wallets = useRef<HTMLDialogElement>(null)
  const [wasFree] = useState(piece.owner === null)
  useEffect(() => void offerNodePurses(drop.network).catch(() => undefined), [drop.network.rpcUrl])
  const { owner } = piece
  const others = owner !== null && owner !== wallet.account
  if (others && !wasFree && step.at === 'start') return <Owned drop={drop} piece={piece} owner={owner} />
  const pressed = (): void => {
    if (offer.action === 'choose-wallet') wallets.current?.showModal()
    else press()
  }
  const ended = step.at === 'final' || owner !== null
  return (
    <div class="mint">
      <button type="button" class="primary" disabled={offer.action === null} aria-busy={offer.busy} onClick={pressed}>
        {offer.label}
      </button>
      {/* What counts down each second would be read out each second: only steps are announced. */}
      <div role="status" aria-live={step.at === 'start' ? 'off' : 'polite'}>
        {offer.notes.map((note) => (
          <p key={note} class="small">
            {note}
          </p>
        ))}
        <Transaction drop={drop} step={step} />
        {ended && <Afterwards drop={drop} piece={piece} others={others && step.at === 'start'} />}
      </div>
      {wallet.account === null && (
        <WalletList
          dialog={wallets}
          wallets={wallet.offered}
          choose={(rdns) => {
            wallets.current?.close()
            connect(rdns)
          }}
        />
      )}
    </div>
  )
}

/** What there is to do once the piece has an owner. */
function Afterwards({ drop, piece, others }: Pick<MintPanelProps, 'drop' | 'piece'> & { readonly others: boolean }) {
  if (others) return <OtherPieces drop={drop} />
  return (
    <p class="small">
      <a href={verifyAddress(drop, piece)}>Verify the piece</a>
    </p>
  )
}

/** For who comes when the piece has long had an owner. */
function Owned({ drop, piece, owner }: { readonly drop: Drop; readonly piece: PieceDetail; readonly owner: string }) {
  return (
    <div class="mint owned">
      <p>
        In the hands of <code title={owner}>{shorten(owner)}</code>
        {piece.priceWei !== null && `, minted for ${formatWei(piece.priceWei, drop.network.currency)}`}.{' '}
        <a href={verifyAddress(drop, piece)}>Verify it</a>
      </p>
      <OtherPieces drop={drop} />
    </div>
  )
}

function OtherPieces({ drop }: { readonly drop: Drop }) {
  if (isOver(drop) || drop.remaining === 0) return null
  return (
    <p class="small">
      <a href={`/drops/${drop.drop}?free`}>See the {drop.remaining} that can still be had</a>
    </p>
  )
}

/** The transaction by its hash, where the chain has an explorer and one was sent. */
function Transaction({ drop, step }: { readonly drop: Drop; readonly step: MintStep }) {
  const { explorerUrl } = drop.network
  const hash = 'hash' in step ? step.hash : null
  if (hash === null) return null
  return (
    <p class="small">
      Transaction{' '}
      {explorerUrl === null ? (
        <code title={hash}>{shorten(hash)}</code>
      ) : (
        <a href={`${explorerUrl}/tx/${hash}`}>{shorten(hash)}</a>
      )}
    </p>
  )
}

interface WalletListProps {
  readonly dialog: RefObject<HTMLDialogElement>
  readonly wallets: readonly WalletInfo[]
  readonly choose: (rdns: string) => void
}

/**
 * Whether it is open, the dialog alone knows: it closes at Escape before it says so, and a state of ours that waited for its word
 * would lose a press that comes between.
 */
function WalletList({ dialog, wallets, choose }: WalletListProps) {
  return (
    <dialog ref={dialog} aria-label="Wallets">
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
