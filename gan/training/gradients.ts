import * as tf from '@tensorflow/tfjs-core'
import { fourAxes } from '../engines/tfjs-ops.ts'

/**
 * Derivatives of the kernels that networks and losses are made of.
 *
 * TensorFlow.js has more of them, but not in the build that Node loads; and where a derivative is to be taken again,
 * some of its own go wrong. These consist of kernels of the same list, so that they have derivatives themselves.
 */
export function registerGradients(): void {
  for (const config of [...ARITHMETIC, ...REDUCTIONS, ...SHAPES, ...WINDOWS, ...PRODUCTS]) tf.registerGradient(config)
}

type Attributes = tf.NamedAttrMap
type Slopes = (dy: tf.Tensor, saved: readonly tf.Tensor[], attributes: Attributes) => readonly (() => tf.Tensor)[]

/** A kernel whose inputs are all kept for its derivative, and the derivative by each of them in order. */
function gradient(kernelName: string, inputs: readonly string[], slopes: Slopes): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputs],
    gradFunc: (dy, saved, attributes) => {
      const each = slopes(one(dy), saved, attributes)
      return Object.fromEntries(inputs.map((input, i) => [input, each[i]]))
    },
  }
}

const ARITHMETIC: readonly tf.GradConfig[] = [
  gradient(tf.Add, ['a', 'b'], (dy, [a, b]) => [() => sumTo(dy, a.shape), () => sumTo(dy, b.shape)]),
  gradient(tf.Sub, ['a', 'b'], (dy, [a, b]) => [() => sumTo(dy, a.shape), () => sumTo(tf.neg(dy), b.shape)]),
  gradient(tf.Multiply, ['a', 'b'], (dy, [a, b]) => [
    () => sumTo(tf.mul(dy, b), a.shape),
    () => sumTo(tf.mul(dy, a), b.shape),
  ]),
  gradient(tf.Neg, ['x'], (dy) => [() => tf.neg(dy)]),
  gradient(tf.Square, ['x'], (dy, [x]) => [() => tf.mul(dy, tf.mul(x, 2))]),
  gradient(tf.Sqrt, ['x'], (dy, [x]) => [() => tf.mul(dy, tf.mul(tf.rsqrt(x), 0.5))]),
  gradient(tf.Rsqrt, ['x'], (dy, [x]) => [
    () => {
      const root = tf.rsqrt(x)
      return tf.mul(dy, tf.mul(tf.mul(tf.square(root), root), -0.5))
    },
  ]),
  // In terms of their input, never of the output that they could reuse: what is saved of an output has no derivative.
  gradient(tf.Exp, ['x'], (dy, [x]) => [() => tf.mul(dy, tf.exp(x))]),
  gradient(tf.Tanh, ['x'], (dy, [x]) => [() => tf.mul(dy, tf.sub(1, tf.square(tf.tanh(x))))]),
  gradient(tf.Sigmoid, ['x'], (dy, [x]) => [
    () => {
      const y = tf.sigmoid(x)
      return tf.mul(dy, tf.mul(y, tf.sub(1, y)))
    },
  ]),
  gradient(tf.Softplus, ['x'], (dy, [x]) => [() => tf.mul(dy, tf.sigmoid(x))]),
]

const REDUCTIONS: readonly tf.GradConfig[] = [
  gradient(tf.Sum, ['x'], (dy, [x], attributes) => [() => spread(dy, x.shape, attributes)]),
  gradient(tf.Mean, ['x'], (dy, [x], attributes) => [() => tf.mul(spread(dy, x.shape, attributes), dy.size / x.size)]),
]

const SHAPES: readonly tf.GradConfig[] = [
  gradient(tf.Identity, ['x'], (dy) => [() => tf.clone(dy)]),
  gradient(tf.Reshape, ['x'], (dy, [x]) => [() => tf.reshape(dy, x.shape)]),
  gradient(tf.Transpose, ['x'], (dy, [x], attributes) => {
    const order = numbersOf(attributes['perm'])
    return [() => tf.transpose(dy, order.length === 0 ? undefined : x.shape.map((_, axis) => order.indexOf(axis)))]
  }),
  {
    kernelName: tf.Concat,
    saveAllInputs: true,
    gradFunc: (dy, inputs, attributes) => {
      const axis = axesOf(attributes, inputs[0].rank)[0]
      const parts = tf.split(
        one(dy),
        inputs.map(({ shape }) => shape[axis]),
        axis,
      )
      return Object.fromEntries(parts.map((part, i) => [i, () => part]))
    },
  },
  {
    kernelName: tf.Pack,
    saveAllInputs: true,
    gradFunc: (dy, inputs, attributes) => {
      const parts = tf.unstack(one(dy), numbersOf(attributes['axis'])[0])
      return Object.fromEntries(inputs.map((_, i) => [i, () => parts[i]]))
    },
  },
  {
    kernelName: tf.SplitV,
    gradFunc: (dy, _saved, attributes) => ({
      x: () => tf.concat(Array.isArray(dy) ? dy : [dy], numbersOf(attributes['axis'])[0]),
    }),
  },
]

