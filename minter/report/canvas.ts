import { dotsOf } from './letters.ts'

export type Colour = readonly [number, number, number]

const PAPER: Colour = [246, 241, 231]
const INK: Colour = [58, 48, 40]
const EDGE: Colour = [214, 204, 186]

/** A picture that is drawn into, row by row. */
export interface Canvas {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** A sheet of paper. */
export function blankCanvas(width: number, height: number): Canvas {
  const rgb = new Uint8Array(width * height * 3)
  for (let at = 0; at < rgb.length; at += 3) {
    rgb[at] = PAPER[0]
    rgb[at + 1] = PAPER[1]
    rgb[at + 2] = PAPER[2]
  }
  return { width, height, rgb }
}

/** Puts a picture down with its top left corner there; it must lie within the canvas. */
export function paste(canvas: Canvas, picture: Canvas, left: number, top: number): void {
  const row = picture.width * 3
  for (let y = 0; y < picture.height; y++) {
    canvas.rgb.set(picture.rgb.subarray(y * row, (y + 1) * row), ((top + y) * canvas.width + left) * 3)
  }
}

/** Draws the outline of a rectangle, one pixel thick. */
export function frame(canvas: Canvas, left: number, top: number, width: number, height: number): void {
  for (let i = 0; i < width; i++) {
    dot(canvas, left + i, top, EDGE)
    dot(canvas, left + i, top + height - 1, EDGE)
  }
  for (let i = 0; i < height; i++) {
    dot(canvas, left, top + i, EDGE)
    dot(canvas, left + width - 1, top + i, EDGE)
  }
}

/** Writes a line of text in the letters of `letters.ts`, each dot `scale` pixels wide. */
export function write(canvas: Canvas, text: string, left: number, top: number, scale: number): void {
  for (const { x, y } of dotsOf(text)) {
    for (let i = 0; i < scale * scale; i++) {
      dot(canvas, left + x * scale + (i % scale), top + y * scale + Math.floor(i / scale), INK)
    }
  }
}

/** Draws a straight line, `thickness` pixels high and wide. */
export function line(
  canvas: Canvas,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
  colour: Colour,
  thickness: number,
): void {
  const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))
  for (let step = 0; step <= steps; step++) {
    const x = Math.round(from[0] + ((to[0] - from[0]) * step) / steps)
    const y = Math.round(from[1] + ((to[1] - from[1]) * step) / steps)
    for (let i = 0; i < thickness * thickness; i++) {
      dot(canvas, x + (i % thickness), y + Math.floor(i / thickness), colour)
    }
  }
}

function dot(canvas: Canvas, x: number, y: number, colour: Colour): void {
  if (x >= 0 && y >= 0 && x < canvas.width && y < canvas.height) canvas.rgb.set(colour, (y * canvas.width + x) * 3)
}
