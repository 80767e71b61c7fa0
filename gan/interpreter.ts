import { BundleInvalid } from './errors.ts'
import { FILTER_ORDER, toInternalLayout, type Weight } from './layout.ts'
import { type Filter, type Ops, type Parameters, scope } from './ops.ts'

/** Values by name. */
export type Named<T> = Readonly<Record<string, T>>

/**
 * A computation written against the operations alone.
 *
 * It is called once, to prepare what depends on the weights alone; what it returns is called with inputs. Both may only
 * use the operations that they are given, so that an engine is free to run them or to write them down as a graph.
 */
export type Program = <T>(ops: Ops<T>) => (inputs: Named<T>) => Named<T>

/** A program that is ready to run. */
export interface Compiled {
  /**
   * @param inputs in the layout of the operations: images NHWC
   * @returns what the program returned, in the layout of the operations
   */
  run(inputs: Named<Weight>): Promise<Named<Weight>>
  dispose(): void
}

/** What turns a program into numbers: an engine, without anything that it knows of models, seeds or recipes. */
export interface Interpreter {
  readonly name: string
  /** How many images a run is best asked for, always as many; several runs may then be under way at once. */
  readonly batch?: number
  compile(program: Program): Promise<Compiled>
}

/**
 * A network's weights as constants of an engine, in the internal layout: made when they are asked for, each time anew.
 *
 * @throws {BundleInvalid} from the returned function, when it is asked for one that is missing
 */
export function parametersOf<T>(ops: Ops<T>, weights: ReadonlyMap<string, Weight>): Parameters<T> {
  const find = (name: string) => {
    const weight = weights.get(name)
    if (weight === undefined) throw new BundleInvalid('missing', { tensor: name })
    return weight
  }
  const make = (name: string) => {
    const { shape, data } = toInternalLayout(name, find(name))
    return ops.constant(data, shape)
  }
  const filter = (name: string) => storedFilter(ops, find(name))
  return Object.assign(make, { filter: ops.convolution === undefined ? undefined : filter })
}

/** A filter that stays where its numbers are; the engine brings each part into its layout when the part is made. */
function storedFilter<T>(ops: Ops<T>, { shape, data }: Weight): Filter<T> {
  const [outputs, ...others] = shape
  const size = data.length / outputs
  return {
    outputs,
    shape: FILTER_ORDER.map((axis) => shape[axis]),
    make: (begin, end) =>
      scope(ops, () => {
        const part = ops.constant(data.subarray(begin * size, end * size), [end - begin, ...others])
        return ops.transpose(part, FILTER_ORDER)
      }),
  }
}
