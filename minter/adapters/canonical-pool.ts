import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { hexToBytes } from '../domain/digest.ts'
import { RendererFailed } from '../errors.ts'
import type { CandidateRenderer, MeasuredQuadrant, RenderedCandidate } from '../ports.ts'

/** What the pool renders with. */
export interface PoolOptions {
  /** The model file's bytes, already checked against their digest. */
  readonly bundle: Uint8Array
  /** The recipe as JSON. */
  readonly recipe: unknown
  readonly workers: number
}

interface Answer {
  readonly ready?: true
  readonly resolution?: number
  readonly rendered?: readonly RenderedCandidate[]
  readonly measured?: readonly MeasuredQuadrant[]
  readonly png?: Uint8Array
  readonly failure?: string
}

interface Waiting {
  readonly question: object
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** Where the engine's WebAssembly lies; the recipe names its digest. */
export function wasmPath(): string {
  return createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm')
}

function startWorker(options: PoolOptions): Promise<{ worker: Worker; resolution: number }> {
  const worker = new Worker(new URL('canonical-worker.ts', import.meta.url), {
    workerData: { bundle: options.bundle, recipe: options.recipe, wasm: wasmPath() },
  })
  return new Promise((resolve, reject) => {
    worker.once('message', (message: Answer) => resolve({ worker, resolution: message.resolution ?? 0 }))
    worker.once('error', reject)
    worker.once('exit', () => reject(new RendererFailed('a worker ended while it was starting')))
  })
}

class Pool {
  private readonly idle: Worker[] = []
  private readonly queue: Waiting[] = []
  private readonly running = new Map<Worker, Waiting>()

  add(worker: Worker): void {
    worker.on('message', (message: Answer) => this.settle(worker, message))
    worker.on('error', (error) => this.lose(worker, error))
    worker.on('exit', () => this.lose(worker, undefined))
    this.idle.push(worker)
    this.next()
  }

  ask(question: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.queue.push({ question, resolve, reject })
      this.next()
    })
  }

  private next(): void {
    const waiting = this.queue[0]
    const worker = this.idle[0]
    if (waiting === undefined || worker === undefined) return
    this.queue.shift()
    this.idle.shift()
    this.running.set(worker, waiting)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, which has no origin
    worker.postMessage(waiting.question)
  }

  private settle(worker: Worker, message: Answer): void {
    const waiting = this.running.get(worker)
    this.running.delete(worker)
    this.idle.push(worker)
    if (message.failure === undefined) waiting?.resolve(message)
    else waiting?.reject(new RendererFailed(message.failure, 'worker'))
    this.next()
  }

  /** A worker that ended takes its question along; those still waiting go to the others, if any are left. */
  private lose(worker: Worker, cause: unknown): void {
    const error = new RendererFailed('a rendering worker ended', 'worker', cause)
    this.running.get(worker)?.reject(error)
    this.running.delete(worker)
    const place = this.idle.indexOf(worker)
    if (place >= 0) this.idle.splice(place, 1)
    if (this.idle.length + this.running.size === 0) for (const waiting of this.queue.splice(0)) waiting.reject(error)
  }
}

/** Starts worker threads around the canonical engine; the bits are the same for any number of them. */
export async function startCanonicalPool(options: PoolOptions): Promise<CandidateRenderer> {
  const shared = new Uint8Array(new SharedArrayBuffer(options.bundle.length))
  shared.set(options.bundle)
  const started = await Promise.all(
    Array.from({ length: options.workers }, () => startWorker({ ...options, bundle: shared })),
  )
  const pool = new Pool()
  for (const { worker } of started) pool.add(worker)
  return {
    resolution: started[0]?.resolution ?? 0,
    workers: options.workers,
    render: async (seeds) => {
      const numbers = seeds.map((seed) => (typeof seed === 'number' ? seed : hexToBytes(seed)))
      const { rendered } = await pool.ask({ task: 'render', seeds: numbers })
      return rendered ?? []
    },
    measure: async (quadrants) => {
      const { measured } = await pool.ask({ task: 'measure', quadrants })
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
