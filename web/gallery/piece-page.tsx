import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { pictureText, pieceName } from '../../minter/domain/caption.ts'
import { DWELL_SECONDS } from '../../minter/domain/engagement.ts'
import { MintPanel } from '../mint/mint-panel.tsx'
import type { Drop, PieceDetail } from './answers.ts'
import { paths, useApi } from './api.ts'
import { engage } from './engagement.ts'
import { formatCount, formatMeasure, formatShare, formatUtc, formatWei, shorten } from './format.ts'
import { Provenance } from './provenance.tsx'
import { isSaved, keepSaved } from './saved.ts'
import { useTitle } from './title.ts'
import { capitalise } from './wall.tsx'
import { Waiting } from './waiting.tsx'

/** One piece: the picture, how it came to be, who has it, and the mint while nobody has. */
export function PiecePage({ drop: number, rank }: { readonly drop: number; readonly rank: number }): JSX.Element {
  const { answer: drop, problem, refresh: refreshDrop } = useApi<Drop>(paths.drop(number), { everyMs: 8000 })
  const version = String(drop?.minted)
  const { answer: piece, problem: missing, refresh } = useApi<PieceDetail>(paths.piece(number, rank), { version })
  useTitle(drop === null ? undefined : `${drop.name}, no. ${rank + 1}`)
  useLooking(number, rank)
  if (drop === null || piece === null) return <Waiting problem={problem ?? missing} />
  const minted = (): void => {
    refreshDrop()
    refresh()
  }
  return (
    <article class="piece-page">
      <Picture drop={drop} piece={piece} />
      <div class="side">
        <p class="over">
          <a href={`/drops/${number}`}>{drop.name}</a>
        </p>
        <h1>{pieceName(rank)}</h1>
        <p class="lead">
          Rank {rank + 1} of {formatCount(drop.candidates)} candidates. <span class="tag">AI-made</span>
        </p>
        <MintPanel drop={drop} piece={piece} onMinted={minted} />
        <SaveButton drop={number} rank={rank} />
        <Traits piece={piece} />
        <Scores drop={drop} piece={piece} />
        <History drop={drop} piece={piece} />
      </div>
      <Cloth drop={drop} piece={piece} />
      <Provenance drop={drop} piece={piece} />
      <Neighbours drop={drop} rank={rank} />
    </article>
  )
}

/** Counts that the piece was looked at, and once more when it was looked at for a while. */
function useLooking(drop: number, rank: number): void {
  useEffect(() => {
    engage(drop, rank, 'view')
    let seconds = 0
    const timer = setInterval(() => {
      seconds += document.hidden ? 0 : 1
      if (seconds === DWELL_SECONDS) engage(drop, rank, 'dwell')
    }, 1000)
    return () => clearInterval(timer)
  }, [drop, rank])
}

/** Keeps the piece in mind in this browser, to find it again on the drop's page. */
function SaveButton({ drop, rank }: { readonly drop: number; readonly rank: number }) {
  const [saved, setSaved] = useState(() => isSaved(drop, rank))
  const press = (): void => {
    keepSaved(drop, rank, !saved)
    if (!saved) engage(drop, rank, 'save')
    setSaved(!saved)
  }
  return (
    <p class="small">
      <button type="button" class="link" aria-pressed={saved} onClick={press}>
        {saved ? 'Saved' : 'Save for later'}
      </button>
      {saved && ', in this browser only'}
    </p>
  )
}

interface PieceProps {
  readonly drop: Drop
  readonly piece: PieceDetail
}

function Picture({ drop, piece }: PieceProps) {
  const { width, height } = drop.pieceSize
  const { rank, traits, image } = piece
  return (
    <figure class="picture">
      <img src={image} alt={pictureText(rank, traits)} width={width} height={height} />
      <figcaption class="small">
        {width} × {height} pixels. <a href={image}>Full size</a>{' '}
        <a href={image} download={`${drop.name} ${pieceName(rank)}.png`}>
          Download
        </a>
      </figcaption>
    </figure>
  )
}

/** The piece as cloth: it repeats without a seam, so that nine of it are one fabric. */
function Cloth({ piece }: PieceProps) {
  const repeated = { backgroundImage: `url("${piece.image}")` }
  return (
    <figure class="picture as-cloth">
      <div class="cloth" style={repeated} role="img" aria-label={`${pieceName(piece.rank)}, repeated three by three`} />
      <figcaption class="small">Three by three: the piece is a tile, and nine of it are one cloth.</figcaption>
    </figure>
  )
}

