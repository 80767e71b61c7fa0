import type { FunnelStep } from '../domain/funnel.ts'
import { grouped, html, type Markup, nothing } from './html.ts'
import type { Report } from './report.ts'

/** What filters are called on the page; one that is not listed keeps its own name. */
const FILTER_NAMES: Readonly<Record<string, string>> = {
  'broken image': 'broken picture',
  specification: 'wrong size or too many bytes',
  vetoed: 'vetoed by a curator',
  score: 'score below the bar',
  rarity: 'rarity below the bar',
  demand: 'demand below the bar',
  'near an earlier piece': 'too like an earlier piece',
  'near duplicate': 'too like another candidate',
  'edition size': 'beyond the edition size',
}

export function filterName(filter: string): string {
  return FILTER_NAMES[filter] ?? filter
}

const FUNNEL_WIDTH = 720
const THROAT = 380
/** Filters at which nobody fell are there, but quietly. */
const STEP_HEIGHT = 50
const QUIET_HEIGHT = 24
const BAND_GAP = 4

/** Draws how many candidates went on after each filter, as bands that narrow towards the edition. */
export function funnelChart(funnel: Report['funnel']): Markup {
  const widthOf = (count: number): number =>
    funnel.candidates === 0 ? 2 : Math.max(2, Math.floor((count * (THROAT - 8)) / (2 * funnel.candidates)))
  let top = STEP_HEIGHT
  let before = funnel.candidates
  const bands: Markup[] = []
  for (const step of funnel.steps) {
    const height = step.fell === 0 ? QUIET_HEIGHT : STEP_HEIGHT
    bands.push(band(step, { top, height, wide: widthOf(before), narrow: widthOf(step.left) }, funnel.binding))
    top += height
    before = step.left
  }
  const first = widthOf(funnel.candidates)
  return html`<svg
    class="funnel"
    viewBox="0 0 ${FUNNEL_WIDTH} ${top}"
    role="img"
    aria-label="Of ${funnel.candidates} candidates, ${before} are left"
  >
    <rect class="band whole" x="${THROAT / 2 - first}" y="0" width="${2 * first}" height="${STEP_HEIGHT - BAND_GAP}" />
    <text class="tick" x="${THROAT + 24}" y="30">drawn by the chain</text>
    <text class="count" x="${FUNNEL_WIDTH}" y="31" text-anchor="end">${grouped(funnel.candidates)}</text>
    ${bands}
  </svg>`
}

interface BandShape {
  readonly top: number
  readonly height: number
  /** Half the width above, and below. */
  readonly wide: number
  readonly narrow: number
}

function band(step: FunnelStep, { top, height, wide, narrow }: BandShape, binding: string | null): Markup {
  const centre = THROAT / 2
  const bottom = top + height - BAND_GAP
  const shape = `${centre - wide},${top} ${centre + wide},${top} ${centre + narrow},${bottom} ${centre - narrow},${bottom}`
  const decided = step.filter === binding
  const polygon = html`<polygon class="${decided ? 'band binding' : 'band'}" points="${shape}" />`
  if (step.fell === 0) {
    return html`${polygon}<text class="quiet" x="${THROAT + 24}" y="${top + 15}"
        >${filterName(step.filter)}: none fell</text
      >`
  }
  return html`${polygon}
    <text class="tick" x="${THROAT + 24}" y="${top + 20}">${filterName(step.filter)}</text>
    <text class="${decided ? 'fine warn' : 'fine'}" x="${THROAT + 24}" y="${top + 37}"
      >${grouped(step.fell)} fell${decided ? ', and this decided' : ''}</text
    >
    <text class="count" x="${FUNNEL_WIDTH}" y="${top + 31}" text-anchor="end">${grouped(step.left)}</text>`
}

export interface HistogramInput {
  readonly title: string
  /** Marks of all candidates, 0 to 65535. */
  readonly all: readonly number[]
  /** Marks of the edition. */
  readonly edition: readonly number[]
  /** The bar that the policy set; 0 draws none. */
  readonly threshold: number
}

const BINS = 32
const CHART_WIDTH = 320
const CHART_HEIGHT = 132
const PLOT_HEIGHT = 100

