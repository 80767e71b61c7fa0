import type { RgbImage } from '../../gan/index.ts'
import { blankCanvas, frame, paste, write } from './canvas.ts'
import { LETTER_HEIGHT, lineWidth } from './letters.ts'

/** One place of a grid. */
export interface GridCell {
  readonly picture: RgbImage
  /** Capitals, digits and a little punctuation, below the picture. */
  readonly caption?: string
}

export interface GridOptions {
  /** How many pictures stand side by side, at least 1; as near to 3:2 as they go when left out. */
  readonly columns?: number | undefined
  /** Above the pictures. */
  readonly title?: string | undefined
  /** Pictures edge to edge, with nothing written and no margin. */
  readonly plain?: boolean
}

/** What an empty sheet is laid out for. */
const NOMINAL_SIDE = 128
/** From this size on, a picture is looked at from further away, and captions are twice as large. */
const LARGE_SIDE = 192
const HEADING = 44

interface Layout {
  readonly margin: number
  readonly gap: number
  /** What a caption takes below its picture. */
  readonly caption: number
  readonly scale: number
  readonly cellWidth: number
  readonly cellHeight: number
  readonly top: number
}

/**
 * Lays pictures out in rows from the left, each with its caption below and centred. A caption that is wider than its
 * picture gets the room that it needs.
 *
 * @param cells all pictures of one size; null leaves a place free
 * @returns a picture that is the same on every machine
 */
export function pictureGrid(cells: readonly (GridCell | null)[], options: GridOptions): RgbImage {
  const { title, plain = false } = options
  const columns = Math.max(1, options.columns ?? fittingColumns(cells.length))
  const rows = Math.max(1, Math.ceil(cells.length / columns))
  const layout = layOut(cells, title !== undefined, plain)
  const { margin, gap, caption, cellWidth, cellHeight, top } = layout
  const width = 2 * margin + columns * cellWidth + (columns - 1) * gap
  const height = top + rows * (cellHeight + caption) + (rows - 1) * gap + margin - caption / 2
  const titleWidth = title === undefined || plain ? 0 : 2 * margin + 2 * lineWidth(title)
  const canvas = blankCanvas(Math.max(width, titleWidth), height)
  if (title !== undefined && !plain) write(canvas, title, margin, margin - 4, 2)

  for (const [at, cell] of cells.entries()) {
    if (cell === null) continue
    const left = margin + (at % columns) * (cellWidth + gap)
    const y = top + Math.floor(at / columns) * (cellHeight + caption + gap)
    const { picture } = cell
    const inset = Math.floor((cellWidth - picture.width) / 2)
    if (!plain) frame(canvas, left + inset - 1, y - 1, picture.width + 2, picture.height + 2)
    paste(canvas, picture, left + inset, y)
    if (!plain && cell.caption !== undefined) writeCaption(canvas, cell.caption, left, y, layout)
  }
  return canvas
}

function layOut(cells: readonly (GridCell | null)[], hasTitle: boolean, plain: boolean): Layout {
  const first = cells.find((cell) => cell !== null)?.picture
  const cellHeight = first?.height ?? NOMINAL_SIDE
  const pictureWidth = first?.width ?? NOMINAL_SIDE
  if (plain) {
    return { margin: 0, gap: 0, caption: 0, scale: 1, cellWidth: pictureWidth, cellHeight, top: 0 }
  }
  const scale = pictureWidth >= LARGE_SIDE ? 2 : 1
  const widest = cells.reduce((most, cell) => Math.max(most, lineWidth(cell?.caption ?? '') * scale), 0)
  const margin = 48
  const caption = scale === 1 ? 20 : 32
  const top = margin + (hasTitle ? HEADING : 0)
  return { margin, gap: 20, caption, scale, cellWidth: Math.max(pictureWidth, widest), cellHeight, top }
}

function writeCaption(canvas: RgbImage, caption: string, left: number, top: number, layout: Layout): void {
  const { cellWidth, cellHeight, scale } = layout
  const indent = Math.floor((cellWidth - lineWidth(caption) * scale) / 2)
  const room = layout.caption - LETTER_HEIGHT * scale - 3
  write(canvas, caption, left + indent, top + cellHeight + room, scale)
}

/** Whole numbers only: a square root that rounds differently would be another picture. */
function fittingColumns(count: number): number {
  let columns = 1
  while (columns < count && 2 * columns * columns < 3 * count) columns++
  return columns
}
