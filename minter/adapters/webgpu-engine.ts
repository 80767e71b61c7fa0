import { join } from 'node:path'
import type { KernelBackend } from '@tensorflow/tfjs-core'
import { createWebgpuInterpreter } from '../../gan/index.ts'
import { type EngineSource, loadInstalled } from '../engine-source.ts'
import { EngineAbsent } from '../errors.ts'

/** What TensorFlow.js computes with beyond WebGPU's defaults, as much as the device has. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const

/** The parts of WebGPU that are used here; Dawn's package is not installed when this is compiled. */
interface Adapter {
  readonly info: { readonly vendor: string; readonly architecture: string; readonly description: string }
  readonly limits: Readonly<Record<(typeof LIMITS)[number], number>>
  requestDevice(descriptor: { readonly requiredLimits: Readonly<Record<string, number>> }): Promise<object>
}

interface Dawn {
  readonly globals: object
  create(options: readonly string[]): {
    requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>
  }
}

interface WebgpuBackend {
  readonly WebGPUBackend: new (device: object, info: Adapter['info']) => KernelBackend
}

interface Device {
  readonly info: Adapter['info']
  readonly createBackend: () => KernelBackend
}

/** Every program that runs there is TensorFlow.js's or ours, and keeps within its buffers; training runs thousands a second. */
const UNCHECKED = ['enable-dawn-features=skip_validation,disable_robustness']

const NO_DRIVER = {
  name: 'webgpu',
  remedy: 'a driver with Vulkan 1.1 or later; VK_ICD_FILENAMES names one by its file',
}

/** One in a process, and it must outlive every tensor. */
let device: Promise<Device> | null = null

/** Any graphics processor with Vulkan, Metal or Direct3D 12, by Dawn. */
export const webgpuEngine: EngineSource = {
  name: 'webgpu',
  purpose: 'any GPU with Vulkan, Metal or Direct3D 12, by Dawn',
  remedy: 'latentmint engines install webgpu',
  open: async (folder) => {
    const place = join(folder, 'webgpu')
    const loaded = loadInstalled(webgpuEngine, place, ['webgpu', '@tensorflow/tfjs-backend-webgpu'])
    if (loaded === null) throw new EngineAbsent(webgpuEngine, `nothing is installed in ${place}`)
    const [dawn, tfjs] = loaded
    if (!isDawn(dawn) || !isWebgpuBackend(tfjs)) {
      throw new EngineAbsent(webgpuEngine, `the packages in ${place} are not what they should be`)
    }
    device ??= openDevice(dawn, tfjs)
    const { info, createBackend } = await device
    const detail = [info.vendor, info.architecture, info.description].filter((part) => part !== '').join(', ')
    return { interpreter: createWebgpuInterpreter(createBackend), detail }
  },
}

async function openDevice(dawn: Dawn, { WebGPUBackend }: WebgpuBackend): Promise<Device> {
  const gpu = dawn.create(UNCHECKED)
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new EngineAbsent(NO_DRIVER, 'Dawn finds no graphics processor that it can use')
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]))
  const opened = await adapter.requestDevice({ requiredLimits })
  // TensorFlow.js looks for what a browser has.
  Object.assign(globalThis, dawn.globals)
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true })
  return { info: adapter.info, createBackend: () => new WebGPUBackend(opened, adapter.info) }
}

function isDawn(loaded: unknown): loaded is Dawn {
  return typeof loaded === 'object' && loaded !== null && 'create' in loaded && 'globals' in loaded
}

function isWebgpuBackend(loaded: unknown): loaded is WebgpuBackend {
  return typeof loaded === 'object' && loaded !== null && 'WebGPUBackend' in loaded
}
