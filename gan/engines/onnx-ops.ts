import { ShapeMismatch } from '../errors.ts'
import { transpose, type Weight } from '../layout.ts'
import type { Ops, Shape, Sides } from '../ops.ts'
import { broadcastShape, constantOps, withAxes } from './constant-ops.ts'
import type { OnnxGraph } from './onnx-graph.ts'

/** Numbers that are known now, or the name of what a node of the graph will give. */
export type OnnxValue = Constant | Computed

interface Constant extends Weight {
  readonly name: null
}

interface Computed {
  /** As the operations see it, however the axes lie in the graph. */
  readonly shape: Shape
  readonly name: string
  /** ONNX wants images NCHW: what has been through a convolution stays so until somebody needs it otherwise. */
  readonly isChannelsFirst: boolean
}

const TO_FIRST = [0, 3, 1, 2] as const
const TO_LAST = [0, 2, 3, 1] as const

/** The operations as a graph that is written down; whatever depends on constants alone is computed at once. */
export function createOnnxOps(graph: OnnxGraph): Ops<OnnxValue> {
  const layout = layoutIn(graph)
  return {
    constant: (data, shape) => ({ shape, data, name: null }),
    shapeOf: (x) => x.shape,
    ...elementwise(graph, layout),
    ...rearranging(graph, layout),
    ...multiplying(graph, layout),
  }
}

/** A tensor that goes in: its axes lie as the operations see them. */
export function inputValue(graph: OnnxGraph, name: string, shape: Shape): OnnxValue {
  return { shape, name: graph.input({ name, shape }), isChannelsFirst: false }
}

/** The tensor of a value, with axes as the operations see them or, of images, as ONNX does. */
export function outputTensor(
  graph: OnnxGraph,
  value: OnnxValue,
  channelsFirst: boolean,
): { name: string; shape: Shape } {
  const layout = layoutIn(graph)
  if (!channelsFirst || value.shape.length !== 4) return { name: layout.asSeen(value), shape: value.shape }
  return { name: layout.channelsFirst(value), shape: permuted(value.shape, TO_FIRST) }
}

interface Layout {
  /** The tensor with its axes as the operations see them. */
  readonly asSeen: (x: OnnxValue) => string
  /** The tensor with four axes, NCHW. */
  readonly channelsFirst: (x: OnnxValue) => string
}

function layoutIn(graph: OnnxGraph): Layout {
  const reordered = (name: string, from: Shape, order: readonly number[]) => {
    const to = permuted(from, order)
    // Where no two long axes change places, the numbers already lie in order.
    const long = order.filter((axis) => from[axis] > 1)
    const staysInOrder = long.every((axis, i) => i === 0 || long[i - 1] < axis)
    return staysInOrder
      ? graph.node('Reshape', [name, graph.integers(to)])
      : graph.node('Transpose', [name], { perm: order })
  }
  const asSeen = (x: OnnxValue) => {
    if (x.name === null) return graph.floats(x.data, x.shape)
    return x.isChannelsFirst ? reordered(x.name, permuted(x.shape, TO_FIRST), TO_LAST) : x.name
  }
  const channelsFirst = (x: OnnxValue) => {
    const shape = withAxes(x.shape, 4)
    if (x.name === null) {
      const first = transpose({ shape, data: x.data }, TO_FIRST)
      return graph.floats(first.data, first.shape)
    }
    if (x.isChannelsFirst) return x.name
    const name = x.shape.length === 4 ? x.name : graph.node('Reshape', [x.name, graph.integers(shape)])
    return reordered(name, shape, TO_FIRST)
  }
  return { asSeen, channelsFirst }
}

type Elementwise =
  | 'add'
  | 'sub'
  | 'mul'
  | 'scale'
  | 'shift'
  | 'square'
  | 'sqrt'
  | 'rsqrt'
  | 'leakyRelu'
  | 'exp'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'clamp'

