import type { JSX } from 'preact'
import type { Phase } from './answers.ts'
import { formatWei } from './format.ts'
import { priceAt } from './sale.ts'

/** Of the drawing, in its own units; it grows with the column. */
const WIDTH = 600
const HEIGHT = 150
const TOP = 26
const FOOT = 26

interface PriceCurveProps {
  readonly phase: Phase
  /** Unix seconds by the chain's clock; null before the phase and after it. */
  readonly now: number | null
  readonly currency: string
}

/** The falling price as a line, with the moment that is now. */
export function PriceCurve({ phase, now, currency }: PriceCurveProps): JSX.Element {
  const { startWei, endWei } = phase.price
  const floor = HEIGHT - FOOT
  const heightOf = (wei: bigint): number => floor - share(wei, BigInt(startWei)) * (floor - TOP)
  const [first, last] = [heightOf(BigInt(startWei)), heightOf(BigInt(endWei))]
  const words = `The price falls evenly from ${formatWei(startWei, currency)} to ${formatWei(endWei, currency)}.`
  const dear = now === null ? null : priceAt(phase, now)
  return (
    <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      <path class="area" d={`M0 ${floor}V${first}L${WIDTH} ${last}V${floor}z`} />
      <path class="line" d={`M0 ${first}L${WIDTH} ${last}`} />
      <path class="ground" d={`M0 ${floor}H${WIDTH}`} />
      <text x="0" y={first - 8}>
        {formatWei(startWei, currency)}
      </text>
      <text x={WIDTH} y={last - 8} text-anchor="end">
        {formatWei(endWei, currency)}
      </text>
      {now !== null && dear !== null && (
        <Now x={xOf(phase, now)} y={heightOf(dear)} price={formatWei(dear, currency)} />
      )}
    </svg>
  )
}

function Now({ x, y, price }: { readonly x: number; readonly y: number; readonly price: string }) {
  const right = x > WIDTH / 2
  return (
    <>
      <path class="now" d={`M${x} ${HEIGHT - FOOT}V${y}`} />
      <circle class="now" cx={x} cy={y} r="5" />
      <text class="now" x={right ? x - 6 : x + 6} y={HEIGHT - 8} text-anchor={right ? 'end' : 'start'}>
        {`now ${price}`}
      </text>
    </>
  )
}

function xOf({ startsAt, endsAt }: Phase, time: number): number {
  return Math.min(1, Math.max(0, (time - startsAt) / (endsAt - startsAt))) * WIDTH
}

/** For drawing only: what a double loses of a wei is no pixel. */
function share(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 10_000n) / whole) / 10_000
}
