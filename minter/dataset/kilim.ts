import { MersenneTwister } from '../../gan/index.ts'
import { drawer, lay, paintQuadrant, type Painter, raise, smoothNoise, SIDE, threadJitter, tinter } from './cloth.ts'
import * as dyes from './ikat-palettes.ts'
import type { Dye } from './ikat-palettes.ts'

/** The wools of one kilim. */
interface Wools {
  readonly field: Dye
  readonly outline: Dye
  readonly first: Dye
  readonly second: Dye
  readonly third: Dye
  readonly heart: Dye
  readonly border: Dye
}

const IVORY_WOOL: Dye = [232, 220, 194]

function wools(dyesOfIt: readonly [Dye, Dye, Dye, Dye, Dye, Dye, Dye]): Wools {
  const [field, outline, first, second, third, heart, border] = dyesOfIt
  return { field, outline, first, second, third, heart, border }
}

const PALETTES: readonly Wools[] = [
  wools([dyes.MADDER, dyes.WALNUT, IVORY_WOOL, dyes.INDIGO, dyes.OCHRE, dyes.MADDER, dyes.INDIGO_DEEP]),
  wools([dyes.INDIGO_DEEP, IVORY_WOOL, dyes.MADDER, dyes.OCHRE, dyes.TEAL, IVORY_WOOL, dyes.BRICK]),
  wools([dyes.BRICK, dyes.WALNUT, dyes.POMEGRANATE, IVORY_WOOL, dyes.INDIGO, dyes.OCHRE, dyes.WALNUT]),
  wools([IVORY_WOOL, dyes.WALNUT, dyes.MADDER, dyes.INDIGO, dyes.OCHRE, IVORY_WOOL, dyes.TEAL]),
  wools([dyes.OCHRE, dyes.WALNUT, dyes.INDIGO, IVORY_WOOL, dyes.BRICK, dyes.INDIGO_DEEP, dyes.BRICK]),
  wools([dyes.TEAL, dyes.IRON, IVORY_WOOL, dyes.BRICK, dyes.OCHRE, dyes.LAC, dyes.LAC]),
  wools([dyes.AUBERGINE, IVORY_WOOL, dyes.ROSE, dyes.INDIGO, dyes.OCHRE, dyes.AUBERGINE, dyes.POMEGRANATE]),
]

/** Cloths above this have ram's horns. */
const HOOKS_FROM = 0.35

/** Cells along the quadrant: two warps by two wefts. */
const CELLS = 32

/** What is woven; lengths in cells. */
interface Pattern {
  readonly wools: Wools
  /** Cells that a band goes across for each one that it goes up. */
  readonly slope: number
  /** Where bands end, from the heart outwards. */
  readonly ends: readonly number[]
  readonly hooks: number
  readonly fingers: number
  readonly cornerSize: number
  readonly borderFrom: number
  readonly sideFrom: number
  readonly teeth: number
  readonly stars: number
}

const WOOL = threadJitter(1271, 2 * SIDE)

/**
 * Draws one quadrant of a kilim: stepped diamonds, hooks and toothed borders in slit tapestry.
 *
 * @param seed 0 to 2^32-1
 * @returns RGB bytes, row by row, 64 x 64 x 3
 */
export function renderKilim(seed: number): Uint8Array {
  const random = new MersenneTwister(seed)
  const palette = tintWools(random)
  const between = drawer(random)
  const pattern = drawPattern(between, palette)
  const cells = weave(pattern)
  const abrash = [smoothNoise(random, 7, between(0.03, 0.1)), smoothNoise(random, 13, 0.03)] as const
  const paint: Painter = (u, v, spot) => {
    const i = Math.floor(u * CELLS)
    const j = Math.floor(v * CELLS)
    const dye = cells[j * CELLS + i]!
    lay(spot, dye, 1)
    const beside = i > 0 ? cells[j * CELLS + i - 1]! : dye
    const isSlit = beside !== dye && u * CELLS - i < 0.5
    raise(spot, isSlit ? 0.2 : 1, 1)
  }
  const thread = (x: number, y: number) =>
    abrash[0][y]! + abrash[1][y]! + 0.025 * WOOL[y]! + 0.015 * WOOL[SIDE + x]! + 0.07 * (((x + (y >> 1)) % 2) - 0.5)
  return paintQuadrant(paint, { relief: 0.35, thread })
}

function drawPattern(between: (low: number, high: number) => number, palette: Wools): Pattern {
  const widths = [between(2, 4), between(1, 2), between(2, 4), between(3, 6), between(1, 2), between(2, 5)]
  const scale = between(1, 1.6)
  let end = 0
  const ends = widths.map((width) => (end += width * scale))
  return {
    wools: palette,
    slope: between(0.8, 1.5),
    ends,
    hooks: between(0, 1),
    fingers: between(0, 1),
    cornerSize: between(8, 26),
    borderFrom: between(22, 36),
    sideFrom: between(26, 44),
    stars: between(0, 1),
    teeth: between(0, 1) < 0.5 ? 2 : 3,
  }
}

