import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs-core'
import { useWasmBackend } from '../../gan/engines/wasm-backend.ts'
import {
  float32Of,
  readSafetensors,
  type DiscriminatorKwargs,
  type GeneratorKwargs,
  type NamedTensor,
} from '../../gan/index.ts'
import { registerGradients } from '../../gan/training/gradients.ts'
import { registerWasmGradients } from '../../gan/training/wasm-gradients.ts'

export interface Vector {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A set of official numbers: see test/vectors/gan/README.md. */
export interface VectorSet {
  readonly G: GeneratorKwargs
  readonly D: DiscriminatorKwargs
  /** The float32 tensors of one of its files. */
  readonly read: (file: string) => ReadonlyMap<string, Vector>
  /** All tensors of one of its files, whatever their type. */
  readonly readAll: (file: string) => ReadonlyMap<string, NamedTensor>
}

export function openVectors(set: string): VectorSet {
  const folder = new URL(`../vectors/gan/${set}/`, import.meta.url)
  const config: { G_kwargs: GeneratorKwargs; D_kwargs: DiscriminatorKwargs } = JSON.parse(
    readFileSync(new URL('config.json', folder), 'utf8'),
  )
  const readAll = (file: string) => readSafetensors(Uint8Array.from(readFileSync(new URL(file, folder)))).tensors
  return { G: config.G_kwargs, D: config.D_kwargs, read: (file) => floatsOf(readAll(file)), readAll }
}

function floatsOf(tensors: ReadonlyMap<string, NamedTensor>): ReadonlyMap<string, Vector> {
  return new Map(
    [...tensors]
      .filter(([, { dtype }]) => dtype === 'F32')
      .map(([name, tensor]) => [name, { shape: tensor.shape, data: float32Of(tensor) }]),
  )
}

/** The vector of that name, which must be there. */
export function vectorOf<Value>(vectors: ReadonlyMap<string, Value>, name: string): Value {
  const vector = vectors.get(name)
  if (vector === undefined) throw new Error(`no vector ${name}`)
  return vector
}

export function tensorOf({ shape, data }: Vector): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32')
}

/** [n, c, h, w] to [n, h, w, c]. */
export function channelsLast(image: tf.Tensor): tf.Tensor {
  return tf.transpose(image, [0, 2, 3, 1])
}

/** Root of the mean squared difference, relative to the expected numbers. */
export function relativeError(actual: ArrayLike<number>, expected: Float32Array): number {
  let squares = 0
  let norm = 0
  for (const [i, value] of expected.entries()) {
    squares += ((actual[i] ?? Number.NaN) - value) ** 2
    norm += value ** 2
  }
  return norm === 0 ? Math.sqrt(squares) : Math.sqrt(squares / norm)
}

/** The binary of the canonical engine. */
export function readWasm(): Uint8Array {
  const path = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm')
  return Uint8Array.from(readFileSync(path))
}

/** The backend that tests compute on, with the gradients that training needs. */
export async function startBackend(): Promise<void> {
  await useWasmBackend(readWasm())
  registerGradients()
  registerWasmGradients()
}
