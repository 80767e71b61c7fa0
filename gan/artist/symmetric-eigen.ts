/** An eigenvector of unit length, and by how much its matrix stretches it. */
export interface Eigenpair {
  readonly value: number
  readonly vector: Float64Array
}

/** Cyclic Jacobi converges quadratically: a matrix that is not done by then has numbers that are none. */
const MOST_SWEEPS = 60

/**
 * All eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations in float64.
 *
 * Only sums, products, quotients and square roots, so that the answer is the same on every machine. A vector's sign is
 * chosen so that its largest component is positive.
 *
 * @param matrix [n, n], row by row; only its upper triangle is read
 * @returns n pairs, largest eigenvalue first
 * @throws {RangeError} when the matrix is not n by n, or holds a number that is not finite
 * @see Golub and Van Loan, "Matrix Computations", 4th edition, algorithm 8.5.3 "Cyclic Jacobi"
 */
export function symmetricEigen(matrix: Float64Array, n: number): readonly Eigenpair[] {
  if (matrix.length !== n * n) throw new RangeError(`${matrix.length} numbers are no ${n} by ${n} matrix`)
  if (!matrix.every((value) => Number.isFinite(value))) throw new RangeError('the matrix holds a number that is none')
  const a = symmetric(matrix, n)
  // Row k of v becomes the k-th eigenvector: rows are rotated, since they lie together.
  const v = identity(n)
  for (let sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(a, n); sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q)
  }
  return Array.from({ length: n }, (_, k) => ({
    value: a[k * n + k],
    vector: orient(v.slice(k * n, (k + 1) * n)),
  })).toSorted((one, other) => other.value - one.value)
}

function symmetric(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((_, at) => {
    const [row, column] = [Math.floor(at / n), at % n]
    return matrix[Math.min(row, column) * n + Math.max(row, column)]
  })
}

function identity(n: number): Float64Array {
  const unit = new Float64Array(n * n)
  for (let i = 0; i < n; i++) unit[i * n + i] = 1
  return unit
}

/** Whether what is off the diagonal no longer changes what is on it. */
function isDiagonal(a: Float64Array, n: number): boolean {
  let off = 0
  let on = 0
  for (let row = 0; row < n; row++) {
    on += a[row * n + row] ** 2
    for (let column = row + 1; column < n; column++) off += a[row * n + column] ** 2
  }
  return off <= on * Number.EPSILON ** 2
}

/** Turns the plane of axes p and q so that the matrix has a zero there. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const matrix = a
  const [app, aqq, apq] = [matrix[p * n + p], matrix[q * n + q], matrix[p * n + q]]
  // What is lost in the rounding of both diagonal numbers is a zero already.
  if (Math.abs(apq) <= Number.EPSILON * Math.min(Math.abs(app), Math.abs(aqq))) return
  const tau = (aqq - app) / (2 * apq)
  const tangent = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau))
  const cosine = 1 / Math.sqrt(1 + tangent * tangent)
  const sine = tangent * cosine
  turnRows(matrix, p * n, q * n, n, cosine, sine)
  turnRows(v, p * n, q * n, n, cosine, sine)
  // Symmetry gives the columns, which would be slow to turn; only where rows and columns cross are both turned.
  for (let k = 0; k < n; k++) {
    matrix[k * n + p] = matrix[p * n + k]
    matrix[k * n + q] = matrix[q * n + k]
  }
  matrix[p * n + p] = app - tangent * apq
  matrix[q * n + q] = aqq + tangent * apq
  matrix[p * n + q] = 0
  matrix[q * n + p] = 0
}

/** Rotates two rows, which start at `i` and `j`. */
function turnRows(matrix: Float64Array, i: number, j: number, n: number, cosine: number, sine: number): void {
  const turned = matrix
  for (let k = 0; k < n; k++) {
    const x = turned[i + k]
    const y = turned[j + k]
    turned[i + k] = cosine * x - sine * y
    turned[j + k] = sine * x + cosine * y
  }
}

function orient(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
  return largest < 0 ? vector.map((value) => -value) : vector
}
