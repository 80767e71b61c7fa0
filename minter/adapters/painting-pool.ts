import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Explorer, type Look, openBundle, styleCount } from '../../gan/index.ts'
import { sharedBytes, type WorkerAnswer, WorkerPool } from '../worker-pool.ts'

interface Answer extends WorkerAnswer {
  readonly made?: readonly Float32Array[]
}

/** What is painted with. */
export interface PaintingOptions {
  /** The model file's bytes. */
  readonly bundle: Uint8Array
  readonly look: Look
  /** Path of the engine's binary. */
  readonly wasm: string
  readonly workers: number
}

/** As many pictures as are painted in one go. */
const PART = 8

/** An explorer on threads around the canonical engine; the bits are the same for any number of them. */
export async function startPaintingPool({ bundle, look, wasm, workers }: PaintingOptions): Promise<Explorer> {
  const workerData = { bundle: sharedBytes(bundle), look, wasm }
  const started = Array.from(
    { length: workers },
    () => new Worker(new URL('painting-worker.ts', import.meta.url), { workerData }),
  )
  // Ready, or failed, which rejects.
  await Promise.all(started.map((worker) => once(worker, 'message')))
  const pool = new WorkerPool<Answer>()
  for (const worker of started) pool.add(worker)
  const { G } = openBundle(bundle).description
  return {
    layers: styleCount(G),
    wDim: G.w_dim,
    styles: async (latents, labels) => (await pool.ask({ task: 'styles', latents, labels })).made ?? [],
    paint: async (styles, noise = []) => {
      const parts = Array.from({ length: Math.ceil(styles.length / PART) }, (_, i) => {
        const [first, end] = [i * PART, (i + 1) * PART]
        return pool.ask({ task: 'paint', styles: styles.slice(first, end), noise: noise.slice(first, end) })
      })
      return (await Promise.all(parts)).flatMap(({ made = [] }) => made)
    },
    dispose: () => {
      for (const worker of started) void worker.terminate()
    },
  }
}
