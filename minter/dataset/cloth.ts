import { MersenneTwister } from '../../gan/index.ts'
import type { Dye } from './ikat-palettes.ts'

/** Side of the quadrant that a network learns; mirrored in both axes it is a piece of cloth. */
export const SIDE = 64

/** What lies at one point of a cloth while it is painted: red, green, blue, and how far the thread stands out. */
export type Spot = Float64Array

const HEIGHT = 3

/**
 * Paints a point of the quadrant: u from 0 at the centre of the piece to 1 at its left edge, v likewise to its upper
 * edge. A function of u and v is mirrored without a seam, whatever it does. `sample` numbers the points, for `LoomField`.
 */
export type Painter = (u: number, v: number, spot: Spot, sample: number) => void

export interface Finish {
  /** How much brighter than its surroundings a raised thread is. */
  readonly relief: number
  /** Brightness of each pixel of the quadrant, around 0. */
  readonly thread: (x: number, y: number) => number
}

/** Samples along the quadrant: two by two a pixel. */
const FINE = 2 * SIDE

/**
 * Paints a quadrant, four samples a pixel, and lays light and thread over it.
 *
 * @returns RGB bytes, row by row; the bottom-right pixel is nearest to the centre of the piece
 */
export function paintQuadrant(paint: Painter, { relief, thread }: Finish): Uint8Array {
  const spots = new Float64Array(SIDE * SIDE * 4)
  const spot = new Float64Array(4)
  for (let sample = 0; sample < FINE * FINE; sample++) {
    const x = sample % FINE
    const y = Math.floor(sample / FINE)
    spot.fill(0)
    paint(1 - (x + 0.5) / FINE, 1 - (y + 0.5) / FINE, spot, sample)
    const at = 4 * ((y >> 1) * SIDE + (x >> 1))
    for (let c = 0; c < 4; c++) spots[at + c] = spots[at + c]! + spot[c]! / 4
  }
  const rgb = new Uint8Array(SIDE * SIDE * 3)
  for (let at = 0; at < SIDE * SIDE; at++) {
    const light = 1 + relief * reliefAt(spots, at) + thread(at % SIDE, Math.floor(at / SIDE))
    for (let c = 0; c < 3; c++) rgb[3 * at + c] = toByte(spots[4 * at + c]! * light)
  }
  return rgb
}

/** How far a pixel stands out of those around it; light that comes from everywhere survives mirroring. */
function reliefAt(spots: Float64Array, at: number): number {
  const x = at % SIDE
  const y = Math.floor(at / SIDE)
  const height = (toX: number, toY: number) =>
    spots[4 * (Math.min(SIDE - 1, Math.max(0, toY)) * SIDE + Math.min(SIDE - 1, Math.max(0, toX))) + HEIGHT]!
  const around = height(x - 1, y) + height(x + 1, y) + height(x, y - 1) + height(x, y + 1)
  return height(x, y) - around / 4
}

function toByte(value: number): number {
  return Math.floor(Math.min(255, Math.max(0, value + 0.5)))
}

/** Covers what is there: 0 leaves it, 1 hides it. */
export function lay(spot: Spot, dye: Dye, cover: number, light = 1): void {
  if (cover <= 0) return
  for (let c = 0; c < 3; c++) spot[c] = spot[c]! * (1 - cover) + dye[c]! * light * cover
}

/** Raises the thread to a height. */
export function raise(spot: Spot, height: number, cover: number): void {
  spot[HEIGHT] = spot[HEIGHT]! * (1 - cover) + height * cover
}

/** A cosine without a cosine: 0 at whole numbers, 1 half-way, smooth; polynomials give the same bits on every CPU. */
export function wave(turns: number): number {
  const part = turns - Math.floor(turns)
  const rise = 1 - Math.abs(2 * part - 1)
  return rise * rise * (3 - 2 * rise)
}

