import { ShapeMismatch } from './errors.ts'
import type { Shape } from './ops.ts'

/** Numbers in the order of their shape, last axis fastest. */
export interface Weight {
  readonly shape: Shape
  readonly data: Float32Array
}

/** The side of the square that the epilogue of a discriminator flattens. */
const FLATTENED_SIDE = 4

/** The axes of an official filter, OIHW, in the order of the operations, HWIO. */
export const FILTER_ORDER: readonly number[] = [2, 3, 1, 0]

/**
 * From the layout of the official weights, which bundles keep, to that of the operations: OIHW to HWIO, [out, in] to
 * [in, out], CHW to HWC.
 *
 * @throws {ShapeMismatch} when a weight has more axes than any layer has
 */
export function toInternalLayout(name: string, weight: Weight): Weight {
  const { shape } = weight
  if (isBuffer(name) || shape.length <= 1) return weight
  if (name.endsWith('.noise_const')) return { shape: [1, ...shape, 1], data: weight.data }
  if (name === 'b4.fc.weight') {
    const [outputs, inputs] = shape
    const area = FLATTENED_SIDE * FLATTENED_SIDE
    const flattened = transpose({ shape: [outputs, inputs / area, area], data: weight.data }, [2, 1, 0])
    return { shape: [inputs, outputs], data: flattened.data }
  }
  return transpose(weight, internalOrder(name, shape))
}

/** The inverse of `toInternalLayout`. */
export function toOfficialLayout(name: string, weight: Weight): Weight {
  const { shape } = weight
  if (isBuffer(name) || shape.length <= 1) return weight
  if (name.endsWith('.noise_const')) return { shape: shape.slice(1, 3), data: weight.data }
  if (name === 'b4.fc.weight') {
    const [inputs, outputs] = shape
    const area = FLATTENED_SIDE * FLATTENED_SIDE
    const official = transpose({ shape: [area, inputs / area, outputs], data: weight.data }, [2, 1, 0])
    return { shape: [outputs, inputs], data: official.data }
  }
  const order = internalOrder(name, shape)
  return transpose(
    weight,
    order.map((_, axis) => order.indexOf(axis)),
  )
}

function isBuffer(name: string): boolean {
  return name.endsWith('resample_filter')
}

function internalOrder(name: string, shape: Shape): readonly number[] {
  if (shape.length === 4) return FILTER_ORDER
  if (shape.length === 3) return [1, 2, 0]
  if (shape.length === 2) return [1, 0]
  throw new ShapeMismatch(name, [-1, -1, -1, -1], shape)
}

/** The axes in another order, as in NumPy. */
export function transpose(weight: Weight, order: readonly number[]): Weight {
  const { shape, data } = weight
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1))
  const target = order.map((axis) => shape[axis])
  const index = Array<number>(order.length).fill(0)
  const moved = new Float32Array(data.length)
  let source = 0
  for (let i = 0; i < moved.length; i++) {
    moved[i] = data[source]
    for (let axis = order.length - 1; axis >= 0; axis--) {
      const stride = strides[order[axis]]
      source += stride
      if (++index[axis] < target[axis]) break
      source -= stride * target[axis]
      index[axis] = 0
    }
  }
  return { shape: target, data: moved }
}