const WINDOWS: readonly tf.GradConfig[] = [
  gradient(tf.Slice, ['x'], (dy, [x], attributes) => {
    const begin = numbersOf(attributes['begin'])
    return [
      () =>
        tf.pad(
          dy,
          x.shape.map((length, axis) => [begin[axis], length - begin[axis] - dy.shape[axis]]),
        ),
    ]
  }),
  gradient(tf.PadV2, ['x'], (dy, [x], attributes) => {
    const before = [attributes['paddings']].flat(2).filter((_, i) => i % 2 === 0)
    return [() => tf.slice(dy, numbersOf(before).slice(), x.shape)]
  }),
  gradient(tf.Reverse, ['x'], (dy, [x], attributes) => [
    () => tf.reverse(dy, [...axesOf({ axis: attributes['dims'] }, x.rank)]),
  ]),
]

const PRODUCTS: readonly tf.GradConfig[] = [
  gradient(tf.BatchMatMul, ['a', 'b'], (dy, [a, b], { transposeA, transposeB }) => [
    () =>
      transposeA === true ? tf.matMul(b, dy, transposeB === true, true) : tf.matMul(dy, b, false, transposeB !== true),
    () =>
      transposeB === true ? tf.matMul(dy, a, true, transposeA === true) : tf.matMul(a, dy, transposeA !== true, false),
  ]),
  gradient(tf.Conv2D, ['x', 'filter'], (dy, [x, filter], attributes) => [
    () => run(tf.Conv2DBackpropInput, { dy, filter }, { ...attributes, inputShape: x.shape }),
    () => run(tf.Conv2DBackpropFilter, { x, dy }, { ...attributes, filterShape: filter.shape }),
  ]),
  gradient(tf.Conv2DBackpropInput, ['dy', 'filter'], (ddx, [dy, filter], attributes) => [
    () => {
      const [stride] = numbersOf(attributes['strides'])
      return tf.conv2d(fourAxes(ddx), fourAxes(filter), stride, attributes['pad'] === 'same' ? 'same' : 'valid')
    },
    () => run(tf.Conv2DBackpropFilter, { x: ddx, dy }, { ...attributes, filterShape: filter.shape }),
  ]),
]

function run(kernelName: string, inputs: tf.NamedTensorMap, attributes: Attributes): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attributes)
}

function one(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(dy) ? dy[0] : dy
}

/** Undoes broadcasting: sums over the axes along which an operand of this shape was repeated. */
function sumTo(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const missing = dy.rank - shape.length
  const axes = dy.shape.flatMap((length, axis) =>
    axis < missing || (shape[axis - missing] === 1 && length > 1) ? [axis] : [],
  )
  // A copy costs nothing, where even a reshaping to the same shape runs an operation; dy itself may be disposed of.
  if (axes.length === 0 && missing === 0) return tf.clone(dy)
  const sum = tf.sum(dy, axes)
  return sum.rank === shape.length ? sum : tf.reshape(sum, [...shape])
}

/** Repeats what a reduction left over the axes that it went over. */
function spread(dy: tf.Tensor, shape: readonly number[], attributes: Attributes): tf.Tensor {
  const axes = axesOf(attributes, shape.length)
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  return tf.mul(tf.reshape(dy, kept), tf.ones([...shape]))
}

/** The axes of a reduction; none named are all. */
function axesOf(attributes: Attributes, rank: number): readonly number[] {
  const named = numbersOf(attributes['axis'])
  const axes = named.length === 0 ? Array.from({ length: rank }, (_, axis) => axis) : named
  return axes.map((axis) => (axis < 0 ? axis + rank : axis))
}

function numbersOf(attribute: unknown): readonly number[] {
  return [attribute].flat().filter((value) => typeof value === 'number')
}