/** The dye of every cell, row by row from the centre of the piece. */
function weave(pattern: Pattern): readonly Dye[] {
  return Array.from({ length: CELLS * CELLS }, (_, at) => dyeOf(pattern, at % CELLS, Math.floor(at / CELLS)))
}

function dyeOf(pattern: Pattern, i: number, j: number): Dye {
  const { wools: palette, borderFrom } = pattern
  const { outline } = palette
  if (j > borderFrom) return borderDye(pattern, i, j)
  if (j + 1 > borderFrom) return outline
  return diamondDye(pattern, i, j) ?? cornerDye(pattern, i, j) ?? fillerDye(pattern, i, j) ?? palette.field
}

/** Two cells a step: the smallest step that a weaver makes without a slit that gapes. */
function stepped(cell: number): number {
  return Math.floor(cell / 2) * 2
}

function diamondDye(pattern: Pattern, i: number, j: number): Dye | undefined {
  const { wools: palette, slope, ends, hooks, fingers } = pattern
  const { heart, first, second, third, outline } = palette
  const far = i + stepped(j) * slope
  const inward = [heart, outline, first, second, outline, third]
  const tooth = fingers > 0.5 && Math.floor(j / 2) % 2 === 0 ? 2 : 0
  const band = ends.findIndex((end, at) => far < end + (at === 3 ? tooth : 0))
  if (band >= 0) return inward[band]
  const last = ends.at(-1)!
  if (far < last + 1) return outline
  if (hooks > HOOKS_FROM && isHook(i, j, last + 1, slope)) return outline
  return undefined
}

/** Ram's horns on the edge of the diamond: out, and round. */
function isHook(i: number, j: number, edge: number, slope: number): boolean {
  const period = 7
  const row = j % period
  const foot = Math.floor(edge - stepped(j - row) * slope)
  const out = i - foot
  if (foot < 0) return false
  if (row < 2) return out >= -2 && out < 6
  return (row < 5 && out >= 4 && out < 6) || (row === 4 && out >= 2 && out < 6)
}

/** A quarter of the next diamond, with teeth on its rim. */
function cornerDye({ wools: palette, cornerSize, slope, fingers }: Pattern, i: number, j: number): Dye | undefined {
  const row = CELLS - 1 - j
  const far = CELLS - 1 - i + stepped(row) * slope
  const tooth = fingers < 0.5 && Math.floor(row / 2) % 2 === 0 ? 2 : 0
  if (far < cornerSize - 14) return palette.heart
  if (far < cornerSize - 12) return palette.outline
  if (far < cornerSize - 6 + tooth) return palette.second
  if (far < cornerSize - 2) return palette.third
  return far < cornerSize ? palette.outline : undefined
}

function borderDye({ wools: palette, borderFrom, teeth }: Pattern, i: number, j: number): Dye {
  const up = j - Math.ceil(borderFrom)
  const place = i % (teeth * 4)
  const high = place < teeth * 2 ? place : teeth * 4 - place
  if (up < 1 + high) return palette.border
  if (up < 3 + high) return palette.first
  return palette.second
}

/** Reciprocal teeth along the sides, and small crosses strewn over the field. */
function fillerDye(pattern: Pattern, i: number, j: number): Dye | undefined {
  const { wools: palette, sideFrom, teeth } = pattern
  const place = j % (teeth * 4)
  const reach = sideFrom - Math.floor(Math.min(place, teeth * 4 - place) / 2) * 2
  if (sideFrom < CELLS && i > reach) return i > reach + 1 ? palette.border : palette.first
  const x = Math.abs((i % STAR_EVERY) - STAR_AT)
  const y = Math.abs((j % STAR_EVERY) - STAR_AT)
  if (x + y > 2 || x * y > 0 || !hasStar(pattern, i - (i % STAR_EVERY) + STAR_AT, j - (j % STAR_EVERY) + STAR_AT))
    return undefined
  return x + y < 1 ? palette.heart : palette.third
}

const STAR_EVERY = 8
const STAR_AT = 4

/** Whether there is room for a whole cross at a place. */
function hasStar(
  { stars, hooks, ends, slope, cornerSize, sideFrom, borderFrom, teeth }: Pattern,
  i: number,
  j: number,
): boolean {
  const isStrewn = stars > 0.3 || hooks <= HOOKS_FROM
  if (!isStrewn || i > sideFrom - teeth * 2 - 3 || j > borderFrom - 4) return false
  const corner = CELLS - 1 - i + (CELLS - 1 - j) * slope
  return i + j * slope > ends.at(-1)! + 11 && corner > cornerSize + 4
}

function tintWools(random: MersenneTwister): Wools {
  const { field, outline, first, second, third, heart, border } = PALETTES[random.nextBelow(PALETTES.length)]!
  const vary = tinter(random, 7)
  return {
    field: vary(field),
    outline: vary(outline),
    first: vary(first),
    second: vary(second),
    third: vary(third),
    heart: vary(heart),
    border: vary(border),
  }
}
