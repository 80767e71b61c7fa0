import { utf8ToBytes } from '@noble/hashes/utils.js'
import { DomainError } from './errors.ts'

/** Bytes that should be text are not UTF-8. */
export class TextInvalid extends DomainError {
  readonly code = 'TEXT_INVALID'

  constructor(options?: ErrorOptions) {
    super('the bytes are not UTF-8, which every text of a drop is written in', options)
  }
}

/** A text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  return utf8ToBytes(text)
}

/**
 * UTF-8 as text, strictly.
 *
 * @throws {TextInvalid} when a sequence is malformed
 */
export function decodeUtf8(bytes: Uint8Array): string {
  // By way of percent-encoding, since TextDecoder belongs to Node and the DOM, neither of which this layer knows.
  const parts: string[] = []
  let run = ''
  for (const byte of bytes) {
    run += byte < 0x80 && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`
    // Cut before ASCII only, so that no sequence is torn.
    if (run.length > 0x4000 && byte < 0x80) {
      parts.push(decodeRun(run))
      run = ''
    }
  }
  return parts.join('') + decodeRun(run)
}

function decodeRun(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (cause) {
    throw new TextInvalid({ cause })
  }
}
