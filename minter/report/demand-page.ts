import {
  asLearned,
  type DemandSnapshot,
  type DropFacts,
  type Evidence,
  interestInAll,
  posteriorMean,
} from '../domain/demand.ts'
import { engagementPrior, type Interest } from '../domain/engagement.ts'
import { orderTraits } from '../domain/traits.ts'
import { grouped, html, type Markup, styleSheet } from './html.ts'
import { STYLE } from './style.ts'

/** What is believed of a trait value, and what for. */
export interface TraitBelief extends Evidence {
  readonly trait: string
  readonly value: string
  /** Probability that a piece with it sells, in 1/65536; what candidates' demand is made of. */
  readonly mean: number
  /** Standard deviation of the belief, in 1/65536. */
  readonly deviation: number
}

/** By trait in the order in which traits are shown, then from the most wanted value to the least. */
export function traitBeliefs(snapshot: DemandSnapshot): readonly TraitBelief[] {
  const learned = asLearned(snapshot)
  const all = interestInAll(learned)
  const traits = orderTraits(Object.fromEntries(Object.keys(learned.traits).map((trait) => [trait, ''])))
  return traits.flatMap(([trait]) =>
    Object.entries(learned.traits[trait] ?? {})
      .map(([value, evidence]) => ({ trait, value, ...evidence, ...beliefIn(evidence, all) }))
      .toSorted((a, b) => b.mean - a.mean || (a.value < b.value ? -1 : 1)),
  )
}

function beliefIn(evidence: Evidence, all: Interest): Pick<TraitBelief, 'mean' | 'deviation'> {
  const observations = evidence.alpha + evidence.beta + 2 + engagementPrior(evidence, all).observations
  const mean = posteriorMean(evidence, all)
  const share = mean / 65_536
  return { mean, deviation: Math.round(65_536 * Math.sqrt((share * (1 - share)) / (observations + 1))) }
}

const WIDTH = 720
const LABEL = 170
const NUMBERS = 130
const ROW = 24
const TRACK = WIDTH - LABEL - NUMBERS

const MARKS = `
.belief { max-width: 860px; margin: 0 0 26px; } .belief .rail { stroke: var(--line); } .belief .half { stroke: var(--soft); stroke-dasharray: 2 4; }
.belief .whisker { stroke: var(--indigo); stroke-width: 2; opacity: .55; } .belief circle { fill: var(--madder); } .belief .tick { font-size: 13px; }
.drops { border-collapse: collapse; font: 15px/1.4 var(--sans); width: 100%; } .drops th, .drops td { text-align: right; padding: 8px 10px; border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; } .drops th { font-weight: 600; color: var(--soft); font-size: 13px; border: 0; } .drops tr > :first-child { text-align: left; }
.wide { overflow-x: auto; } main { padding-top: 48px; }
`

/**
 * What earlier drops taught about each trait, on one page without script.
 *
 * @param digest of the snapshot, as the next policy names it
 */
export function demandPage(snapshot: DemandSnapshot, digest: string): string {
  const beliefs = traitBeliefs(snapshot)
  const traits = [...new Set(beliefs.map(({ trait }) => trait))]
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Demand</title>
        ${styleSheet(STYLE + MARKS)}
      </head>
      <body>
        <main>
          <div class="kicker">Adversarial tokenization</div>
          <h1>Demand</h1>
          <p class="lead">What earlier drops say about each trait: how likely a piece that has it is to sell.</p>
          <p class="note">Snapshot <code>${digest}</code></p>
          <h2>Drops</h2>
          ${dropTable(asLearned(snapshot).drops)}
          <h2>Traits</h2>
          <p class="note">
            The dot is the mean of a Beta distribution, the line one standard deviation to both sides; the dashes stand
            at one half, where nothing is known. At the right: pieces that sold, an early sale twice, against pieces
            that did not. What visitors did weighs as much as four pieces at most.
          </p>
          ${traits.map((trait) =>
            beliefChart(
              trait,
              beliefs.filter((belief) => belief.trait === trait),
            ),
          )}
        </main>
      </body>
    </html> `.text
}

/** One trait: its values as rows, the most wanted first. */
function beliefChart(trait: string, beliefs: readonly TraitBelief[]): Markup {
  const height = beliefs.length * ROW
  const half = LABEL + TRACK / 2
  return html`<figure class="chart">
    <figcaption>${trait}</figcaption>
    <svg
      class="belief"
      viewBox="0 0 ${WIDTH} ${height}"
      role="img"
      aria-label="How likely each value of ${trait} is to sell"
    >
      <line class="half" x1="${half}" x2="${half}" y1="0" y2="${height}" />
      ${beliefs.map(beliefRow)}
    </svg>
  </figure>`
}

function beliefRow({ value, mean, deviation, alpha, beta }: TraitBelief, row: number): Markup {
  const y = row * ROW + ROW / 2
  const at = (share: number): string => (LABEL + (TRACK * Math.min(65_536, Math.max(0, share))) / 65_536).toFixed(1)
  return html`<text class="tick" x="0" y="${y + 4}">${value}</text>
    <line class="rail" x1="${LABEL}" x2="${LABEL + TRACK}" y1="${y}" y2="${y}" />
    <line class="whisker" x1="${at(mean - deviation)}" x2="${at(mean + deviation)}" y1="${y}" y2="${y}" />
    <circle cx="${at(mean)}" cy="${y}" r="4.5" />
    <text class="fine" x="${WIDTH}" y="${y + 4}" text-anchor="end">${beliefText(mean)} · ${alpha} : ${beta}</text>`
}

/** A probability in 1/65536 as a percentage. */
export function beliefText(mean: number): string {
  return `${((100 * mean) / 65_536).toFixed(0)} %`
}

const DROP_COLUMNS = [
  'Drop',
  'Offered',
  'Sold',
  'Half sold after',
  'Collectors',
  'Views',
  'Long looks',
  'Saves',
  'Reservations',
]

function dropTable(drops: readonly DropFacts[]): Markup {
  if (drops.length === 0) return html`<p class="note">None yet.</p>`
  const rows = drops.map(({ drop, offered, sold, medianSeconds, collectors, attention }) => {
    const { view, dwell, save, reserve } = attention
    const cells = [offered, sold, medianSeconds ?? '–', collectors, view, dwell, save, reserve]
    return html`<tr>
      <td>${drop}</td>
      ${cells.map((cell, i) => html`<td>${typeof cell === 'number' ? grouped(cell) + (i === 2 ? ' s' : '') : cell}</td>`)}
    </tr>`
  })
  return html`<div class="wide">
    <table class="drops">
      <thead>
        <tr>
          ${DROP_COLUMNS.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}
