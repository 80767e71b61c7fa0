import type { ComponentChildren, JSX } from 'preact'
import type { Drop, Phase, Piece } from './answers.ts'
import { paths, useApi } from './api.ts'
import { useChainTime } from './chain-clock.ts'
import { Colophon } from './colophon.tsx'
import { formatCount, formatWait, formatWei } from './format.ts'
import { Funnel } from './funnel.tsx'
import { Phases } from './phases.tsx'
import { isOver, nextPhase, openPhases, opensAt, priceAt } from './sale.ts'
import { useTitle } from './title.ts'
import { Wall } from './wall.tsx'
import { Waiting } from './waiting.tsx'

/** A drop, readable by anyone: what it is, when and what it costs, every piece, and how they were chosen. */
export function DropPage({ drop: number }: { readonly drop: number }): JSX.Element {
  const { answer: drop, problem } = useApi<Drop>(paths.drop(number), { everyMs: 5000 })
  const version = `${drop?.root} ${drop?.minted}`
  const { answer: list } = useApi<{ pieces: Piece[] }>(paths.pieces(number), { version })
  useTitle(drop?.name)
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
  const { remaining, edition, minted, paused, stage } = drop
  if (isOver(drop)) {
    return (
      <dl class="offer">
        <Fact label={stage === 'closed' ? 'Closed' : 'Voided; holders can claim back what they paid'}>
          {formatCount(minted)} of {formatCount(edition)} found an owner
        </Fact>
      </dl>
    )
  }
  if (remaining === 0) {
    return (
      <dl class="offer">
        <Fact label="Sold out">All {formatCount(edition)} have found an owner</Fact>
      </dl>
    )
  }
  const now = openPhases(drop, time)
  const open = now.find(({ kind }) => kind === 'public') ?? now[0]
  const next = open === undefined ? nextPhase(drop, time) : undefined
  return (
    <dl class="offer">
      {open !== undefined && <Price phase={open} currency={drop.network.currency} time={time} />}
      <Fact label="Left">
        {formatCount(remaining)} of {formatCount(edition)}
      </Fact>
      {paused && <Fact label="For now">Paused by the guardian</Fact>}
      {open !== undefined && <Countdown label={`${open.name} closes in`} seconds={open.endsAt - time} />}
      {next !== undefined && <Countdown label={`${next.name} opens in`} seconds={opensAt(drop, next) - time} />}
      {open === undefined && next === undefined && <Fact label="The sale">is over</Fact>}
    </dl>
  )
}

function Fact({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

interface PriceProps {
  readonly phase: Phase
  readonly currency: string
  readonly time: number
}

function Price({ phase, currency, time }: PriceProps) {
  if (phase.kind === 'public') return <Fact label="Price now">{formatWei(priceAt(phase, time), currency)}</Fact>
  return <Fact label={`${phase.name}, from`}>{formatWei(phase.price.endWei, currency)}</Fact>
}

/** A timer that moves each second is not read out each second: who wants to know reads it. */
function Countdown({ label, seconds }: { readonly label: string; readonly seconds: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span role="timer" aria-live="off">
          {formatWait(seconds)}
        </span>
      </dd>
    </div>
  )
}
