import { readFileSync } from 'node:fs'
import { createCanonicalInterpreter } from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { onnxCudaEngine, onnxEngine, onnxWebgpuEngine } from '../adapters/onnx-engine.ts'
import { tensorflowEngine } from '../adapters/tensorflow-engine.ts'
import { webgpuEngine } from '../adapters/webgpu-engine.ts'
import type { EngineSource, OpenEngine } from '../engine-source.ts'
import { ConfigInvalid } from '../errors.ts'

/** The one engine whose bits are committed; one worker of it here, several in a pool. */
const canonicalEngine: EngineSource = {
  name: 'canonical',
  purpose: 'everything that is committed or audited: the same bits everywhere',
  remedy: 'npm ci',
  open: async () => ({
    interpreter: createCanonicalInterpreter(new Uint8Array(readFileSync(wasmPath()))),
    detail: 'tfjs-backend-wasm 4.22.0, SIMD, one thread',
  }),
}

/** Every engine there is, here or not. */
export const ENGINES: readonly EngineSource[] = [
  canonicalEngine,
  onnxEngine,
  onnxWebgpuEngine,
  onnxCudaEngine,
  tensorflowEngine,
  webgpuEngine,
]

/**
 * Opens an engine by its name.
 *
 * @param folder that holds what was installed
 * @throws {ConfigInvalid} when there is none of that name
 * @throws {EngineAbsent} when it is not on this machine
 */
export async function openEngine(name: string, folder: string): Promise<OpenEngine> {
  const source = ENGINES.find((engine) => engine.name === name)
  if (source === undefined) {
    throw new ConfigInvalid(
      `there is no engine "${name}", only ${ENGINES.map((engine) => engine.name).join(', ')}`,
      '--engine',
    )
  }
  return source.open(folder)
}
