import { joinBytes } from './bytes.ts'
import { ShapeMismatch } from './errors.ts'
import type { RgbImage } from './image.ts'
import { headOf, pack } from './png.ts'
import { chunk, SIGNATURE } from './png-chunk.ts'

export interface AnimationOptions {
  readonly framesPerSecond: number
  /** How often it is played; 0 for without end. */
  readonly plays?: number
}

const KEEP = 0
const REPLACE = 0

/**
 * An animated PNG: of the same frames, always and everywhere the same bytes. What knows no animation shows the first.
 *
 * @param frames at least one, all of one size
 * @throws {ShapeMismatch} when there is none, or one differs in size
 * @see PNG Specification, third edition, W3C 2025, section 11.3.6 "Animation information"
 */
export function encodeApng(frames: readonly RgbImage[], { framesPerSecond, plays = 0 }: AnimationOptions): Uint8Array {
  const { width, height } = frames[0] ?? { width: 0, height: 0 }
  const misfit = frames.find((frame) => frame.width !== width || frame.height !== height)
  if (misfit !== undefined) throw new ShapeMismatch('a frame', [height, width, 3], [misfit.height, misfit.width, 3])
  if (frames.length === 0) throw new ShapeMismatch('frames', [1], [0])

  // The first frame is the image itself; all chunks that say how to play are numbered in one sequence.
  const played = frames.flatMap((frame, i) => {
    const control = chunk('fcTL', frameControl(i === 0 ? 0 : 2 * i - 1, width, height, framesPerSecond))
    const packed = pack(frame)
    if (i === 0) return [control, chunk('IDAT', packed)]
    return [control, chunk('fdAT', joinBytes([numbers(2 * i), packed]))]
  })
  return joinBytes([
    SIGNATURE,
    ...headOf(width, height),
    chunk('acTL', numbers(frames.length, plays)),
    ...played,
    chunk('IEND', new Uint8Array(0)),
  ])
}

function frameControl(sequence: number, width: number, height: number, framesPerSecond: number): Uint8Array {
  const delay = new Uint8Array(6)
  const view = new DataView(delay.buffer)
  view.setUint16(0, 1)
  view.setUint16(2, framesPerSecond)
  delay.set([KEEP, REPLACE], 4)
  return joinBytes([numbers(sequence, width, height, 0, 0), delay])
}

function numbers(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value)
  return bytes
}
