import { EngineError } from '../errors.ts'

/** An adapter is to be put on a model that it was not trained on. */
export class AdapterMismatch extends EngineError {
  readonly code = 'GAN_ADAPTER_MISMATCH'
}
