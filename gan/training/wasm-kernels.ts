import * as tf from '@tensorflow/tfjs-core'
import { fourAxes } from '../engines/tfjs-ops.ts'

const BACKEND = 'wasm'

/** What is read of a kernel's inputs and attributes. */
interface Call {
  readonly input: (name: string) => tf.Tensor4D
  /** Height or width, as images and filters are square here. */
  readonly side: (shape: 'inputShape' | 'filterShape', axis: number) => number
  readonly stride: number
  readonly pad: unknown
}

/**
 * Teaches the WebAssembly backend the gradients of a convolution: it has none for the filter, and that for the input
 * runs at a tenth of the speed of a convolution. Both are convolutions in their turn.
 *
 * They serve the convolutions of `Ops` and no others: `same` with stride 1, `valid` with stride 1 or 2.
 */
export function registerWasmGradients(): void {
  register(tf.Conv2DBackpropFilter, ({ input, side, stride, pad }) =>
    filterGradient(input('x'), input('dy'), side('filterShape', 0), stride, pad),
  )
  register(tf.Conv2DBackpropInput, ({ input, side, stride, pad }) =>
    inputGradient(input('dy'), input('filter'), side('inputShape', 1), stride, pad),
  )
}

function register(kernelName: string, kernel: (call: Call) => tf.Tensor): void {
  if (tf.getKernel(kernelName, BACKEND) !== undefined) tf.unregisterKernel(kernelName, BACKEND)
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() =>
        kernel({
          input: (name) => tensorOf(inputs[name]),
          side: (shape, axis) => numbersOf(attrs?.[shape])[axis],
          stride: numbersOf(attrs?.['strides'])[0],
          pad: attrs?.['pad'],
        }),
      ),
  })
}

/** The engine hands over whole tensors, whatever the type says. */
function tensorOf(input: tf.TensorInfo | undefined): tf.Tensor4D {
  if (!(input instanceof tf.Tensor)) throw new TypeError('a kernel was run outside of the engine')
  return fourAxes(input)
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
