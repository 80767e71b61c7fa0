import type { MersenneTwister } from '../../gan/index.ts'
import { wave } from './cloth.ts'

/** The four families of motif; each studio of the shipped dataset drew its own. */
export const FAMILIES = ['lozenge', 'medallion', 'almond', 'ladder'] as const
export type Family = (typeof FAMILIES)[number]

/** What a family needs in order to draw; every number varies continuously, so that neighbours look alike. */
export interface MotifShape {
  readonly family: Family
  /** Width of the motif against its height. */
  readonly aspect: number
  /** 0 is a diamond, 1 a circle, beyond that it becomes square. */
  readonly roundness: number
  /** Depth of the teeth along its bands, in units of the distance field. */
  readonly teeth: number
  /** Teeth from the centre to the edge of the quadrant. */
  readonly toothCount: number
  /** How far a leaf leans over. */
  readonly lean: number
  /** Where the leaf has its heart, 0 the centre and 1 the edge of the tile. */
  readonly heartX: number
  readonly heartY: number
}

/** Distance at which the field of every family reaches about the edge of the tile. */
export type DistanceField = (u: number, v: number) => number

/** Draws the shape of a motif; the same numbers are taken from `random` whatever the family. */
export function drawShape(random: MersenneTwister, family: Family): MotifShape {
  const between = (low: number, high: number) => low + (high - low) * random.nextDouble()
  const unit = [between(0, 1), between(0, 1), between(0, 1), between(0, 1), between(0, 1), between(0, 1), between(0, 1)]
  const at = (index: number, low: number, high: number) => low + (high - low) * (unit[index] ?? 0)
  return {
    family,
    aspect: at(0, 0.72, family === 'ladder' ? 1.1 : 1.25),
    roundness: family === 'medallion' ? at(1, 0.75, 1.25) : at(1, 0, 0.3),
    teeth: family === 'ladder' ? at(2, 0.1, 0.3) : at(2, 0, 0.085),
    toothCount: family === 'ladder' ? at(3, 2, 4.5) : at(3, 3.5, 7),
    lean: at(4, -0.15, 0.5),
    heartX: at(5, 0.3, 0.5),
    heartY: at(6, 0.38, 0.56),
  }
}

/** The distance field of a motif around (0, 0), over 0..1 in both directions. */
export function motifField(shape: MotifShape): DistanceField {
  return FIELDS[shape.family](shape)
}

const FIELDS: Readonly<Record<Family, (shape: MotifShape) => DistanceField>> = {
  lozenge: (shape) => {
    const round = roundField(shape)
    return (u, v) => round(u, v) + shape.teeth * (wave((u - v) * shape.toothCount * 0.5) - 0.5)
  },
  medallion: (shape) => {
    const round = roundField(shape)
    return (u, v) => round(u, v) * (1 + shape.teeth * 1.6 * eightfold(u / shape.aspect, v * shape.aspect))
  },
  almond: ({ aspect, teeth, toothCount, lean, heartX, heartY }) => {
    return (u, v) => {
      const y = (v - heartY) / 0.62
      const x = (u - heartX - lean * (v - heartY) * (0.6 + (v - heartY))) / (0.34 * aspect)
      return 0.62 * (Math.abs(x) * 0.8 + y * y * 1.1) + 0.25 * teeth * wave(v * toothCount)
    }
  },
  ladder: ({ aspect, teeth, toothCount }) => {
    return (u, v) => u / aspect + teeth * (wave(v * toothCount * 0.5) - 0.5) + 0.12 * v
  },
}

/** Between a diamond and a circle, by `roundness`. */
function roundField({ aspect, roundness }: MotifShape): DistanceField {
  return (u, v) => {
    const x = u / aspect
    const y = v * aspect
    return (1 - roundness) * 0.78 * (x + y) + roundness * Math.sqrt(x * x + y * y)
  }
}

/** cos(8 * angle) of the direction (x, y), by Chebyshev's recurrence. */
function eightfold(x: number, y: number): number {
  const squared = x * x + y * y
  if (squared < 1e-9) return 0
  const twice = (x * x - y * y) / squared
  const four = 2 * twice * twice - 1
  return 2 * four * four - 1
}
