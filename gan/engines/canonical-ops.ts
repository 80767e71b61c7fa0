import * as tf from '@tensorflow/tfjs-core'
import { makeWhole, type Ops } from '../ops.ts'
import { bytesOf, passFilter } from './passing-filters.ts'
import { fourAxes, tfjsOps } from './tfjs-ops.ts'
import { filterImages, WASM } from './wasm-kernels.ts'

/** In bytes. A larger filter costs more memory to hold, twice its size, than time to make anew. */
const LARGEST_HELD = 2 ** 22

/**
 * The operations on WebAssembly for a network that runs often and is not trained: the same bits as `tfjsOps`, without
 * gradients, and without what the backend would hold or compute twice.
 *
 * @param keep is handed every tensor that these operations hold on to
 * @param largestHeld of the filters that are held, in bytes; a larger one is made anew whenever it is used
 */
export function createCanonicalOps(
  keep: (tensor: tf.Tensor) => void,
  largestHeld: number = LARGEST_HELD,
): Ops<tf.Tensor> {
  return {
    ...tfjsOps,
    leakyRelu: (x, slope) => tf.leakyRelu(x, slope),
    clamp: (x, limit) => tf.clipByValue(x, -limit, limit),
    fir: (x, fir, sides) => filterImages(fourAxes(x), fir, sides),
    halvingFir: (x, fir, sides) => filterImages(fourAxes(x), fir, sides, 2),
    convolution: (filter, stride, padding, finish) => {
      if (bytesOf(filter.shape) > largestHeld) return passFilter(filter, stride, padding, finish)
      const packed = tf.keep(fourAxes(makeWhole(filter)))
      keep(packed)
      const [height, width, inputs] = packed.shape
      pack(packed, () => tf.conv2d(tf.zeros<tf.Rank.R4>([1, height, width, inputs]), packed, stride, padding))
      return (x) => tf.tidy(() => finish(tf.conv2d(fourAxes(x), packed, stride, padding)))
    },
    product: (matrix) => {
      const packed = tf.keep(matrix)
      keep(packed)
      const [inputs] = packed.shape
      pack(packed, () => tf.matMul(tf.zeros([1, inputs]), packed))
      return (x) => tf.matMul(x, packed)
    },
    scope: (work) => tf.tidy(work),
    release: (x) => x.dispose(),
  }
}

/**
 * Lets the backend arrange a filter or a matrix as its kernel reads it, which it does at the first use, and gives back
 * the memory of the filter itself, which is not read again: the backend knows the arrangement by the tensor's identity.
 */
function pack(filter: tf.Tensor, use: () => tf.Tensor): void {
  tf.tidy(use).dispose()
  const backend = tf.backend()
  if (!isWasm(backend) || backend.refCount(filter.dataId) !== 1) return
  const held = backend.dataIdMap.get(filter.dataId)
  // oxlint-disable-next-line eslint/no-underscore-dangle -- what Emscripten calls it
  backend.wasm._free(held.memoryOffset)
  // Giving back nothing does nothing, so the tensor can be disposed of as any other.
  held.memoryOffset = 0
}

/** The part of the backend that knows where numbers lie. */
interface WasmBackend extends tf.KernelBackend {
  readonly wasm: { _free(memoryOffset: number): void }
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } }
}

function isWasm(backend: tf.KernelBackend): backend is WasmBackend {
  return tf.getBackend() === WASM && 'wasm' in backend
}
