/** The root of every failure that the domain raises on purpose; anything else that escapes is a bug. */
export abstract class DomainError extends Error {
  /** Stable and public: the API, the CLI and the docs key on it. The message is for people and may change. */
  abstract readonly code: Uppercase<string>
}

/** A text is no hexadecimal number of the wanted length. */
export class HexInvalid extends DomainError {
  readonly code = 'HEX_INVALID'

  constructor(text: string, bytes: number | null = null) {
    super(`"${text}" is not '0x' and ${bytes === null ? 'pairs of hex digits' : `${bytes * 2} hex digits`}`)
  }
}

/** A number does not fit the field that it was meant for. */
export class OutOfRange extends DomainError {
  readonly code = 'OUT_OF_RANGE'
  readonly field: string

  constructor(field: string, actual: number | bigint | string, least: number | bigint, most: number | bigint) {
    super(`${field} is ${actual}, expected an integer from ${least} to ${most}`)
    this.field = field
  }
}
