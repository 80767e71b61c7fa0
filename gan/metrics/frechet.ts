import { symmetricEigen } from '../artist/symmetric-eigen.ts'
import { expectComparable, type Features } from './features.ts'

/** A normal distribution that features are taken to have. */
export interface Moments {
  /** [width] */
  readonly mean: Float64Array
  /** [width, width], divided by the number of rows. */
  readonly covariance: Float64Array
}

/** Mean and covariance of features; the covariance is the biased one, as in the official code. */
export function momentsOf({ count, width, data }: Features): Moments {
  const mean = new Float64Array(width)
  for (let i = 0; i < data.length; i++) mean[i % width] += data[i] / count
  const covariance = new Float64Array(width * width)
  const row = new Float64Array(width)
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) row[k] = data[i * width + k] - mean[k]
    for (let k = 0; k < width; k++) {
      const factor = row[k] / count
      for (let l = k; l < width; l++) covariance[k * width + l] += factor * row[l]
    }
  }
  for (let k = 0; k < width; k++) for (let l = 0; l < k; l++) covariance[k * width + l] = covariance[l * width + k]
  return { mean, covariance }
}

/**
 * The Frechet distance of two sets of features, as far as these are normally distributed:
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)).
 *
 * @returns 0 for equal moments; sets of a few hundred pictures seem further apart than large ones
 * @throws {ShapeMismatch} when they are not of one network
 * @see Heusel et al. 2017, arXiv:1706.08500
 */
export function frechetDistance(a: Features, b: Features): number {
  expectComparable(a, b)
  const { width } = a
  const [first, second] = [momentsOf(a), momentsOf(b)]
  let distance = 0
  for (let k = 0; k < width; k++) {
    distance += (first.mean[k] - second.mean[k]) ** 2
    distance += first.covariance[k * width + k] + second.covariance[k * width + k]
  }
  // (C1 C2)^(1/2) has the trace of (S C2 S)^(1/2) with S = C1^(1/2), and that matrix is symmetric.
  const root = squareRoot(first.covariance, width)
  const product = multiply(multiply(root, second.covariance, width), root, width)
  for (const { value } of symmetricEigen(product, width)) distance -= 2 * Math.sqrt(Math.max(0, value))
  return distance
}

function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const root = new Float64Array(n * n)
  for (const { value, vector } of symmetricEigen(matrix, n)) {
    const scale = Math.sqrt(Math.max(0, value))
    if (scale === 0) continue
    for (let i = 0; i < n; i++) {
      const factor = scale * vector[i]
      for (let j = 0; j < n; j++) root[i * n + j] += factor * vector[j]
    }
  }
  return root
}

function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]
      for (let j = 0; j < n; j++) product[i * n + j] += factor * b[k * n + j]
    }
  }
  return product
}
