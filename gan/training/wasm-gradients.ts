import * as tf from '@tensorflow/tfjs-core'
import { fourAxes, LEAKY_RELU_GRADIENT } from '../engines/tfjs-ops.ts'
import { type KernelCall, registerWasmKernel, WASM } from '../engines/wasm-kernels.ts'

/** Twice a factor of this makes more than 1 of the smallest number above zero. */
const LARGE = 2 ** 127

/**
 * Teaches the WebAssembly backend the gradients of a convolution: it has none for the filter, and that for the input
 * runs at a tenth of the speed of a convolution. Both are convolutions in their turn. And that of the leaky ReLU, which
 * takes five operations otherwise, one of them without vector instructions.
 *
 * They serve the convolutions of `Ops` and no others: `same` with stride 1, `valid` with stride 1 or 2.
 */
export function registerWasmGradients(): void {
  registerWasmKernel(tf.Conv2DBackpropFilter, (call) => {
    const [kernel] = numbersOf(call.attribute('filterShape'))
    return filterGradient(imagesOf(call, 'x'), imagesOf(call, 'dy'), kernel, strideOf(call), call.attribute('pad'))
  })
  registerWasmKernel(tf.Conv2DBackpropInput, (call) => {
    const [, height] = numbersOf(call.attribute('inputShape'))
    return inputGradient(imagesOf(call, 'dy'), imagesOf(call, 'filter'), height, strideOf(call), call.attribute('pad'))
  })
  registerWasmKernel(LEAKY_RELU_GRADIENT, ({ input, attribute }) =>
    tf.mul(input('dy'), tf.clipByValue(tf.mul(tf.mul(input('x'), LARGE), LARGE), Number(attribute('alpha')), 1)),
  )
  // The backend's own copies all numbers, whenever one is kept for a derivative.
  registerWasmKernel(tf.Identity, ({ input }) => tf.reshape(input('x'), input('x').shape))
  registerWasmKernel(tf.SplitV, ({ input, attribute }) => {
    const [x, parts, axis] = [input('x'), attribute('numOrSizeSplits'), Number(attribute('axis'))]
    return splitUp(x, Array.isArray(parts) ? numbersOf(parts) : equalShares(x.shape[axis], Number(parts)), axis)
  })
}

/** The backend's own copies all of a tensor for each part of it. */
function splitUp(x: tf.Tensor, sizes: readonly number[], axis: number): tf.Tensor[] {
  const begins = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0))
  const shapes = sizes.map((size) => x.shape.with(axis, size))
  const backend = tf.backend()
  if (axis > 0 || !isReadingParts(backend)) {
    return shapes.map((shape, i) =>
      tf.slice(
        x,
        x.shape.map((_, k) => (k === axis ? begins[i] : 0)),
        shape,
      ),
    )
  }
  const row = x.size / x.shape[0]
  return shapes.map((shape, i) =>
    tf.tensor(backend.readSync(x.dataId, begins[i] * row, (begins[i] + sizes[i]) * row), shape),
  )
}

function equalShares(length: number, count: number): readonly number[] {
  return Array.from({ length: count }, () => length / count)
}

interface ReadingParts {
  readSync(dataId: object, begin: number, end: number): Float32Array
}

function isReadingParts(backend: object): backend is ReadingParts {
  return tf.getBackend() === WASM && 'readSync' in backend
}

function imagesOf({ input }: KernelCall, name: string): tf.Tensor4D {
  return fourAxes(input(name))
}

/** Images and filters are square here. */
function strideOf({ attribute }: KernelCall): number {
  return numbersOf(attribute('strides'))[0]
}

function numbersOf(attribute: unknown): readonly number[] {
  return [attribute].flat().filter((value) => typeof value === 'number')
}

/**
 * Batch and channels change places: every channel of the input is an image, and the gradient of the output the filter,
 * with holes where the convolution strode.
 */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, kernel: number, stride: number, pad: unknown): tf.Tensor {
  const border = pad === 'same' ? (kernel - 1) / 2 : 0
  const images = tf.transpose(border === 0 ? x : tf.pad(x, around(border, border)), [3, 1, 2, 0])
  const filter = tf.transpose(dy, [1, 2, 0, 3])
  return tf.transpose(tf.conv2d(images, filter, 1, 'valid', 'NHWC', stride), [1, 2, 0, 3])
}

/** A convolution with the filter turned around, over the gradient with zeros put in where the convolution strode. */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, height: number, stride: number, pad: unknown): tf.Tensor {
  const [kernel] = filter.shape
  const turned = turnAround(filter)
  if (pad === 'same') return tf.conv2d(dy, turned, 1, 'same')
  const spread = stride === 1 ? dy : insertZeros(dy)
  const before = kernel - 1
  return tf.conv2d(tf.pad(spread, around(before, height - spread.shape[1])), turned, 1, 'valid')
}

/** The filter upside down and back to front, with inputs and outputs exchanged. Reverse takes five times as long here. */
function turnAround(filter: tf.Tensor4D): tf.Tensor4D {
  const [height, width, inputs, outputs] = filter.shape
  const taps = tf.split(tf.reshape(filter, [height * width, inputs, outputs]), height * width)
  const turned = tf.reshape(tf.concat(taps.toReversed()), [height, width, inputs, outputs])
  return fourAxes(tf.transpose(turned, [0, 1, 3, 2]))
}

/** [n, h, w, c] to [n, 2 h, 2 w, c], each pixel followed by a zero in both directions. */
function insertZeros(x: tf.Tensor4D): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  const columns = tf.pad(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, c],
  ])
  const rows = tf.pad(tf.reshape(columns, [n, h, 1, 2 * w * c]), [
    [0, 0],
    [0, 0],
    [0, 1],
    [0, 0],
  ])
  return tf.reshape(rows, [n, 2 * h, 2 * w, c])
}

function around(before: number, after: number): [number, number][] {
  return [
    [0, 0],
    [before, after],
    [before, after],
    [0, 0],
  ]
}
