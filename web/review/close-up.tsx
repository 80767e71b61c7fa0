import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { useAnswer } from '../gallery/api.ts'
import { formatMeasure, formatShare } from '../gallery/format.ts'
import type { Measures, Reviewed, ReviewedDetail, Sheet } from './answers.ts'
import { giveVeto, pictureOf, readDetail } from './api.ts'

const METRICS = ['score', 'rarity', 'demand'] as const
const MOST = 65_535

interface CloseUpProps {
  readonly sheet: Sheet
  readonly candidate: Reviewed
  readonly choose: (rank: number) => void
  /** The order is another now. */
  readonly vetoed: () => Promise<void>
}

/** One candidate: the picture, what its rank is made of, what looks like it, and the one thing that can be done. */
export function CloseUp({ sheet, candidate, choose, vetoed }: CloseUpProps): JSX.Element {
  const { run } = sheet
  const { rank, index, reason, resembles } = candidate
  const { answer } = useAnswer(`${run}/${index}`, () => readDetail(run, index))
  return (
    <aside class="close-up" aria-label={`Candidate ${index}`}>
      <img class="large" src={pictureOf(run, index)} alt={altOf(answer)} width="512" height="512" />
      <h2>
        Rank {rank + 1} <span class="small">candidate {index}</span>
      </h2>
      {reason !== null && (
        <p class="broken">
          Out: {reason}
          {resembles !== null && `, after candidate ${resembles}`}. {wordsOf(sheet, index)}
        </p>
      )}
      <Breakdown candidate={candidate} sheet={sheet} />
      {sheet.open && reason === null && (
        <VetoForm
          run={run}
          index={index}
          rank={rank}
          vetoed={async () => {
            await vetoed()
            document.querySelector<HTMLElement>(`[data-rank="${rank}"]`)?.focus()
          }}
        />
      )}
      {answer !== null && <Traits detail={answer} />}
      {answer !== null && <Neighbours sheet={sheet} detail={answer} choose={choose} />}
    </aside>
  )
}

function altOf(detail: ReviewedDetail | null): string {
  return detail === null ? '' : detail.traits.map(({ name, value }) => `${name} ${value}`).join(', ')
}

function wordsOf({ vetoes }: Sheet, index: number): string {
  const veto = vetoes.find((one) => one.index === index)
  return veto === undefined ? '' : `“${veto.reason}”`
}

/** What each measure adds to the key that orders the candidates, and where its threshold lies. */
function Breakdown({ candidate, sheet }: { readonly candidate: Measures; readonly sheet: Sheet }) {
  const { weights, thresholds } = sheet
  return (
    <table class="breakdown">
      <caption class="unseen">What the rank is made of</caption>
      <thead class="small">
        <tr>
          <th scope="col">
            <span class="unseen">measure</span>
          </th>
          <td />
          <th scope="col">has</th>
          <th scope="col">bar</th>
          <th scope="col">weight</th>
        </tr>
      </thead>
      <tbody>
        {METRICS.map((metric) => (
          <tr key={metric} class={candidate[metric] < thresholds[metric] ? 'missed' : ''}>
            <th scope="row">{metric}</th>
            <td>
              <svg viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar" x="0" y="3" width={(candidate[metric] / MOST) * 200} height="6" />
                <rect class="bound" x={(thresholds[metric] / MOST) * 200} y="0" width="1.5" height="12" />
              </svg>
            </td>
            <td class="figure">{formatMeasure(candidate[metric])}</td>
            <td class="figure">{formatMeasure(thresholds[metric])}</td>
            <td class="figure">{weights[metric]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Traits({ detail }: { readonly detail: ReviewedDetail }) {
  return (
    <table class="traits">
      <caption class="unseen">Traits, how common each is, and the bits that it adds to the rarity</caption>
      <tbody>
        {detail.traits.map(({ name, value, share, bits }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
            <td class="small">{formatShare(share)}</td>
            <td class="figure">{bits.toFixed(2)} bits</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface NeighboursProps {
  readonly sheet: Sheet
  readonly detail: ReviewedDetail
  readonly choose: (rank: number) => void
}

function Neighbours({ sheet, detail, choose }: NeighboursProps) {
  return (
    <section>
      <h3>Most like it</h3>
      <ul class="plain neighbours">
        {detail.neighbours.map(({ index, rank, distance }) => (
          <li key={index} class={distance < sheet.minDistance ? 'near' : ''}>
            <button type="button" onClick={() => choose(rank)} aria-label={`Rank ${rank + 1}, candidate ${index}`}>
              <img src={pictureOf(sheet.run, index)} alt="" width="96" height="96" />
            </button>
            <span class="small">
              {rank + 1} · {distance.toLocaleString('en-GB')}
            </span>
          </li>
        ))}
      </ul>
      {sheet.minDistance > 0 && (
        <p class="small">
          Distances are squared, in the discriminator’s features; nearer than{' '}
          {sheet.minDistance.toLocaleString('en-GB')} counts as the same piece twice.
        </p>
      )}
    </section>
  )
}

interface VetoFormProps {
  readonly run: string
  readonly index: number
  readonly rank: number
  readonly vetoed: () => Promise<void>
}

function VetoForm({ run, index, rank, vetoed }: VetoFormProps) {
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    try {
      await giveVeto(run, index, reason)
      await vetoed()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    document.querySelector<HTMLElement>(`[data-rank="${rank}"]`)?.focus()
  }
  return (
    <form class="veto" onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
      <label for="veto-reason">Veto, because</label>
      <textarea
        id="veto-reason"
        ref={field}
        rows={2}
        maxLength={2000}
        required
        value={reason}
        onInput={(event) => setReason(event.currentTarget.value)}
      />
      <button type="submit" class="primary" disabled={busy || reason.trim() === ''} aria-busy={busy}>
        Take candidate {index} away
      </button>
      <p class="small">Everybody will read the reason, with your account. It cannot be taken back.</p>
      <div role="alert">{problem !== null && <p class="broken">{problem}</p>}</div>
    </form>
  )
}
