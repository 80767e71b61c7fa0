/**
 * How far a key goes in a grid.
 *
 * @param columns of the grid as it is laid out now
 * @returns null for keys that do not move
 */
export function stepOf(key: string, columns: number): number | null {
  switch (key) {
    case 'ArrowLeft':
      return -1
    case 'ArrowRight':
      return 1
    case 'ArrowUp':
      return -columns
    case 'ArrowDown':
      return columns
    case 'PageUp':
      return -4 * columns
    case 'PageDown':
      return 4 * columns
    case 'Home':
      return Number.NEGATIVE_INFINITY
    case 'End':
      return Number.POSITIVE_INFINITY
    default:
      return null
  }
}

/** How many of a grid's children stand in its first row; a grid that is not there has one. */
export function columnsOf(grid: HTMLElement | null): number {
  const children = [...(grid?.children ?? [])].filter((child) => child instanceof HTMLElement)
  const [first] = children
  return Math.max(1, children.filter((child) => child.offsetTop === first?.offsetTop).length)
}
