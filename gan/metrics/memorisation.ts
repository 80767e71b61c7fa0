import { pickImages, type TrainingSet } from '../training/training-set.ts'
import { type Features, selectRows } from './features.ts'
import { findNeighbours, type Neighbours } from './neighbours.ts'

/** A made picture this much nearer to one training picture than to any other is taken for a copy. */
const COPY_RATIO = 1 / 3
/** Side of the thumbnails by which candidates are found. */
const THUMBNAIL = 4
const CANDIDATES = 32
const WORST = 24
/** Enough for a floor, and they are compared with the whole set. */
const MOST_REALS = 512
const CHANNELS = 3

/** A made picture and the training picture that it is nearest to. */
export interface Likeness {
  readonly seed: number
  /** Position of the made picture. */
  readonly sample: number
  /** Position in the training set. */
  readonly training: number
  /** Root mean square difference of the bytes, 0 to 255; null when it was found by features. */
  readonly levels: number | null
  /** To the nearest over to the second nearest, 0 to 1. */
  readonly ratio: number
  readonly by: 'pixels' | 'features'
}

/** Whether the model repeats what it was trained on. */
export interface Memorisation {
  /** Made pictures whose nearest training picture is less than a third as far as the second nearest. */
  readonly copies: number
  /** How many real pictures were held against the others, by the same rule. */
  readonly reals: number
  readonly copiesAmongReals: number
  readonly medianRatio: number
  readonly medianRatioAmongReals: number
  /** Most alike first, each made picture once. */
  readonly worst: readonly Likeness[]
}

/** What is looked through. */
export interface Seen {
  /** Random features of the whole training set. */
  readonly real: Features
  /** And of the made pictures. */
  readonly made: Features
  /** Positions of real pictures that are compared with the other real ones, for the floor. */
  readonly probe: readonly number[]
  readonly seeds: readonly number[]
}

/**
 * Looks for the nearest training picture of every made one, by pixels and by random features, and says which are copies:
 * those whose nearest is less than a third as far as the second nearest.
 *
 * @see Yoon et al. 2023, "Diffusion Probabilistic Models Generalize when They Fail to Memorize", for the rule
 */
export function findMemorised(
  set: TrainingSet,
  made: Uint8Array,
  { real, made: madeSeen, probe, seeds }: Seen,
): Memorisation {
  const own = { images: made, size: set.size }
  const byPixels = nearestByPixels(own, set)
  const byFeatures = nearestByFeatures(real, madeSeen)
  const likenesses = seeds.map((seed, sample): Likeness => {
    const [pixels, features] = [byPixels[sample], byFeatures[sample]]
    const found = { seed, sample }
    return pixels.ratio <= features.ratio
      ? { ...found, training: pixels.nearest, levels: pixels.distance, ratio: pixels.ratio, by: 'pixels' }
      : { ...found, training: features.nearest, levels: null, ratio: features.ratio, by: 'features' }
  })
  const ratios = likenesses.map(({ ratio }) => ratio)
  const realRatios = ratiosAmongReals(set, real, probe.slice(0, MOST_REALS))
  return {
    copies: copiesIn(ratios),
    reals: realRatios.length,
    copiesAmongReals: copiesIn(realRatios),
    medianRatio: medianOf(ratios),
    medianRatioAmongReals: medianOf(realRatios),
    worst: likenesses.toSorted((a, b) => a.ratio - b.ratio || a.sample - b.sample).slice(0, WORST),
  }
}

function copiesIn(ratios: readonly number[]): number {
  return ratios.filter((ratio) => ratio < COPY_RATIO).length
}

function medianOf(ratios: readonly number[]): number {
  return ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]
}

/** A real picture is not compared with itself: the others are what it was not drawn from. */
function ratiosAmongReals(set: TrainingSet, real: Features, probe: readonly number[]): readonly number[] {
  const isProbe = new Set(probe)
  const rest = Array.from({ length: real.count }, (_, row) => row).filter((row) => !isProbe.has(row))
  const others = { images: pickImages(set, rest), size: set.size }
  const byPixels = nearestByPixels({ images: pickImages(set, probe), size: set.size }, others)
  const byFeatures = nearestByFeatures(selectRows(real, rest), selectRows(real, probe))
  return probe.map((_, i) => Math.min(byPixels[i].ratio, byFeatures[i].ratio))
}

type Images = Pick<TrainingSet, 'images' | 'size'>

/** Candidates by their thumbnails, then the true difference; distances are root mean squares of bytes. */
function nearestByPixels(samples: Images, set: Images): readonly Neighbours[] {
  const length = CHANNELS * set.size * set.size
  return findNeighbours(thumbnails(samples), thumbnails(set), CANDIDATES, (i, j) => {
    let sum = 0
    for (let k = 0, a = i * length, b = j * length; k < length; k++, a++, b++) {
      const difference = samples.images[a] - set.images[b]
      sum += difference * difference
    }
    return sum / length
  })
}

/** Mean colours of 4 x 4 fields. */
function thumbnails({ images, size }: Images): Features {
  const side = Math.min(THUMBNAIL, size)
  const field = size / side
  const count = images.length / (CHANNELS * size * size)
  const width = CHANNELS * side * side
  const data = new Float64Array(count * width)
  for (let at = 0; at < images.length; at++) {
    const pixel = Math.floor(at / CHANNELS)
    const [x, y] = [pixel % size, Math.floor(pixel / size) % size]
    const place = Math.floor(y / field) * side + Math.floor(x / field)
    data[Math.floor(pixel / (size * size)) * width + place * CHANNELS + (at % CHANNELS)] += images[at] / (field * field)
  }
  return { count, width, data }
}

/** Features on the scale of the training set's deviations, so that none drowns the others. */
function nearestByFeatures(set: Features, samples: Features): readonly Neighbours[] {
  const factors = factorsOf(set)
  const apply = ({ count, width, data }: Features): Features => ({
    count,
    width,
    data: Float64Array.from(data, (value, at) => value * factors[at % width]),
  })
  return findNeighbours(apply(samples), apply(set))
}

function factorsOf({ count, width, data }: Features): Float64Array {
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)]
  for (let at = 0; at < data.length; at++) {
    sums[at % width] += data[at] / count
    squares[at % width] += (data[at] * data[at]) / count
  }
  return sums.map((mean, k) => 1 / (Math.sqrt(Math.max(squares[k] - mean * mean, 0)) || 1))
}
