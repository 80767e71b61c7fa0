import type { Worker } from 'node:worker_threads'
import { RendererFailed } from './errors.ts'

/** What a worker thread says to a question: whatever was asked for, or why it cannot. */
export interface WorkerAnswer {
  readonly failure?: string
}

interface Waiting<Answer> {
  readonly question: object
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** The bytes in memory that worker threads can share, so that they are there once. */
export function sharedBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

/** What to say when a question stays without an answer. */
type Failure = (reason: string, cause?: unknown) => Error

/** Worker threads that answer questions one at a time each; whichever is idle takes the next. */
export class WorkerPool<Answer extends WorkerAnswer> {
  private readonly failure: Failure
  private readonly idle: Worker[] = []
  private readonly queue: Waiting<Answer>[] = []
  private readonly running = new Map<Worker, Waiting<Answer>>()

  constructor(failure: Failure = (reason, cause) => new RendererFailed(reason, 'worker', cause)) {
    this.failure = failure
  }

  add(worker: Worker): void {
    worker.on('message', (message: Answer) => this.settle(worker, message))
    worker.on('error', (error) => this.lose(worker, error))
    worker.on('exit', () => this.lose(worker, undefined))
    this.idle.push(worker)
    this.next()
  }

  /** @throws {Error} the pool's failure, when the worker cannot answer, or ends before it has */
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
    else waiting?.reject(this.failure(message.failure))
    this.next()
  }

  /** A worker that ended takes its question along; those still waiting go to the others, if any are left. */
  private lose(worker: Worker, cause: unknown): void {
    const error = this.failure('a worker thread ended', cause)
    this.running.get(worker)?.reject(error)
    this.running.delete(worker)
    const place = this.idle.indexOf(worker)
    if (place >= 0) this.idle.splice(place, 1)
    if (this.idle.length + this.running.size === 0) for (const waiting of this.queue.splice(0)) waiting.reject(error)
  }
}
