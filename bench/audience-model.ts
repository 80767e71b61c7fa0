import { MersenneTwister } from '../gan/index.ts'
import type { DropSales } from '../minter/domain/demand.ts'
import { type Attention, NO_ATTENTION } from '../minter/domain/engagement.ts'
import type { Traits } from '../minter/domain/traits.ts'

/** Visitors of a drop, one after the other; each takes one piece at most. */
const VISITORS = 60
/** Pieces that a visitor looks at. */
const LOOKS = 6
/** How much a piece must appeal to be bought; of a uniform choice seven in ten sell, so that there is something to gain. */
const PRICE = 1.5
const SALE_SECONDS = 6000

/** A public with a taste that nobody is told. */
export interface Audience {
  /** Whether traits mean anything to it; without, every piece appeals by chance alone. */
  readonly hasTaste: boolean
  readonly taste: (trait: string, value: string) => number
  readonly seed: number
}

/**
 * What the public as a whole likes: for each trait value a number of its own, normal with mean 0 and variance 1.
 *
 * @param seed decides the taste, and what each visitor of each drop sees and feels
 */
export function hiddenTaste(seed: number, hasTaste: boolean): Audience {
  const random = new MersenneTwister(Uint32Array.of(seed, 0x7a57e))
  const known = new Map<string, number>()
  return {
    hasTaste,
    seed,
    taste: (trait, value) => {
      const key = `${trait}\n${value}`
      const liking = known.get(key) ?? random.nextGaussian()
      known.set(key, liking)
      return liking
    },
  }
}

/** Makes the tastes of these values known in one order, so that they do not depend on which drop is held first. */
export function settleTaste(audience: Audience, pool: readonly { readonly traits: Traits }[]): void {
  for (const { traits } of pool) for (const [trait, value] of Object.entries(traits)) audience.taste(trait, value)
}

/** As good as one half from taste, the other from what only this visitor sees in this piece: each has variance 1. */
function appeal(audience: Audience, traits: Traits, whim: number): number {
  const entries = Object.entries(traits)
  const taste = entries.reduce((sum, [trait, value]) => sum + audience.taste(trait, value), 0)
  return (audience.hasTaste ? taste / Math.sqrt(entries.length) : 0) + whim
}

interface Sale {
  readonly seconds: number
  readonly collector: string
}

/** Holds a sale: who comes, looks at some of what is left, and takes what appeals most, if it appeals enough. */
export function holdSale(audience: Audience, drop: number, edition: readonly { readonly traits: Traits }[]): DropSales {
  const random = new MersenneTwister(Uint32Array.of(audience.seed, drop, 0x5a1e))
  const sales = new Map<number, Sale>()
  const attention = edition.map((): Record<keyof Attention, number> => ({ ...NO_ATTENTION }))
  for (let visitor = 0; visitor < VISITORS; visitor++) {
    let best = { rank: -1, appeal: PRICE }
    for (let look = 0; look < LOOKS; look++) {
      // Drawn whether or not there is anything to see, so that every way of choosing meets the same visitors.
      const [place, whim] = [random.nextDouble(), random.nextGaussian()]
      const free = edition.flatMap((_, rank) => (sales.has(rank) ? [] : [rank]))
      const rank = free[Math.floor(place * free.length)]
      const piece = rank === undefined ? undefined : edition[rank]
      if (rank === undefined || piece === undefined) continue
      const felt = appeal(audience, piece.traits, whim)
      const seen = attention[rank]!
      seen.view++
      if (felt > 0.5) seen.dwell++
      if (felt > 1) seen.save++
      if (felt > best.appeal) best = { rank, appeal: felt }
    }
    if (best.rank < 0) continue
    attention[best.rank]!.reserve++
    attention[best.rank]!.mint++
    sales.set(best.rank, {
      seconds: Math.floor((SALE_SECONDS * visitor) / VISITORS),
      collector: `visitor ${drop}/${visitor}`,
    })
  }
  const pieces = edition.map(({ traits }, rank) => ({
    traits,
    sale: sales.get(rank) ?? null,
    attention: attention[rank]!,
  }))
  return { drop, seconds: SALE_SECONDS, pieces }
}
