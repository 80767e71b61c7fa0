import * as tf from '@tensorflow/tfjs-core'

/**
 * Classes as a conditional network reads them: a row each, 1 at the class and 0 elsewhere.
 *
 * @param classes null where there are none
 * @param cDim how many classes the network knows, 0 in an unconditional one
 * @returns [n, cDim], or null where there is nothing to say
 */
export function oneHot(classes: ArrayLike<number> | null, cDim: number): tf.Tensor2D | null {
  if (classes === null || cDim === 0) return null
  const rows = new Float32Array(classes.length * cDim)
  for (let i = 0; i < classes.length; i++) rows[i * cDim + classes[i]] = 1
  return tf.tensor2d(rows, [classes.length, cDim])
}
