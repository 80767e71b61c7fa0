import type { DiscriminatorKwargs, GeneratorKwargs } from '../architecture.ts'
import type { AugmentKinds } from './augment-draws.ts'

export interface PathLengthConfig {
  readonly interval: number
  readonly weight: number
  readonly decay: number
}

/** Pictures are altered before the discriminator sees them, real and generated alike. */
export interface AugmentConfig {
  readonly kinds: AugmentKinds
  /** How probable each alteration is: in the beginning, or throughout. 0 to 1 */
  readonly p: number
  /** How p follows the discriminator; null where it stays. */
  readonly adaptation: AdaptationConfig | null
}

export interface AdaptationConfig {
  /** The mean of sign(D(real)) that p is steered to: above it the discriminator overfits. */
  readonly target: number
  /** Real images over which p may go all the way from 0 to 1. */
  readonly images: number
  /** Every so many iterations. */
  readonly interval: number
}

export interface TrainingConfig {
  readonly generator: GeneratorKwargs
  readonly discriminator: DiscriminatorKwargs
  readonly batch: number
  /** Into how many shares each batch is divided, differentiated side by side; sums are rounded otherwise for each number. */
  readonly workers: number
  readonly learningRate: number
  /** Weight of R1. */
  readonly gamma: number
  /** R1 every so many iterations. */
  readonly r1Interval: number
  /** Path length regularisation every so many iterations, on half a batch; null leaves it out. */
  readonly pathLength: PathLengthConfig | null
  /** Half-life of the averaged generator, in images. */
  readonly averageImages: number
  /** The half-life is at most this times the images seen; null for no such bound. */
  readonly averageRampup: number | null
  /** null shows images as they are. */
  readonly augment: AugmentConfig | null
}
