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
      <h2>From {formatCount(total)} candidates</h2>
      <p>
        The seeds come from the hash of a block that nobody could know when the drop was announced. All{' '}
        {formatCount(total)} candidates were rendered; these are the steps that led to the {formatCount(drop.edition)}{' '}
        for sale.
      </p>
      <ol class="funnel">
        <Band label="Drawn" before={total} left={total} total={total} />
        {telling.map(({ filter, fell, left }) => (
          <Band key={filter} label={LABELS[filter] ?? filter} before={left + fell} left={left} total={total} />
        ))}
        <Band label="The edition" before={drop.edition} left={drop.edition} total={total} />
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
  readonly before: number
  readonly left: number
  readonly total: number
}

/** One stretch of the funnel, as wide above as what came in and below as what went on; bands meet without a gap. */
function Band({ label, before, left, total }: BandProps) {
  const [above, below] = [(before / total) * 50, (left / total) * 50]
  const fell = before - left
  return (
    <li>
      <span class="filter">{label}</span>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <path d={`M${50 - above} 0H${50 + above}L${50 + below} 10H${50 - below}z`} />
      </svg>
      <span class="count">
        {formatCount(left)} {fell > 0 && <span class="fell">−{formatCount(fell)}</span>}
      </span>
    </li>
  )
}