function elementwise(graph: OnnxGraph, { asSeen, channelsFirst }: Layout): Pick<Ops<OnnxValue>, Elementwise> {
  const binary = (operator: string, a: OnnxValue, b: OnnxValue): OnnxValue => {
    const shape = broadcastShape(a.shape, b.shape)
    const isChannelsFirst = liesFirst(a) || liesFirst(b)
    const name = graph.node(operator, [a, b].map(isChannelsFirst ? channelsFirst : asSeen))
    return { shape, name, isChannelsFirst }
  }
  const unary = (x: OnnxValue, write: (name: string) => string): OnnxValue => {
    return { ...computed(x, asSeen), name: write(x.name ?? asSeen(x)) }
  }
  /** Not by Clip: ONNX Runtime makes one convolution of Conv, LeakyRelu and Clip for WebGPU, and forgets the LeakyRelu. */
  const clamped = (limit: number) => (name: string) =>
    graph.node('Min', [graph.node('Max', [name, graph.scalar(-limit)]), graph.scalar(limit)])
  const rsqrt = (name: string) => graph.node('Reciprocal', [graph.node('Sqrt', [name])])
  return {
    add: (a, b) => (isConstant(a) && isConstant(b) ? folded(constantOps.add(a, b)) : binary('Add', a, b)),
    sub: (a, b) => (isConstant(a) && isConstant(b) ? folded(constantOps.sub(a, b)) : binary('Sub', a, b)),
    mul: (a, b) => (isConstant(a) && isConstant(b) ? folded(constantOps.mul(a, b)) : binary('Mul', a, b)),
    scale: (x, factor) =>
      isConstant(x)
        ? folded(constantOps.scale(x, factor))
        : unary(x, (name) => graph.node('Mul', [name, graph.scalar(factor)])),
    shift: (x, term) =>
      isConstant(x)
        ? folded(constantOps.shift(x, term))
        : unary(x, (name) => graph.node('Add', [name, graph.scalar(term)])),
    square: (x) =>
      isConstant(x) ? folded(constantOps.square(x)) : unary(x, (name) => graph.node('Mul', [name, name])),
    sqrt: (x) => (isConstant(x) ? folded(constantOps.sqrt(x)) : unary(x, (name) => graph.node('Sqrt', [name]))),
    rsqrt: (x) => (isConstant(x) ? folded(constantOps.rsqrt(x)) : unary(x, rsqrt)),
    leakyRelu: (x, slope) => unary(x, (name) => graph.node('LeakyRelu', [name], { alpha: { float: slope } })),
    exp: (x) => unary(x, (name) => graph.node('Exp', [name])),
    tanh: (x) => unary(x, (name) => graph.node('Tanh', [name])),
    sigmoid: (x) => unary(x, (name) => graph.node('Sigmoid', [name])),
    softplus: (x) => unary(x, (name) => graph.node('Softplus', [name])),
    clamp: (x, limit) => unary(x, clamped(limit)),
  }
}

type Rearranging = 'mean' | 'sum' | 'reshape' | 'transpose' | 'concat' | 'pad' | 'slice' | 'depthToSpace'

function rearranging(graph: OnnxGraph, layout: Layout): Pick<Ops<OnnxValue>, Rearranging> {
  const { asSeen, channelsFirst } = layout
  /** The tensor however its axes lie, and which axis is where. */
  const asStored = (x: OnnxValue) =>
    liesFirst(x) ? ([channelsFirst(x), TO_FIRST] as const) : ([asSeen(x), x.shape.map((_, axis) => axis)] as const)
  return {
    mean: (x, axes) => {
      if (isConstant(x)) return folded(constantOps.mean(x, axes))
      return seen(reduced(x.shape, axes), graph.node('ReduceMean', [asSeen(x)], { axes, keepdims: 1 }))
    },
    sum: (x, axes) => {
      if (isConstant(x)) return folded(constantOps.sum(x, axes))
      const name = graph.node('ReduceSum', [asSeen(x), graph.integers(axes)], { keepdims: 1 })
      return seen(reduced(x.shape, axes), name)
    },
    reshape: (x, shape) => {
      if (isConstant(x)) return folded(constantOps.reshape(x, shape))
      return seen(shape, graph.node('Reshape', [asSeen(x), graph.integers(shape)]))
    },
    transpose: (x, order) => {
      if (isConstant(x)) return folded(constantOps.transpose(x, order))
      return seen(permuted(x.shape, order), graph.node('Transpose', [asSeen(x)], { perm: order }))
    },
    concat: (parts, axis) => {
      if (parts.every(isConstant)) return folded(constantOps.concat(parts, axis))
      const shape = parts[0].shape.map((length, i) =>
        i === axis ? parts.reduce((sum, part) => sum + part.shape[i], 0) : length,
      )
      const isChannelsFirst = parts.some(liesFirst)
      const place = isChannelsFirst ? TO_FIRST.findIndex((from) => from === axis) : axis
      const name = graph.node('Concat', parts.map(isChannelsFirst ? channelsFirst : asSeen), { axis: place })
      return { shape, name, isChannelsFirst }
    },
    pad: (x, sides) => {
      const shape = x.shape.map((length, axis) => sides[axis][0] + length + sides[axis][1])
      const [tensor, order] = asStored(x)
      const pads = [...order.map((axis) => sides[axis][0]), ...order.map((axis) => sides[axis][1])]
      return { shape, name: graph.node('Pad', [tensor, graph.integers(pads)]), isChannelsFirst: liesFirst(x) }
    },
    slice: (x, begin, size) => {
      const [tensor, order] = asStored(x)
      const [starts, ends] = [order.map((axis) => begin[axis]), order.map((axis) => begin[axis] + size[axis])]
      const name = graph.node('Slice', [tensor, graph.integers(starts), graph.integers(ends)])
      return { shape: size, name, isChannelsFirst: liesFirst(x) }
    },
    depthToSpace: (x) => {
      const [n, h, w, depth] = x.shape
      const name = graph.node('DepthToSpace', [channelsFirst(x)], { blocksize: 2, mode: 'DCR' })
      return { shape: [n, 2 * h, 2 * w, depth / 4], name, isChannelsFirst: true }
    },
  }
}

