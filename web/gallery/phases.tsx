import type { JSX } from 'preact'
import type { Drop, Phase } from './answers.ts'
import { useChainTime } from './chain-clock.ts'
import { formatLocal, formatUtc, formatWait, formatWei, visitorsZone } from './format.ts'
import { isOver, opensAt, stateAt } from './sale.ts'
import { PriceCurve } from './price-curve.tsx'

const WHO = {
  public: 'Everyone',
  allowlist: 'Wallets on the list',
  voucher: 'Holders of a voucher',
} as const

const LIMITS = {
  public: (limit: number) => (limit === 0 ? 'as many as they like' : `${limit} each`),
  allowlist: (limit: number) => (limit === 0 ? 'as many as it grants' : `${limit} each at most`),
  voucher: (limit: number) => (limit === 0 ? 'one piece for each' : `${limit} each at most`),
} as const

/** When the drop is for sale, to whom, and for what; in the visitor's zone and in UTC, counted by the chain's clock. */
export function Phases({ drop }: { readonly drop: Drop }): JSX.Element {
  const time = useChainTime()
  return (
    <section>
      <h2>When and for what</h2>
      <ol class="phases">
        {drop.phases.map((phase) => (
          <PhaseRow key={phase.phase} phase={phase} drop={drop} time={time} />
        ))}
      </ol>
      <p class="small">Countdowns go by the clock of the chain, which alone decides what is open.</p>
    </section>
  )
}

function PhaseRow({ phase, drop, time }: { readonly phase: Phase; readonly drop: Drop; readonly time: number }) {
  const { currency } = drop.network
  const state = isOver(drop) ? 'over' : stateAt(drop, phase, time)
  const opens = opensAt(drop, phase)
  const status = {
    upcoming: `opens in ${formatWait(opens - time)}`,
    open: `open, closes in ${formatWait(phase.endsAt - time)}`,
    over: 'over',
  }[state]
  return (
    <li class={state}>
      <h3>
        {phase.name} <span class="state">{status}</span>
      </h3>
      <p>
        {WHO[phase.kind]}, {LIMITS[phase.kind](phase.limit)}. <PriceWords phase={phase} currency={currency} />
      </p>
      {phase.kind === 'public' && phase.price.startWei !== phase.price.endWei && (
        <PriceCurve phase={phase} now={state === 'open' ? time : null} currency={currency} />
      )}
      <When drop={drop} phase={phase} opens={opens} over={state === 'over'} />
    </li>
  )
}

interface WhenProps {
  readonly drop: Drop
  readonly phase: Phase
  readonly opens: number
  readonly over: boolean
}

function When({ drop, phase, opens, over }: WhenProps) {
  const zone = visitorsZone()
  return (
    <dl class="when">
      {zone !== null && (
        <>
          <dt>{zone}</dt>
          <dd>
            <Moment time={opens} format={formatLocal} /> to <Moment time={phase.endsAt} format={formatLocal} />
          </dd>
        </>
      )}
      <dt>UTC</dt>
      <dd>
        <Moment time={opens} format={utcUnnamed} /> to <Moment time={phase.endsAt} format={utcUnnamed} />
        {!over && (
          <a class="calendar" href={`/drops/${drop.drop}/phases/${phase.phase}.ics`} download="">
            Add to calendar
          </a>
        )}
      </dd>
    </dl>
  )
}

/** Beside a label that names the zone. */
function utcUnnamed(time: number): string {
  return formatUtc(time).replace(' UTC', '')
}

function Moment({ time, format }: { readonly time: number; readonly format: (time: number) => string }) {
  return <time dateTime={new Date(time * 1000).toISOString()}>{format(time)}</time>
}

function PriceWords({ phase, currency }: { readonly phase: Phase; readonly currency: string }) {
  const { startWei, endWei } = phase.price
  if (phase.kind !== 'public') {
    const source = phase.kind === 'allowlist' ? 'At the price on the list' : 'At the price in the voucher'
    return <>{endWei === '0' ? source : `${source}, at least ${formatWei(endWei, currency)}`}.</>
  }
  if (startWei === endWei) return <>{formatWei(startWei, currency)} each.</>
  return (
    <>
      From {formatWei(startWei, currency)}, falling to {formatWei(endWei, currency)}.
    </>
  )
}
