import { readFileSync } from 'node:fs'
import { trainOnTensorflow, trainOnWasm, trainOnWebgpu } from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { openEngine } from './engine-registry.ts'

/** What training can compute on. */
export const TRAINING_ENGINES = ['canonical', 'tensorflow', 'webgpu'] as const
export type TrainingEngine = (typeof TRAINING_ENGINES)[number]

/**
 * Sets TensorFlow.js to an engine and teaches it the gradients that training needs.
 *
 * @param folder that engines are installed in
 * @returns what exactly it computes on
 * @throws {EngineAbsent} when it is not on this machine
 */
export async function startTrainingEngine(engine: TrainingEngine, folder: string): Promise<string> {
  const { detail } = await openEngine(engine, folder)
  if (engine === 'canonical') await trainOnWasm(Uint8Array.from(readFileSync(wasmPath())))
  else await (engine === 'webgpu' ? trainOnWebgpu() : trainOnTensorflow())
  return detail
}
