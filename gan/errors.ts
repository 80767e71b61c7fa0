/** The root of every failure this engine raises on purpose; anything else that escapes is a bug. */
export abstract class EngineError extends Error {
  /** Stable and public: the API, the CLI and the docs key on it. The message is for people and may change. */
  abstract readonly code: Uppercase<string>
}

/** An array arrived whose shape the operation cannot use. */
export class ShapeMismatch extends EngineError {
  readonly code = 'GAN_SHAPE_MISMATCH'
  readonly expected: readonly number[]
  readonly actual: readonly number[]

  constructor(operand: string, expected: readonly number[], actual: readonly number[]) {
    super(`${operand} has shape [${actual.join(', ')}], expected [${expected.join(', ')}]`)
    this.expected = expected
    this.actual = actual
  }
}

/** Where in a model file the trouble is, as far as it is known. */
export interface BundleFault {
  /** The tensor that is missing, extra, misshapen or holds no number. */
  readonly tensor?: string | undefined
  /** Offset from the start of the file. */
  readonly byte?: number | undefined
}

/** A model file is truncated, altered, or not a latentmint bundle at all. */
export class BundleInvalid extends EngineError {
  readonly code = 'GAN_BUNDLE_INVALID'
  readonly tensor: string | undefined
  readonly byte: number | undefined

  constructor(problem: string, fault: BundleFault = {}, options?: ErrorOptions) {
    const where = [
      fault.tensor === undefined ? '' : `tensor ${fault.tensor}`,
      fault.byte === undefined ? '' : `byte ${fault.byte}`,
    ].filter((part) => part !== '')
    super(where.length === 0 ? problem : `${problem} (${where.join(', ')})`, options)
    this.tensor = fault.tensor
    this.byte = fault.byte
  }
}

/** An engine does not reproduce the known answers, so nothing that it says about a token counts. */
export class EngineUnfit extends EngineError {
  readonly code = 'GAN_ENGINE_UNFIT'
  readonly check: string
  readonly expected: string
  readonly actual: string

  constructor(check: string, expected: string, actual: string) {
    super(`the engine failed its self-test "${check}": it gave ${actual}, the known answer is ${expected}`)
    this.check = check
    this.expected = expected
    this.actual = actual
  }
}

/** A seed is not one of the two forms that NumPy's generator takes. */
export class SeedInvalid extends EngineError {
  readonly code = 'GAN_SEED_INVALID'

  constructor(seed: string) {
    super(`${seed} is no seed: expected an integer from 0 to 4294967295, or 32 bytes`)
  }
}
