import type { RgbImage } from '../../gan/index.ts'
import { blankCanvas, type Canvas, type Colour, frame, line, write } from './canvas.ts'
import { LETTER_HEIGHT, lineWidth } from './letters.ts'

interface Point {
  readonly x: number
  readonly y: number
}

/** What one line of a panel shows. */
export interface Curve {
  /** In the legend; capitals, digits and a little punctuation. */
  readonly name: string
  /** By ascending x. */
  readonly points: readonly Point[]
}

/** Curves on common axes. */
export interface Panel {
  readonly title: string
  readonly curves: readonly Curve[]
}

const COLOURS: readonly Colour[] = [
  [154, 58, 42],
  [40, 84, 120],
  [92, 110, 52],
]

const SCALE = 2
const WIDTH = 640
const HEIGHT = 240
const LEFT = 110
const RIGHT = 30
const TOP = 48
const BOTTOM = 40
const THICKNESS = 2

/**
 * Draws panels one above the other, all over the same x, which begins at 0.
 *
 * @param xName what x is, below the last panel
 */
export function drawPanels(panels: readonly Panel[], xName: string): RgbImage {
  const canvas = blankCanvas(WIDTH, HEIGHT * Math.max(1, panels.length))
  const furthest = Math.max(1e-9, ...panels.flatMap(({ curves }) => curves.map(({ points }) => points.at(-1)?.x ?? 0)))
  for (const [i, panel] of panels.entries()) drawPanel(canvas, panel, HEIGHT * i, furthest)
  const end = `${short(furthest)} ${xName}`
  write(canvas, '0', LEFT, canvas.height - BOTTOM + 8, SCALE)
  write(canvas, end, WIDTH - RIGHT - lineWidth(end) * SCALE, canvas.height - BOTTOM + 8, SCALE)
  return canvas
}

function drawPanel(canvas: Canvas, { title, curves }: Panel, top: number, furthest: number): void {
  const [width, height] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM]
  const columns = curves.map(({ points }) => meansByColumn(points, furthest, width))
  const values = columns.flat().map(({ y }) => y)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const range = most - least || 1
  const place = ({ x, y }: Point) => [LEFT + x, top + TOP + Math.round(((most - y) / range) * (height - 2))] as const

  frame(canvas, LEFT - 1, top + TOP - 1, width + 2, height + 2)
  write(canvas, title, LEFT, top + TOP - LETTER_HEIGHT * SCALE - 8, SCALE)
  for (const [at, value] of [
    [top + TOP, most],
    [top + TOP + height - LETTER_HEIGHT * SCALE, least],
  ] as const) {
    const text = Number.isFinite(value) ? short(value) : ''
    write(canvas, text, LEFT - 10 - lineWidth(text) * SCALE, at, SCALE)
  }
  let right = WIDTH - RIGHT
  for (const [i, curve] of curves.entries()) {
    const colour = COLOURS[i % COLOURS.length] ?? [0, 0, 0]
    for (const [k, point] of (columns[i] ?? []).entries()) {
      line(canvas, place(columns[i]?.[Math.max(0, k - 1)] ?? point), place(point), colour, THICKNESS)
    }
    if (curve.name === '' || curves.length === 1) continue
    right -= lineWidth(curve.name) * SCALE
    write(canvas, curve.name, right, top + TOP - LETTER_HEIGHT * SCALE - 8, SCALE)
    const middle = top + TOP - LETTER_HEIGHT - 8
    line(canvas, [right - 26, middle], [right - 8, middle], colour, THICKNESS)
    right -= 46
  }
}

/** One point for each pixel column that there are points in: their mean. */
function meansByColumn(points: readonly Point[], furthest: number, width: number): readonly Point[] {
  const columns = new Map<number, { sum: number; count: number }>()
  for (const { x, y } of points) {
    const column = Math.round((x / furthest) * (width - THICKNESS))
    const { sum, count } = columns.get(column) ?? { sum: 0, count: 0 }
    columns.set(column, { sum: sum + y, count: count + 1 })
  }
  return [...columns].map(([x, { sum, count }]) => ({ x, y: sum / count }))
}

function short(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
}
