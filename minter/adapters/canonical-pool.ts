import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { type Hex, hexToBytes } from '../domain/digest.ts'
import { RendererFailed } from '../errors.ts'
import type { CandidateRenderer, MeasuredQuadrant, RenderedCandidate } from '../ports.ts'
import { sharedBytes, type WorkerAnswer, WorkerPool } from '../worker-pool.ts'

/** What the pool renders with. */
export interface PoolOptions {
  /** The model file's bytes, already checked against their digest. */
  readonly bundle: Uint8Array
  /** The recipe as JSON. */
  readonly recipe: unknown
  readonly workers: number
}

/** Of short-lived objects in a worker: it computes in WebAssembly, and needs little beside. Node would give it 48. */
const YOUNG_MEBIBYTES = 4

interface Answer extends WorkerAnswer {
  readonly ready?: true
  readonly resolution?: number
  readonly rendered?: readonly RenderedCandidate[]
  readonly measured?: readonly MeasuredQuadrant[]
  readonly png?: Uint8Array
}

/** Where the engine's WebAssembly lies; the recipe names its digest. */
export function wasmPath(): string {
  return createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm')
}

function startWorker(options: PoolOptions): Promise<{ worker: Worker; resolution: number }> {
  const worker = new Worker(new URL('canonical-worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
    workerData: { bundle: options.bundle, recipe: options.recipe, wasm: wasmPath() },
  })
  return new Promise((resolve, reject) => {
    worker.once('message', (message: Answer) => resolve({ worker, resolution: message.resolution ?? 0 }))
    worker.once('error', reject)
    worker.once('exit', () => reject(new RendererFailed('a worker ended while it was starting')))
  })
}

function seedBytes(seed: Hex | number): number | Uint8Array {
  return typeof seed === 'number' ? seed : hexToBytes(seed)
}

/**
 * Starts worker threads around the canonical engine; the bits are the same for any number of them.
 *
 * @throws {EngineUnfit} by its code, when a thread does not compute the known answers
 */
export async function startCanonicalPool(options: PoolOptions): Promise<CandidateRenderer> {
  const bundle = sharedBytes(options.bundle)
  const started = await Promise.all(Array.from({ length: options.workers }, () => startWorker({ ...options, bundle })))
  const pool = new WorkerPool<Answer>()
  for (const { worker } of started) pool.add(worker)
  return {
    resolution: started[0]?.resolution ?? 0,
    workers: options.workers,
    render: async (seeds) => {
      const { rendered } = await pool.ask({ task: 'render', seeds: seeds.map(seedBytes) })
      return rendered ?? []
    },
    measure: async (quadrants, seeds) => {
      const { measured } = await pool.ask({ task: 'measure', quadrants, seeds: seeds.map(seedBytes) })
      return measured ?? []
    },
    renderArtifact: async (rgb, provenance) => {
      const { png } = await pool.ask({ task: 'artifact', rgb, provenance })
      return png ?? new Uint8Array()
    },
    close: async () => {
      await Promise.all(started.map(({ worker }) => worker.terminate()))
    },
  }
}
