import * as tf from '@tensorflow/tfjs-core'
import type { Fir, Sides } from '../ops.ts'
import { fourAxes, FIR_FILTER, padded } from './tfjs-ops.ts'

/** What TensorFlow.js calls WebAssembly. */
export const WASM = 'wasm'

/** Of the largest tap: what rounding leaves of a filter that is an outer product. */
const RANK_TOLERANCE = 2 ** -40

/** What is read of a kernel's inputs and attributes. */
export interface KernelCall {
  readonly input: (name: string) => tf.Tensor
  readonly attribute: (name: string) => unknown
}

/** Puts a kernel, made of others, in place of what the WebAssembly backend has under the name, if it has any. */
export function registerWasmKernel(kernelName: string, kernel: (call: KernelCall) => tf.Tensor | tf.Tensor[]): void {
  if (tf.getKernel(kernelName, WASM) !== undefined) tf.unregisterKernel(kernelName, WASM)
  tf.registerKernel({
    kernelName,
    backendName: WASM,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => kernel({ input: (name) => tensorOf(inputs[name]), attribute: (name) => attrs?.[name] })),
  })
}

/** The engine hands over whole tensors, whatever the type says. */
function tensorOf(input: tf.TensorInfo | undefined): tf.Tensor {
  if (!(input instanceof tf.Tensor)) throw new TypeError('a kernel was run outside of the engine')
  return input
}

/**
 * Puts vector instructions where the backend has a loop: its leaky ReLU takes a number at a time, thirteen times as
 * long as its PReLU, whose bits are the same.
 */
export function registerWasmKernels(): void {
  registerWasmKernel(tf.LeakyRelu, ({ input, attribute }) => {
    const x = input('x')
    const slopes = new Float32Array(x.shape.at(-1) ?? 1).fill(Number(attribute('alpha')))
    return tf.prelu(x, tf.tensor1d(slopes))
  })
  registerWasmKernel(FIR_FILTER, ({ input, attribute }) => {
    const [top, bottom, left, right] = ['top', 'bottom', 'left', 'right'].map((side) => Number(attribute(side)))
    const rows = [attribute('filter')].flat(1).map((row) => [row].flat().map(Number))
    return filterImages(fourAxes(input('x')), rows, { top, bottom, left, right })
  })
}

/**
 * `Ops.fir`: column by column, then row by row where the filter allows it. The backend has vector instructions for 3, 4,
 * 9 and 25 taps; sixteen at once would take twenty times as long as four and four.
 *
 * @param stride of how many pixels in either direction one is computed
 */
export function filterImages(x: tf.Tensor4D, fir: Fir, sides: Sides, stride: 1 | 2 = 1): tf.Tensor4D {
  const factors = factorsOf(fir)
  if (factors === null) return filterOnce(x, fir, sides, [stride, stride])
  const { column, row } = factors
  return tf.tidy(() => {
    const narrowed = filterOnce(
      x,
      column.map((tap) => [tap]),
      { ...sides, left: 0, right: 0 },
      [stride, 1],
    )
    return filterOnce(narrowed, [row], { ...sides, top: 0, bottom: 0 }, [1, stride])
  })
}

/** The column and the row that a filter is the outer product of; null when it is none, or adds up to nothing. */
function factorsOf(fir: Fir): { readonly column: readonly number[]; readonly row: readonly number[] } | null {
  const column = fir.map(sumOf)
  const total = sumOf(column)
  const row = fir[0].map((_tap, x) => sumOf(fir.map((taps) => taps[x])) / total)
  const largest = Math.max(...fir.flat().map(Math.abs))
  const isProduct = fir.every((taps, y) =>
    taps.every((tap, x) => Math.abs(tap - column[y] * row[x]) <= RANK_TOLERANCE * largest),
  )
  return isProduct ? { column, row } : null
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** The backend's kernel pads by itself, which spares a copy, but cannot crop. */
function filterOnce(x: tf.Tensor4D, fir: Fir, sides: Sides, strides: [number, number]): tf.Tensor4D {
  const channels = x.shape[3]
  const { top, bottom, left, right } = sides
  const around: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]
  return tf.tidy(() => {
    const taps = fir.flatMap((row) => row.flatMap((tap) => Array<number>(channels).fill(tap)))
    const filter = tf.tensor4d(taps, [fir.length, fir[0].length, channels, 1])
    if (Math.min(top, bottom, left, right) < 0) {
      return tf.depthwiseConv2d(fourAxes(padded(x, around)), filter, strides, 'valid')
    }
    const [none, rows, columns] = around
    return tf.depthwiseConv2d(x, filter, strides, [none, rows, columns, none])
  })
}