function Traits({ piece }: { readonly piece: PieceDetail }) {
  const most = Math.max(...piece.traits.map(({ bits }) => bits), 1)
  return (
    <section>
      <h2>Traits</h2>
      <table class="traits">
        <thead class="unseen">
          <tr>
            <th>Trait</th>
            <th>Value</th>
            <th>Share of all candidates</th>
            <th>Bits of rarity</th>
          </tr>
        </thead>
        <tbody>
          {piece.traits.map(({ name, value, share, bits }) => (
            <tr key={name}>
              <th scope="row">{capitalise(name)}</th>
              <td>{value}</td>
              <td class="number">{formatShare(share)}</td>
              <td class="number">
                <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect width={(bits / most) * 100} height="6" />
                </svg>
                {bits.toFixed(2)}
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Rarity</th>
            <td />
            <td />
            <td class="number">{piece.rarityBits.toFixed(2)} bits</td>
          </tr>
        </tfoot>
      </table>
      <p class="small">A trait that half of all candidates have adds one bit; one in a thousand adds ten.</p>
    </section>
  )
}

const MEASURES = [
  ['score', 'Score', 'how convincing the discriminator finds it'],
  ['rarity', 'Rarity', 'how unusual its traits are among all candidates'],
  ['demand', 'Demand', 'how sought its traits were in earlier drops'],
] as const

function Scores({ drop, piece }: { readonly drop: Drop; readonly piece: PieceDetail }) {
  return (
    <section>
      <h2>Measures</h2>
      <ul class="plain measures-list">
        {MEASURES.map(([key, label, what]) => (
          <li key={key}>
            <span class="name">
              {label} <b>{formatMeasure(piece[key])}</b>
            </span>
            <Scale measure={piece[key]} threshold={drop.thresholds[key]} />
            <span class="small">
              {what}; at least {formatMeasure(drop.thresholds[key])} was asked
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Scale({ measure, threshold }: { readonly measure: number; readonly threshold: number }) {
  return (
    <svg class="bar scale" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="all" width="100" height="6" />
      <rect width={at(measure)} height="6" />
      <rect class="threshold" x={Math.min(99.5, at(threshold))} width="0.5" height="6" />
    </svg>
  )
}

/** In percent of the scale's length. */
function at(measure: number): number {
  return (measure / 65_535) * 100
}

function History({ drop, piece }: PieceProps) {
  return (
    <section>
      <h2>Owner and history</h2>
      {piece.owner === null ? (
        <p class="small">Nobody has had it yet.</p>
      ) : (
        <>
          <p>
            In the hands of <code class="whole">{piece.owner}</code>
          </p>
          <ol class="plain history">
            {piece.history.map((transfer) => (
              <Transfer key={transfer.transaction} drop={drop} piece={piece} transfer={transfer} />
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

function Transfer({ drop, piece, transfer }: PieceProps & { readonly transfer: PieceDetail['history'][number] }) {
  const { explorerUrl, currency } = drop.network
  const { from, to, transaction, block, time } = transfer
  const isMint = /^0x0+$/u.test(from)
  return (
    <li>
      <time dateTime={new Date(time * 1000).toISOString()}>{formatUtc(time)}</time>
      <span>
        {isMint ? 'Minted by ' : 'Passed on to '}
        <code title={to}>{shorten(to)}</code>
        {isMint && piece.priceWei !== null && ` for ${formatWei(piece.priceWei, currency)}`}, in block{' '}
        {explorerUrl === null ? (
          <span title={transaction}>{block}</span>
        ) : (
          <a href={`${explorerUrl}/tx/${transaction}`}>{block}</a>
        )}
      </span>
    </li>
  )
}

function Neighbours({ drop, rank }: { readonly drop: Drop; readonly rank: number }) {
  const to = (other: number): string => `/drops/${drop.drop}/pieces/${other}`
  return (
    <nav class="neighbours" aria-label="Pieces">
      {rank > 0 ? <a href={to(rank - 1)}>← {pieceName(rank - 1)}</a> : <span />}
      <a href={`/drops/${drop.drop}`}>All pieces</a>
      {rank + 1 < drop.edition ? <a href={to(rank + 1)}>{pieceName(rank + 1)} →</a> : <span />}
    </nav>
  )
}
