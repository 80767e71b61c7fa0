import type { Bundle } from '../bundle.ts'
import { EngineUnfit } from '../errors.ts'
import type { Interpreter } from '../interpreter.ts'
import type { Recipe } from '../recipe.ts'
import { createSeedRenderer, type SeedRenderer } from './seed-renderer.ts'
import { createCanonicalOps } from './canonical-ops.ts'
import { createTfjsInterpreter } from './tfjs-interpreter.ts'
import { digestOf, useWasmBackend } from './wasm-backend.ts'
import { WASM } from './wasm-kernels.ts'

/** An engine whose answers are committed and audited: the same bits on every machine, whatever the batch. */
export type CanonicalEngine = SeedRenderer

export interface CanonicalOptions {
  /** Large filters are read of it whenever an image is rendered, so its bytes must stay as they are. */
  readonly bundle: Bundle
  readonly recipe: Recipe
  /** The bytes of tfjs-backend-wasm-simd.wasm; the recipe names their sha-256. */
  readonly wasm: Uint8Array
}

/**
 * Starts the canonical engine for a model and a recipe.
 *
 * @throws {EngineUnfit} when the binary is not the one that the recipe names
 */
export async function createCanonicalEngine(options: CanonicalOptions): Promise<CanonicalEngine> {
  const { bundle, recipe, wasm } = options
  const digest = digestOf(wasm)
  if (digest !== recipe.engine.wasmDigest) throw new EngineUnfit('wasm binary', recipe.engine.wasmDigest, digest)
  return createSeedRenderer(createCanonicalInterpreter(wasm), bundle, recipe)
}

/**
 * Runs any program as the canonical engine does: TensorFlow.js on WebAssembly with SIMD and without threads.
 *
 * @param wasm the bytes of tfjs-backend-wasm-simd.wasm
 */
export function createCanonicalInterpreter(wasm: Uint8Array): Interpreter {
  return createTfjsInterpreter('canonical', WASM, createCanonicalOps, () => useWasmBackend(wasm))
}
