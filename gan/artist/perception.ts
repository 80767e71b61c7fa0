import * as tf from '@tensorflow/tfjs-core'
import type { Bundle } from '../bundle.ts'
import { createDiscriminator } from '../discriminator.ts'
import { tfjsOps } from '../engines/tfjs-ops.ts'
import { parametersOf } from '../interpreter.ts'

/** How far a picture is from another. */
export interface Distance {
  /** In what the discriminator sees, 0 to 4: the mean squared distance of activations of unit length, over all layers. */
  readonly perceptual: tf.Scalar
  /** Mean squared difference of the pixels, on their scale of -1 to 1. */
  readonly pixel: tf.Scalar
}

const EPSILON = 1e-8

/**
 * Measures how far pictures are from one target as the model's own discriminator sees them: the activations after each
 * of its blocks, brought to unit length at each place, are compared place by place.
 *
 * What a network trained for something else is used for elsewhere; the discriminator comes with every bundle, and knows
 * the model's own kind of picture best.
 *
 * @param target [1, resolution, resolution, channels], -1 to 1
 * @see Zhang et al. 2018, arXiv:1801.03924, section 3 for the form of the distance
 */
export function createPerception(
  bundle: Bundle,
  target: tf.Tensor,
): { distance: (image: tf.Tensor) => Distance; dispose: () => void } {
  const { D } = bundle.description
  const engine = tf.engine()
  engine.startScope('perception')
  // What the blocks see does not depend on labels; a labelled discriminator only will not go without.
  const labels = D.c_dim === 0 ? null : tf.zeros([1, D.c_dim])
  const look = createDiscriminator(tfjsOps, D, parametersOf(tfjsOps, bundle.discriminator))
  const activations = (image: tf.Tensor): tf.Tensor[] => {
    const seen: tf.Tensor[] = []
    look(image, labels, 1, (_resolution, x) => seen.push(ofUnitLength(x)))
    return seen
  }
  const aim = activations(target)
  const kept = engine.state.activeScope.track.map((tensor) => tf.keep(tensor))
  engine.endScope()

  const distance = (image: tf.Tensor): Distance => {
    const layers = activations(image).map((x, i) => tf.mean(tf.sum(tf.square(tf.sub(x, aim[i])), 3)))
    const perceptual: tf.Scalar = tf.mean(tf.stack(layers))
    const pixel: tf.Scalar = tf.mean(tf.square(tf.sub(image, target)))
    return { perceptual, pixel }
  }
  return { distance, dispose: () => tf.dispose(kept) }
}

function ofUnitLength(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 3, true), EPSILON)))
}
