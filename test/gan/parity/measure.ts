import type { Interpreter, Named, Program } from '../../../gan/index.ts'
import type { Vector } from '../vectors.ts'

/** How far a float32 implementation may be from the official one: test/vectors/gan/README.md, section "Tolerances". */
export const TOLERANCES = {
  ws: { maxAbs: 1e-5 },
  image: { maxAbs: 5e-5, relRms: 5e-6 },
  activation: { maxAbs: 5e-5, relRms: 5e-6 },
  logit: { maxAbs: 2e-5 },
  op: { relRms: 2e-6 },
  /** Of 255 levels; `share` of the values may be off at all. */
  byte: { maxAbs: 1, share: 0.001 },
} as const satisfies Record<string, Tolerance>

export type Quantity = keyof typeof TOLERANCES

export interface Tolerance {
  readonly maxAbs?: number
  /** Root of the mean squared difference over that of the expected values. */
  readonly relRms?: number
  readonly share?: number
}

/** What one output of a program should be. */
export interface Expectation {
  readonly output: string
  /** The vector's name. */
  readonly name: string
  readonly quantity: Quantity
  /** In the layout of the output, of which they may be the first rows. */
  readonly values: ArrayLike<number>
  /** What is compared of a number that came out; the number itself, if left out. */
  readonly read?: (value: number) => number
}

/** A program, what it is given, and what should come out. */
export interface Experiment {
  /** The set of vectors. */
  readonly set: string
  readonly program: Program
  readonly inputs: Named<Vector>
  readonly expectations: readonly Expectation[]
}

export interface Measurement extends Required<Tolerance> {
  readonly set: string
  readonly name: string
  readonly quantity: Quantity
  readonly isWithin: boolean
}

/** Runs an experiment on an engine. */
export async function measure(interpreter: Interpreter, experiment: Experiment): Promise<readonly Measurement[]> {
  const compiled = await interpreter.compile(experiment.program)
  try {
    const outputs = await compiled.run(experiment.inputs)
    return experiment.expectations.map((expectation) => compare(experiment.set, expectation, outputs))
  } finally {
    compiled.dispose()
  }
}

function compare(set: string, expectation: Expectation, outputs: Named<Vector>): Measurement {
  const { output, name, quantity, values, read = (value: number) => value } = expectation
  const actual = outputs[output]?.data ?? new Float32Array(0)
  const [maxAbs, relRms, share] = differences(values, (i) => read(actual[i] ?? Number.NaN))
  const tolerance: Tolerance = TOLERANCES[quantity]
  const isWithin =
    maxAbs <= (tolerance.maxAbs ?? Number.POSITIVE_INFINITY) &&
    relRms <= (tolerance.relRms ?? Number.POSITIVE_INFINITY) &&
    share <= (tolerance.share ?? 1)
  return { set, name, quantity, maxAbs, relRms, share, isWithin }
}

/** A number that is missing or no number makes all of them infinite. */
function differences(expected: ArrayLike<number>, actual: (i: number) => number): [number, number, number] {
  let [most, squares, norm, different] = [0, 0, 0, 0]
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i]!
    const difference = Math.abs(actual(i) - value)
    if (Number.isNaN(difference)) return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1]
    most = Math.max(most, difference)
    squares += difference ** 2
    norm += value ** 2
    if (difference > 0) different++
  }
  return [most, Math.sqrt(norm === 0 ? squares : squares / norm), different / expected.length]
}

/** [n, c, h, w] to [n, h, w, c], as operations have images; what has other axes stays. */
export function channelsLast<Data extends Float32Array | Float64Array>(
  data: Data,
  shape: readonly number[],
): { readonly shape: readonly number[]; readonly data: Data } {
  if (shape.length !== 4) return { shape, data }
  const [n = 0, c = 0, h = 0, w = 0] = shape
  const moved = data.slice() as Data
  for (let i = 0, target = 0; i < n; i++) {
    for (let pixel = 0; pixel < h * w; pixel++) {
      for (let channel = 0; channel < c; channel++) moved[target++] = data[(i * c + channel) * h * w + pixel]!
    }
  }
  return { shape: [n, h, w, c], data: moved }
}
