import { transpose, type Weight } from '../layout.ts'
import type { Ops, Shape } from '../ops.ts'

/** What is folded where all operands are known before an engine runs. */
export type ConstantOps = Pick<
  Ops<Weight>,
  | 'add'
  | 'sub'
  | 'mul'
  | 'scale'
  | 'shift'
  | 'square'
  | 'sqrt'
  | 'rsqrt'
  | 'mean'
  | 'sum'
  | 'reshape'
  | 'transpose'
  | 'concat'
  | 'matMul'
>

/** Operations on numbers that are known: computed in float64, rounded to float32 after each. */
export const constantOps: ConstantOps = {
  add: (a, b) => broadcast(a, b, (x, y) => x + y),
  sub: (a, b) => broadcast(a, b, (x, y) => x - y),
  mul: (a, b) => broadcast(a, b, (x, y) => x * y),
  scale: (x, factor) => map(x, (value) => value * factor),
  shift: (x, term) => map(x, (value) => value + term),
  square: (x) => map(x, (value) => value * value),
  sqrt: (x) => map(x, Math.sqrt),
  rsqrt: (x) => map(x, (value) => 1 / Math.sqrt(value)),
  mean: (x, axes) =>
    reduce(
      x,
      axes,
      axes.reduce((product, axis) => product * x.shape[axis], 1),
    ),
  sum: (x, axes) => reduce(x, axes, 1),
  reshape: ({ data }, shape) => ({ shape, data }),
  transpose,
  concat,
  matMul,
}

/** The shape that two operands have in common, as in NumPy. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  const [long, short] = [withAxes(a, rank), withAxes(b, rank)]
  return long.map((length, axis) => (length === 1 ? short[axis] : length))
}

/** The shape with axes of length 1 before it. */
export function withAxes(shape: Shape, rank: number): Shape {
  return [...Array<number>(rank - shape.length).fill(1), ...shape]
}

function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1)
}

function map({ shape, data }: Weight, f: (value: number) => number): Weight {
  return { shape, data: data.map(f) }
}

function broadcast(a: Weight, b: Weight, f: (x: number, y: number) => number): Weight {
  const shape = broadcastShape(a.shape, b.shape)
  const data = new Float32Array(sizeOf(shape))
  const [fromA, fromB] = [sources(a.shape, shape), sources(b.shape, shape)]
  for (let i = 0; i < data.length; i++) data[i] = f(a.data[fromA(i)], b.data[fromB(i)])
  return { shape, data }
}

/** For an element of a broadcast tensor, where it comes from. */
function sources(from: Shape, to: Shape): (index: number) => number {
  const size = sizeOf(from)
  if (size === sizeOf(to)) return (index) => index
  if (size === 1) return () => 0
  const own = withAxes(from, to.length)
  const [strides, targets] = [stridesOf(own), stridesOf(to)]
  return (index) =>
    own.reduce((at, length, axis) => {
      return length === 1 ? at : at + (Math.floor(index / targets[axis]) % length) * strides[axis]
    }, 0)
}

function stridesOf(shape: Shape): Shape {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
}

function reduce({ shape, data }: Weight, axes: readonly number[], divisor: number): Weight {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  const target = sources(kept, shape)
  const sums = new Float64Array(sizeOf(kept))
  for (let i = 0; i < data.length; i++) sums[target(i)] += data[i]
  return { shape: kept, data: Float32Array.from(sums, (sum) => sum / divisor) }
}

function concat(parts: readonly Weight[], axis: number): Weight {
  const [{ shape }] = parts
  const joined = shape.map((length, i) => (i === axis ? parts.reduce((sum, part) => sum + part.shape[i], 0) : length))
  const data = new Float32Array(sizeOf(joined))
  const rows = sizeOf(shape.slice(0, axis))
  let at = 0
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      const length = part.data.length / rows
      data.set(part.data.subarray(row * length, (row + 1) * length), at)
      at += length
    }
  }
  return { shape: joined, data }
}

function matMul(a: Weight, b: Weight): Weight {
  const [rows, inner] = a.shape
  const [, columns] = b.shape
  const data = new Float32Array(rows * columns)
  const sums = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    sums.fill(0)
    for (let k = 0; k < inner; k++) {
      const factor = a.data[row * inner + k]
      if (factor === 0) continue
      for (let column = 0; column < columns; column++) sums[column] += factor * b.data[k * columns + column]
    }
    data.set(sums, row * columns)
  }
  return { shape: [rows, columns], data }
}
