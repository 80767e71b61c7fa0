import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { formatCount } from '../gallery/format.ts'
import type { Reviewed, Sheet } from './answers.ts'
import { pictureOf, readSheet } from './api.ts'
import { CloseUp } from './close-up.tsx'
import { columnsOf, stepOf } from './steps.ts'

/** As many as the server gives at once. */
const PAGE = 240

/** All candidates by rank, with one of them close up. */
export function ContactSheet({ run }: { readonly run: string }): JSX.Element {
  const [sheet, setSheet] = useState<Sheet | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [chosen, setChosen] = useState(0)
  const load = async (count: number): Promise<void> => {
    try {
      setSheet(await readRanks(run, count))
      setProblem(null)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  useEffect(() => void load(PAGE), [run])
  if (sheet === null) return <p class="notice quiet">{problem ?? 'Measuring the candidates…'}</p>

  const candidate = sheet.candidates[chosen] ?? sheet.candidates[0]
  const choose = (rank: number): void => {
    setChosen(rank)
    if (rank >= sheet.candidates.length) void load(rank + PAGE)
  }
  return (
    <div class="review">
      <section class="sheet-side" aria-label="Candidates by rank">
        <Heading sheet={sheet} />
        {problem !== null && <p class="broken">{problem}</p>}
        <Grid sheet={sheet} chosen={chosen} choose={choose} />
        {sheet.candidates.length < sheet.total && (
          <button type="button" class="link" onClick={() => void load(sheet.candidates.length + PAGE)}>
            Show more of the {formatCount(sheet.total)}
          </button>
        )}
      </section>
      {candidate !== undefined && (
        <CloseUp
          key={candidate.index}
          sheet={sheet}
          candidate={candidate}
          choose={choose}
          vetoed={() => load(sheet.candidates.length)}
        />
      )}
    </div>
  )
}

/** The first ranks of a run, however many answers it takes. */
async function readRanks(run: string, count: number): Promise<Sheet> {
  const first = await readSheet(run, 0, PAGE)
  const candidates = [...first.candidates]
  while (candidates.length < Math.min(count, first.total)) {
    candidates.push(...(await readSheet(run, candidates.length, PAGE)).candidates)
  }
  return { ...first, candidates }
}

function Heading({ sheet }: { readonly sheet: Sheet }) {
  const { name, edition, passed, total, vetoes, open, size, binding } = sheet
  return (
    <>
      <h1>{name}</h1>
      <p class="lead">
        {formatCount(edition)} for sale, of {formatCount(passed)} that reach every threshold, from {formatCount(total)}{' '}
        candidates{vetoes.length > 0 && `; ${formatCount(vetoes.length)} vetoed`}.
      </p>
      {edition < size && binding !== null && (
        <p class="small">
          {formatCount(size)} were announced; what keeps most of the others out is “{binding}”. The bar stays where it
          was announced.
        </p>
      )}
      <p class="small">
        {open
          ? 'A veto takes a candidate away for good, and its reason is published. Nothing can be added, and none moved up: the seeds are drawn, and the order is the policy’s.'
          : 'This drop is committed. The order can change no more.'}
      </p>
      <p class="small keys">
        <kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> move,{' '}
        {open && (
          <>
            <kbd>V</kbd> veto,{' '}
          </>
        )}
        <kbd>Esc</kbd> back to the sheet
      </p>
    </>
  )
}

interface GridProps {
  readonly sheet: Sheet
  readonly chosen: number
  readonly choose: (rank: number) => void
}

/** One stop of the Tab key; the arrows go from candidate to candidate. */
function Grid({ sheet, chosen, choose }: GridProps) {
  const list = useRef<HTMLOListElement>(null)
  const byKeys = useRef(false)
  useEffect(() => {
    // Focus follows only who moves by keys: a page that was just opened is not to be scrolled.
    if (byKeys.current) list.current?.querySelector<HTMLElement>(`[data-rank="${chosen}"]`)?.focus()
    byKeys.current = false
  }, [chosen])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'v' || event.key === 'V') {
      event.preventDefault()
      document.querySelector<HTMLElement>('#veto-reason')?.focus()
      return
    }
    const step = stepOf(event.key, columnsOf(list.current))
    if (step === null) return
    event.preventDefault()
    byKeys.current = true
    choose(Math.max(0, Math.min(sheet.candidates.length - 1, chosen + step)))
  }
  return (
    <ol class="plain sheet" ref={list} onKeyDown={onKeyDown}>
      {sheet.candidates.map((candidate) => (
        <Tile
          key={candidate.index}
          sheet={sheet}
          candidate={candidate}
          isChosen={candidate.rank === chosen}
          choose={choose}
        />
      ))}
    </ol>
  )
}

interface TileProps {
  readonly sheet: Sheet
  readonly candidate: Reviewed
  readonly isChosen: boolean
  readonly choose: (rank: number) => void
}

function Tile({ sheet, candidate, isChosen, choose }: TileProps) {
  const { rank, index, reason } = candidate
  const state = reason !== null ? 'out' : rank < sheet.edition ? 'for-sale' : 'left-over'
  const words = reason ?? (rank < sheet.edition ? 'for sale' : rank < sheet.passed ? 'over' : 'below')
  return (
    <li class={rank === sheet.edition ? 'first-unsold' : ''}>
      <button
        type="button"
        class={`tile ${state}`}
        data-rank={rank}
        tabIndex={isChosen ? 0 : -1}
        aria-pressed={isChosen}
        aria-label={`Rank ${rank + 1}, candidate ${index}, ${words}`}
        onClick={() => choose(rank)}
      >
        <img src={pictureOf(sheet.run, index)} alt="" width="128" height="128" loading="lazy" />
        <span class="number">{rank + 1}</span>
        {reason !== null && <span class="tag">{reason}</span>}
      </button>
    </li>
  )
}
