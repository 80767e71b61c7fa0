import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { pictureText, pieceName } from '../../minter/domain/caption.ts'
import type { Drop, Piece } from './answers.ts'
import { formatCount, formatMeasure } from './format.ts'
import { isOver } from './sale.ts'
import { isSaved } from './saved.ts'

const ORDERS = {
  rank: { label: 'Rank', compare: (a: Piece, b: Piece) => a.rank - b.rank },
  rarity: { label: 'Rarity', compare: (a: Piece, b: Piece) => b.rarityBits - a.rarityBits || a.rank - b.rank },
  score: { label: 'Score', compare: (a: Piece, b: Piece) => b.score - a.score || a.rank - b.rank },
} as const
type Order = keyof typeof ORDERS

/** What the visitor looks for; kept in the address, so that it can be shared and gone back to. */
interface View {
  readonly order: Order
  readonly free: boolean
  /** Only what this browser has saved. */
  readonly saved: boolean
  readonly traits: Readonly<Record<string, string>>
}

/** Every piece of the edition, pictures first. */
export function Wall({ drop, pieces }: { readonly drop: Drop; readonly pieces: readonly Piece[] }): JSX.Element {
  const [view, setView] = useState(viewOfAddress)
  if (pieces.length === 0) {
    return <p class="notice quiet">The pieces appear here once they are drawn, ranked and committed.</p>
  }
  const look = (next: View): void => {
    setView(next)
    keepInAddress(next)
  }
  const shown = pieces.filter((piece) => matches(drop.drop, piece, view)).toSorted(ORDERS[view.order].compare)
  return (
    <section class="wall" aria-label="The pieces">
      <Controls pieces={pieces} view={view} look={look} shown={shown.length} />
      {shown.length === 0 && <p class="small">No piece is like that.</p>}
      <ul class="pieces">
        {shown.map((piece) => (
          <li key={piece.rank}>
            <PieceCard drop={drop} piece={piece} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function PieceCard({ drop, piece }: { readonly drop: Drop; readonly piece: Piece }) {
  const { width, height } = drop.pieceSize
  return (
    <a class="piece" href={`/drops/${drop.drop}/pieces/${piece.rank}`} data-rank={piece.rank}>
      <img
        src={piece.image}
        alt={pictureText(piece.rank, piece.traits)}
        width={width}
        height={height}
        loading="lazy"
        decoding="async"
      />
      <span class="caption">
        <span>{pieceName(piece.rank)}</span>
        <Standing drop={drop} piece={piece} />
      </span>
      <span class="measures">
        rank {piece.rank + 1}, {piece.rarityBits.toFixed(1)} bits
        <span class="wide">, score {formatMeasure(piece.score)}</span>
      </span>
      <span class="measures">{rarestFirst(piece)}</span>
    </a>
  )
}

/** Its traits in a line, those first that few others have: a narrow card shows as many as fit. */
function rarestFirst({ traits }: Piece): string {
  return traits
    .toSorted((a, b) => b.bits - a.bits)
    .map(({ name, value }) => `${name} ${value}`.toLowerCase())
    .join(', ')
}

/** Whether it can still be had; once the sale is over there is nothing to say of what nobody took. */
function Standing({ drop, piece }: { readonly drop: Drop; readonly piece: Piece }) {
  if (piece.owner !== null) return <span class="taken">Taken</span>
  return isOver(drop) ? null : <span class="free">Available</span>
}

interface ControlsProps {
  readonly pieces: readonly Piece[]
  readonly view: View
  readonly look: (view: View) => void
  readonly shown: number
}

function Controls({ pieces, view, look, shown }: ControlsProps) {
  const { free, saved, order, traits } = view
  const chosen = Object.values(traits).filter((value) => value !== '').length
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      <label>
        Order
        <select value={order} onChange={(event) => look({ ...view, order: orderOf(event.currentTarget.value) })}>
          {Object.entries(ORDERS).map(([key, { label }]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={free} onChange={() => look({ ...view, free: !free })} />
        Only available
      </label>
      <label class="check">
        <input type="checkbox" checked={saved} onChange={() => look({ ...view, saved: !saved })} />
        Only saved
      </label>
      <output>
        {formatCount(shown)} of {formatCount(pieces.length)}
        {(chosen > 0 || free || saved) && (
          <button type="button" class="link" onClick={() => look({ ...view, free: false, saved: false, traits: {} })}>
            show all
          </button>
        )}
      </output>
      <details class="filters" open={chosen > 0}>
        <summary>
          {chosen === 0 ? 'Filter by traits' : `Filtered by ${chosen === 1 ? 'one trait' : `${chosen} traits`}`}
        </summary>
        <div>
          {[...traitValues(pieces)].map(([name, values]) => (
            <label key={name}>
              {capitalise(name)}
              <select
                value={traits[name] ?? ''}
                onChange={(event) => look({ ...view, traits: { ...traits, [name]: event.currentTarget.value } })}
              >
                <option value="">any</option>
                {[...values]
                  .toSorted(([a], [b]) => a.localeCompare(b))
                  .map(([value, count]) => (
                    <option key={value} value={value}>
                      {`${value} (${count})`}
                    </option>
                  ))}
              </select>
            </label>
          ))}
        </div>
      </details>
    </form>
  )
}

function matches(drop: number, piece: Piece, { free, saved, traits }: View): boolean {
  if (free && piece.owner !== null) return false
  if (saved && !isSaved(drop, piece.rank)) return false
  return piece.traits.every(({ name, value }) => (traits[name] ?? '') === '' || traits[name] === value)
}

function traitValues(pieces: readonly Piece[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const names = new Map<string, Map<string, number>>()
  for (const { traits } of pieces) {
    for (const { name, value } of traits) {
      const values = names.get(name) ?? new Map<string, number>()
      names.set(name, values.set(value, (values.get(value) ?? 0) + 1))
    }
  }
  return names
}

export function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function viewOfAddress(): View {
  const { order = 'rank', free, saved, ...traits } = Object.fromEntries(new URLSearchParams(location.search))
  return { order: orderOf(order), free: free !== undefined, saved: saved !== undefined, traits }
}

function orderOf(text: string): Order {
  return text === 'rarity' || text === 'score' ? text : 'rank'
}

function keepInAddress({ order, free, saved, traits }: View): void {
  const chosen = Object.entries(traits).filter(([, value]) => value !== '')
  const query = new URLSearchParams(chosen)
  if (order !== 'rank') query.set('order', order)
  if (free) query.set('free', '')
  if (saved) query.set('saved', '')
  history.replaceState(history.state, '', query.size === 0 ? location.pathname : `?${query}`)
}
