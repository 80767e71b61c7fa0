import * as tf from '@tensorflow/tfjs-core'
import { EngineUnfit } from '../errors.ts'
import type { Interpreter } from '../interpreter.ts'
import { createTfjsInterpreter } from './tfjs-interpreter.ts'
import { nativeOps } from './tfjs-ops.ts'
import { registerWebgpuKernels, shareScalars, WEBGPU } from './webgpu-kernels.ts'

/** What tfjs-node and tfjs-node-gpu register themselves as. */
export const NATIVE = 'tensorflow'

/**
 * Native TensorFlow as an engine; the caller has loaded tfjs-node or tfjs-node-gpu.
 *
 * @throws {EngineUnfit} when it is not loaded
 */
export function createNativeInterpreter(): Interpreter {
  if (!tf.engine().backendNames().includes(NATIVE)) throw new EngineUnfit('start', NATIVE, 'no such backend')
  return createTfjsInterpreter(NATIVE, NATIVE, () => nativeOps)
}

/**
 * A graphics processor as an engine.
 *
 * @param createBackend makes tfjs-backend-webgpu's backend over a device; called once in a process
 */
export function createWebgpuInterpreter(createBackend: () => tf.KernelBackend): Interpreter {
  if (!tf.engine().backendNames().includes(WEBGPU)) {
    tf.registerBackend(WEBGPU, () => shareScalars(createBackend()))
    registerWebgpuKernels()
    // Handing work over takes longer than most of it takes.
    tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 128)
  }
  return createTfjsInterpreter(WEBGPU, WEBGPU, () => nativeOps)
}

/**
 * Loads packages that bring a second TensorFlow.js along. Both share their registry; that the second also says how it
 * reads files, as the first did, is nothing to warn about.
 */
export function loadSecondTfjs<T>(load: () => T): T {
  const environment = tf.env()
  const before = environment.getBool('PROD')
  environment.set('PROD', true)
  try {
    return load()
  } finally {
    environment.set('PROD', before)
  }
}
