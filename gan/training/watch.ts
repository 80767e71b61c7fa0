import * as tf from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import type { Ops } from '../ops.ts'
import type { ParameterPlan } from './parameters.ts'

/** A number that is none came out of a step; the run stands where it was before. */
export class TrainingDiverged extends EngineError {
  readonly code = 'GAN_TRAINING_DIVERGED'
  readonly iteration: number
  /** The first thing that was not finite. */
  readonly fault: string

  constructor(iteration: number, fault: string) {
    super(`training diverged at iteration ${iteration}: ${fault} is not finite; the last good state is kept`)
    this.iteration = iteration
    this.fault = fault
  }
}

/** Looks at everything that is computed, to find where numbers stop being finite. */
export interface Watch {
  /** @param phase what is computed from here on */
  readonly begin: (phase: string) => void
  /** The same operations, looked at. @param network what to call the network that they are of */
  readonly over: (ops: Ops<tf.Tensor>, network: string) => Ops<tf.Tensor>
  readonly end: (plan: ParameterPlan, loss: tf.Tensor, gradient: tf.Tensor) => void
  /** The first that is not finite, in the order in which things were computed; null when all are. */
  readonly firstFault: () => Promise<string | null>
}

interface Seen {
  readonly what: string
  /** As many numbers as it takes to tell; disposed of when they are read. */
  readonly probe: tf.Tensor
  /** Where the numbers are of a gradient: the parameters that they belong to. */
  readonly plan: ParameterPlan | null
}

/** Waits for nothing until it is asked, so that it works on every device. */
export function createWatch(): Watch {
  const all: Seen[] = []
  let phase = ''
  let operations = 0
  const see = (what: string, tensor: tf.Tensor) => {
    // Nothing times zero is nothing, unless it is no number or infinite.
    const probe = tf.keep(tf.tidy(() => tf.sum(tf.mul(tensor, 0))))
    all.push({ what: `${phase}, ${what}`, probe, plan: null })
  }
  return {
    begin: (next) => {
      phase = next
      operations = 0
    },
    over: (ops, network) =>
      watched(ops, (name, tensor) =>
        see(`operation ${++operations}: ${name} of ${network}, [${tensor.shape.join(', ')}]`, tensor),
      ),
    end: (plan, loss, gradient) => {
      see('the loss', loss)
      all.push({ what: `${phase}, the gradient by`, probe: tf.keep(tf.clone(gradient)), plan })
    },
    firstFault: async () => {
      let fault: string | null = null
      for (const { what, probe, plan } of all) {
        // In order, and each is a few numbers.
        // oxlint-disable-next-line no-await-in-loop
        const numbers: ArrayLike<number> = fault === null ? await probe.data() : []
        const at: number = Array.from(numbers).findIndex((value) => !Number.isFinite(value))
        if (at >= 0) fault = plan === null ? what : `${what} ${parameterAt(plan, at)}`
        probe.dispose()
      }
      return fault
    },
  }
}

function watched(ops: Ops<tf.Tensor>, see: (name: string, tensor: tf.Tensor) => void): Ops<tf.Tensor> {
  const entries = Object.entries(ops).map(([name, operation]) => [
    name,
    (...operands: readonly unknown[]): unknown => {
      const result: unknown = Reflect.apply(operation, ops, operands)
      if (result instanceof tf.Tensor) see(name, result)
      return result
    },
  ])
  return { ...ops, ...Object.fromEntries(entries) }
}

function parameterAt(plan: ParameterPlan, at: number): string {
  let end = 0
  return plan.places.find(({ size }) => (end += size) > at)?.name ?? ''
}
