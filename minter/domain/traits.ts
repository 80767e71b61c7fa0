import { type BundleDescription, classOfSeed } from '../../gan/index.ts'
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
  [8, '7'],
  [9, '8'],
  [REST, '9 or more'],
]
/** Changes of colour from the centre to the edge. */
const BANDS: Scale = [
  [7, '6 or fewer'],
  [9, '7 or 8'],
  [11, '9 or 10'],
  [13, '11 or 12'],
  [15, '13 or 14'],
  [REST, '15 or more'],
]
/** Steps across the warp against steps along it, in per cent: the threads run along, and the dye creeps along them. */
const FEATHERING: Scale = [
  [130, 'Crisp'],
  [165, 'Fine'],
  [200, 'Soft'],
  [245, 'Feathered'],
  [REST, 'Blurred'],
]
/** Luminance between the darkest and the brightest twentieth. */
const CONTRAST: Scale = [
  [148, 'Quiet'],
  [170, 'Clear'],
  [190, 'Strong'],
  [205, 'Stark'],
  [REST, 'Glaring'],
]

/** Part of the cloth from which on a dye counts, as a divisor. */
const DYE_PART = 25
/** Pixels of 64 that the heart of the motif measures, and rows that the axis is averaged over. */
const HEART_SIDE = 12
const AXIS_ROWS = 4
/** Pixels of 64 along the axes that are not looked at: there a network that has not learned enough leaves a seam. */
const SEAM = 2

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

/**
 * Everything that is said of a candidate: what its pixels show, and for a network with classes which of them it is of. The
 * class follows from the seed, so nobody chooses it.
 *
 * @param seed the candidate's, as the network took it
 */
export function candidateTraits(description: BundleDescription, seed: number | Uint8Array, rgb: Uint8Array): Traits {
  const measured = measureTraits(rgb, description.G.img_resolution)
  const name = classNameOf(description, seed)
  return name === null ? measured : { [CLASS_TRAIT]: name, ...measured }
}

/** What the class that a seed stands for is called; null in a network without classes. */
export function classNameOf({ G, classes }: BundleDescription, seed: number | Uint8Array): string | null {
  if (G.c_dim === 0) return null
  const position = classOfSeed(seed, G.c_dim)
  return classes?.[position] ?? `Class ${position}`
}

/** What a network's classes are called among the traits. */
const CLASS_TRAIT = 'Cloth'

/** Which traits are measured, in the order in which they are shown. */
export const TRAIT_NAMES = ['Figure', 'Ground', 'Heart', 'Field', 'Dyes', 'Bands', 'Feathering', 'Contrast'] as const

function place(trait: string): number {
  if (trait === CLASS_TRAIT) return -1
  const known = TRAIT_NAMES.findIndex((name) => name === trait)
  return known < 0 ? TRAIT_NAMES.length : known
}

/** The traits by name in the order in which they are shown, which JSON that was sorted for hashing has lost. */
export function orderTraits(traits: Traits): readonly (readonly [trait: string, value: string])[] {
  return Object.entries(traits).toSorted(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
}

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
  const end = size - scaled(SEAM, size)
  const first = end - scaled(HEART_SIDE, size)
  const within = (position: number): boolean => position >= first && position < end
  return mostFrequent(countDyes(dyes.filter((_, i) => within(i % size) && within(Math.floor(i / size)))))
}

/** How many stretches of one dye, each two pixels or longer, lie along the horizontal axis. */
function countBands(rgb: Uint8Array, size: number): number {
  const end = size - scaled(SEAM, size)
  const rows = scaled(AXIS_ROWS, size)
  const axis = new Uint8Array(end * 3)
  for (let i = 0; i < axis.length; i++) {
    let sum = 0
    for (let row = end - rows; row < end; row++) sum += rgb[row * size * 3 + i] ?? 0
    axis[i] = Math.floor(sum / rows)
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

/** A length given for 64 pixels; one pixel at least. */
function scaled(length: number, size: number): number {
  return Math.max(1, Math.floor((length * size) / 64))
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
