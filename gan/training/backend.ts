import * as tf from '@tensorflow/tfjs-core'
import { NATIVE } from '../engines/device-backends.ts'
import { LEAKY_RELU_GRADIENT, tfjsOps } from '../engines/tfjs-ops.ts'
import { createTfjsInterpreter } from '../engines/tfjs-interpreter.ts'
import { useWasmBackend } from '../engines/wasm-backend.ts'
import { WEBGPU } from '../engines/webgpu-kernels.ts'
import { EngineUnfit } from '../errors.ts'
import type { Interpreter } from '../interpreter.ts'
import { registerGradients } from './gradients.ts'
import { registerWasmGradients } from './wasm-gradients.ts'

/** Prepares WebAssembly for training: it is everywhere, and takes six times as long. */
export async function trainOnWasm(wasm: Uint8Array): Promise<void> {
  await useWasmBackend(wasm)
  registerGradients()
  registerWasmGradients()
}

/**
 * Prepares native TensorFlow for training; the caller has loaded tfjs-node or tfjs-node-gpu.
 *
 * @throws {EngineUnfit} when it is not loaded
 */
export async function trainOnTensorflow(): Promise<void> {
  if (!tf.engine().backendNames().includes(NATIVE)) throw new EngineUnfit('start', NATIVE, 'no such backend')
  await tf.setBackend(NATIVE)
  registerGradients()
  registerLeakyReluGradient()
}

/**
 * Prepares a graphics processor for training; the caller has opened the engine `webgpu`.
 *
 * @throws {EngineUnfit} when it is not open
 */
export async function trainOnWebgpu(): Promise<void> {
  if (!tf.engine().backendNames().includes(WEBGPU)) throw new EngineUnfit('start', WEBGPU, 'no such backend')
  await tf.setBackend(WEBGPU)
  registerGradients()
}

/** Runs other programs on the backend that the process trains on. */
export function trainingInterpreter(): Interpreter {
  return createTfjsInterpreter('training', tf.getBackend(), () => tfjsOps)
}

/** The part of tfjs-node's backend that runs an operation of TensorFlow by its name. */
interface NativeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_ATTR_FLOAT: number; readonly TF_FLOAT: number }
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly unknown[]): tf.TensorInfo
}

function isNative(backend: object): backend is NativeBackend {
  return 'binding' in backend && 'executeSingleOutput' in backend
}

/** TensorFlow has this kernel, tfjs-node only does not name it; without, a slope takes four operations. */
function registerLeakyReluGradient(): void {
  if (tf.getKernel(LEAKY_RELU_GRADIENT, NATIVE) !== undefined) return
  tf.registerKernel({
    kernelName: LEAKY_RELU_GRADIENT,
    backendName: NATIVE,
    kernelFunc: ({ inputs, backend, attrs }) => {
      if (!isNative(backend)) throw new EngineUnfit('kernel', NATIVE, 'another backend')
      const { binding } = backend
      const attributes = [
        { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
        { name: 'alpha', type: binding.TF_ATTR_FLOAT, value: attrs?.['alpha'] },
      ]
      return backend.executeSingleOutput(LEAKY_RELU_GRADIENT, attributes, [inputs['dy'], inputs['x']])
    },
  })
}
