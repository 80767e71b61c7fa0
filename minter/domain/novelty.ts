/**
 * How far two images are apart in the discriminator's eyes.
 *
 * @param a quantised features, as many as `b`
 * @returns the sum of squared differences, an integer
 */
export function squaredDistance(a: Int8Array, b: Int8Array): number {
  return boundedDistance(a, b, Number.POSITIVE_INFINITY)
}

/**
 * The first of `others` that is nearer than `minDistance`.
 *
 * @param minDistance squared; 0 finds nothing
 * @returns its position, or -1
 */
export function findNear(features: Int8Array, others: readonly Int8Array[], minDistance: number): number {
  if (minDistance <= 0) return -1
  return others.findIndex((other) => boundedDistance(features, other, minDistance) < minDistance)
}

/**
 * The nearest of `others`, nearest first; of two that are equally near, the earlier one.
 *
 * @param most how many at most
 * @returns positions in `others`, with squared distances
 */
export function nearest(
  features: Int8Array,
  others: readonly Int8Array[],
  most: number,
): readonly { readonly position: number; readonly distance: number }[] {
  return others
    .map((other, position) => ({ position, distance: squaredDistance(features, other) }))
    .toSorted((a, b) => a.distance - b.distance || a.position - b.position)
    .slice(0, most)
}

/** What the greedy walk asks of a candidate. */
export interface Embedded {
  readonly features: Int8Array
}

/** Why a candidate is not new. */
export type Resemblance<C> =
  { readonly kind: 'earlier'; readonly position: number } | { readonly kind: 'pool'; readonly other: C }

/**
 * Keeps, from the best to the worst, each candidate that resembles neither an earlier piece nor a better one that was
 * kept. Greedy, so that the best of a group of look-alikes stays.
 *
 * @param ranked from the best to the worst
 * @param earlier features of pieces minted in earlier drops
 * @returns what each candidate resembles, in the order of `ranked`; null when it is kept
 */
export function findResemblances<C extends Embedded>(
  ranked: readonly C[],
  earlier: readonly Int8Array[],
  distances: { readonly minDistance: number; readonly minDistanceEarlier: number },
): readonly (Resemblance<C> | null)[] {
  const kept: C[] = []
  const keptFeatures: Int8Array[] = []
  return ranked.map((candidate) => {
    const position = findNear(candidate.features, earlier, distances.minDistanceEarlier)
    if (position >= 0) return { kind: 'earlier', position }
    const other = kept[findNear(candidate.features, keptFeatures, distances.minDistance)]
    if (other !== undefined) return { kind: 'pool', other }
    kept.push(candidate)
    keptFeatures.push(candidate.features)
    return null
  })
}

/** Stops counting at `bound`, which saves most of the work among ten thousand candidates. */
function boundedDistance(a: Int8Array, b: Int8Array, bound: number): number {
  let sum = 0
  for (let i = 0; i < a.length && sum < bound; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    sum += difference * difference
  }
  return sum
}
