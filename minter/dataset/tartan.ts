import { MersenneTwister } from '../../gan/index.ts'
import { drawer, lay, paintQuadrant, type Painter, SIDE, softStep, threadJitter, tinter } from './cloth.ts'
import type { Dye } from './ikat-palettes.ts'
import { SETTS } from './tartan-setts.ts'

/** Changes with every byte that changes in any image. */
export const TARTAN_VERSION = '1'

/** How many images the dataset has; image i is drawn from seed i, and the setts take turns. */
export const TARTAN_COUNT = 8192

/** One wool as mills dye it now, as it was before aniline, and as peat leaves it. */
type Wool = readonly [modern: Dye, ancient: Dye, weathered: Dye]

/** The letters of threadcounts: D stands for deep, A for azure, N for grey. */
const WOOLS: ReadonlyMap<string, Wool> = new Map([
  wool('R', [186, 26, 38], [206, 84, 58], [148, 60, 54]),
  wool('DR', [120, 16, 34], [164, 56, 58], [116, 50, 52]),
  wool('G', [14, 84, 50], [92, 132, 84], [100, 98, 66]),
  wool('B', [30, 40, 98], [70, 104, 148], [84, 92, 106]),
  wool('A', [112, 162, 200], [150, 186, 208], [138, 150, 156]),
  wool('K', [24, 23, 27], [50, 48, 52], [62, 55, 50]),
  wool('W', [232, 228, 214], [236, 229, 210], [214, 204, 182]),
  wool('Y', [226, 182, 42], [224, 188, 92], [192, 156, 84]),
  wool('N', [138, 138, 140], [164, 160, 152], [150, 142, 132]),
])

function wool(letter: string, ...ages: Wool): readonly [string, Wool] {
  return [letter, ages]
}

/** A stripe narrower than this many pixels would not be seen, and is woven as wide. */
const NARROWEST = 1.25

/** Likewise what shows of a pivot: the mirror makes it twice as wide. */
const NARROWEST_PIVOT = 1.5

/** Pixels over which one dye gives way to the next. */
const EDGE = 0.5

/** Jitter of the threads, a loom's own. */
const YARN = threadJitter(1819, SIDE)

/** Stripes of one colour, as a threadcount has them. */
interface Count {
  readonly wool: Wool
  readonly threads: number
}

/** A stripe as it lies in the cloth. */
interface Stripe {
  /** Where it ends, in pixels from the centre of the piece. */
  readonly end: number
  readonly dye: Dye
}

const COUNTS: readonly (readonly Count[])[] = SETTS.map(({ threadcount }) => readThreadcount(threadcount))

/** The folder of an image of the dataset: `black-watch`. */
export function settFolder(seed: number): string {
  return SETTS[seed % SETTS.length]!.name.toLowerCase().replaceAll(' ', '-')
}

/**
 * Draws the warp of half a sett, from pivot to pivot: what a recipe with `woven-sett` weaves into a tartan.
 *
 * @param seed 0 to 2^32-1
 * @returns RGB bytes, row by row, 64 x 64 x 3, all rows the same; the last column is the middle of the piece
 */
export function renderTartan(seed: number): Uint8Array {
  const stripes = layStripes(COUNTS[seed % COUNTS.length]!, new MersenneTwister(seed))
  const thread: MutableDye = [0, 0, 0]
  const paint: Painter = (u, _v, spot) => {
    dyeAt(stripes, u * SIDE, thread)
    lay(spot, thread, 1)
  }
  return paintQuadrant(paint, { relief: 0, thread: (x) => 0.02 * YARN[x]! })
}

/** Dyes the wool for one cloth, and lays the stripes from the pivot in the centre to the one at the rim. */
function layStripes(counts: readonly Count[], random: MersenneTwister): readonly Stripe[] {
  const between = drawer(random)
  const [first, second] = [between(0, 1), between(0, 1)]
  const [young, old] = [Math.min(first, second), Math.max(first, second)]
  const vary = tinter(random, 6)
  const dyes = new Map<Wool, Dye>()
  for (const { wool: ages } of counts) {
    if (!dyes.has(ages)) dyes.set(ages, vary(mixAges(ages, [young, old - young, 1 - old])))
  }
  const isTurned = between(0, 1) < 0.5
  const widths = fitWidths(counts.map(({ threads }) => threads * between(0.88, 1.14)))
  const laid = counts.map(({ wool: ages }, i) => ({ width: widths[i]!, dye: dyes.get(ages)! }))
  let end = 0
  return (isTurned ? laid.toReversed() : laid).map(({ width, dye }) => ({ end: (end += width), dye }))
}

function mixAges(ages: Wool, shares: readonly [number, number, number]): Dye {
  const channel = (c: 0 | 1 | 2) => ages.reduce((sum, dye, i) => sum + dye[c] * shares[i]!, 0)
  return [channel(0), channel(1), channel(2)]
}

/** Stretches widths to the side of the quadrant, of the pivots one half, and nothing below what can be seen. */
function fitWidths(whole: readonly number[]): readonly number[] {
  const last = whole.length - 1
  const widths = whole.map((width, i) => (i === 0 || i === last ? width / 2 : width))
  const least = (i: number) => (i === 0 || i === last ? NARROWEST_PIVOT : NARROWEST)
  const narrow = new Set<number>()
  for (;;) {
    let room = SIDE
    let wanted = 0
    for (const [i, width] of widths.entries()) {
      if (narrow.has(i)) room -= least(i)
      else wanted += width
    }
    const scale = room / wanted
    const next = widths.findIndex((width, i) => !narrow.has(i) && width * scale < least(i))
    if (next < 0) return widths.map((width, i) => (narrow.has(i) ? least(i) : width * scale))
    narrow.add(next)
  }
}

/** @throws {RangeError} when a stripe cannot be read */
function readThreadcount(threadcount: string): readonly Count[] {
  return threadcount.split(' ').map((stripe) => {
    const [, letter = '', threads] = /^([A-Z]{1,2})\/?(\d+)$/.exec(stripe) ?? []
    const ages = WOOLS.get(letter)
    if (ages === undefined) throw new RangeError(`${stripe} of ${threadcount} is no stripe`)
    return { wool: ages, threads: Number(threads) }
  })
}

type MutableDye = [number, number, number]

/** The dye of the threads at so many pixels from the centre. */
function dyeAt(stripes: readonly Stripe[], at: number, dye: MutableDye): void {
  dye.fill(0)
  let inside = 1
  for (const [i, stripe] of stripes.entries()) {
    const beyond = i === stripes.length - 1 ? 0 : softStep((at - stripe.end) / EDGE)
    for (const c of [0, 1, 2] as const) dye[c] += inside * (1 - beyond) * stripe.dye[c]
    inside *= beyond
    if (inside === 0) return
  }
}
