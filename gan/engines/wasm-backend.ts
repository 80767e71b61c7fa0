import * as tf from '@tensorflow/tfjs-core'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { sha256 } from '@noble/hashes/sha2.js'
import { EngineUnfit } from '../errors.ts'
import { registerWasmKernels, WASM } from './wasm-kernels.ts'

/** The backend is one per process or page, and so is what it was started from. */
let started: { readonly digest: string; readonly ready: Promise<void> } | null = null

/**
 * Sets TensorFlow.js to WebAssembly with SIMD and without threads: what computes the same bits everywhere.
 *
 * @param wasm the bytes of tfjs-backend-wasm-simd.wasm
 * @throws {EngineUnfit} when the process already runs another binary, or cannot run this one
 */
export async function useWasmBackend(wasm: Uint8Array): Promise<void> {
  const digest = digestOf(wasm)
  started ??= { digest, ready: start(wasm) }
  if (started.digest !== digest) throw new EngineUnfit('wasm binary in use', digest, started.digest)
  await started.ready
  await tf.setBackend(WASM)
}

/** sha-256 as a recipe writes it. */
export function digestOf(wasm: Uint8Array): string {
  return `0x${[...sha256(wasm)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

async function start(wasm: Uint8Array): Promise<void> {
  // The backend would look for another binary, without SIMD or with threads; there is one here, for all.
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new EngineUnfit('SIMD', 'WebAssembly SIMD', 'none here')
  tf.env().set('WASM_HAS_SIMD_SUPPORT', true)
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  setWasmPaths('', true)
  // The backend insists on fetching its binary; it is handed the bytes whose digest was just checked instead.
  const platform = tf.env().platform
  const fetch = platform.fetch.bind(platform)
  platform.fetch = () => Promise.resolve({ ok: true, arrayBuffer: () => Promise.resolve(wasm) })
  try {
    if (!(await tf.setBackend(WASM))) throw new EngineUnfit('start', WASM, 'no backend')
  } finally {
    platform.fetch = fetch
  }
  registerWasmKernels()
}
