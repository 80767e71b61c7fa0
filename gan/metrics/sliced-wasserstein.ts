import { MersenneTwister } from '../random.ts'
import { dot } from './features.ts'

const CHANNELS = 3
/** Side of a neighbourhood. */
const PATCH = 7
/** Of a set, as evenly from its pictures as can be; the paper takes two million (128 of each picture), 512 directions. */
const PATCHES = 16_384
const MOST_PER_PICTURE = 128
const DIRECTIONS = 128
const COARSEST = 16
/** As the paper prints it. */
const SCALE = 1000
/** Of the pixels two away, one away, and itself. */
const BINOMIAL = [1 / 16, 4 / 16, 6 / 16] as const
const SEED = 1710

/** How far the pictures' structure is apart at one scale. */
export interface ScaleDistance {
  /** Pixels along one side at this scale. */
  readonly side: number
  /** Times 1000. */
  readonly distance: number
}

/** RGB bytes of one picture after the other. */
export interface Pictures {
  readonly bytes: Uint8Array
  /** Pixels along one side, a power of two from 16 on. */
  readonly size: number
}

/**
 * The sliced Wasserstein distance of 7 x 7 neighbourhoods at each level of the Laplacian pyramid, finest first: whether
 * there is the same detail at every scale, whatever it shows.
 *
 * The same places and directions are drawn for the same numbers of pictures, so that two models can be compared.
 *
 * @param known what all of `others` are compared with, each as many pictures as it
 * @returns for each of the others its distances
 * @see Karras et al. 2018, arXiv:1710.10196, section 5 "Multi-scale statistical similarity for assessing GAN results"
 */
export function slicedWasserstein(
  known: Pictures,
  others: readonly Pictures[],
  patches: number = PATCHES,
): readonly (readonly ScaleDistance[])[] {
  const axes = drawAxes()
  const [first, ...rest] = [known, ...others].map((pictures) =>
    patchesOf(pictures, patches).map(({ side, values }) => ({ side, places: axes.map(projector(normalise(values))) })),
  )
  return rest.map((levels) =>
    levels.map(({ side, places }, level) => {
      const apart = places.map((place, axis) => meanDifference(first[level].places[axis], place))
      return { side, distance: (SCALE * apart.reduce((sum, one) => sum + one, 0)) / DIRECTIONS }
    }),
  )
}

const PATCH_NUMBERS = PATCH * PATCH * CHANNELS

/** One level of the pyramid, of one picture or of all. */
interface Level {
  /** Pixels along one side. */
  readonly side: number
  readonly values: Float32Array
}

/** Neighbourhoods of every picture at each level, [patches, 7 * 7 * 3], finest first. */
function patchesOf({ bytes, size }: Pictures, wanted: number): readonly Level[] {
  const length = size * size * CHANNELS
  const count = bytes.length / length
  const each = Math.min(MOST_PER_PICTURE, Math.ceil(wanted / count))
  const random = new MersenneTwister(SEED)
  const levels: Level[] = []
  for (let i = 0; i < count; i++) {
    const picture = Float32Array.from(bytes.subarray(i * length, (i + 1) * length))
    for (const [at, level] of laplacianPyramid(picture, size).entries()) {
      levels[at] ??= { side: level.side, values: new Float32Array(count * each * PATCH_NUMBERS) }
      for (let patch = 0; patch < each; patch++) {
        copyPatch(level, levels[at].values, (i * each + patch) * PATCH_NUMBERS, random)
      }
    }
  }
  return levels
}

function copyPatch({ values, side }: Level, target: Float32Array, to: number, random: MersenneTwister): void {
  const [left, top] = [random.nextBelow(side - PATCH + 1), random.nextBelow(side - PATCH + 1)]
  for (let y = 0; y < PATCH; y++) {
    const from = ((top + y) * side + left) * CHANNELS
    target.set(values.subarray(from, from + PATCH * CHANNELS), to + y * PATCH * CHANNELS)
  }
}

