import { MersenneTwister } from '../../gan/index.ts'
import {
  drawer,
  lay,
  paintQuadrant,
  type Painter,
  quarterTurn,
  loomField,
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

/** The baths of one batik, from the lightest to the darkest. */
interface Baths {
  /** What the wax kept from every bath. */
  readonly wax: Dye
  readonly light: Dye
  readonly middle: Dye
  readonly dark: Dye
}

const SOGA: Dye = [134, 74, 34]
const SOGA_PALE: Dye = [198, 142, 82]
const SOGA_DEEP: Dye = [84, 44, 26]
const WEDEL: Dye = [30, 36, 60]
const MENGKUDU: Dye = [150, 44, 38]
const IVORY: Dye = [240, 226, 192]

const PALETTES: readonly Baths[] = [
  { wax: IVORY, light: SOGA_PALE, middle: SOGA, dark: WEDEL },
  { wax: IVORY, light: SOGA_PALE, middle: SOGA, dark: SOGA_DEEP },
  { wax: IVORY, light: dyes.INDIGO_PALE, middle: SOGA, dark: WEDEL },
  { wax: dyes.COTTON, light: dyes.INDIGO_PALE, middle: dyes.INDIGO, dark: dyes.INDIGO_DEEP },
  { wax: IVORY, light: SOGA_PALE, middle: MENGKUDU, dark: WEDEL },
  { wax: dyes.COTTON, light: dyes.OCHRE, middle: MENGKUDU, dark: SOGA_DEEP },
]

/** Everything that is drawn from the seed before the first point. */
interface Design {
  readonly baths: Baths
  readonly ground: Dye
  /** Ovals along one side of the quadrant. */
  readonly ovals: 1 | 2
  readonly ovalLength: number
  readonly ovalWidth: number
  readonly ovalFill: Dye
  readonly ovalCore: Dye
  readonly star: number
  readonly rosette: number
  readonly cornerRosette: number
  readonly petals: number
  readonly petalDepth: number
  readonly petalFill: Dye
  readonly dots: number
  readonly crackle: number
}

const EDGE = 1 / SIDE
const WAX_LINE = 1.5 / SIDE
const LOOM = threadJitter(1755, 2 * SIDE)
const HAND = [loomField(411, 6), loomField(412, 6)] as const
const BATH = [loomField(421, 5), loomField(422, 11)] as const
const VEINS = [loomField(431, 6), loomField(432, 9), loomField(433, 13)] as const

/**
 * Draws one quadrant of a batik: ovals, rosettes and dots drawn in wax, dyed bath after bath, with the fine veins where
 * the wax cracked.
 *
 * @param seed 0 to 2^32-1
 * @returns RGB bytes, row by row, 64 x 64 x 3
 */
export function renderBatik(seed: number): Uint8Array {
  const random = new MersenneTwister(seed)
  const design = drawDesign(random)
  const between = drawer(random)
  const unsteady = between(0.004, 0.012)
  const pooling = [between(0.03, 0.07), between(0.015, 0.035)] as const
  const paint: Painter = (u, v, spot, sample) => {
    const x = Math.abs(u + unsteady * HAND[0](sample))
    const y = Math.abs(v + unsteady * HAND[1](sample))
    lay(spot, design.ground, 1)
    paintDots(design, x, y, spot)
    paintOvals(design, x, y, spot)
    paintRosette(design, design.cornerRosette, 1 - x, 1 - y, spot)
    paintRosette(design, design.rosette, x, y, spot)
    paintCracks(design, sample, spot)
    const pool = 1 + pooling[0] * BATH[0](sample) + pooling[1] * BATH[1](sample)
    for (let c = 0; c < 3; c++) spot[c] = spot[c]! * pool
  }
  return paintQuadrant(paint, { relief: 0, thread: cambric })
}

function drawDesign(random: MersenneTwister): Design {
  const between = drawer(random)
  const baths = tintBaths(random)
  const isDark = between(0, 1) < 0.7
  const isFine = between(0, 1) < 0.4
  const rosette = between(0.16, 0.5)
  return {
    baths,
    ground: isDark ? baths.dark : baths.middle,
    ovals: isFine ? 2 : 1,
    ovalLength: between(0.46, 0.68),
    ovalWidth: between(isFine ? 0.27 : 0.2, 0.38),
    ovalFill: between(0, 1) < 0.5 ? baths.wax : baths.light,
    ovalCore: isDark ? baths.middle : baths.dark,
    star: between(0.1, 0.34),
    rosette,
    cornerRosette: between(0.1, 0.4),
    petals: between(0, 1) < 0.6 ? 2 : 3,
    petalDepth: between(0.12, 0.34),
    petalFill: between(0, 1) < 0.5 ? baths.middle : baths.light,
    dots: between(-0.2, 1),
    crackle: between(0.15, 0.75),
  }
}

/** Cecek: the field filled with dots of wax. */
function paintDots({ baths, dots }: Design, u: number, v: number, spot: Spot): void {
  if (dots <= 0) return
  const a = wave((u + v) * 6 + 0.5)
  const b = wave((u - v) * 6 + 0.5)
  lay(spot, baths.light, dots * softStep((a * b - 0.62) * 4))
}

/** Kawung: ovals on the diagonals, four around each crossing, each with its two seeds. */
function paintOvals(design: Design, u: number, v: number, spot: Spot): void {
  const { baths, ovals, ovalLength, ovalWidth, ovalFill, ovalCore, star } = design
  const x = zigzag((u * ovals) / 2)
  const y = zigzag((v * ovals) / 2)
  const along = ((x + y - 1) * Math.SQRT1_2) / ovalLength
  const across = ((x - y) * Math.SQRT1_2) / ovalWidth
  const scale = 1 / ovals
  const edge = EDGE / (ovalWidth * scale)
  const line = WAX_LINE / (ovalWidth * scale)
  const far = Math.sqrt(along * along + across * across)
  lay(spot, baths.wax, softStep((1 + line - far) / edge))
  lay(spot, ovalCore, softStep((1 - far) / edge))
  lay(spot, ovalFill, softStep((1 - 1.4 * line - far) / edge))
  const seedAlong = (Math.abs(along) - 0.36) / 0.24
  const seedAcross = across / 0.3
  const seed = Math.sqrt(seedAlong * seedAlong + seedAcross * seedAcross)
  lay(spot, ovalCore, softStep((1 - seed) / (edge * 3.5)))
  const [p, q] = x > y ? [1 - x, y] : [x, 1 - y]
  const cross = 0.5 * (p + q) + 0.5 * Math.sqrt(p * p + q * q)
  lay(spot, baths.wax, softStep(((star - cross) * scale) / EDGE))
  lay(spot, ovalCore, softStep(((star * 0.78 - cross) * scale) / EDGE))
  lay(spot, baths.light, softStep(((star * 0.42 - cross) * scale) / EDGE))
}

/** Ceplok: a rosette in rings, each with its line of wax. */
function paintRosette(design: Design, radius: number, x: number, y: number, spot: Spot): void {
  const { baths, ground, petals, petalDepth, petalFill } = design
  const u = Math.abs(x)
  const v = Math.abs(y)
  const far = Math.sqrt(u * u + v * v)
  if (far > radius + 0.1) return
  const turn = quarterTurn(u, v)
  const across = 1 - zigzag(turn * petals)
  const edge = radius * (1 - petalDepth * across * across)
  lay(spot, ground, softStep((edge + 2.6 * WAX_LINE - far) / EDGE))
  lay(spot, baths.wax, softStep((edge + WAX_LINE - far) / EDGE))
  lay(spot, petalFill, softStep((edge - far) / EDGE))
  const fine = wave(turn * petals * 5 + 0.5) * softStep((far - radius * 0.5) / 0.08)
  lay(spot, baths.wax, 0.75 * softStep((edge - WAX_LINE - far) / EDGE) * softStep((fine - 0.6) * 3))
  const inner = radius * 0.5
  lay(spot, baths.wax, softStep((inner + WAX_LINE - far) / EDGE))
  lay(spot, baths.dark, softStep((inner - far) / EDGE))
  const bead = wave(turn * petals * 2 + 0.5) - (8 * Math.abs(far - inner * 0.68)) / inner
  lay(spot, baths.wax, softStep((bead - 0.2) * 2))
  lay(spot, baths.light, softStep((inner * 0.36 - far) / EDGE))
}

/** Dye that ran into the cracks of the wax: seen where the wax was. */
function paintCracks({ baths, crackle }: Design, sample: number, spot: Spot): void {
  const bright = Math.max(0, spot[0]! + spot[1]! - 200) / 260
  if (bright <= 0) return
  const drift = VEINS[0](sample) * 0.35
  const first = Math.abs(VEINS[1](sample) + drift)
  const second = Math.abs(VEINS[2](sample) - drift)
  const vein = Math.max(1 - first * 12, 0.8 - second * 14)
  lay(spot, baths.middle, Math.min(1, bright) * crackle * softStep(vein - 0.2))
}

function tintBaths(random: MersenneTwister): Baths {
  const { wax, light, middle, dark } = PALETTES[random.nextBelow(PALETTES.length)]!
  const vary = tinter(random, 8)
  return { wax: vary(wax), light: vary(light), middle: vary(middle), dark: vary(dark) }
}

/** The fine, even cotton that wax keeps its edge on. */
function cambric(x: number, y: number): number {
  return 0.012 * LOOM[x]! + 0.012 * LOOM[SIDE + y]! + 0.018 * (((x + y) % 2) - 0.5)
}
