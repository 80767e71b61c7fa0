import { MersenneTwister } from '../random.ts'

export type Phase = 'generator' | 'pathLength' | 'discriminator'

/** Everything random that one iteration of training takes. */
export interface Draws {
  /** `count` latents of a phase, one after the other. */
  latents(phase: Phase, count: number): Float32Array
  /** From which layer on a second set of latents takes over; null for not at all. */
  crossover(phase: Phase): number | null
  /** The latents of the finer layers. */
  mixedLatents(phase: Phase, count: number): Float32Array
  /** The real images of this iteration: [batch, resolution, resolution, channels], -1 to 1; not yet shifted. */
  reals(): Float32Array
  /** By how many pixels all images of this iteration are shifted. */
  shift(): Shift
  /** Standard normal numbers for the noise inputs; null for the constant noise that the weights came with. */
  noise(size: number): Float32Array | null
  /** Standard normal directions in the image, for path length. */
  directions(size: number): Float32Array
}

/** Pixels by which the window on a mirrored image moves; what it leaves is filled from the mirror image. */
export interface Shift {
  readonly down: number
  readonly right: number
}

export interface DrawsOptions {
  readonly seed: number
  readonly batch: number
  readonly zDim: number
  readonly layers: number
  /** How often two sets of latents are mixed, 0 to 1. */
  readonly styleMixing: number
  /** Every other iteration is shifted by up to so many pixels in each direction. */
  readonly furthestShift: number
  /** Whether each pass gets fresh noise. */
  readonly freshNoise: boolean
  /** RGB bytes of one image after the other. */
  readonly images: Uint8Array
  readonly bytesPerImage: number
}

/** Enough that two windows into it hardly ever coincide, and drawn once: normal numbers are slow to make. */
const NOISE_POOL = 1 << 20

const STREAM_NOISE = 0
const STREAM_ORDER = 1
const STREAM_ITERATION = 2
const STREAM_SHIFT = 3

/**
 * The randomness of a training run. What an iteration gets depends on the seed and its number alone, so that a run
 * that was interrupted goes on exactly as it would have.
 */
export function createDraws(options: DrawsOptions): (iteration: number) => Draws {
  const { seed, batch, zDim, layers, images, bytesPerImage } = options
  const pool = gaussians(new MersenneTwister(Uint32Array.of(seed, STREAM_NOISE)), NOISE_POOL)
  const pick = createOrder(seed, images.length / bytesPerImage)

  return (iteration) => {
    const random = new MersenneTwister(Uint32Array.of(seed, STREAM_ITERATION, iteration))
    const fromPool = (size: number) => {
      const start = random.nextBelow(NOISE_POOL - size)
      return pool.subarray(start, start + size)
    }
    return {
      latents: (_phase, count) => gaussians(random, count * zDim),
      crossover: () => (random.nextDouble() < options.styleMixing ? 1 + random.nextBelow(layers - 1) : null),
      mixedLatents: (_phase, count) => gaussians(random, count * zDim),
      reals: () => {
        const reals = new Float32Array(batch * bytesPerImage)
        for (let i = 0; i < batch; i++) {
          const start = pick(iteration * batch + i) * bytesPerImage
          for (let k = 0; k < bytesPerImage; k++) reals[i * bytesPerImage + k] = images[start + k] / 127.5 - 1
        }
        return reals
      },
      shift: () => drawShift(options, iteration),
      noise: (size) => (options.freshNoise ? fromPool(size) : null),
      directions: (size) => gaussians(random, size),
    }
  }
}

/** Half of the iterations see images as they are, since that is how they are judged in the end. */
function drawShift({ seed, furthestShift }: DrawsOptions, iteration: number): Shift {
  const random = new MersenneTwister(Uint32Array.of(seed, STREAM_SHIFT, iteration))
  if (furthestShift === 0 || random.nextBelow(2) === 0) return { down: 0, right: 0 }
  const draw = () => random.nextBelow(2 * furthestShift + 1) - furthestShift
  return { down: draw(), right: draw() }
}

/** Which image is shown as the n-th: every epoch goes through all of them, in an order of its own. */
function createOrder(seed: number, count: number): (n: number) => number {
  let shuffledFor = -1
  const order = new Uint32Array(count)
  return (n) => {
    const epoch = Math.floor(n / count)
    if (epoch !== shuffledFor) {
      for (let i = 0; i < count; i++) order[i] = i
      new MersenneTwister(Uint32Array.of(seed, STREAM_ORDER, epoch)).shuffle(order)
      shuffledFor = epoch
    }
    return order[n % count]
  }
}

function gaussians(random: MersenneTwister, size: number): Float32Array {
  const drawn = new Float32Array(size)
  for (let i = 0; i < size; i++) drawn[i] = random.nextGaussian()
  return drawn
}
