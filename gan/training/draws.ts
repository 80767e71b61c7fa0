import { MersenneTwister } from '../random.ts'
import { type Alteration, type AugmentKinds, drawAlteration } from './augment-draws.ts'
import { countImages, type TrainingSet } from './training-set.ts'

export type Phase = 'generator' | 'pathLength' | 'discriminator'

/** Each time that the discriminator is shown images, these are altered anew. */
export type Showing = 'generator' | 'fakes' | 'reals' | 'r1'

/** Everything random that one iteration of training takes. */
export interface Draws {
  /** `count` latents of a phase, one after the other. */
  latents(phase: Phase, count: number): Float32Array
  /** Their classes, as frequent as among the real images; null where there are none. */
  classes(phase: Phase, count: number): ArrayLike<number> | null
  /** From which layer on a second set of latents takes over; null for not at all. */
  crossover(phase: Phase): number | null
  /** The latents of the finer layers. */
  mixedLatents(phase: Phase, count: number): Float32Array
  /** The real images of this iteration. */
  reals(): RealImages
  /** How `count` images are altered before the discriminator sees them. */
  alterations(showing: Showing, count: number, kinds: AugmentKinds, p: number): readonly Alteration[]
  /** By how many pixels all images of this iteration are shifted. */
  shift(): Shift
  /** Standard normal numbers for the noise inputs; null for the constant noise that the weights came with. */
  noise(size: number): Float32Array | null
  /** Standard normal directions in the image, for path length. */
  directions(size: number): Float32Array
}

export interface RealImages {
  /** [batch, resolution, resolution, channels], -1 to 1; not yet shifted. */
  readonly pixels: Float32Array
  readonly classes: ArrayLike<number> | null
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
  readonly set: TrainingSet
  /** Whether the set also holds every image with left and right exchanged. */
  readonly mirror: boolean
}

const CHANNELS = 3

/** Enough that two windows into it hardly ever coincide, and drawn once: normal numbers are slow to make. */
const NOISE_POOL = 1 << 20

const STREAM_NOISE = 0
const STREAM_ORDER = 1
const STREAM_ITERATION = 2
const STREAM_SHIFT = 3
/** And one for each phase. */
const STREAM_CLASSES: Readonly<Record<Phase, number>> = { generator: 4, pathLength: 5, discriminator: 6 }
const STREAM_ALTERATIONS: Readonly<Record<Showing, number>> = { generator: 7, fakes: 8, reals: 9, r1: 10 }

/**
 * The randomness of a training run. What an iteration gets depends on the seed and its number alone, so that a run
 * that was interrupted goes on exactly as it would have.
 */
export function createDraws(options: DrawsOptions): (iteration: number) => Draws {
  const { seed, zDim, layers, set } = options
  const poolSize = Math.max(NOISE_POOL, 2 * options.batch * set.size * set.size)
  const pool = gaussians(new MersenneTwister(Uint32Array.of(seed, STREAM_NOISE)), poolSize)
  const count = countImages(set)
  const pick = createOrder(seed, options.mirror ? 2 * count : count)

  return (iteration) => {
    const random = new MersenneTwister(Uint32Array.of(seed, STREAM_ITERATION, iteration))
    const fromPool = (size: number) => {
      const start = random.nextBelow(poolSize - size)
      return pool.subarray(start, start + size)
    }
    return {
      latents: (_phase, size) => gaussians(random, size * zDim),
      classes: (phase, size) => drawClasses(options, iteration, phase, size),
      crossover: () => (random.nextDouble() < options.styleMixing ? 1 + random.nextBelow(layers - 1) : null),
      mixedLatents: (_phase, size) => gaussians(random, size * zDim),
      reals: () => takeReals(options, (i) => pick(iteration * options.batch + i)),
      alterations: (showing, size, kinds, p) => {
        const source = new MersenneTwister(Uint32Array.of(seed, STREAM_ALTERATIONS[showing], iteration))
        return Array.from({ length: size }, () => drawAlteration(source, kinds, p))
      },
      shift: () => drawShift(options, iteration),
      noise: (size) => (options.freshNoise ? fromPool(size) : null),
      directions: (size) => gaussians(random, size),
    }
  }
}

/** The class of an image drawn by chance, for each. */
function drawClasses(
  { seed, set }: DrawsOptions,
  iteration: number,
  phase: Phase,
  size: number,
): ArrayLike<number> | null {
  const { labels } = set
  if (labels === null) return null
  const random = new MersenneTwister(Uint32Array.of(seed, STREAM_CLASSES[phase], iteration))
  return Uint16Array.from({ length: size }, () => labels[random.nextBelow(labels.length)])
}

/** @param pick which image comes at a place of the batch; those from the set's end on are the mirrored ones */
function takeReals({ batch, set }: DrawsOptions, pick: (place: number) => number): RealImages {
  const { images, labels, size } = set
  const count = countImages(set)
  const length = size * size * CHANNELS
  const pixels = new Float32Array(batch * length)
  const classes = new Uint16Array(batch)
  for (let i = 0; i < batch; i++) {
    const picked = pick(i)
    const image = picked % count
    const bytes = images.subarray(image * length, (image + 1) * length)
    const place = pixels.subarray(i * length, (i + 1) * length)
    if (picked < count) for (let k = 0; k < length; k++) place[k] = toUnit(bytes[k])
    else fillMirrored(place, bytes, size)
    if (labels !== null) classes[i] = labels[image]
  }
  return { pixels, classes: labels === null ? null : classes }
}

function fillMirrored(place: Float32Array, bytes: Uint8Array, size: number): void {
  for (let pixel = 0; pixel < size * size; pixel++) {
    const column = pixel % size
    const from = (pixel - column + size - 1 - column) * CHANNELS
    for (let channel = 0; channel < CHANNELS; channel++) {
      place[pixel * CHANNELS + channel] = toUnit(bytes[from + channel])
    }
  }
}

function toUnit(byte: number): number {
  return byte / 127.5 - 1
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