/** Draws how a mark is spread over all candidates, and where among them the edition lies. */
export function histogram(input: HistogramInput): Markup {
  const all = binned(input.all)
  const edition = binned(input.edition)
  // Square roots: an edition is a few in a thousand, and a linear height would hide it.
  const tallest = Math.sqrt(Math.max(1, ...all))
  const heightOf = (count: number): number => (count === 0 ? 0 : 2 + ((PLOT_HEIGHT - 2) * Math.sqrt(count)) / tallest)
  const step = CHART_WIDTH / BINS
  const bar = (count: number, i: number, name: string): Markup => {
    if (count === 0) return nothing
    const height = heightOf(count)
    const [x, y] = [i * step + 0.75, PLOT_HEIGHT - height].map((n) => n.toFixed(2))
    return html`<rect
      class="${name}"
      x="${x!}"
      y="${y!}"
      width="${(step - 1.5).toFixed(2)}"
      height="${height.toFixed(2)}"
    />`
  }
  const at = ((input.threshold * CHART_WIDTH) / 65535).toFixed(2)
  const line =
    input.threshold === 0 ? nothing : html`<line class="threshold" x1="${at}" x2="${at}" y1="0" y2="${PLOT_HEIGHT}" />`
  return html`<figure class="chart">
    <figcaption>${input.title}</figcaption>
    <svg viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT}" role="img" aria-label="Distribution of ${input.title}">
      ${all.map((count, i) => bar(count, i, 'all'))}${edition.map((count, i) => bar(count, i, 'kept'))}${line}
      <line class="axis" x1="0" x2="${CHART_WIDTH}" y1="${PLOT_HEIGHT}" y2="${PLOT_HEIGHT}" />
      <text class="fine" x="0" y="${PLOT_HEIGHT + 18}">0</text>
      <text class="fine" x="${CHART_WIDTH / 2}" y="${PLOT_HEIGHT + 18}" text-anchor="middle">50</text>
      <text class="fine" x="${CHART_WIDTH}" y="${PLOT_HEIGHT + 18}" text-anchor="end">100</text>
    </svg>
  </figure>`
}

function binned(marks: readonly number[]): readonly number[] {
  const counts = Array.from({ length: BINS }, () => 0)
  for (const mark of marks) counts[Math.min(BINS - 1, Math.floor((mark * BINS) / 65536))]! += 1
  return counts
}

export interface TraitShare {
  readonly value: string
  readonly candidates: number
  readonly edition: number
}

/** Counts each trait's values over all candidates and over the edition, the most frequent first. */
export function traitShares(
  candidates: readonly { readonly traits: Readonly<Record<string, string>> }[],
  edition: readonly { readonly traits: Readonly<Record<string, string>> }[],
): ReadonlyMap<string, readonly TraitShare[]> {
  const counts = new Map<string, Map<string, { candidates: number; edition: number }>>()
  for (const group of ['candidates', 'edition'] as const) {
    for (const { traits } of group === 'candidates' ? candidates : edition) {
      for (const [trait, value] of Object.entries(traits)) {
        const values = counts.get(trait) ?? new Map<string, { candidates: number; edition: number }>()
        counts.set(trait, values)
        const count = values.get(value) ?? { candidates: 0, edition: 0 }
        values.set(value, count)
        count[group] += 1
      }
    }
  }
  return new Map(
    [...counts].map(([trait, values]) => [
      trait,
      [...values]
        .map(([value, count]) => ({ value, ...count }))
        .toSorted((a, b) => b.candidates - a.candidates || (a.value < b.value ? -1 : 1)),
    ]),
  )
}

function portion(count: number, of: number): string {
  return of === 0 ? '0' : ((100 * count) / of).toFixed(1)
}

/** One trait: how frequent each value is among all candidates, and among those kept. */
export function traitTable(trait: string, shares: readonly TraitShare[], candidates: number, edition: number): Markup {
  const rows = shares.map(
    (share) =>
      html`<tr>
        <th scope="row">${share.value}</th>
        <td class="meter">
          <span class="all" style="width:${portion(share.candidates, candidates)}%"></span
          ><span class="kept" style="width:${portion(share.edition, edition)}%"></span>
        </td>
        <td class="number">${portion(share.candidates, candidates)}%</td>
        <td class="number kept-number">${share.edition === 0 ? '–' : `${portion(share.edition, edition)}%`}</td>
      </tr>`,
  )
  return html`<table class="trait">
    <caption>
      ${trait.replaceAll(/[-_]/gu, ' ')}
    </caption>
    <tbody>
      ${rows}
    </tbody>
  </table>`
}
