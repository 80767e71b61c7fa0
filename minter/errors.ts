/** The root of every failure that the minter raises on purpose; anything else that escapes is a bug. */
export abstract class MinterError extends Error {
  /** Stable and public: the API, the CLI and the docs key on it. The message is for people and may change. */
  abstract readonly code: Uppercase<string>
  /** The file, address, step or URL that it happened at, for the second line of a printed error. */
  readonly where: string | undefined

  constructor(message: string, where?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.where = where
  }
}

/** The disk or the database has no room, or refuses to write. */
export class StorageFailed extends MinterError {
  readonly code = 'STORAGE_FAILED'
  /** The system's own name for it: ENOSPC, EIO, EROFS, EDQUOT. */
  readonly reason: string

  constructor(where: string, reason: string, cause?: unknown) {
    super(`cannot write: ${reason === 'ENOSPC' ? 'no space left on the disk' : reason}`, where, cause)
    this.reason = reason
  }
}

/** Neither the checkpoint of a training run nor the one before can be read. */
export class CheckpointDamaged extends MinterError {
  readonly code = 'CHECKPOINT_DAMAGED'
}

/** Another process holds the folder of the embedded database. */
export class DatabaseLocked extends MinterError {
  readonly code = 'DATABASE_LOCKED'
  readonly pid: number

  constructor(folder: string, pid: number) {
    super(`process ${pid} has the database open, and it serves one process only`, folder)
    this.pid = pid
  }
}

/** Bytes were asked for by a CID that nobody here holds. */
export class ContentMissing extends MinterError {
  readonly code = 'CONTENT_MISSING'

  constructor(cid: string, store: string) {
    super(`${cid} is not in the store`, store)
  }
}

/** Bytes were read that do not hash to the name they were asked by. */
export class ContentAltered extends MinterError {
  readonly code = 'CONTENT_ALTERED'
  readonly expected: string
  readonly actual: string

  constructor(where: string, expected: string, actual: string) {
    super(`expected ${expected}, found ${actual}`, where)
    this.expected = expected
    this.actual = actual
  }
}

/** A place that keeps copies does not answer. */
export class PlaceUnreachable extends MinterError {
  readonly code = 'PLACE_UNREACHABLE'

  constructor(place: string, address: string, reason: string, cause?: unknown) {
    super(`${place} does not answer (${reason}): see that it is up and the address right`, address, cause)
  }
}

/** A pinning service does not know us. */
export class PinUnauthorized extends MinterError {
  readonly code = 'PIN_UNAUTHORIZED'

  constructor(place: string, address: string) {
    super(`${place} refuses the token: renew it there, and set it in LATENTMINT_PINNING`, address)
  }
}

/** A pinning service answers, but will not take the pin. */
export class PinRefused extends MinterError {
  readonly code = 'PIN_REFUSED'

  constructor(place: string, address: string, reason: string) {
    super(`${place} refuses the pin: ${reason}`, address)
  }
}

/** A pinning service gave up: usually it could not fetch the blocks. */
export class PinFailed extends MinterError {
  readonly code = 'PIN_FAILED'

  constructor(place: string, address: string, reason: string) {
    super(`${place} gave up (${reason}): see that it can reach LATENTMINT_ORIGIN or the Kubo node`, address)
  }
}

/** A pinning service has the wish, and is not done with it. */
export class PinPending extends MinterError {
  readonly code = 'PIN_PENDING'

  constructor(place: string, address: string, status: string, seconds: number) {
    super(`${place} says “${status}” since ${seconds} seconds: run the same again later, it asks after it`, address)
  }
}

/** What a place that keeps copies did not do. */
export interface PlaceFailure {
  readonly place: string
  readonly code: string
  readonly reason: string
}

/** The policy wants more copies than there are places for them. */
export class PlacesMissing extends MinterError {
  readonly code = 'PLACES_MISSING'

  constructor(wanted: number, places: readonly string[]) {
    super(
      `the policy wants ${wanted} places to hold the directory, and there are ${places.length}: ${places.join(', ')}`,
    )
  }
}

/** Too few places hold what is to be sold. */
export class PinsShort extends MinterError {
  readonly code = 'PINS_SHORT'
  readonly failures: readonly PlaceFailure[]

  constructor(held: number, wanted: number, failures: readonly PlaceFailure[]) {
    const list = failures.map(({ place, code, reason }) => `${place}: ${code}, ${reason}`)
    super([`${held} of the ${wanted} places that the policy wants hold the directory`, ...list].join('\n  '), 'publish')
    this.failures = failures
  }
}

/** The RPC does not answer. */
export class ChainUnreachable extends MinterError {
  readonly code = 'CHAIN_UNREACHABLE'

  constructor(url: string, cause?: unknown) {
    super('the RPC does not answer', url, cause)
  }
}

/** The RPC answers, but for another chain, or there is no such contract. */
export class ChainMismatch extends MinterError {
  readonly code = 'CHAIN_MISMATCH'
}

/** A contract refused a call; `reason` is the name of its custom error. */
export class CallReverted extends MinterError {
  readonly code = 'CALL_REVERTED'
  readonly reason: string
  readonly args: readonly string[]

