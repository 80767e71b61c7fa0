import { ShapeMismatch } from '../errors.ts'

/** `linear` and `cubic` go through the points in the space as it is, `slerp` along great circles. */
export type Curve = 'linear' | 'slerp' | 'cubic'

export interface PathOptions {
  readonly curve: Curve
  /** Whether the path leads from the last point back to the first. */
  readonly loop: boolean
}

/** Enough that a float64 has no bits left to halve. */
const HALVINGS = 52

/**
 * Points along a path through the given ones, at even steps of its parameter.
 *
 * Only sums, products, quotients and square roots, so that the frames are the same on every machine.
 *
 * @param keys what the path leads through, at least one, all of one length
 * @param count how many frames, at least 1; a closed path does not repeat its first one at the end
 * @returns `count` new arrays
 * @throws {ShapeMismatch} when the points differ in length
 */
export function pathThrough(
  keys: readonly Float32Array[],
  count: number,
  { curve, loop }: PathOptions,
): Float32Array[] {
  const misfit = keys.find(({ length }) => length !== keys[0].length)
  if (misfit !== undefined) throw new ShapeMismatch('a point of the path', [keys[0].length], [misfit.length])
  const segments = loop ? keys.length : keys.length - 1
  const steps = Math.max(1, loop ? count : count - 1)
  const keyAt = (i: number) => keys[loop ? (i + keys.length) % keys.length : Math.min(Math.max(i, 0), keys.length - 1)]
  return Array.from({ length: count }, (_, frame) => {
    const segment = Math.min(Math.floor((frame * segments) / steps), Math.max(segments - 1, 0))
    const t = (frame * segments) / steps - segment
    const [before, from, to, after] = [-1, 0, 1, 2].map((offset) => keyAt(segment + offset))
    if (curve === 'linear') return blend([from, to], [1 - t, t])
    if (curve === 'slerp') return slerp(from, to, t)
    return blend([before, from, to, after], catmullRom(t))
  })
}

/**
 * Along the great circle between the directions of two points, at even angles; their lengths go over linearly.
 *
 * In many dimensions Gaussian latents lie close to a sphere, which a straight line would leave.
 *
 * @param t 0 to 1
 * @returns `a` at 0, `b` at 1; between opposite or vanishing points, which no one circle joins, the straight line
 * @see Shoemake 1985, doi:10.1145/325165.325242
 */
export function slerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  const [lengthA, lengthB] = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))]
  const cosine = dot(a, b) / (lengthA * lengthB)
  if (!(cosine > -0.999999) || cosine >= 1) return blend([a, b], [1 - t, t])
  const [p, q] = arcWeights(cosine, t)
  const length = lengthA + (lengthB - lengthA) * t
  return blend([a, b], [(p * length) / lengthA, (q * length) / lengthB])
}

/**
 * What two unit vectors count for in the one that divides the arc between them at `t`.
 *
 * The arc is halved towards `t`: the middle of two unit vectors is their sum over twice the cosine of half their angle,
 * so that neither an angle nor a sine is ever needed.
 *
 * @param cosine of the angle between them, above -1
 */
function arcWeights(cosine: number, t: number): readonly [number, number] {
  let [left, right]: [readonly [number, number], readonly [number, number]] = [
    [1, 0],
    [0, 1],
  ]
  let rest = t
  let between = cosine
  for (let i = 0; i < HALVINGS; i++) {
    const half = Math.sqrt((1 + between) / 2)
    const middle = [(left[0] + right[0]) / (2 * half), (left[1] + right[1]) / (2 * half)] as const
    rest *= 2
    between = half
    if (rest >= 1) {
      rest -= 1
      left = middle
    } else {
      right = middle
    }
  }
  return rest >= 0.5 ? right : left
}

/** What four points in a row count for between the middle two. */
function catmullRom(t: number): readonly number[] {
  return [
    ((2 - t) * t - 1) * t * 0.5,
    ((3 * t - 5) * t * t + 2) * 0.5,
    ((4 - 3 * t) * t + 1) * t * 0.5,
    (t - 1) * t * t * 0.5,
  ]
}

function blend(points: readonly Float32Array[], weights: readonly number[]): Float32Array {
  return points[0].map((_, i) => weights.reduce((sum, weight, k) => sum + weight * points[k][i], 0))
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0)
}