/** At each level what the next coarser one does not show; the coarsest as it is. */
function laplacianPyramid(picture: Float32Array, size: number): readonly Level[] {
  const levels: Level[] = []
  let values = picture
  for (let side = size; side > COARSEST; side /= 2) {
    const small = halve(values, side)
    const blurred = double(small, side / 2)
    levels.push({ side, values: values.map((value, i) => value - blurred[i]) })
    values = small
  }
  return [...levels, { side: COARSEST, values }]
}

/** Blurred by the binomial filter, every second pixel of every second row. */
function halve(values: Float32Array, side: number): Float32Array {
  const blurred = blur(values, side)
  const half = side / 2
  const small = new Float32Array(half * half * CHANNELS)
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const from = (2 * y * side + 2 * x) * CHANNELS
      small.set(blurred.subarray(from, from + CHANNELS), (y * half + x) * CHANNELS)
    }
  }
  return small
}

/** Zeros between the pixels, blurred, and four times as bright. */
function double(values: Float32Array, side: number): Float32Array {
  const large = new Float32Array(4 * values.length)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (y * side + x) * CHANNELS
      const to = (4 * y * side + 2 * x) * CHANNELS
      for (let c = 0; c < CHANNELS; c++) large[to + c] = 4 * values[from + c]
    }
  }
  return blur(large, 2 * side)
}

/** Along rows and columns, over mirrored edges. */
function blur(values: Float32Array, side: number): Float32Array {
  return blurAlong(blurAlong(values, side, side * CHANNELS, CHANNELS), side, CHANNELS, side * CHANNELS)
}

/**
 * @param line from one line to the next, in numbers
 * @param step from one pixel of a line to the next
 */
function blurAlong(values: Float32Array, side: number, line: number, step: number): Float32Array {
  const mirrored = (i: number) => step * (i < 0 ? -i : i >= side ? 2 * side - 2 - i : i)
  const [far, near, own] = BINOMIAL
  const blurred = new Float32Array(values.length)
  for (let x = 0; x < side; x++) {
    const [a, b, c, d, e] = [-2, -1, 0, 1, 2].map((offset) => mirrored(x + offset))
    for (let y = 0; y < side; y++) {
      for (let at = y * line; at < y * line + CHANNELS; at++) {
        blurred[at + c] =
          far * (values[at + a] + values[at + e]) + near * (values[at + b] + values[at + d]) + own * values[at + c]
      }
    }
  }
  return blurred
}

/** Each colour of all patches to mean 0 and deviation 1. */
function normalise(patches: Float32Array): Float64Array {
  const each = patches.length / CHANNELS
  const normal = new Float64Array(patches.length)
  for (let c = 0; c < CHANNELS; c++) {
    let [sum, squares] = [0, 0]
    for (let i = c; i < patches.length; i += CHANNELS) {
      sum += patches[i]
      squares += patches[i] * patches[i]
    }
    const mean = sum / each
    const deviation = Math.sqrt(Math.max(squares / each - mean * mean, 0)) || 1
    for (let i = c; i < patches.length; i += CHANNELS) normal[i] = (patches[i] - mean) / deviation
  }
  return normal
}

/** Directions of unit length, the same at every level. */
function drawAxes(): readonly Float64Array[] {
  const random = new MersenneTwister(SEED)
  return Array.from({ length: DIRECTIONS }, () => {
    const vector = Float64Array.from({ length: PATCH_NUMBERS }, () => random.nextGaussian())
    const length = Math.sqrt(vector.reduce((squares, value) => squares + value * value, 0))
    return vector.map((value) => value / length)
  })
}

/** Says where the patches lie along a direction, in order. */
function projector(patches: Float64Array): (axis: Float64Array) => Float32Array {
  return (axis) => {
    const places = new Float32Array(patches.length / PATCH_NUMBERS)
    for (let i = 0; i < places.length; i++) places[i] = dot(patches, i * PATCH_NUMBERS, axis, 0, PATCH_NUMBERS)
    return places.toSorted()
  }
}

/** Along one direction the Wasserstein distance is that of those in the same place. */
function meanDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i])
  return sum / a.length
}
