import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createOnnxInterpreter, type Named, onnxFile, type OnnxSession, type Weight } from '../../gan/index.ts'
import { counted } from '../domain/counted.ts'
import type { EngineSource } from '../engine-source.ts'
import { EngineAbsent } from '../errors.ts'
import { sharedBytes, type WorkerAnswer, WorkerPool } from '../worker-pool.ts'

type Provider = 'cpu' | 'webgpu' | 'cuda'

const PACKAGE = 'onnxruntime-node'
const INSTALL = 'latentmint engines install onnx'

/** A core is as fast with one image as with many, and a request for few then still keeps every core busy. */
const BATCH: Readonly<Record<Provider, number>> = { cpu: 1, webgpu: 8, cuda: 8 }

/** What goes wrong is thrown anyway, and warnings are about nodes that a GPU leaves to the processor. */
const FATAL = 4

interface Answer extends WorkerAnswer {
  readonly ready?: true
  readonly outputs?: Named<Weight>
}

/** ONNX Runtime, from the same definition of the network; fast, but not the canonical bits. */
export const onnxEngine = engineOn(
  'cpu',
  'onnx',
  'previews, exploring and metrics on every core of any processor',
  INSTALL,
)

/** The same on any GPU, by Dawn. */
export const onnxWebgpuEngine = engineOn(
  'webgpu',
  'onnx-webgpu',
  'the same on any GPU with Vulkan, Metal or Direct3D 12',
  'a driver for it; the engine onnx needs none',
)

/** The same on an NVIDIA GPU. */
export const onnxCudaEngine = engineOn(
  'cuda',
  'onnx-cuda',
  'the same on an NVIDIA GPU',
  'CUDA 12, cuDNN 9, and `npm rebuild onnxruntime-node --ignore-scripts=false` where it is installed',
)

/** @param remedy where it is installed, but cannot start */
function engineOn(provider: Provider, name: string, purpose: string, remedy: string): EngineSource {
  const source: EngineSource = {
    name,
    purpose,
    remedy: INSTALL,
    open: async (folder) => {
      const place = resolve(folder, 'onnx')
      if (!existsSync(join(place, 'node_modules', PACKAGE))) {
        throw new EngineAbsent(source, `nothing is installed in ${place}`)
      }
      const workers = provider === 'cpu' ? availableParallelism() : 1
      try {
        const nothing = onnxFile((ops) => () => ({ y: ops.constant(Float32Array.of(0), [1]) }), {}, { name: 'nothing' })
        const session = await openSession(nothing, place, provider, 1)
        session.dispose()
      } catch (error) {
        throw new EngineAbsent({ name, remedy }, reasonOf(error), error)
      }
      const open = (model: Uint8Array) => openSession(model, place, provider, workers)
      return {
        interpreter: createOnnxInterpreter({ name, batch: BATCH[provider], open }),
        detail: `${PACKAGE} ${versionIn(place)}, ${provider}, ${counted(workers, 'thread')}`,
      }
    },
  }
  return source
}

function versionIn(place: string): string {
  const description: unknown = JSON.parse(readFileSync(join(place, 'node_modules', PACKAGE, 'package.json'), 'utf8'))
  return typeof description === 'object' && description !== null && 'version' in description
    ? String(description.version)
    : 'of unknown version'
}

/**
 * One session with one thread for each worker: no core waits for the slowest, and nothing runs on one of them alone.
 *
 * @throws {Error} when the runtime cannot be loaded, or refuses the model
 */
async function openSession(
  model: Uint8Array,
  place: string,
  provider: Provider,
  workers: number,
): Promise<OnnxSession> {
  const shared = sharedBytes(model)
  const options = {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    enableMemPattern: true,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: FATAL,
  }
  const workerData = { place: join(place, 'package.json'), model: shared, options }
  const started = Array.from({ length: workers }, () => {
    return new Worker(new URL('onnx-worker.ts', import.meta.url), { workerData })
  })
  // A thread that is ended from outside while it is in native code takes the whole process along, so they are told.
  const end = () => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, which has no origin
    for (const worker of started) worker.postMessage({ inputs: null })
  }
  const starts = await Promise.allSettled(started.map(becomeReady))
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed !== undefined) {
    end()
    throw failed.reason
  }
  const pool = new WorkerPool<Answer>()
  for (const worker of started) pool.add(worker)
  return { run: async (inputs) => (await pool.ask({ inputs })).outputs ?? {}, dispose: end }
}

function becomeReady(worker: Worker): Promise<void> {
  return new Promise((ready, fail) => {
    worker.once('message', ({ failure }: Answer) => (failure === undefined ? ready() : fail(new Error(failure))))
    worker.once('error', fail)
    worker.once('exit', () => fail(new Error('its thread ended while it was starting')))
  })
}

/** What the runtime says, without the place in its sources. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^.* was false\. /u, '').trim()
}
