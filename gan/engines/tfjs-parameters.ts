import * as tf from '@tensorflow/tfjs-core'
import type { Weights } from '../bundle.ts'
import { BundleInvalid } from '../errors.ts'
import { toInternalLayout } from '../layout.ts'
import type { Parameters } from '../ops.ts'

/**
 * A network's weights as tensors in the internal layout.
 *
 * @throws {BundleInvalid} from the returned function, when it is asked for one that is missing
 */
export function parametersOf(weights: Weights): Parameters<tf.Tensor> {
  const tensors = new Map<string, tf.Tensor>()
  for (const [name, weight] of weights) {
    const { shape, data } = toInternalLayout(name, weight)
    tensors.set(name, tf.tensor(data, [...shape], 'float32'))
  }
  return (name) => {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new BundleInvalid('missing', { tensor: name })
    return tensor
  }
}