/** Up and down in straight lines: 0 at whole numbers, 1 half-way. */
export function zigzag(turns: number): number {
  return 1 - Math.abs(2 * (turns - Math.floor(turns)) - 1)
}

/** 0 below -1/2, 1 above 1/2, smooth between. */
export function softStep(x: number): number {
  const t = x + 0.5
  if (t <= 0) return 0
  return t >= 1 ? 1 : t * t * (3 - 2 * t)
}

/**
 * The direction of a point whose coordinates are not negative: 0 along x, 1 along y, by a polynomial for the arc tangent
 * that is right to half a degree.
 */
export function quarterTurn(x: number, y: number): number {
  const long = Math.max(x, y)
  if (long < 1e-9) return 0
  const ratio = Math.min(x, y) / long
  const turn = ratio * (0.619 - 0.119 * ratio * ratio)
  return y > x ? 1 - turn : turn
}

/** Values between -amplitude and amplitude that change smoothly along the cloth. */
export function smoothNoise(random: MersenneTwister, knots: number, amplitude: number): Float64Array {
  const heights = Float64Array.from({ length: knots + 1 }, () => 2 * random.nextDouble() - 1)
  return Float64Array.from({ length: SIDE }, (_, i) => {
    const at = (i / SIDE) * knots
    const knot = Math.floor(at)
    const t = softStep(at - knot - 0.5)
    return amplitude * (heights[knot]! * (1 - t) + heights[knot + 1]! * t)
  })
}

/** Values between -1 and 1 that change smoothly over the cloth and are a loom's own: the same in every piece. */
export type LoomField = (sample: number) => number

/** A loom's field of random heights at so many knots along each side; it is worked out when it is first asked. */
export function loomField(seed: number, knots: number): LoomField {
  let values: Float64Array | undefined
  return (sample) => {
    values ??= smoothField(seed, knots)
    return values[sample]!
  }
}

/** The lattice of knots is turned, so that it does not show along the threads. */
const [TURN_X, TURN_Y] = [0.8, 0.6] as const

function smoothField(seed: number, knots: number): Float64Array {
  const random = new MersenneTwister(seed)
  const row = Math.ceil(knots * (TURN_X + TURN_Y)) + 2
  const heights = Float64Array.from({ length: row * row }, () => 2 * random.nextDouble() - 1)
  return Float64Array.from({ length: FINE * FINE }, (_, sample) => {
    const u = ((sample % FINE) + 0.5) / FINE
    const v = (Math.floor(sample / FINE) + 0.5) / FINE
    const x = (TURN_X * u + TURN_Y * v) * knots
    const y = (TURN_X * v - TURN_Y * u + TURN_Y) * knots
    const left = Math.floor(x)
    const top = Math.floor(y)
    const s = softStep(x - left - 0.5)
    const t = softStep(y - top - 0.5)
    const at = top * row + left
    const above = heights[at]! * (1 - s) + heights[at + 1]! * s
    const below = heights[at + row]! * (1 - s) + heights[at + row + 1]! * s
    return above * (1 - t) + below * t
  })
}

/** Jitter of single threads, a loom's own. */
export function threadJitter(seed: number, count: number): Float64Array {
  const random = new MersenneTwister(seed)
  return Float64Array.from({ length: count }, () => random.nextGaussian())
}

/** Draws numbers between bounds, one after the other. */
export function drawer(random: MersenneTwister): (low: number, high: number) => number {
  return (low, high) => low + (high - low) * random.nextDouble()
}

/** Dyes as this cloth's dyer got them, each a little deeper or paler than the recipe says. */
export function tinter(random: MersenneTwister, most: number): (dye: Dye) => Dye {
  const shift = () => 2 * most * (random.nextDouble() - 0.5)
  return ([red, green, blue]) => {
    const depth = shift()
    return [red + depth + shift() / 2, green + depth + shift() / 2, blue + depth + shift() / 2]
  }
}
