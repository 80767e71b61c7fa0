import type { Alteration } from './augment-draws.ts'

/** Three rows of three: colours to colours. */
type Matrix = readonly (readonly [number, number, number])[]

/** Colours to colours: a matrix, then what is added to all channels. */
export interface ColourChange {
  readonly matrix: Matrix
  readonly added: number
}

const IDENTITY: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
]

/** Onto the gray axis: every channel becomes the mean of the three. */
const LUMA: Matrix = IDENTITY.map(() => [1 / 3, 1 / 3, 1 / 3])

/**
 * Brightness, contrast, a flip along the gray axis, a turn around it, and the distance from it, in this order.
 *
 * @see Karras et al. 2020, arXiv:2006.06676, appendix B
 */
export function colourChangeOf(alteration: Alteration): ColourChange {
  const { brightness, contrast, isLumaFlipped, hue, saturation } = alteration
  const flip = isLumaFlipped ? combine(IDENTITY, 1, LUMA, -2) : IDENTITY
  const saturate = combine(LUMA, 1 - saturation, IDENTITY, saturation)
  const matrix = multiply(saturate, multiply(turnAroundGray(hue), combine(flip, contrast, LUMA, 0)))
  // What is added lies on the gray axis, where neither a turn nor the distance from it matters.
  return { matrix, added: brightness * contrast * (isLumaFlipped ? -1 : 1) }
}

/** A rotation, by Rodrigues' formula. */
function turnAroundGray(angle: number): Matrix {
  const sine = Math.sin(angle) / Math.sqrt(3)
  const cross: Matrix = [
    [0, -1, 1],
    [1, 0, -1],
    [-1, 1, 0],
  ]
  const cosine = Math.cos(angle)
  return combine(combine(IDENTITY, cosine, LUMA, 1 - cosine), 1, cross, sine)
}

function combine(a: Matrix, x: number, b: Matrix, y: number): Matrix {
  return byElement((row, column) => a[row][column] * x + b[row][column] * y)
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return byElement((row, column) => a[row].reduce((sum, value, k) => sum + value * b[k][column], 0))
}

function byElement(element: (row: number, column: number) => number): Matrix {
  return IDENTITY.map((_, row) => [element(row, 0), element(row, 1), element(row, 2)])
}
