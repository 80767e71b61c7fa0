import * as tf from '@tensorflow/tfjs-core'
import type { Shift } from './draws.ts'

/**
 * Moves the window on images that will be mirrored in all their edges, so that an edge comes to lie inside.
 *
 * A discriminator that only ever sees a quadrant as it is looks least closely at its edges, and those become the axes
 * of the finished piece: a generator trained so draws fine crosses there.
 *
 * @param images [n, h, w, c]
 * @param shift less than the images' height and width
 */
export function mirrorShift(images: tf.Tensor, { down, right }: Shift): tf.Tensor {
  return shiftAlong(shiftAlong(images, 1, down), 2, right)
}

function shiftAlong(images: tf.Tensor, axis: number, by: number): tf.Tensor {
  if (by === 0) return images
  const length = images.shape[axis]
  const window = (x: tf.Tensor, begin: number, size: number) =>
    tf.slice(
      x,
      x.shape.map((_, other) => (other === axis ? begin : 0)),
      x.shape.map((whole, other) => (other === axis ? size : whole)),
    )
  const mirrored = tf.reverse(images, axis)
  return by > 0
    ? tf.concat([window(images, by, length - by), window(mirrored, 0, by)], axis)
    : tf.concat([window(mirrored, length + by, -by), window(images, 0, length + by)], axis)
}
