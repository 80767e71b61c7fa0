import { ShapeMismatch } from '../errors.ts'

/** One row of numbers for each of several pictures. */
export interface Features {
  readonly count: number
  /** Numbers in a row. */
  readonly width: number
  /** Row by row. */
  readonly data: Float64Array
}

/** Features of pictures, from rows that lie one after the other. */
export function featuresOf(data: Float32Array | Float64Array, width: number): Features {
  return { count: data.length / width, width, data: Float64Array.from(data) }
}

/** Some of the rows. */
export function selectRows({ width, data }: Features, rows: readonly number[]): Features {
  const selected = new Float64Array(rows.length * width)
  for (const [i, row] of rows.entries()) selected.set(data.subarray(row * width, (row + 1) * width), i * width)
  return { count: rows.length, width, data: selected }
}

/** @throws {ShapeMismatch} when rows of one cannot be compared with rows of the other */
export function expectComparable(a: Features, b: Features): void {
  if (a.width !== b.width) throw new ShapeMismatch('features', [b.count, a.width], [b.count, b.width])
}

/** The product of a row of one with a row of the other. */
export function dotRows(a: Features, i: number, b: Features, j: number): number {
  return dot(a.data, i * a.width, b.data, j * b.width, a.width)
}

/**
 * The product of `length` numbers of each, from p and q on. Nearly all the time of the metrics goes by here: four sums
 * do not wait for one another, and one kind of array keeps the loop what the compiler made of it.
 */
export function dot(x: Float64Array, p: number, y: Float64Array, q: number, length: number): number {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let k = 0
  for (; k + 3 < length; k += 4) {
    a += x[p + k] * y[q + k]
    b += x[p + k + 1] * y[q + k + 1]
    c += x[p + k + 2] * y[q + k + 2]
    d += x[p + k + 3] * y[q + k + 3]
  }
  for (; k < length; k++) a += x[p + k] * y[q + k]
  return a + b + (c + d)
}

/** Every row of two sets multiplied with every other: what kernels and distances are made of. */
export interface Products {
  /** As many as there are rows of the first set, and of the second. */
  readonly counts: readonly [first: number, second: number]
  readonly width: number
  /** [first, first] */
  readonly first: Float64Array
  /** [second, second] */
  readonly second: Float64Array
  /** [first, second] */
  readonly between: Float64Array
}

/**
 * @param first the products of the first set with itself, where they are known
 * @throws {ShapeMismatch} when the features are not of one network
 */
export function productsOf(a: Features, b: Features, first: Float64Array = withItself(a)): Products {
  expectComparable(a, b)
  const between = new Float64Array(a.count * b.count)
  for (let i = 0; i < a.count; i++) for (let j = 0; j < b.count; j++) between[i * b.count + j] = dotRows(a, i, b, j)
  return { counts: [a.count, b.count], width: a.width, first, second: withItself(b), between }
}

function withItself(features: Features): Float64Array {
  const { count } = features
  const products = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dotRows(features, i, features, j)
      products[i * count + j] = product
      products[j * count + i] = product
    }
  }
  return products
}
