import { DYE_NAMES, dyeMap } from './dyes.ts'
import { measureFigure } from './figure.ts'
import { luminance } from './qa.ts'

/** The named properties of an image, measured; every image has every trait. */
export type Traits = Readonly<Record<string, string>>

/** Bounds and names of a measure's steps: a value below the bound has the name. */
type Scale = readonly (readonly [below: number, name: string])[]

const REST = Number.POSITIVE_INFINITY

/** Per cent of the cloth that the ground takes. */
const FIELD: Scale = [
  [28, 'All-over'],
  [40, 'Balanced'],
  [52, 'Open'],
  [REST, 'Wide'],
]
/** Dyes that cover a twenty-fifth of the cloth or more. */
const DYES: Scale = [
  [4, '3 or fewer'],
  [5, '4'],
  [6, '5'],
  [7, '6'],
  [REST, '7 or more'],
]
/** Changes of colour from the centre to the edge. */
const BANDS: Scale = [
  [7, '6 or fewer'],
  [9, '7 or 8'],
  [11, '9 or 10'],
  [13, '11 or 12'],
  [REST, '13 or more'],
]
/** Steps across the warp against steps along it, in per cent: the threads run along, and the dye creeps along them. */
const FEATHERING: Scale = [
  [160, 'Crisp'],
  [200, 'Soft'],
  [245, 'Feathered'],
  [REST, 'Blurred'],
]
/** Luminance between the darkest and the brightest twentieth. */
const CONTRAST: Scale = [
  [148, 'Quiet'],
  [170, 'Clear'],
  [190, 'Strong'],
  [REST, 'Stark'],
]

/** Part of the cloth from which on a dye counts, as a divisor. */
const DYE_PART = 25
/** Pixels of 64 that the heart of the motif measures, and rows that the middle of a band is averaged over. */
const HEART_SIDE = 10
const AXIS_ROWS = 4

/**
 * Measures an image, by counting and comparing integers only, so that every machine gives it the same traits.
 *
 * @param rgb the quadrant that the network makes, row-major; its bottom-right pixel is nearest to the motif's centre
 * @param size pixels along one side
 * @returns the traits, in the order in which they are shown
 */
export function measureTraits(rgb: Uint8Array, size: number): Traits {
  const dyes = dyeMap(rgb)
  const counts = countDyes(dyes)
  const ground = mostFrequent(counts)
  return {
    Figure: measureFigure(rgb, size),
    Ground: DYE_NAMES[ground] ?? '',
    Heart: DYE_NAMES[heartDye(dyes, size)] ?? '',
    Field: nameOn(FIELD, Math.floor(((counts[ground] ?? 0) * 100) / dyes.length)),
    Dyes: nameOn(DYES, counts.filter((count) => count * DYE_PART >= dyes.length).length),
    Bands: nameOn(BANDS, countBands(rgb, size)),
    Feathering: nameOn(FEATHERING, measureFeathering(rgb, size)),
    Contrast: nameOn(CONTRAST, measureContrast(rgb)),
  }
}

/** Which traits there are, in the order in which they are shown. */
export const TRAIT_NAMES = ['Figure', 'Ground', 'Heart', 'Field', 'Dyes', 'Bands', 'Feathering', 'Contrast'] as const

function nameOn(scale: Scale, value: number): string {
  return scale.find(([below]) => value < below)?.[1] ?? ''
}

function countDyes(dyes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(DYE_NAMES.length)
  for (const dye of dyes) counts[dye] = (counts[dye] ?? 0) + 1
  return counts
}

/** The first of those that occur most. */
function mostFrequent(counts: Uint32Array): number {
  return counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0))
}

/** The dye that prevails around the centre of the motif. */
function heartDye(dyes: Uint8Array, size: number): number {
  const first = size - Math.max(1, Math.floor((size * HEART_SIDE) / 64))
  return mostFrequent(countDyes(dyes.filter((_, i) => i % size >= first && Math.floor(i / size) >= first)))
}

/** How many stretches of one dye, each two pixels or longer, lie along the horizontal axis. */
function countBands(rgb: Uint8Array, size: number): number {
  const axis = new Uint8Array(size * 3)
  for (let i = 0; i < axis.length; i++) {
    let sum = 0
    for (let row = size - AXIS_ROWS; row < size; row++) sum += rgb[row * size * 3 + i] ?? 0
    axis[i] = Math.floor(sum / AXIS_ROWS)
  }
  const dyes = dyeMap(axis)
  let bands = 0
  let current = -1
  for (let i = 0; i + 1 < dyes.length; i++) {
    const dye = dyes[i] ?? 0
    if (dye !== dyes[i + 1] || dye === current) continue
    bands++
    current = dye
  }
  return bands
}

function measureFeathering(rgb: Uint8Array, size: number): number {
  let across = 0
  let along = 0
  for (let row = 0; row + 1 < size; row++) {
    for (let column = 0; column + 1 < size; column++) {
      const at = 3 * (row * size + column)
      const here = luminance(rgb, at)
      across += Math.abs(luminance(rgb, at + 3) - here)
      along += Math.abs(luminance(rgb, at + 3 * size) - here)
    }
  }
  return Math.floor((100 * across) / Math.max(1, along))
}

function measureContrast(rgb: Uint8Array): number {
  const bright = Uint8Array.from({ length: Math.floor(rgb.length / 3) }, (_, i) => luminance(rgb, 3 * i)).toSorted()
  const twentieth = Math.floor(bright.length / 20)
  return (bright[bright.length - 1 - twentieth] ?? 0) - (bright[twentieth] ?? 0)
}
