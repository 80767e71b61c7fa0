import { MersenneTwister } from '../../gan/index.ts'
import {
  drawer,
  lay,
  paintQuadrant,
  type Painter,
  quarterTurn,
  raise,
  loomField,
  smoothNoise,
  softStep,
  type Spot,
  SIDE,
  threadJitter,
  tinter,
  zigzag,
  wave,
} from './cloth.ts'
import * as dyes from './ikat-palettes.ts'
import type { Dye } from './ikat-palettes.ts'

/** The silks of one embroidery, by the part that they play in it. */
interface Silks {
  readonly ground: Dye
  readonly outline: Dye
  readonly petal: Dye
  readonly ring: Dye
  readonly heart: Dye
  readonly leaf: Dye
}

function silks(ground: Dye, outline: Dye, petal: Dye, ring: Dye, heart: Dye, leaf: Dye): Silks {
  return { ground, outline, petal, ring, heart, leaf }
}

const PALETTES: readonly Silks[] = [
  silks(dyes.COTTON, dyes.IRON, dyes.MADDER, dyes.ROSE, dyes.WELD, dyes.POMEGRANATE),
  silks(dyes.COTTON, dyes.INDIGO_DEEP, dyes.LAC, dyes.BRICK, dyes.WELD, dyes.TEAL),
  silks(dyes.CREAM, dyes.WALNUT, dyes.BRICK, dyes.WELD, dyes.INDIGO, dyes.POMEGRANATE),
  silks(dyes.COTTON, dyes.WALNUT, dyes.ROSE, dyes.MADDER, dyes.INDIGO_PALE, dyes.TEAL),
  silks(dyes.INDIGO_DEEP, dyes.COTTON, dyes.MADDER, dyes.ROSE, dyes.WELD, dyes.INDIGO_PALE),
  silks(dyes.INDIGO_DEEP, dyes.CREAM, dyes.BRICK, dyes.WELD, dyes.LAC, dyes.POMEGRANATE),
  silks(dyes.CREAM, dyes.INDIGO_DEEP, dyes.INDIGO, dyes.INDIGO_PALE, dyes.BRICK, dyes.TEAL),
  silks(dyes.LAC, dyes.COTTON, dyes.BRICK, dyes.ROSE, dyes.WELD, dyes.POMEGRANATE),
]

/** One petalled disc; discs of falling size on each other make a rosette. */
interface Disc {
  readonly radius: number
  /** Petals in a quarter of the circle. */
  readonly petals: number
  /** How deep the gaps between petals are, of the radius. */
  readonly depth: number
  readonly dye: Dye
  readonly outline: Dye
  /** Width of the outline, 0 for none. */
  readonly line: number
  /** Stitches follow the petals outwards (1) or go round (0). */
  readonly rays: number
}

/** Leaves around a rosette. */
interface Wreath {
  readonly inner: number
  readonly outer: number
  readonly leaves: number
  readonly width: number
  readonly lean: number
  readonly dye: Dye
  readonly vein: Dye
}

/** A flower of the cloth around one of the four corners of the quadrant. */
interface Flower {
  readonly fromLeft: boolean
  readonly fromTop: boolean
  readonly discs: readonly Disc[]
  readonly wreath: Wreath
}

const EDGE = 1.1 / SIDE
const WEFT = threadJitter(1924, 2 * SIDE)
const HAND = [loomField(301, 7), loomField(302, 7)] as const

/**
 * Draws one quadrant of a suzani: silk rosettes and leaves in couched stitches on hand-woven cotton.
 *
 * @param seed 0 to 2^32-1
 * @returns RGB bytes, row by row, 64 x 64 x 3
 */
export function renderSuzani(seed: number): Uint8Array {
  const random = new MersenneTwister(seed)
  const between = drawer(random)
  const palette = tintSilks(random)
  const flowers = plantFlowers(between, palette)
  const unsteady = between(0.004, 0.012)
  const abrash = [smoothNoise(random, 5, 0.04), smoothNoise(random, 5, 0.04)] as const
  const paint: Painter = (u, v, spot, sample) => {
    const x = u + unsteady * HAND[0](sample)
    const y = v + unsteady * HAND[1](sample)
    lay(spot, palette.ground, 1)
    for (const flower of flowers) paintFlower(flower, x, y, spot)
  }
  const thread = (x: number, y: number) =>
    0.022 * WEFT[x]! + 0.022 * WEFT[SIDE + y]! + 0.02 * (((x + y) % 2) - 0.5) + abrash[0][x]! + abrash[1][y]!
  return paintQuadrant(paint, { relief: 0.16, thread })
}

type Between = (low: number, high: number) => number

function plantFlowers(between: Between, palette: Silks): readonly Flower[] {
  const radius = between(0.44, 0.7)
  const length = between(0.15, 0.26)
  const corner = Math.min(between(0.26, 0.46), 1.3 - radius - length)
  const side = Math.min(between(0.1, 0.26), 0.98 - radius - length, 0.9 - corner)
  const choice = between(0, 1)
  const petals = choice < 0.58 ? 2 : choice < 0.8 ? 3 : 4
  const depth = between(0.1, 0.26)
  const leaves = between(0, 1) < 0.5 ? 3 : 4
  const wreath = (inner: number, long: number, count: number) => drawWreath(between, palette, inner, long, count)
  const bud = { discs: budDiscs(palette, side, depth * 1.2), wreath: wreath(side, 0.16, 1.5) }
  return [
    { ...bud, fromLeft: false, fromTop: true },
    { ...bud, fromLeft: true, fromTop: false },
    {
      fromLeft: true,
      fromTop: true,
      discs: rosetteDiscs(between, palette, corner, 2, depth),
      wreath: wreath(corner, length, 2.5),
    },
    {
      fromLeft: false,
      fromTop: false,
      discs: rosetteDiscs(between, palette, radius, petals, depth),
      wreath: wreath(radius, length, leaves),
    },
  ]
}

