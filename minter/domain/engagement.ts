/** What a visitor can do with a piece, in the order in which interest grows. */
export const ENGAGEMENTS = ['view', 'dwell', 'save', 'reserve', 'mint'] as const
export type Engagement = (typeof ENGAGEMENTS)[number]

/** Seconds that a page is looked at before it counts as a dwell. */
export const DWELL_SECONDS = 10

/** How often each was done with a piece, over all visitors; nothing in it tells one visitor from another. */
export type Attention = Readonly<Record<Engagement, number>>

export const NO_ATTENTION: Attention = { view: 0, dwell: 0, save: 0, reserve: 0, mint: 0 }

/** Points of one act. Mints are left out: the chain tells of them, and it cannot be fooled by a page. */
const POINTS: Readonly<Partial<Record<Engagement, number>>> = { dwell: 1, save: 2, reserve: 4 }
const MOST_POINTS_A_VIEW = 4

/** So many views of a trait value weigh as much as one piece that was offered. */
const VIEWS_PER_OBSERVATION = 16
/**
 * What all that was ever done on the pages may weigh for a trait value, in pieces offered. Views cost nothing, so that they
 * must not outvote sales however many there are.
 */
const MOST_OBSERVATIONS = 4

const MOST_COUNT = 0xffff_ffff

/** Views, and the points that were gained in them. */
export interface Interest {
  readonly views: number
  /** At most four a view, whatever was reported. */
  readonly points: number
}

/** Adds counts, up to the largest that a snapshot can hold. */
export function addCounts(a: number, b: number): number {
  return Math.min(MOST_COUNT, a + b)
}

/** What two counts of attention come to. */
export function addAttention(a: Attention, b: Attention): Attention {
  return {
    view: addCounts(a.view, b.view),
    dwell: addCounts(a.dwell, b.dwell),
    save: addCounts(a.save, b.save),
    reserve: addCounts(a.reserve, b.reserve),
    mint: addCounts(a.mint, b.mint),
  }
}

/** What the visitors of a piece made of it. */
export function interestIn(attention: Attention): Interest {
  const points = ENGAGEMENTS.reduce((sum, act) => sum + (POINTS[act] ?? 0) * attention[act], 0)
  return { views: attention.view, points: Math.min(points, MOST_POINTS_A_VIEW * attention.view, MOST_COUNT) }
}

/** What engagement says about a trait value, as if so many pieces had been offered and this share of them sold. */
export interface EngagementPrior {
  /** 0 to 4. */
  readonly observations: number
  /** In 1/65536: above one half when pieces with the value draw more points a view than the others do. */
  readonly share: number
}

/**
 * Compares a trait value with all pieces that were shown. With r the points a view, the share is r / (r + r of all): one half
 * for what is as interesting as the rest, so that a site on which nobody ever saves anything says nothing.
 *
 * @param all the same over all pieces
 */
export function engagementPrior(value: Interest, all: Interest): EngagementPrior {
  const observations = Math.min(MOST_OBSERVATIONS, Math.floor(value.views / VIEWS_PER_OBSERVATION))
  // Products of two counts leave the integers that a double can hold.
  const own = BigInt(value.points) * BigInt(all.views)
  const others = BigInt(all.points) * BigInt(value.views)
  const share = own + others === 0n ? 32_768 : Number((own * 65_536n) / (own + others))
  return { observations, share }
}
