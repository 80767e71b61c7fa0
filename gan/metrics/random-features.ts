import { ShapeMismatch } from '../errors.ts'
import type { Ops } from '../ops.ts'
import { MersenneTwister } from '../random.ts'

/** Changes with every number of the network, so that distances of different versions are never compared. */
export const RANDOM_FEATURES_VERSION = 'random-features-1'

const SEED = 2018
const CHANNELS = [3, 16, 32, 64, 32] as const
const KERNEL = 3
const SLOPE = 0.2
/** The last layer is looked at in each of 2 x 2 fields, so that where something is counts as well as what it is. */
const FIELDS = 2
/** Pictures have a multiple of it. */
export const LEAST_SIDE = 32

/**
 * A convolutional network that was never trained, the same for everybody: four layers of 3 x 3 convolutions with stride 2
 * and leaky ReLU, weights drawn by NumPy's RandomState(2018).randn in the order [layer][kernel row][kernel column][in][out]
 * and scaled by sqrt(2 / (9 in)).
 *
 * It needs no file and knows nothing, so nothing can have been tuned to it. Distances in it are comparable among models
 * of one kind of picture, and with the floor that real pictures give; they are not those of Inception features.
 *
 * @returns images [n, side, side, 3], -1 to 1, side a multiple of 32, to [n, 240]: the means of the first three layers'
 *   channels, and those of the last in its fields
 * @throws {ShapeMismatch} from the returned function, for pictures that are no such squares
 * @see Ulyanov et al. 2018, arXiv:1711.10925, for what an untrained network sees of pictures; He et al. 2015,
 *   arXiv:1502.01852, for the scale
 */
export function createRandomFeatures<T>(ops: Ops<T>): (images: T) => T {
  const random = new MersenneTwister(SEED)
  const filters = CHANNELS.slice(1).map((outputs, layer) => {
    const inputs = CHANNELS[layer]
    const scale = Math.sqrt(2 / (KERNEL * KERNEL * inputs))
    const size = KERNEL * KERNEL * inputs * outputs
    const data = Float32Array.from({ length: size }, () => scale * random.nextGaussian())
    return ops.constant(data, [KERNEL, KERNEL, inputs, outputs])
  })
  return (images) => {
    const [n, height, width, channels] = ops.shapeOf(images)
    if (channels !== CHANNELS[0] || height !== width || height % LEAST_SIDE !== 0) {
      throw new ShapeMismatch('pictures', [n, LEAST_SIDE, LEAST_SIDE, CHANNELS[0]], [n, height, width, channels])
    }
    const parts: T[] = []
    let x = images
    for (const [layer, filter] of filters.entries()) {
      // One row and column of zeros after the picture makes every layer half the side of the one before.
      const padded = ops.pad(x, [
        [0, 0],
        [0, 1],
        [0, 1],
        [0, 0],
      ])
      x = ops.leakyRelu(ops.conv2d(padded, filter, 2, 'valid'), SLOPE)
      const outputs = CHANNELS[layer + 1]
      if (layer < filters.length - 1) {
        parts.push(ops.reshape(ops.mean(x, [1, 2]), [n, outputs]))
        continue
      }
      const side = ops.shapeOf(x)[1] / FIELDS
      const fields = ops.reshape(x, [n * FIELDS, side, FIELDS, side * outputs])
      const rows = ops.reshape(ops.mean(fields, [1]), [n * FIELDS * FIELDS, side, outputs])
      parts.push(ops.reshape(ops.mean(rows, [1]), [n, FIELDS * FIELDS * outputs]))
    }
    return ops.concat(parts, 1)
  }
}