function rosetteDiscs(between: Between, dyesOfIt: Silks, size: number, count: number, depth: number): readonly Disc[] {
  const { outline, petal, ring, heart, ground } = dyesOfIt
  const middle = size * between(0.6, 0.74)
  const inner = middle * between(0.6, 0.75)
  return [
    { radius: size, petals: count, depth, dye: petal, outline, line: 0.024, rays: 1 },
    { radius: middle, petals: count, depth: depth / 2, dye: ring, outline, line: 0.02, rays: 0.5 },
    { radius: inner, petals: 2 * count, depth: depth / 2, dye: ground, outline, line: 0.018, rays: 0 },
    { radius: inner * 0.72, petals: count, depth: depth * 0.8, dye: heart, outline: petal, line: 0.02, rays: 0 },
    { radius: inner * 0.34, petals: 1, depth: 0, dye: petal, outline, line: 0.014, rays: 0 },
  ]
}

function budDiscs({ outline, ring, heart }: Silks, size: number, depth: number): readonly Disc[] {
  return [
    { radius: size, petals: 1, depth, dye: ring, outline, line: 0.02, rays: 1 },
    { radius: size * 0.5, petals: 1, depth: 0, dye: heart, outline, line: 0.018, rays: 0 },
  ]
}

/** Leaves along a vine that winds around a flower of radius `inner`. */
function drawWreath(between: Between, { leaf, outline }: Silks, inner: number, long: number, leaves: number): Wreath {
  return {
    inner: inner + 0.02,
    outer: inner + long,
    leaves,
    width: between(0.55, 0.85),
    lean: between(-0.5, 0.5),
    dye: leaf,
    vein: outline,
  }
}

function paintFlower({ fromLeft, fromTop, discs, wreath }: Flower, u: number, v: number, spot: Spot): void {
  const x = Math.max(0, fromLeft ? 1 - u : u)
  const y = Math.max(0, fromTop ? 1 - v : v)
  const far = Math.sqrt(x * x + y * y)
  if (far > wreath.outer + 0.1) return
  const turn = quarterTurn(x, y)
  paintWreath(wreath, far, turn, spot)
  for (const disc of discs) paintDisc(disc, far, turn, spot)
}

/** Rows of couching lie about this far apart. */
const ROWS = SIDE / 3

function paintDisc(disc: Disc, far: number, turn: number, spot: Spot): void {
  if (far > disc.radius + 2 * EDGE) return
  const across = 1 - zigzag(turn * disc.petals)
  const edge = disc.radius * (1 - disc.depth * across * across)
  const inside = softStep((edge - far) / EDGE)
  if (inside <= 0) return
  const body = softStep((edge - disc.line - far) / EDGE)
  const silk = stitch(far, across * disc.petals * 2.2, disc.rays)
  lay(spot, disc.outline, inside, 0.94 + 0.12 * wave(far * ROWS))
  lay(spot, disc.dye, body, silk)
  const gap = ((1 - across) * 0.785 * far) / disc.petals
  lay(spot, disc.outline, body * disc.rays * 0.8 * softStep((0.008 - gap) / EDGE))
  raise(spot, 1, inside)
  raise(spot, 0.6 + 0.4 * silk, body)
}

function stitch(far: number, across: number, rays: number): number {
  const round = wave(far * ROWS)
  const out = wave(across)
  return 0.88 + 0.2 * (round * (1 - rays) + (0.7 * out + 0.3 * round) * rays)
}

function paintWreath(
  { inner, outer, leaves, width, lean, dye, vein }: Wreath,
  far: number,
  turn: number,
  spot: Spot,
): void {
  const along = (far - inner) / (outer - inner)
  const swing = along - 0.5 - 0.32 * (wave(turn * leaves) - 0.5) * 2
  lay(spot, dye, softStep((0.011 - Math.abs(swing) * (outer - inner)) / EDGE), 0.9)
  if (along <= -0.1 || along >= 1.1) return
  const place = turn * leaves + 0.5 + lean * along * 0.5
  const across = Math.abs(2 * (place - Math.floor(place)) - 1)
  const arc = (far * 1.5708) / (2 * leaves)
  const half = width * 3.4 * along * (1 - along) * (1.2 - 0.6 * along)
  const inside = softStep(((half - across) * arc) / EDGE)
  const body = softStep(((half - across) * arc - 0.016) / EDGE)
  const rib = softStep((0.01 - across * arc) / EDGE)
  lay(spot, vein, inside)
  lay(spot, dye, body, 0.88 + 0.2 * wave(far * ROWS + across * 1.5))
  lay(spot, vein, rib * body * 0.6)
  raise(spot, 1, inside)
}

function tintSilks(random: MersenneTwister): Silks {
  const { ground, outline, petal, ring, heart, leaf } = PALETTES[random.nextBelow(PALETTES.length)]!
  const vary = tinter(random, 7)
  return {
    ground: vary(ground),
    outline: vary(outline),
    petal: vary(petal),
    ring: vary(ring),
    heart: vary(heart),
    leaf: vary(leaf),
  }
}
