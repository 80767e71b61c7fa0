import * as tf from '@tensorflow/tfjs-core'
import type { Generator } from '../generator.ts'
import type { Noise } from '../synthesis.ts'

/** Wants the discriminator to take the images for real: mean softplus(-D(G(z))). */
export function generatorLoss(fakeLogits: tf.Tensor): tf.Scalar {
  return tf.mean(tf.softplus(tf.neg(fakeLogits)))
}

/** Wants the two told apart: mean softplus(D(fake)) + mean softplus(-D(real)). */
export function discriminatorLoss(fakeLogits: tf.Tensor, realLogits: tf.Tensor): tf.Scalar {
  return tf.add(tf.mean(tf.softplus(fakeLogits)), tf.mean(tf.softplus(tf.neg(realLogits))))
}

/**
 * Keeps the discriminator flat around the real images: gamma / 2 * mean |d D(real) / d real|^2.
 *
 * @param judge images to logits
 * @see Mescheder et al. 2018, arXiv:1801.04406, section 4.1
 */
export function r1Loss(judge: (images: tf.Tensor) => tf.Tensor, reals: tf.Tensor, gamma: number): tf.Scalar {
  const slope = tf.grad((images: tf.Tensor) => tf.sum(judge(images)))(reals)
  return tf.mul(tf.mean(tf.sum(tf.square(slope), [1, 2, 3])), gamma / 2)
}

/**
 * How long a step in the image is per step in w, one number per image.
 *
 * @param styles one per layer, [n, wDim]
 * @param direction standard normal, of the shape of the images
 * @see Karras et al. 2020, arXiv:1912.04958, section 3.2 "Path length regularization"
 */
export function pathLengths(
  generator: Generator<tf.Tensor>,
  styles: readonly tf.Tensor[],
  noise: Noise<tf.Tensor>,
  direction: tf.Tensor,
): tf.Tensor1D {
  const area = direction.shape[1]! * direction.shape[2]!
  const along = tf.grads((...layers: tf.Tensor[]) =>
    tf.mul(tf.sum(tf.mul(generator.synthesize(layers, noise), direction)), 1 / Math.sqrt(area)),
  )
  // The gradient is asked for layer by layer, which needs a tensor of its own for each.
  const slopes = along(styles.map((style) => tf.clone(style)))
  const squares = slopes.map((slope) => tf.sum(tf.square(slope), 1))
  return tf.sqrt(tf.mean(tf.stack(squares, 1), 1))
}
