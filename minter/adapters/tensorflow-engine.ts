import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createNativeInterpreter } from '../../gan/index.ts'
import { type EngineSource, loadInstalled, type OpenEngine } from '../engine-source.ts'
import { EngineAbsent } from '../errors.ts'

/** With a graphics processor first; what is installed of them is kept apart. */
const INSTALLATIONS = [
  ['tensorflow-gpu', '@tensorflow/tfjs-node-gpu'],
  ['tensorflow', '@tensorflow/tfjs-node'],
] as const

/** Native TensorFlow by tfjs-node-gpu or tfjs-node. */
export const tensorflowEngine: EngineSource = {
  name: 'tensorflow',
  purpose: 'native TensorFlow: training, and rendering on every core or with CUDA',
  remedy: 'latentmint engines install tensorflow, or tensorflow-gpu for an NVIDIA GPU',
  open: async (folder) => {
    provideRemovedFunction()
    useFasterKernels()
    for (const [name, packageName] of INSTALLATIONS) {
      const [loaded] = loadInstalled(tensorflowEngine, join(folder, name), [packageName]) ?? []
      if (loaded === undefined) continue
      return { interpreter: createNativeInterpreter(), detail: describeLoaded(packageName, loaded) }
    }
    throw new EngineAbsent(tensorflowEngine, `nothing is installed in ${folder}`)
  },
}

/** tfjs-node calls a function that Node deprecates, and has no more from version 23 on. */
function provideRemovedFunction(): void {
  const util: object = createRequire(import.meta.url)('node:util')
  Reflect.set(util, 'isNullOrUndefined', (value: unknown) => value === null || value === undefined)
}

/** TensorFlow takes oneDNN by itself on some processors only; on the others, training is a quarter faster with it. */
function useFasterKernels(): void {
  // oxlint-disable-next-line no-process-env -- the native library reads it there, and nowhere else
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1'
}

interface LoadedNative {
  readonly version: Readonly<Record<string, string>>
  backend(): { readonly binding: { readonly TF_Version: string }; readonly isUsingGpuDevice: boolean }
}

function isNative(loaded: unknown): loaded is LoadedNative {
  return typeof loaded === 'object' && loaded !== null && 'backend' in loaded && 'version' in loaded
}

function describeLoaded(packageName: string, loaded: unknown): OpenEngine['detail'] {
  if (!isNative(loaded)) throw new EngineAbsent(tensorflowEngine, `${packageName} is not what it should be`)
  const { binding, isUsingGpuDevice } = loaded.backend()
  const version = loaded.version['tfjs-node'] ?? ''
  return `${packageName} ${version}, TensorFlow ${binding.TF_Version}, ${isUsingGpuDevice ? 'GPU' : 'CPU'}`
}
