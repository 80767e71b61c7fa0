import { DomainError } from './errors.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Map(ALPHABET.split('').map((letter, value) => [letter, value]))

/** A text is not base64. */
export class Base64Invalid extends DomainError {
  readonly code = 'BASE64_INVALID'
}

/** @see RFC 4648, section 4; written out because btoa belongs to Node and the DOM, neither of which this layer knows */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63)
    text += i + 1 < bytes.length ? ALPHABET.charAt((group >> 6) & 63) : '='
    text += i + 2 < bytes.length ? ALPHABET.charAt(group & 63) : '='
  }
  return text
}

/** @throws {Base64Invalid} for anything but the one form that `toBase64` writes */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array(Math.max(0, (text.length / 4) * 3 - padding))
  for (let i = 0, at = 0; i < text.length; i += 4) {
    let group = 0
    for (let j = 0; j < 4; j++) group = (group << 6) | (VALUES.get(text.charAt(i + j)) ?? 0)
    for (let shift = 16; shift >= 0 && at < bytes.length; shift -= 8) bytes[at++] = (group >> shift) & 0xff
  }
  // Written back, so that no second text (stray letters, spare bits) stands for the same bytes.
  if (text.length % 4 !== 0 || toBase64(bytes) !== text) throw new Base64Invalid(`"${text.slice(0, 40)}" is not base64`)
  return bytes
}
