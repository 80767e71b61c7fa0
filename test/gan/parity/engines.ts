import { createCanonicalInterpreter, type Interpreter } from '../../../gan/index.ts'
import { readWasm } from '../vectors.ts'

/** An engine that is held against the vectors where it is present. */
export interface Contestant {
  readonly name: string
  /** Rejects, saying why, where the machine cannot run it. */
  readonly start: () => Promise<Interpreter>
}

export const CONTESTANTS: readonly Contestant[] = [
  { name: 'canonical', start: () => Promise.resolve(createCanonicalInterpreter(readWasm())) },
]
