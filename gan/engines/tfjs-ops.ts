import * as tf from '@tensorflow/tfjs-core'
import { ShapeMismatch } from '../errors.ts'
import type { Fir, Ops, Sides } from '../ops.ts'

/** A kernel that some backends have and the public interface of TensorFlow.js has not. */
export const LEAKY_RELU_GRADIENT = 'LeakyReluGrad'

/** A FIR filter with what is put around and cut off, in one; its taps are an attribute. */
export const FIR_FILTER = 'FirFilter'

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
  exp: (x) => tf.exp(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  softplus: (x) => tf.softplus(x),
  clamp,
  pad: (x, sides) => padded(x, sides),
  slice: (x, begin, size) => tf.slice(x, [...begin], [...size]),
  fir: (x, filter, sides) => fir(fourAxes(x), filter, sides),
}

/** The same with a transposed convolution, for engines that have a fast kernel for it; the last bits differ. */
export const nativeOps: Ops<tf.Tensor> = {
  ...tfjsOps,
  convolveSpread: (x, filter) => {
    const [n, h, w] = fourAxes(x).shape
    const [kernel, , , outputs] = fourAxes(filter).shape
    const size: [number, number, number, number] = [n, 2 * h - 2 + kernel, 2 * w - 2 + kernel, outputs]
    return tf.conv2dTranspose(fourAxes(x), tf.transpose(fourAxes(filter), [0, 1, 3, 2]), size, 2, 'valid')
  },
}

function leakyRelu(x: tf.Tensor, slope: number): tf.Tensor {
  return tf.customGrad((_x, save) => {
    if (typeof save === 'function') save([x])
    return {
      value: tf.leakyRelu(x, slope),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => descendRelu(dy, saved, slope),
    }
  })(x)
}

/** `dy` times the slope of the leaky ReLU at `x`: linear in `dy`, and constant in `x` wherever it has a derivative. */
function descendRelu(dy: tf.Tensor, x: tf.Tensor, slope: number): tf.Tensor {
  return tf.customGrad((_dy, save) => {
    if (typeof save === 'function') save([x])
    return {
      value: timesSlope(dy, x, slope),
      gradFunc: (ddy: tf.Tensor, [saved]: tf.Tensor[]) => descendRelu(ddy, saved, slope),
    }
  })(dy)
}

function timesSlope(dy: tf.Tensor, x: tf.Tensor, slope: number): tf.Tensor {
  if (tf.getKernel(LEAKY_RELU_GRADIENT, tf.getBackend()) !== undefined) {
    return tf.engine().runKernel(LEAKY_RELU_GRADIENT, { dy, x }, { alpha: slope })
  }
  const isPositive = tf.cast(tf.greater(x, 0), 'float32')
  return tf.mul(dy, tf.add(tf.mul(isPositive, 1 - slope), slope))
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

/** Linear: its gradient is the same with the filter turned around, and with what was added and what was cut exchanged. */
function fir(x: tf.Tensor4D, filter: Fir, sides: Sides): tf.Tensor {
  const [rows, columns] = [filter.length - 1, filter[0].length - 1]
  return tf.customGrad(() => ({
    value: filtered(x, filter, sides),
    gradFunc: (dy: tf.Tensor) =>
      fir(fourAxes(dy), filter.map((row) => row.toReversed()).toReversed(), {
        top: rows - sides.top,
        bottom: rows - sides.bottom,
        left: columns - sides.left,
        right: columns - sides.right,
      }),
  }))(x)
}

function filtered(x: tf.Tensor4D, filter: Fir, sides: Sides): tf.Tensor4D {
  const { top, bottom, left, right } = sides
  if (tf.getKernel(FIR_FILTER, tf.getBackend()) !== undefined) {
    return fourAxes(tf.engine().runKernel(FIR_FILTER, { x }, { filter: filter.map((row) => [...row]), ...sides }))
  }
  const channels = x.shape[3]
  const taps = filter.flatMap((row) => row.flatMap((tap) => Array<number>(channels).fill(tap)))
  const depthwise = tf.tensor4d(taps, [filter.length, filter[0].length, channels, 1])
  const around = padded(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ])
  return tf.depthwiseConv2d(fourAxes(around), depthwise, 1, 'valid')
}

/** Puts zeros around; crops where the number is negative. */
export function padded(x: tf.Tensor, sides: readonly (readonly [number, number])[]): tf.Tensor {
  const larger = tf.pad(
    x,
    sides.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]),
  )
  if (sides.every(([before, after]) => before >= 0 && after >= 0)) return larger
  const begin = sides.map(([before]) => Math.max(-before, 0))
  return tf.slice(
    larger,
    begin,
    sides.map(([, after], axis) => larger.shape[axis] - begin[axis] + Math.min(after, 0)),
  )
}

/** @throws {ShapeMismatch} when it is no batch of images and no filter */
export function fourAxes(x: tf.Tensor): tf.Tensor4D {
  if (!hasFourAxes(x)) throw new ShapeMismatch('an operand', [-1, -1, -1, -1], x.shape)
  return x
}

function hasFourAxes(x: tf.Tensor): x is tf.Tensor4D {
  return x.rank === 4
}
