import type { MersenneTwister } from '../random.ts'

/** What pictures are altered in. */
export interface AugmentKinds {
  /** Flips, quarter turns and shifts by whole pixels. */
  readonly blit: boolean
  /** Scaling, turning, stretching and shifts by parts of pixels. */
  readonly geometry: boolean
  readonly colour: boolean
  /** The strength of four bands of frequencies. */
  readonly filter: boolean
  /** A square that is blanked. */
  readonly cutout: boolean
}

/** How one picture is altered; each neutral value leaves it as it is. */
export interface Alteration {
  readonly isFlipped: boolean
  /** 0 to 3 */
  readonly quarterTurns: number
  /** To the right and down, in parts of the picture's side, before they are rounded to whole pixels. */
  readonly shift: readonly [right: number, down: number]
  /** Neutral at 1. */
  readonly scale: number
  /** Radians. */
  readonly turnBefore: number
  /** Wider by this and lower by as much; neutral at 1. */
  readonly stretch: number
  readonly turnAfter: number
  /** As `shift`, and not rounded. */
  readonly drift: readonly [right: number, down: number]
  /** What is added to all channels. */
  readonly brightness: number
  /** Neutral at 1. */
  readonly contrast: number
  readonly isLumaFlipped: boolean
  /** Radians around the gray axis. */
  readonly hue: number
  /** Neutral at 1. */
  readonly saturation: number
  /** Of the bands, the lowest frequencies first; neutral at 1. */
  readonly gains: readonly [number, number, number, number]
  /** Centre of the square that is blanked, in parts of the picture's side; null for none. */
  readonly hole: readonly [x: number, y: number] | null
}

/** Leaves a picture as it is. */
export const UNALTERED: Alteration = {
  isFlipped: false,
  quarterTurns: 0,
  shift: [0, 0],
  scale: 1,
  turnBefore: 0,
  stretch: 1,
  turnAfter: 0,
  drift: [0, 0],
  brightness: 0,
  contrast: 1,
  isLumaFlipped: false,
  hue: 0,
  saturation: 1,
  gains: [1, 1, 1, 1],
  hole: null,
}

const SHIFT_MOST = 0.125
const DRIFT_STD = 0.125
/** In powers of two, as all scales here. */
const SCALE_STD = 0.2
const BRIGHTNESS_STD = 0.2
const CONTRAST_STD = 0.5
const SATURATION_STD = 1
const GAIN_STD = 1

/**
 * How much of a natural picture's power lies in each band: 1 / f, of which the lowest has ten parts of thirteen.
 *
 * @see Karras et al. 2020, arXiv:2006.06676, appendix B
 */
const BAND_POWER = [10 / 13, 1 / 13, 1 / 13, 1 / 13] as const

/**
 * Draws how a picture is altered: each alteration by itself happens with probability p.
 *
 * @param p 0 to 1
 * @see Karras et al. 2020, arXiv:2006.06676, appendix B, for the distributions
 */
export function drawAlteration(random: MersenneTwister, kinds: AugmentKinds, p: number): Alteration {
  // As much is drawn whatever p and the kinds are, so that a picture's alterations depend on its place alone.
  const maybe = <Value>(isWanted: boolean, drawn: Value, neutral: Value, probability: number = p) =>
    random.nextDouble() < probability && isWanted ? drawn : neutral
  const coin = () => random.nextDouble() < 0.5
  const power = (std: number) => 2 ** (random.nextGaussian() * std)
  const within = (most: number) => (random.nextDouble() * 2 - 1) * most
  // Two turns, and p that at least one happens.
  const turns = 1 - Math.sqrt(Math.max(0, 1 - p))
  const { blit, geometry, colour, filter, cutout } = kinds
  return {
    isFlipped: maybe(blit, coin(), false),
    quarterTurns: maybe(blit, random.nextBelow(4), 0),
    shift: maybe(
      blit,
      pair(() => within(SHIFT_MOST)),
      UNALTERED.shift,
    ),
    scale: maybe(geometry, power(SCALE_STD), 1),
    turnBefore: maybe(geometry, within(Math.PI), 0, turns),
    stretch: maybe(geometry, power(SCALE_STD), 1),
    turnAfter: maybe(geometry, within(Math.PI), 0, turns),
    drift: maybe(
      geometry,
      pair(() => random.nextGaussian() * DRIFT_STD),
      UNALTERED.drift,
    ),
    brightness: maybe(colour, random.nextGaussian() * BRIGHTNESS_STD, 0),
    contrast: maybe(colour, power(CONTRAST_STD), 1),
    isLumaFlipped: maybe(colour, coin(), false),
    hue: maybe(colour, within(Math.PI), 0),
    saturation: maybe(colour, power(SATURATION_STD), 1),
    gains: drawGains(BAND_POWER.map(() => maybe(filter, power(GAIN_STD), 1))),
    hole: maybe<Alteration['hole']>(
      cutout,
      pair(() => random.nextDouble()),
      null,
    ),
  }
}

function pair(draw: () => number): readonly [number, number] {
  return [draw(), draw()]
}

/**
 * The gains of all bands, when each is drawn by itself and then all are scaled to keep the power of a natural picture.
 *
 * @param drawn of each band
 */
export function drawGains(drawn: readonly number[]): readonly [number, number, number, number] {
  const gains: [number, number, number, number] = [1, 1, 1, 1]
  for (const [band, gain] of drawn.entries()) {
    const power = BAND_POWER.reduce((sum, share, other) => sum + share * (other === band ? gain ** 2 : 1), 0)
    for (let other = 0; other < gains.length; other++) gains[other] *= (other === band ? gain : 1) / Math.sqrt(power)
  }
  return gains
}
