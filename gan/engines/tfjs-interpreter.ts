import * as tf from '@tensorflow/tfjs-core'
import { EngineUnfit } from '../errors.ts'
import type { Compiled, Interpreter, Named, Program } from '../interpreter.ts'
import type { Weight } from '../layout.ts'
import type { Ops } from '../ops.ts'

/** Operations for one program; `keep` is handed the tensors that they hold on to. */
type CreateOps = (keep: (tensor: tf.Tensor) => void) => Ops<tf.Tensor>

/**
 * An engine on one backend of TensorFlow.js; several can take turns in one process.
 *
 * @param backend what TensorFlow.js calls it
 * @param createOps the operations for one program, as that backend is best served by them; hands over what they keep
 * @param start makes the backend ready; asked before every compilation
 */
export function createTfjsInterpreter(
  name: string,
  backend: string,
  createOps: CreateOps,
  start: () => Promise<void> = () => Promise.resolve(),
): Interpreter {
  return {
    name,
    compile: async (program) => {
      await start()
      return takingTurns(backend, await inTurn(backend, () => compileOnTfjs(program, createOps)))
    },
  }
}

/**
 * Calls `work` with TensorFlow.js set to a backend; no other engine can set it to another in between.
 *
 * @throws {EngineUnfit} when the backend does not start
 */
async function inTurn<T>(backend: string, work: () => T): Promise<Awaited<T>> {
  while (tf.getBackend() !== backend) {
    if (!(await tf.setBackend(backend))) throw new EngineUnfit('start', backend, 'no such backend')
  }
  return await work()
}

function takingTurns(backend: string, compiled: Compiled): Compiled {
  return {
    run: (inputs) => inTurn(backend, () => compiled.run(inputs)),
    dispose: () => compiled.dispose(),
  }
}

/** Runs a program on the backend that TensorFlow.js is set to whenever it is called. */
function compileOnTfjs(program: Program, createOps: CreateOps): Compiled {
  const owned: tf.Tensor[] = []
  const { made, kept } = keeping(() => program(createOps((tensor) => owned.push(tensor))))
  return runOnTfjs(made, () => tf.dispose([...kept, ...owned]))
}

/** Knows nothing of the program: what `apply` no longer needs of the weights that went in can be forgotten. */
function runOnTfjs(apply: (inputs: Named<tf.Tensor>) => Named<tf.Tensor>, dispose: () => void): Compiled {
  return {
    run: async (inputs) => {
      const outputs = tf.tidy(() => apply(mapValues(inputs, toTensor)))
      try {
        const read = Object.entries(outputs).map(async ([name, tensor]) => [name, await toNumbers(tensor)] as const)
        return Object.fromEntries(await Promise.all(read))
      } finally {
        tf.dispose(outputs)
      }
    },
    dispose,
  }
}

/** Runs `make` and keeps every tensor that it made, for closures to use until they are disposed of. */
function keeping<T>(make: () => T): { readonly made: T; readonly kept: tf.Tensor[] } {
  const engine = tf.engine()
  engine.startScope('weights')
  try {
    const made = make()
    const kept = engine.state.activeScope.track.map((tensor) => tf.keep(tensor))
    return { made, kept }
  } finally {
    engine.endScope()
  }
}

function toTensor({ shape, data }: Weight): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32')
}

async function toNumbers(tensor: tf.Tensor): Promise<Weight> {
  return { shape: tensor.shape, data: Float32Array.from(await tensor.data()) }
}

function mapValues<T, U>(values: Named<T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]))
}
