/** None, Sub, Up, Average, Paeth. */
const FILTERS = 5

/**
 * Filters each row by the one of the five that leaves the smallest sum of absolute differences, the lower number where
 * two are equal.
 *
 * @param pixels `height` rows of `rowBytes`
 * @param pixelBytes distance to the pixel on the left
 * @returns `height` rows of one filter byte and `rowBytes`
 */
export function filterRows(pixels: Uint8Array, rowBytes: number, height: number, pixelBytes: number): Uint8Array {
  const rows = new Uint8Array(height * (rowBytes + 1))
  const attempts = Array.from({ length: FILTERS }, () => new Uint8Array(rowBytes))
  const blank = new Uint8Array(rowBytes)
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * rowBytes, (y + 1) * rowBytes)
    const above = y === 0 ? blank : pixels.subarray((y - 1) * rowBytes, y * rowBytes)
    tryFilters(row, above, pixelBytes, attempts)
    const sums = attempts.map(sumOfAbsolutes)
    const best = sums.indexOf(Math.min(...sums))
    rows[y * (rowBytes + 1)] = best
    rows.set(attempts[best], y * (rowBytes + 1) + 1)
  }
  return rows
}

/** The inverse of `filterRows`; null when a row names a filter that does not exist. */
export function unfilterRows(
  rows: Uint8Array,
  rowBytes: number,
  height: number,
  pixelBytes: number,
): Uint8Array | null {
  const pixels = new Uint8Array(height * rowBytes)
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (rowBytes + 1)]
    if (filter >= FILTERS) return null
    for (let i = 0; i < rowBytes; i++) {
      const at = y * rowBytes + i
      const left = i < pixelBytes ? 0 : pixels[at - pixelBytes]
      const up = y === 0 ? 0 : pixels[at - rowBytes]
      const upLeft = i < pixelBytes || y === 0 ? 0 : pixels[at - rowBytes - pixelBytes]
      pixels[at] = rows[y * (rowBytes + 1) + 1 + i] + predict(filter, left, up, upLeft)
    }
  }
  return pixels
}

/** Filters one row in all five ways at once. */
function tryFilters(
  row: Uint8Array,
  above: Uint8Array,
  pixelBytes: number,
  [none, sub, up, average, predicted]: readonly Uint8Array[],
): void {
  for (let i = 0; i < row.length; i++) {
    const value = row[i]
    const top = above[i]
    const left = i < pixelBytes ? 0 : row[i - pixelBytes]
    const topLeft = i < pixelBytes ? 0 : above[i - pixelBytes]
    none[i] = value
    sub[i] = value - left
    up[i] = value - top
    average[i] = value - ((left + top) >> 1)
    predicted[i] = value - paeth(left, top, topLeft)
  }
}

/** Of bytes taken as signed. */
function sumOfAbsolutes(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i++) sum += bytes[i] < 128 ? bytes[i] : 256 - bytes[i]
  return sum
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  switch (filter) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return up
    case 3:
      return (left + up) >> 1
    default:
      return paeth(left, up, upLeft)
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft
  const toLeft = Math.abs(estimate - left)
  const toUp = Math.abs(estimate - up)
  const toUpLeft = Math.abs(estimate - upLeft)
  if (toLeft <= toUp && toLeft <= toUpLeft) return left
  return toUp <= toUpLeft ? up : upLeft
}