  constructor(call: string, reason: string, args: readonly string[], cause?: unknown) {
    super(`${call} reverts with ${reason}(${args.join(', ')})`, call, cause)
    this.reason = reason
    this.args = args
  }
}

/** No contracts are recorded for the chain that the RPC serves. */
export class HouseMissing extends MinterError {
  readonly code = 'HOUSE_MISSING'
}

/** What is recorded, built and on the chain are not the same; nothing is overwritten. */
export class DeploymentDiffers extends MinterError {
  readonly code = 'DEPLOYMENT_DIFFERS'
}

/** A deployment ended before all contracts were there; what is there is kept. */
export class DeploymentStopped extends MinterError {
  readonly code = 'DEPLOYMENT_STOPPED'
}

/** The account cannot pay for what is asked. */
export class FundsMissing extends MinterError {
  readonly code = 'FUNDS_MISSING'
}

/** Gas costs more than the operator allows; nothing was signed. */
export class FeeAboveCap extends MinterError {
  readonly code = 'FEE_ABOVE_CAP'
}

/** The fees of a day would come to more than the operator allows; nothing was signed. */
export class SpendingCapReached extends MinterError {
  readonly code = 'SPENDING_CAP_REACHED'
}

/** A transaction waits, and may not be priced higher. */
export class TransactionStuck extends MinterError {
  readonly code = 'TRANSACTION_STUCK'
}

/** The external signer does not answer, refuses, or signs something else than it was given. */
export class SignerRefused extends MinterError {
  readonly code = 'SIGNER_REFUSED'
}

/** The embedded chain's process ended or never came up. */
export class ChainStopped extends MinterError {
  readonly code = 'CHAIN_STOPPED'
}

/** A rendering worker ended before it answered. */
export class RendererFailed extends MinterError {
  readonly code = 'RENDERER_FAILED'
}

/** What is on disk is not the model that the policy or the chain names. */
export class ModelMismatch extends MinterError {
  readonly code = 'MODEL_MISMATCH'

  constructor(where: string, expected: string, actual: string) {
    super(`the model's digest is ${actual}, expected ${expected}`, where)
  }
}

/** Ctrl-C, or an external stop: everything finished so far is kept. */
export class Interrupted extends MinterError {
  readonly code = 'INTERRUPTED'
}

/** Ctrl-C in work that is whole or nothing: there is nothing to go on from. */
export class StoppedShort extends MinterError {
  readonly code = 'STOPPED_SHORT'
}

/** Training was stopped before its end, by somebody or by the clock; its checkpoint was written. */
export class TrainingStopped extends MinterError {
  readonly code = 'TRAINING_STOPPED'
}

/** A thread that took a share of the training ended or could not compute; the last checkpoint is whole. */
export class CrewFailed extends MinterError {
  readonly code = 'CREW_FAILED'
}

/** Ctrl-C during the search for a picture's styles; the best so far was written. */
export class ProjectionStopped extends MinterError {
  readonly code = 'PROJECTION_STOPPED'
}

/** A step was called before the one that it needs. */
export class StepMissing extends MinterError {
  readonly code = 'STEP_MISSING'

  constructor(step: string, needs: string) {
    super(`${step} needs ${needs}, which has not been done`, step)
  }
}

/** Something that the chain and the directory do not say is needed to know a drop again. */
export class RecoveryImpossible extends MinterError {
  readonly code = 'RECOVERY_IMPOSSIBLE'
}

/** Positions of a drop were asked for and not shown in time: anyone may void it. */
export class QuestionOverdue extends MinterError {
  readonly code = 'QUESTION_OVERDUE'

  constructor(drop: number, questions: readonly { readonly rank: number; readonly deadline: number }[]) {
    const list = questions.map(({ rank, deadline }) => `rank ${rank} by ${new Date(deadline * 1000).toISOString()}`)
    super(`it was to be shown: ${list.join(', ')}; now anyone may void the drop`, `drop ${drop}`)
  }
}

/** Not one candidate reached the thresholds; the funnel says why. Nothing can be sold, and the bar stays where it was. */
export class NothingPassed extends MinterError {
  readonly code = 'NOTHING_PASSED'
}

/** A value in the environment or on the command line has not the form it needs. */
export class ConfigInvalid extends MinterError {
  readonly code = 'CONFIG_INVALID'
}

/** There is no picture in what was given, or none that may be taken. */
export class DatasetEmpty extends MinterError {
  readonly code = 'DATASET_EMPTY'
}

/** An engine was chosen that is not on this machine. */
export class EngineAbsent extends MinterError {
  readonly code = 'ENGINE_ABSENT'

  constructor(engine: { readonly name: string; readonly remedy: string }, why: string, cause?: unknown) {
    super(`the engine "${engine.name}" is not here: ${why}; to get it: ${engine.remedy}`, undefined, cause)
  }
}

/** An engine could not be fetched or built; nothing of it is left. */
export class EngineInstallFailed extends MinterError {
  readonly code = 'ENGINE_INSTALL_FAILED'

  constructor(step: string, reason: string) {
    super(`the step "${step}" failed, and nothing of it is left: ${reason}`, `engines install, ${step}`)
  }
}
