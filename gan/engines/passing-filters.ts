import * as tf from '@tensorflow/tfjs-core'
import type { Filter, Shape } from '../ops.ts'
import { fourAxes } from './tfjs-ops.ts'

/** In bytes: what is made of a filter at a time, so that it stays in the processor's caches until it is forgotten. */
const PART = 2 ** 20

/** How many outputs the backend computes at a time; a part of another number would leave some of its lanes empty. */
const TILE = 8

/** How a filter lies on images, as the backend sees it. */
type Placement = ReturnType<typeof tf.backend_util.computeConv2DInfo>

/**
 * A convolution that holds no filter: whenever it runs, it makes one part of the filter after the other, which the
 * backend uses and forgets. The bits are those of `conv2d`: an output is a sum of its own, whichever others are computed
 * with it.
 *
 * @param finish what becomes of the outputs of each part
 */
export function passFilter(
  filter: Filter<tf.Tensor>,
  stride: number,
  padding: 'same' | 'valid',
  finish: (y: tf.Tensor) => tf.Tensor,
): (x: tf.Tensor) => tf.Tensor {
  const [height, width, inputs, channels] = filter.shape
  return (given) =>
    tf.tidy(() => {
      const x = fourAxes(given)
      const place = tf.backend_util.computeConv2DInfo(x.shape, [height, width, inputs, channels], stride, 1, padding)
      const pixels = place.batchSize * place.outHeight * place.outWidth
      if (2 * pixels > channels) {
        return inParts(filter, (part) => finish(tf.conv2d(x, fourAxes(part), stride, padding)))
      }
      const columns = columnsOf(x, place)
      return inParts(filter, (part) => finish(filterTimes(part, columns, place)))
    })
}

/** What `use` makes of each part of the filter, with the channels behind one another. */
function inParts({ outputs, shape, make }: Filter<tf.Tensor>, use: (part: tf.Tensor) => tf.Tensor): tf.Tensor {
  const tiles = Math.max(1, Math.floor(outputs / TILE))
  const count = Math.min(tiles, Math.ceil(bytesOf(shape) / PART))
  const bounds = Array.from({ length: count }, (_, i) => TILE * Math.floor((tiles * i) / count))
  const parts = bounds.map((begin, i) => tf.tidy(() => use(make(begin, bounds[i + 1] ?? outputs))))
  return tf.concat(parts, 3)
}

/** What each output pixel sees of the image: [k * k * in, pixels]. */
function columnsOf(x: tf.Tensor4D, place: Placement): tf.Tensor2D {
  const { batchSize, inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } = place
  const { top, bottom, left, right } = place.padInfo
  return tf.tidy(() => {
    const wide = tf.pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ])
    const taps = Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
      const [row, column] = [Math.floor(tap / filterWidth), tap % filterWidth]
      const end = [row + strideHeight * (outHeight - 1) + 1, column + strideWidth * (outWidth - 1) + 1]
      const strides = [1, strideHeight, strideWidth, 1]
      const seen = tf.stridedSlice(wide, [0, row, column, 0], [batchSize, ...end, inChannels], strides)
      return tf.reshape<tf.Rank.R2>(seen, [batchSize * outHeight * outWidth, inChannels])
    })
    return tf.transpose<tf.Tensor2D>(tf.concat(taps, 1))
  })
}

/**
 * A convolution of few pixels as a product with the filter on the left, where the backend takes numbers as they lie: on
 * the right, or in a convolution, it would arrange the filter first, which takes longer than the products. The terms of
 * each sum are the same, in the same order.
 */
function filterTimes(part: tf.Tensor, columns: tf.Tensor2D, { batchSize, outHeight, outWidth }: Placement): tf.Tensor {
  const [, , , outputs] = part.shape
  const rows = tf.transpose(tf.reshape<tf.Rank.R2>(part, [-1, outputs]))
  return tf.reshape(tf.transpose(tf.matMul(rows, columns)), [batchSize, outHeight, outWidth, outputs])
}

/** How large a filter of this shape is. */
export function bytesOf(shape: Shape): number {
  return shape.reduce((product, side) => product * side, Float32Array.BYTES_PER_ELEMENT)
}
