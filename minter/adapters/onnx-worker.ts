// A worker thread around one session of ONNX Runtime; onnx-engine.ts starts it and asks.
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type { Named, Weight } from '../../gan/index.ts'
import { tell } from '../worker-thread.ts'

/** What the engine hands over at the start. */
interface WorkerInput {
  /** A path from which onnxruntime-node can be loaded. */
  readonly place: string
  readonly model: Uint8Array
  /** Options of the session, as ONNX Runtime has them. */
  readonly options: object
}

interface Question {
  /** What to run the model with; null ends the thread. */
  readonly inputs: Named<Weight> | null
}

interface Tensor {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

/** What is used of onnxruntime-node, which is not installed when this is compiled. */
interface OnnxRuntimeNode {
  readonly env: { logLevel: string }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: Named<Tensor>): Promise<Named<Tensor>> }>
  }
}

const { place, model, options }: WorkerInput = workerData
const runtime: OnnxRuntimeNode = createRequire(place)('onnxruntime-node')
runtime.env.logLevel = 'fatal'

function failureOf(error: unknown): { failure: string } {
  return { failure: error instanceof Error ? error.message : String(error) }
}

try {
  // The runtime does not take memory that threads share.
  const session = await runtime.InferenceSession.create(Uint8Array.from(model), options)
  const run = async (inputs: Named<Weight>): Promise<object> => {
    const feeds = Object.entries(inputs).map(([name, { shape, data }]) => {
      return [name, new runtime.Tensor('float32', data, shape)] as const
    })
    const results = Object.entries(await session.run(Object.fromEntries(feeds)))
    const outputs = results.map(([name, { dims, data }]) => [name, { shape: dims, data } satisfies Weight] as const)
    return { outputs: Object.fromEntries(outputs) }
  }
  parentPort?.on('message', ({ inputs }: Question) => {
    if (inputs === null) parentPort?.close()
    else void run(inputs).catch(failureOf).then(tell)
  })
  tell({ ready: true })
} catch (error) {
  tell(failureOf(error))
}
