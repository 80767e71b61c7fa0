import type { JSX } from 'preact'
import type { Drop } from './answers.ts'
import { formatCount, formatMeasure } from './format.ts'

/** The filters of the selection, as people would call them. */
const LABELS: Readonly<Record<string, string>> = {
  'broken image': 'Broken pictures',
  'exact duplicate': 'Twins',
  licence: 'Licence',
  specification: 'Size of the file',
  vetoed: 'Vetoed in public',
  score: 'Score below the bar',
  rarity: 'Rarity below the bar',
  demand: 'Demand below the bar',
  'near an earlier piece': 'Near an earlier piece',
  'near duplicate': 'Near another one',
  'edition size': 'Room in the edition',
}

/** From all candidates to the edition: each filter, how many it took out, and how many were left. */
export function Funnel({ drop }: { readonly drop: Drop }): JSX.Element | null {
  const { funnel, thresholds, weights } = drop
  if (funnel === null) return null
  const total = funnel.candidates
  const telling = funnel.steps.filter(({ fell }) => fell > 0)
  const silent = funnel.steps.filter(({ fell }) => fell === 0).map(({ filter }) => LABELS[filter] ?? filter)
  return (
    <section>
      <h2>How they were chosen</h2>
      <p>
        The seeds come from the hash of a block that nobody could know when the drop was announced. All{' '}
        {formatCount(total)} candidates were rendered; these are the steps that led to the {formatCount(drop.edition)}{' '}
        for sale.
      </p>
      <ol class="funnel">
        <Band label="Drawn" left={total} total={total} fell={0} />
        {telling.map(({ filter, fell, left }) => (
          <Band key={filter} label={LABELS[filter] ?? filter} left={left} total={total} fell={fell} />
        ))}
      </ol>
      <p class="small">
        {silent.length > 0 && `No candidate fell at: ${silent.join(', ').toLowerCase()}. `}The bar: score at least{' '}
        {formatMeasure(thresholds.score)}, rarity {formatMeasure(thresholds.rarity)}, demand{' '}
        {formatMeasure(thresholds.demand)} (each from 0 to 1). Ranked by {weights.score} × score + {weights.rarity} ×
        rarity + {weights.demand} × demand. People may veto a piece, in public and with a reason; nobody can add one.
      </p>
    </section>
  )
}

interface BandProps {
  readonly label: string
  readonly left: number
  readonly total: number
  readonly fell: number
}

function Band({ label, left, total, fell }: BandProps) {
  const width = (left / total) * 100
  return (
    <li>
      <span class="filter">{label}</span>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width="100" height="6" />
        <rect class="left" x={(100 - width) / 2} width={width} height="6" />
      </svg>
      <span class="count">
        {formatCount(left)} {fell > 0 && <span class="fell">−{formatCount(fell)}</span>}
      </span>
    </li>
  )
}
