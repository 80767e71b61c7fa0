import { MersenneTwister } from '../../gan/index.ts'
import { SIDE, smoothNoise, softStep, wave } from './cloth.ts'
import { drawShape, FAMILIES, motifField, type DistanceField, type Family } from './ikat-motifs.ts'
import { type Dye, type Palette, PALETTES } from './ikat-palettes.ts'

/** Changes with every byte that changes in any image. */
export const IKAT_VERSION = '1'

/** How many images the dataset has; image i is drawn from seed i. */
export const IKAT_COUNT = 8192

const BUNDLE = 2
const FAMILY_SHARES: Readonly<Record<Family, number>> = { lozenge: 0.34, medallion: 0.28, almond: 0.22, ladder: 0.16 }

/** One ring of dye around a motif: from its inner to its outer edge, in units of the distance field. */
interface Band {
  readonly outer: number
  readonly dye: Dye
}

/** Everything that is drawn from the seed before the first pixel. */
interface Cloth {
  readonly field: DistanceField
  readonly cornerField: DistanceField
  /** Where the motif that sits around the corners of the tile ends. */
  readonly cornerEdge: number
  readonly dyes: Float64Array
  readonly cornerDyes: Float64Array
  readonly beads: Beads
  /** Width over which one dye bleeds into the next, in units of the distance field. */
  readonly bleed: number
  /** Part of a thread's dye that creeps one pixel up, and one down. */
  readonly creep: number
  /** Displacement of each column, in pixels: the warp threads never lie quite as they were when they were dyed. */
  readonly slip: Float64Array
  /** How strongly threads go in bundles, which gives the stepped edges. */
  readonly bundling: number
  /** Brightness of each column and of the cloth at large. */
  readonly thread: Float64Array
  readonly abrash: Float64Array
}

/** Spots of another dye along the middle of one band. */
interface Beads {
  readonly distance: number
  readonly reach: number
  readonly count: number
  readonly strength: number
  readonly dye: Dye
}

/**
 * Draws one quadrant of an ikat: warp threads that were bound, dyed and then woven, so that colours feather along them.
 *
 * @param seed 0 to 2^32-1
 * @returns RGB bytes, row by row, 64 x 64 x 3; the bottom-right pixel is nearest to the centre of the motif
 */
export function renderIkat(seed: number): Uint8Array {
  const cloth = layOut(seed)
  const rgb = new Uint8Array(SIDE * SIDE * 3)
  const warp = new Float64Array(SIDE * 3)
  for (let x = 0; x < SIDE; x++) {
    dyeThread(cloth, x, warp)
    for (let y = 0; y < SIDE; y++) {
      const above = Math.max(0, y - 1) * 3
      const below = Math.min(SIDE - 1, y + 1) * 3
      const light = 1 + cloth.thread[x]! + cloth.abrash[y * SIDE + x]!
      const at = (y * SIDE + x) * 3
      for (let c = 0; c < 3; c++) {
        const own = warp[y * 3 + c]!
        const crept = own + cloth.creep * (warp[above + c]! + warp[below + c]! - 2 * own)
        rgb[at + c] = Math.floor(Math.min(255, Math.max(0, crept * light + 0.5)))
      }
    }
  }
  return rgb
}

/** Colours one column of the cloth from top to bottom. */
function dyeThread(cloth: Cloth, x: number, warp: Float64Array): void {
  const { field, cornerField, cornerEdge, dyes, cornerDyes, beads, bleed } = cloth
  const bundleX = (Math.floor(x / BUNDLE) + 0.5) * BUNDLE
  const u = 1 - (x + 0.5 + (bundleX - x - 0.5) * cloth.bundling) / SIDE
  for (let y = 0; y < SIDE; y++) {
    const v = reflect(1 - (y + 0.5 + cloth.slip[x]!) / SIDE)
    const distance = field(u, v)
    const cornerDistance = cornerField(1 - u, 1 - v)
    const corner = 1 - softStep((cornerDistance - cornerEdge) / bleed)
    const bead = beadAt(beads, distance, u, v)
    const from = entry(distance)
    const cornerFrom = entry(cornerDistance)
    for (let c = 0; c < 3; c++) {
      const main = dyes[from + c]! * (1 - bead) + beads.dye[c]! * bead
      warp[y * 3 + c] = main * (1 - corner) + cornerDyes[cornerFrom + c]! * corner
    }
  }
}

function beadAt(beads: Beads, distance: number, u: number, v: number): number {
  const off = (distance - beads.distance) / beads.reach
  if (off < -1 || off > 1) return 0
  const along = wave((u - v) * beads.count) - off * off
  return beads.strength * softStep((along - 0.45) * 2.5)
}

const STEPS_PER_UNIT = 256
const FARTHEST = 2

function entry(distance: number): number {
  return 3 * Math.floor(Math.min(FARTHEST, Math.max(0, distance)) * STEPS_PER_UNIT + 0.5)
}

/** The colour at every distance from the centre of a motif, in steps finer than a pixel. */
function mixDyes(bands: readonly Band[], bleed: number): Float64Array {
  const dyes = new Float64Array(3 * (FARTHEST * STEPS_PER_UNIT + 1))
  for (let step = 0; step * 3 < dyes.length; step++) {
    let inside = 1
    for (const [i, band] of bands.entries()) {
      const beyond = i === bands.length - 1 ? 0 : softStep((step / STEPS_PER_UNIT - band.outer) / bleed)
      for (let c = 0; c < 3; c++) dyes[step * 3 + c] = dyes[step * 3 + c]! + inside * (1 - beyond) * band.dye[c]!
      inside *= beyond
    }
  }
  return dyes
}

