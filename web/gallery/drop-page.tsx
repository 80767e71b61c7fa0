import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Drop, Phase, Piece } from './answers.ts'
import { readDrop, readPieces, useAnswer } from './api.ts'
import { setByHead, useChainTime } from './chain-clock.ts'
import { Colophon } from './colophon.tsx'
import { formatCount, formatWait, formatWei } from './format.ts'
import { Funnel } from './funnel.tsx'
import { Phases } from './phases.tsx'
import { Wall } from './wall.tsx'
import { Waiting } from './waiting.tsx'

/** A drop, readable by anyone: what it is, when and what it costs, every piece, and how they were chosen. */
export function DropPage({ drop: number }: { readonly drop: number }): JSX.Element {
  const { answer: drop, problem } = useAnswer(`drop ${number}`, () => readDrop(number), 5000)
  const minted = drop?.minted ?? 0
  const { answer: list } = useAnswer(`pieces ${number} ${drop?.root} ${minted}`, () => readPieces(number))
  useEffect(() => {
    if (drop !== null) setByHead(drop.head.time)
  }, [drop])

  if (drop === null) return <Waiting problem={problem} />
  const pieces = list?.pieces ?? []
  return (
    <article>
      <Frontispiece piece={pieces[0]} />
      <section class="column opening">
        <p class="over">Drop {drop.drop}</p>
        <h1>{drop.name}</h1>
        <p class="lead">
          {formatCount(drop.edition)} pieces, chosen from {formatCount(drop.candidates)} candidates by a rule that was
          fixed before any of them existed.
        </p>
        <Offer drop={drop} />
        {problem !== null && (
          <p class="notice" role="status">
            {problem}. What you see is from a moment ago.
          </p>
        )}
      </section>
      <section class="column story">
        {drop.story.split('\n\n').map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
        <p class="made-by">
          <span class="tag">AI-made</span> The pictures are the work of a generative network, and each file says so.
        </p>
      </section>
      <Wall drop={drop} pieces={pieces} />
      <div class="column">
        <Phases drop={drop} />
        <Funnel drop={drop} />
        <Colophon drop={drop} />
      </div>
    </article>
  )
}

/** The first piece as cloth from edge to edge: the pieces tile without a seam. */
function Frontispiece({ piece }: { readonly piece: Piece | undefined }) {
  if (piece === undefined) return <div class="frontispiece" />
  return <div class="frontispiece" style={{ backgroundImage: `url("${piece.image}")` }} role="presentation" />
}

/** Price, what is left, and how long until something changes. */
function Offer({ drop }: { readonly drop: Drop }) {
  const time = useChainTime()
  const { remaining, edition, minted, phases, stage } = drop
  if (stage === 'closed' || stage === 'voided') {
    return (
      <dl class="offer">
        <div>
          <dt>{stage === 'closed' ? 'Closed' : 'Voided; holders can claim back what they paid'}</dt>
          <dd>
            {formatCount(minted)} of {formatCount(edition)} found an owner
          </dd>
        </div>
      </dl>
    )
  }
  const now = phases.filter(({ startsAt, endsAt }) => remaining > 0 && startsAt <= time && time < endsAt)
  const open = now.find(({ kind }) => kind === 'public') ?? now[0]
  const next = phases.filter(({ startsAt }) => time < startsAt).toSorted((a, b) => a.startsAt - b.startsAt)[0]
  return (
    <dl class="offer">
      {open !== undefined && <Price phase={open} currency={drop.network.currency} />}
      <div>
        <dt>Left</dt>
        <dd>{remaining === 0 ? 'None' : `${formatCount(remaining)} of ${formatCount(edition)}`}</dd>
      </div>
      {open !== undefined && <Countdown label={`${open.name} closes in`} seconds={open.endsAt - time} />}
      {open === undefined && next !== undefined && remaining > 0 && (
        <Countdown label={`${next.name} opens in`} seconds={next.startsAt - time} />
      )}
    </dl>
  )
}

function Price({ phase, currency }: { readonly phase: Phase; readonly currency: string }) {
  return (
    <div>
      <dt>{phase.kind === 'public' ? 'Price now' : `${phase.name}, from`}</dt>
      <dd>{formatWei(phase.priceWei ?? phase.price.endWei, currency)}</dd>
    </div>
  )
}

function Countdown({ label, seconds }: { readonly label: string; readonly seconds: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd role="timer">{formatWait(seconds)}</dd>
    </div>
  )
}
