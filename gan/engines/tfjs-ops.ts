import * as tf from '@tensorflow/tfjs-core'
import { ShapeMismatch } from '../errors.ts'
import { BLUR_TAPS, type Ops } from '../ops.ts'

const SLOPE = 0.2

/** A kernel that some backends have and the public interface of TensorFlow.js has not. */
export const LEAKY_RELU_GRADIENT = 'LeakyReluGrad'

/**
 * The operations on whatever backend TensorFlow.js is set to.
 *
 * All can be differentiated twice. TensorFlow.js itself fails there for leakyRelu, clipByValue and depthwiseConv2d, so
 * these have gradients of their own, which are made of such operations again.
 */
export const tfjsOps: Ops<tf.Tensor> = {
  constant: (data, shape) => tf.tensor(data, [...shape], 'float32'),
  shapeOf: (x) => x.shape,
  add: (a, b) => tf.add(a, b),
  sub: (a, b) => tf.sub(a, b),
  mul: (a, b) => tf.mul(a, b),
  scale: (x, factor) => tf.mul(x, factor),
  shift: (x, term) => tf.add(x, term),
  square: (x) => tf.square(x),
  sqrt: (x) => tf.sqrt(x),
  rsqrt: (x) => tf.rsqrt(x),
  mean: (x, axes) => tf.mean(x, [...axes], true),
  sum: (x, axes) => tf.sum(x, [...axes], true),
  reshape: (x, shape) => tf.reshape(x, [...shape]),
  transpose: (x, order) => tf.transpose(x, [...order]),
  concat: (parts, axis) => tf.concat([...parts], axis),
  matMul: (a, b) => tf.matMul(a, b),
  conv2d: (x, filter, stride, padding) => tf.conv2d(fourAxes(x), fourAxes(filter), stride, padding),
  leakyRelu,
  clamp,
  blur: (x, before, after) => blur(fourAxes(x), before, after),
}

/** The same with a transposed convolution, which native TensorFlow has a fast kernel for; the last bits differ. */
export const nativeOps: Ops<tf.Tensor> = {
  ...tfjsOps,
  convolveSpread: (x, filter) => {
    const [n, h, w] = fourAxes(x).shape
    const [kernel, , , outputs] = fourAxes(filter).shape
    const size: [number, number, number, number] = [n, 2 * h - 2 + kernel, 2 * w - 2 + kernel, outputs]
    return tf.conv2dTranspose(fourAxes(x), tf.transpose(fourAxes(filter), [0, 1, 3, 2]), size, 2, 'valid')
  },
}

function leakyRelu(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((_x, save) => {
    if (typeof save === 'function') save([x])
    return {
      value: tf.leakyRelu(x, SLOPE),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => descendRelu(dy, saved),
    }
  })(x)
}

/** `dy` times the slope of the leaky ReLU at `x`: linear in `dy`, and constant in `x` wherever it has a derivative. */
function descendRelu(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.customGrad((_dy, save) => {
    if (typeof save === 'function') save([x])
    return {
      value: timesSlope(dy, x),
      gradFunc: (ddy: tf.Tensor, [saved]: tf.Tensor[]) => descendRelu(ddy, saved),
    }
  })(dy)
}

function timesSlope(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (tf.getKernel(LEAKY_RELU_GRADIENT, tf.getBackend()) !== undefined) {
    return tf.engine().runKernel(LEAKY_RELU_GRADIENT, { dy, x }, { alpha: SLOPE })
  }
  const isPositive = tf.cast(tf.greater(x, 0), 'float32')
  return tf.mul(dy, tf.add(tf.mul(isPositive, 1 - SLOPE), SLOPE))
}

function clamp(x: tf.Tensor, limit: number): tf.Tensor {
  return tf.customGrad((_x, save) => {
    const isInside = tf.cast(tf.lessEqual(tf.abs(x), limit), 'float32')
    if (typeof save === 'function') save([isInside])
    return {
      value: tf.clipByValue(x, -limit, limit),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, saved),
    }
  })(x)
}

/** The blur is linear and symmetric: its gradient is a blur again, with what was added and what was cut exchanged. */
function blur(x: tf.Tensor4D, before: number, after: number): tf.Tensor {
  const reach = BLUR_TAPS.length - 1
  return tf.customGrad(() => ({
    value: blurred(x, before, after),
    gradFunc: (dy: tf.Tensor) => blur(fourAxes(dy), reach - before, reach - after),
  }))(x)
}

function blurred(x: tf.Tensor4D, before: number, after: number): tf.Tensor4D {
  const channels = x.shape[3]
  const size = BLUR_TAPS.length
  const taps = BLUR_TAPS.flatMap((row) => BLUR_TAPS.flatMap((column) => Array<number>(channels).fill(row * column)))
  const filter = tf.tensor4d(taps, [size, size, channels, 1])
  const sides: [number, number] = [before, after]
  return tf.depthwiseConv2d(tf.pad(x, [[0, 0], sides, sides, [0, 0]]), filter, 1, 'valid')
}

/** @throws {ShapeMismatch} when it is no batch of images and no filter */
export function fourAxes(x: tf.Tensor): tf.Tensor4D {
  if (!hasFourAxes(x)) throw new ShapeMismatch('an operand', [-1, -1, -1, -1], x.shape)
  return x
}

function hasFourAxes(x: tf.Tensor): x is tf.Tensor4D {
  return x.rank === 4
}
