import type { JSX } from 'preact'
import type { Drop, Phase } from './answers.ts'
import { useChainTime } from './chain-clock.ts'
import { formatLocal, formatUtc, formatWait, formatWei } from './format.ts'

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

/** When the drop is for sale, to whom, and for what; in the visitor's zone and in UTC. */
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
    </section>
  )
}

function PhaseRow({ phase, drop, time }: { readonly phase: Phase; readonly drop: Drop; readonly time: number }) {
  const { currency } = drop.network
  const state = time < phase.startsAt ? 'upcoming' : time < phase.endsAt ? 'open' : 'over'
  const status = {
    upcoming: `opens in ${formatWait(phase.startsAt - time)}`,
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
        <PriceCurve phase={phase} time={time} currency={currency} />
      )}
      <p class="when">
        <time dateTime={new Date(phase.startsAt * 1000).toISOString()}>{formatLocal(phase.startsAt)}</time> to{' '}
        <time dateTime={new Date(phase.endsAt * 1000).toISOString()}>{formatLocal(phase.endsAt)}</time>, your time.{' '}
        <span class="utc">
          {formatUtc(phase.startsAt)} to {formatUtc(phase.endsAt)}.
        </span>{' '}
        {state === 'upcoming' && (
          <a href={calendarFile(drop, phase)} download={`${drop.name} ${phase.name}.ics`}>
            Add to calendar
          </a>
        )}
      </p>
    </li>
  )
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

const WIDTH = 600
const HEIGHT = 120

/** The falling price as a line, with the moment that is now. */
function PriceCurve({
  phase,
  time,
  currency,
}: {
  readonly phase: Phase
  readonly time: number
  readonly currency: string
}) {
  const { startsAt, endsAt } = phase
  const past = Math.min(1, Math.max(0, (time - startsAt) / (endsAt - startsAt)))
  const [from, to] = [Number(phase.price.startWei), Number(phase.price.endWei)]
  const heightAt = (share: number): number => HEIGHT - 8 - ((from + (to - from) * share) / from) * (HEIGHT - 24)
  const x = past * WIDTH
  const words = `The price falls evenly from ${formatWei(phase.price.startWei, currency)} to ${formatWei(phase.price.endWei, currency)}.`
  return (
    <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      <path class="area" d={`M0 ${HEIGHT}V${heightAt(0)}L${WIDTH} ${heightAt(1)}V${HEIGHT}z`} />
      <path class="line" d={`M0 ${heightAt(0)}L${WIDTH} ${heightAt(1)}`} />
      {past > 0 && past < 1 && (
        <>
          <path class="now" d={`M${x} ${HEIGHT}V${heightAt(past)}`} />
          <circle class="now" cx={x} cy={heightAt(past)} r="5" />
        </>
      )}
    </svg>
  )
}

/** An event for the visitor's calendar (RFC 5545), made here: nobody learns that they asked. */
function calendarFile(drop: Drop, phase: Phase): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//latentmint//drop//EN',
    'BEGIN:VEVENT',
    `UID:${drop.collection}-${drop.drop}-${phase.phase}`,
    `DTSTAMP:${stamp(phase.startsAt)}`,
    `DTSTART:${stamp(phase.startsAt)}`,
    `DTEND:${stamp(phase.endsAt)}`,
    `SUMMARY:${`${drop.name}: ${phase.name}`.replaceAll(/[\\;,]/gu, String.raw`\$&`)}`,
    `URL:${location.origin}/drops/${drop.drop}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]
  return `data:text/calendar;charset=utf-8,${encodeURIComponent(lines.join('\r\n'))}`
}

function stamp(time: number): string {
  return new Date(time * 1000).toISOString().replaceAll(/[-:]|\.\d+/gu, '')
}
