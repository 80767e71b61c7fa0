import { type Vector, relativeError } from '../vectors.ts'

/** How far one phase of training is from the official one. */
export interface TrainingRow {
  /** The set of vectors. */
  readonly set: string
  readonly phase: string
  readonly tensors: number
  /** Relative root mean square, or absolute difference where `isAbsolute`, of the tensor that is furthest off. */
  readonly worst: number
  readonly worstTensor: string
  readonly tolerance: number
  readonly isAbsolute: boolean
  readonly isWithin: boolean
}

/** Compares tensors one by one, and keeps the worst. */
export function rowOf(
  set: string,
  phase: string,
  tolerance: number,
  compared: readonly { readonly name: string; readonly actual: ArrayLike<number>; readonly expected: Vector }[],
): TrainingRow {
  const errors = compared.map(({ name, actual, expected }) => ({ name, error: relativeError(actual, expected.data) }))
  return worstOf(set, phase, tolerance, errors, false)
}

/** The same of errors that are known already. An error that is no number is the worst. */
export function worstOf(
  set: string,
  phase: string,
  tolerance: number,
  errors: readonly { readonly name: string; readonly error: number }[],
  isAbsolute: boolean,
): TrainingRow {
  let worst = { name: '', error: errors.length === 0 ? Number.POSITIVE_INFINITY : 0 }
  for (const each of errors) if (!(each.error <= worst.error)) worst = each
  const isWithin = worst.error <= tolerance
  const common = { set, phase, tensors: errors.length, tolerance, isAbsolute, isWithin }
  return { ...common, worst: worst.error, worstTensor: worst.name }
}