type Multiplying = 'matMul' | 'conv2d' | 'convolveSpread' | 'fir'

function multiplying(graph: OnnxGraph, { asSeen, channelsFirst }: Layout): Pick<Ops<OnnxValue>, Multiplying> {
  /** A filter HWIO with its axes in the order that an operator wants. */
  const ordered = (filter: OnnxValue, order: readonly number[]) => {
    if (!isConstant(filter)) return graph.node('Transpose', [asSeen(filter)], { perm: order })
    const { shape, data } = transpose(filter, order)
    return graph.floats(data, shape)
  }
  /** Without the rows and columns that negative sides take away. */
  const cropped = (x: OnnxValue, { top, bottom, left, right }: Sides) => {
    const name = channelsFirst(x)
    if (Math.min(top, bottom, left, right) >= 0) return name
    const [, h, w] = x.shape
    const starts = [Math.max(-top, 0), Math.max(-left, 0)]
    const ends = [h + Math.min(bottom, 0), w + Math.min(right, 0)]
    return graph.node('Slice', [name, ...[starts, ends, [2, 3]].map((values) => graph.integers(values))])
  }
  return {
    matMul: (a, b) => {
      if (isConstant(a) && isConstant(b)) return folded(constantOps.matMul(a, b))
      const name = graph.node('MatMul', [asSeen(a), asSeen(b)])
      return { shape: [...a.shape.slice(0, -1), b.shape[b.shape.length - 1]], name, isChannelsFirst: false }
    },
    conv2d: (x, filter, stride, padding) => {
      const [n, h, w, inputs] = x.shape
      const [kernel, , expected, outputs] = filter.shape
      if (inputs !== expected) throw new ShapeMismatch('a filter', [kernel, kernel, inputs, outputs], filter.shape)
      const before = padding === 'same' ? Math.floor((kernel - 1) / 2) : 0
      const after = padding === 'same' ? kernel - 1 - before : 0
      const operands = evenChannels(graph, inputs, [channelsFirst(x), ordered(filter, [3, 2, 0, 1])])
      const name = graph.node('Conv', operands, {
        kernel_shape: [kernel, kernel],
        pads: [before, before, after, after],
        strides: [stride, stride],
      })
      const side = (length: number) => Math.floor((length + before + after - kernel) / stride) + 1
      return { shape: [n, side(h), side(w), outputs], name, isChannelsFirst: true }
    },
    convolveSpread: (x, filter) => {
      const [n, h, w] = x.shape
      const [kernel, , , outputs] = filter.shape
      const name = graph.node('ConvTranspose', [channelsFirst(x), ordered(filter, [2, 3, 0, 1])], {
        kernel_shape: [kernel, kernel],
        strides: [2, 2],
      })
      return { shape: [n, 2 * h - 2 + kernel, 2 * w - 2 + kernel, outputs], name, isChannelsFirst: true }
    },
    fir: (x, filter, sides) => {
      const [n, h, w, channels] = x.shape
      const { top, bottom, left, right } = sides
      const size = [filter.length, filter[0].length] as const
      const taps = Float32Array.from(Array<readonly number[]>(channels).fill(filter.flat()).flat())
      const name = graph.node('Conv', [cropped(x, sides), graph.floats(taps, [channels, 1, ...size])], {
        group: channels,
        kernel_shape: size,
        pads: [top, left, bottom, right].map((side) => Math.max(side, 0)),
      })
      const shape = [n, h + top + bottom - size[0] + 1, w + left + right - size[1] + 1, channels]
      return { shape, name, isChannelsFirst: true }
    },
  }
}

/**
 * Adds channels of zeros where ONNX Runtime's WebGPU kernel would go wrong: it reads channels by threes when their number is a
 * multiple of three and not of four, and does so rightly for three alone. A discriminator compares images in 513, 129 or 33.
 */
function evenChannels(graph: OnnxGraph, channels: number, operands: readonly string[]): readonly string[] {
  if (channels === 3 || channels % 3 > 0 || channels % 4 === 0) return operands
  const pads = graph.integers([0, 0, 0, 0, 0, 4 - (channels % 4), 0, 0])
  return operands.map((name) => graph.node('Pad', [name, pads]))
}

/** A tensor whose axes lie as the operations see them. */
function seen(shape: Shape, name: string): Computed {
  return { shape, name, isChannelsFirst: false }
}

function isConstant(x: OnnxValue): x is Constant {
  return x.name === null
}

function folded({ shape, data }: Weight): Constant {
  return { shape, data, name: null }
}

function computed(x: OnnxValue, name: (x: OnnxValue) => string): Computed {
  return isConstant(x) ? { shape: x.shape, name: name(x), isChannelsFirst: false } : x
}

function liesFirst(x: OnnxValue): boolean {
  return !isConstant(x) && x.isChannelsFirst
}

function permuted(shape: Shape, order: readonly number[]): Shape {
  return order.map((axis) => shape[axis])
}

function reduced(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
}
