import { EngineError } from '../errors.ts'

/** Where in a checkpoint the trouble is, as far as it is known. */
export interface CheckpointFault {
  /** Offset from the start of the file. */
  readonly byte?: number | undefined
  /** The tensor, or the module, by its official name. */
  readonly tensor?: string | undefined
}

function located(problem: string, { byte, tensor }: CheckpointFault): string {
  const where = [...(tensor === undefined ? [] : [tensor]), ...(byte === undefined ? [] : [`byte ${byte}`])]
  return where.length === 0 ? problem : `${problem} (${where.join(', ')})`
}

/** A checkpoint is truncated, damaged, or no checkpoint at all. */
export class CheckpointInvalid extends EngineError {
  readonly code = 'GAN_CHECKPOINT_INVALID'
  readonly byte: number | undefined
  readonly tensor: string | undefined

  constructor(problem: string, fault: CheckpointFault = {}, options?: ErrorOptions) {
    super(located(problem, fault), options)
    this.byte = fault.byte
    this.tensor = fault.tensor
  }
}

/** A checkpoint asks for code to be run that is not on the list of what is understood. Nothing of it was run. */
export class CheckpointRefused extends EngineError {
  readonly code = 'GAN_CHECKPOINT_REFUSED'
  /** The callable that it names, `module.name`. */
  readonly callable: string
  readonly byte: number | undefined

  constructor(callable: string, hint: string, fault: CheckpointFault) {
    super(located(`it wants to call ${callable}, which ${hint}`, fault))
    this.callable = callable
    this.byte = fault.byte
  }
}

/** A checkpoint holds a network that this engine does not compute, so importing it would change its pictures. */
export class CheckpointUnsupported extends EngineError {
  readonly code = 'GAN_CHECKPOINT_UNSUPPORTED'
  /** The argument or module, under its official name. */
  readonly field: string

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`)
    this.field = field
  }
}

/** A checkpoint does not say something that changes its pictures or its verdicts, and it can't be told from its tensors. */
export class CheckpointAmbiguous extends EngineError {
  readonly code = 'GAN_CHECKPOINT_AMBIGUOUS'
  /** The argument under its official name. */
  readonly field: string

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`)
    this.field = field
  }
}
