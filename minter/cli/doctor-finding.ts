import { explainFailure } from './exit.ts'

/** What was looked at, how it is, and what to do about it. */
export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'bad'
  readonly detail: string
  readonly remedy?: string
}

/** One thing to look at; it returns what it saw, and throws when that will not do. */
export interface Check {
  readonly name: string
  readonly look: () => string | Promise<string>
}

/** Something is not as it should be, and this helps. */
class Ailment extends Error {
  readonly remedy: string

  constructor(detail: string, remedy: string) {
    super(detail)
    this.remedy = remedy
  }
}

/** @throws {Ailment} always */
export function ail(detail: string, remedy: string): never {
  throw new Ailment(detail, remedy)
}

/** Looks, and turns whatever happens into a finding. */
export async function find({ name, look }: Check): Promise<Finding> {
  try {
    return { name, state: 'ok', detail: await look() }
  } catch (error) {
    if (error instanceof Ailment) return { name, state: 'bad', detail: error.message, remedy: error.remedy }
    const { what, remedy } = explainFailure(error)
    return { name, state: 'bad', detail: what, remedy }
  }
}
