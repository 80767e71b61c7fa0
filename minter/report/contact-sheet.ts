import { encodePng, mirrorTile, type Recipe } from '../../gan/index.ts'
import { dotsOf, LETTER_HEIGHT, lineWidth } from './letters.ts'

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

type Colour = readonly [number, number, number]

const PAPER: Colour = [246, 241, 231]
const INK: Colour = [58, 48, 40]
const EDGE: Colour = [214, 204, 186]
const MARGIN = 48
const GAP = 20
const CAPTION = 20
const HEADING = 44

/** A picture that is drawn into, row by row. */
interface Canvas {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/**
 * Lays the pieces out in rank order on one sheet, each with its rank below.
 *
 * @param pieces in the order in which they shall stand; all of one size
 * @returns a PNG by the project's own encoder, the same bytes on every machine
 */
export function contactSheet(pieces: readonly SheetPiece[], options: SheetOptions = {}): Uint8Array {
  const columns = Math.max(1, options.columns ?? fittingColumns(pieces.length))
  const rows = Math.max(1, Math.ceil(pieces.length / columns))
  const tiles = pieces.map(({ rgb, size }) => mirrorTile(rgb, size, options.mirror ?? 'quadrant'))
  const side = tiles[0]?.width ?? 128
  const top = MARGIN + (options.title === undefined ? 0 : HEADING)
  const canvas = blankCanvas(
    2 * MARGIN + columns * side + (columns - 1) * GAP,
    top + rows * (side + CAPTION) + (rows - 1) * GAP + MARGIN - CAPTION / 2,
  )
  if (options.title !== undefined) write(canvas, options.title, MARGIN, MARGIN - 4, 2)
  for (const [at, tile] of tiles.entries()) {
    const left = MARGIN + (at % columns) * (side + GAP)
    const y = top + Math.floor(at / columns) * (side + CAPTION + GAP)
    frame(canvas, left - 1, y - 1, side + 2)
    paste(canvas, tile.rgb, side, left, y)
    const caption = String(pieces[at]?.rank)
    write(
      canvas,
      caption,
      left + Math.floor((side - lineWidth(caption)) / 2),
      y + side + CAPTION - LETTER_HEIGHT - 3,
      1,
    )
  }
  return encodePng(canvas)
}

/** Whole numbers only: a square root that rounds differently would be another picture. */
function fittingColumns(count: number): number {
  let columns = 1
  while (2 * columns * columns < 3 * count) columns++
  return columns
}

function blankCanvas(width: number, height: number): Canvas {
  const rgb = new Uint8Array(width * height * 3)
  for (let at = 0; at < rgb.length; at += 3) rgb.set(PAPER, at)
  return { width, height, rgb }
}

function dot(canvas: Canvas, x: number, y: number, colour: Colour): void {
  if (x >= 0 && y >= 0 && x < canvas.width && y < canvas.height) canvas.rgb.set(colour, (y * canvas.width + x) * 3)
}

function frame(canvas: Canvas, left: number, top: number, side: number): void {
  for (let i = 0; i < side; i++) {
    dot(canvas, left + i, top, EDGE)
    dot(canvas, left + i, top + side - 1, EDGE)
    dot(canvas, left, top + i, EDGE)
    dot(canvas, left + side - 1, top + i, EDGE)
  }
}

function paste(canvas: Canvas, rgb: Uint8Array, side: number, left: number, top: number): void {
  for (let y = 0; y < side; y++) {
    canvas.rgb.set(rgb.subarray(y * side * 3, (y + 1) * side * 3), ((top + y) * canvas.width + left) * 3)
  }
}

function write(canvas: Canvas, text: string, left: number, top: number, scale: number): void {
  for (const { x, y } of dotsOf(text)) {
    for (let i = 0; i < scale * scale; i++) {
      dot(canvas, left + x * scale + (i % scale), top + y * scale + Math.floor(i / scale), INK)
    }
  }
}
