import { divideRounded, expectSquare } from './image.ts'

const CHANNELS = 3

/** Threads after which a two-and-two twill repeats: each passes over two and under two, one further in each row. */
const REPEAT = 4

/** Of eight parts of a crossing, how many show the thread above; the rest shows through between the threads. */
const ABOVE = 7
const PARTS = 8

/** In 32nds, how bright the warp is where it lies above: its ribs turn away from the light. */
const WARP_LIGHT = 30
const WEFT_LIGHT = 32

/**
 * Weaves half a sett, from pivot to pivot, into a square piece of two-and-two twill that repeats without a seam: the same stripes in
 * warp and weft, mirrored at both pivots.
 *
 * The threads are the columns of the image, each of the mean colour of its column. Everything is integer arithmetic: the same bytes everywhere.
 *
 * @param rgb [size, size, 3], size a multiple of two; its last column comes to lie in the middle of the piece
 * @returns [2 * size, 2 * size, 3], one pixel for each crossing of two threads
 * @throws {ShapeMismatch} when `rgb` is of another size
 */
export function weaveSett(rgb: Uint8Array, size: number): Uint8Array {
  expectSquare(rgb, size)
  const threads = threadsOf(rgb, size)
  const side = 2 * size
  const thread = (at: number, c: number) => threads[(at < size ? at : side - 1 - at) * CHANNELS + c]
  return Uint8Array.from({ length: side * side * CHANNELS }, (_, i) => {
    const c = i % CHANNELS
    const x = Math.floor(i / CHANNELS) % side
    const y = Math.floor(i / (CHANNELS * side))
    const [warp, weft] = [thread(x, c), thread(y, c)]
    const isWeftAbove = (x + y) % REPEAT < REPEAT / 2
    const [above, below, light] = isWeftAbove ? [weft, warp, WEFT_LIGHT] : [warp, weft, WARP_LIGHT]
    return divideRounded((ABOVE * above + (PARTS - ABOVE) * below) * light, PARTS * WEFT_LIGHT)
  })
}

/** The mean colour of each column. */
function threadsOf(rgb: Uint8Array, size: number): Uint8Array {
  const row = size * CHANNELS
  return Uint8Array.from({ length: row }, (_, i) => {
    let sum = 0
    for (let y = 0; y < size; y++) sum += rgb[y * row + i]
    return divideRounded(sum, size)
  })
}
