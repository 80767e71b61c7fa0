import * as tf from '@tensorflow/tfjs-core'
import { EngineUnfit } from '../errors.ts'
import type { Compiled, Interpreter, Named, Program } from '../interpreter.ts'
import type { Weight } from '../layout.ts'
import type { Ops } from '../ops.ts'

/**
 * An engine on one backend of TensorFlow.js; several can take turns in one process.
 *
 * @param backend what TensorFlow.js calls it
 * @param ops the operations, as that backend is best served by them
 * @param start makes the backend ready; asked before every compilation
 */
export function createTfjsInterpreter(
  name: string,
  backend: string,
  ops: Ops<tf.Tensor>,
  start: () => Promise<void> = () => Promise.resolve(),
): Interpreter {
  return {
    name,
    compile: async (program) => {
      await start()
      const compiled = await inTurn(backend, () => compileOnTfjs(program, ops))
      return {
        run: (inputs) => inTurn(backend, () => compiled.run(inputs)),
        dispose: () => compiled.dispose(),
      }
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

/** Runs a program on the backend that TensorFlow.js is set to whenever it is called. */
function compileOnTfjs(program: Program, ops: Ops<tf.Tensor>): Compiled {
  const { made: apply, kept } = keeping(() => program(ops))
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
    dispose: () => tf.dispose(kept),
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