/** The family of the motif of a seed; who drew it follows from that. */
export function ikatFamily(seed: number): Family {
  return pickFamily(new MersenneTwister(seed))
}

function pickFamily(random: MersenneTwister): Family {
  let left = random.nextDouble()
  for (const family of FAMILIES) {
    left -= FAMILY_SHARES[family]
    if (left < 0) return family
  }
  return 'ladder'
}

function layOut(seed: number): Cloth {
  const random = new MersenneTwister(seed)
  const family = pickFamily(random)
  const palette = tint(random, PALETTES[random.nextBelow(PALETTES.length)]!)
  const shape = drawShape(random, family)
  const cornerShape = drawShape(random, random.nextDouble() < 0.5 ? 'lozenge' : 'medallion')
  const bleed = 0.025 + 0.03 * random.nextDouble()
  const bands = motifBands(random, palette, family)
  const corner = cornerBands(random, palette)
  return {
    field: motifField(shape),
    cornerField: motifField(cornerShape),
    cornerEdge: corner.at(-1)!.outer,
    dyes: mixDyes(bands, bleed),
    cornerDyes: mixDyes(corner, bleed),
    beads: threadBeads(random, bands, palette),
    bleed,
    creep: 0.1 + 0.12 * random.nextDouble(),
    slip: slipOfThreads(random),
    bundling: 0.4 + 0.6 * random.nextDouble(),
    thread: threadLight(random),
    abrash: abrashLight(random),
  }
}

/** From the heart of the motif outwards. */
function motifBands(random: MersenneTwister, palette: Palette, family: Family): readonly Band[] {
  const { core, accent, outline, motif, ground, border } = palette
  const scale = (family === 'ladder' ? 0.85 : 1) * (0.85 + 0.3 * random.nextDouble())
  const widths: readonly [Dye, number][] = [
    [accent, 0.07],
    [core, 0.13],
    [outline, 0.065],
    [motif, 0.22],
    [outline, 0.07],
    [ground, 0.13],
    [border, 0.1],
  ]
  let outer = 0
  const bands: Band[] = []
  for (const [dye, width] of widths) {
    outer += width * (0.75 + 0.5 * random.nextDouble()) * scale
    bands.push({ dye, outer })
  }
  return [...bands, { dye: ground, outer: FARTHEST }]
}

function cornerBands(random: MersenneTwister, palette: Palette): readonly Band[] {
  const size = 0.75 + 0.7 * random.nextDouble()
  return [
    { dye: palette.core, outer: 0.06 * size },
    { dye: palette.outline, outer: 0.12 * size },
    { dye: palette.accent, outer: 0.23 * size },
    { dye: palette.motif, outer: 0.34 * size },
    { dye: palette.outline, outer: 0.41 * size },
  ]
}

/** Beads on the broad band of the motif, in some cloths faint or none. */
function threadBeads(random: MersenneTwister, bands: readonly Band[], palette: Palette): Beads {
  const inner = bands[2]!.outer
  const outer = bands[3]!.outer
  return {
    distance: (inner + outer) / 2,
    reach: (outer - inner) / 2,
    count: 2 + 2.5 * random.nextDouble(),
    strength: Math.max(0, Math.min(1, 1.9 * random.nextDouble() - 0.7)),
    dye: palette.outline,
  }
}

function tint(random: MersenneTwister, palette: Palette): Palette {
  const shift = () => 10 * (random.nextDouble() - 0.5)
  const vary = (dye: Dye): Dye => {
    return [dye[0] + shift(), dye[1] + shift(), dye[2] + shift()]
  }
  return {
    name: palette.name,
    ground: vary(palette.ground),
    motif: vary(palette.motif),
    outline: vary(palette.outline),
    core: vary(palette.core),
    accent: vary(palette.accent),
    border: vary(palette.border),
  }
}

/** The jitter of single threads is the loom's and the same in every cloth (a network can learn it); the sway is not. */
const LOOM = Float64Array.from({ length: 3 * SIDE }, gaussianOf(new MersenneTwister(1807)))

function gaussianOf(random: MersenneTwister): () => number {
  return () => random.nextGaussian()
}

function slipOfThreads(random: MersenneTwister): Float64Array {
  const strength = 0.6 + 1.1 * random.nextDouble()
  const mix = random.nextDouble()
  const sway = smoothNoise(random, 9, 2.2)
  const tug = smoothNoise(random, 17, 1.2)
  return Float64Array.from({ length: SIDE }, (_, x) => {
    const loom = LOOM[x]! * (1 - mix) + LOOM[SIDE + x]! * mix
    return strength * (loom + sway[x]! + tug[x]!)
  })
}

function threadLight(random: MersenneTwister): Float64Array {
  const strength = 0.015 + 0.02 * random.nextDouble()
  return Float64Array.from({ length: SIDE }, (_, x) => strength * LOOM[2 * SIDE + x]!)
}

/** Uneven dye, which weavers call abrash: broad, soft shifts of depth along the warp. */
function abrashLight(random: MersenneTwister): Float64Array {
  const strength = 0.03 + 0.04 * random.nextDouble()
  const along = smoothNoise(random, 5, strength)
  const across = smoothNoise(random, 4, strength * 0.6)
  return Float64Array.from({ length: SIDE * SIDE }, (_, i) => along[Math.floor(i / SIDE)]! + across[i % SIDE]!)
}

function reflect(v: number): number {
  const folded = Math.abs(v)
  return folded > 1 ? 2 - folded : folded
}
