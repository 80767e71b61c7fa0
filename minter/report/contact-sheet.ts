import { encodePng, mirrorTile, type Recipe } from '../../gan/index.ts'
import { pictureGrid } from './picture-grid.ts'

/** A piece as the network made it: the quadrant, before mirroring. */
export interface SheetPiece {
  readonly rank: number
  /** size * size * 3 bytes, row-major */
  readonly rgb: Uint8Array
  /** pixels along one side of the quadrant */
  readonly size: number
}

export interface SheetOptions {
  /** How many pieces stand side by side; as near to 3:2 as they go when left out. */
  readonly columns?: number
  /** Capitals, digits and a little punctuation, above the pieces. */
  readonly title?: string
  /** As the recipe says; plainly mirrored when left out. */
  readonly mirror?: Recipe['mirror']
}

/**
 * Lays the pieces out in rank order on one sheet, each with its rank below.
 *
 * @param pieces in the order in which they shall stand; all of one size
 * @returns a PNG by the project's own encoder, the same bytes on every machine
 */
export function contactSheet(pieces: readonly SheetPiece[], options: SheetOptions = {}): Uint8Array {
  const cells = pieces.map(({ rank, rgb, size }) => ({
    picture: mirrorTile(rgb, size, options.mirror ?? 'quadrant'),
    caption: String(rank),
  }))
  const { columns, title } = options
  return encodePng(pictureGrid(cells, { columns, title }))
}
