import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { trainOnTensorflow, trainOnWasm } from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { ConfigInvalid } from '../errors.ts'

/** What training can compute on. */
export const TRAINING_ENGINES = ['wasm', 'tensorflow'] as const
export type TrainingEngine = (typeof TRAINING_ENGINES)[number]

/** Neither is a dependency: what they fetch when they install is not to be had everywhere. */
const NATIVE_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']

/**
 * Sets TensorFlow.js to an engine and teaches it the gradients that training needs.
 *
 * @param folder where tfjs-node or tfjs-node-gpu is installed; undefined looks beside this program
 * @throws {ConfigInvalid} when the native engine is asked for and not installed
 */
export async function startTrainingEngine(engine: TrainingEngine, folder: string | undefined): Promise<void> {
  if (engine === 'wasm') return trainOnWasm(Uint8Array.from(readFileSync(wasmPath())))
  const load = createRequire(folder === undefined ? import.meta.url : join(resolve(folder), 'package.json'))
  if (!NATIVE_PACKAGES.some((name) => loads(load, name))) {
    const place = folder ?? 'this program'
    throw new ConfigInvalid(
      `neither ${NATIVE_PACKAGES.join(' nor ')} can be loaded from ${place}; name a folder with --tensorflow`,
      '--engine tensorflow',
    )
  }
  return trainOnTensorflow()
}

function loads(load: NodeJS.Require, name: string): boolean {
  try {
    load(name)
    return true
  } catch {
    return false
  }
}
