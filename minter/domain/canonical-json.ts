import { type Hex, sha256 } from './digest.ts'
import { DomainError } from './errors.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** A value has no canonical form here, so hashing it would not mean the same on every machine. */
export class NotCanonical extends DomainError {
  readonly code = 'NOT_CANONICAL'
  readonly path: string

  constructor(path: string, problem: string) {
    super(`${path === '' ? 'the value' : path} ${problem}`)
    this.path = path
  }
}

/**
 * JSON in the one form that is hashed: keys sorted by UTF-16 code units, no white space, UTF-8.
 *
 * Keys whose value is undefined are left out, as JSON.stringify does.
 *
 * @throws {NotCanonical} for a number that is no safe integer (RFC 8785 would print floats by ECMAScript's rules; here
 *   they are refused, since a float is where two machines differ), for text with lone surrogates, and for anything that
 *   JSON does not know
 * @see RFC 8785 "JSON Canonicalization Scheme"
 */
export function canonicalJson(value: unknown): Uint8Array {
  return encodeUtf8(canonicalText(value, ''))
}

/** Bytes that should be JSON are not. */
export class JsonInvalid extends DomainError {
  readonly code = 'JSON_INVALID'
}

/**
 * Reads JSON, canonical or not.
 *
 * @throws {JsonInvalid} when it is not JSON
 * @throws {TextInvalid} when it is not even UTF-8
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new JsonInvalid('the bytes are not JSON', { cause })
  }
}

/** sha-256 of a value's canonical JSON: how policies, recipes, snapshots and manifests are named. */
export function digestOfJson(value: unknown): Hex {
  return sha256(canonicalJson(value))
}

function canonicalText(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return integerText(value, path)
  if (typeof value === 'string') return stringText(value, path)
  if (Array.isArray(value)) return arrayText(value, path)
  if (typeof value === 'object') return objectText(value, path)
  throw new NotCanonical(path, `is a ${typeof value}, which JSON does not know`)
}

function integerText(value: number, path: string): string {
  if (!Number.isSafeInteger(value)) throw new NotCanonical(path, `is ${value}; only safe integers are hashed`)
  // -0 would be printed as 0 by RFC 8785 too.
  return String(value === 0 ? 0 : value)
}

function stringText(value: string, path: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new NotCanonical(path, 'holds a lone surrogate, which UTF-8 cannot express')
  return JSON.stringify(value)
}

function arrayText(items: readonly unknown[], path: string): string {
  return `[${items.map((item, i) => canonicalText(item, `${path}[${i}]`)).join(',')}]`
}

function objectText(value: object, path: string): string {
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) {
    throw new NotCanonical(path, 'is not a plain object')
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  // Compared as UTF-16 code units, which is what < on strings does; localeCompare would depend on the machine.
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted
    .map(([key, item]) => `${stringText(key, path)}:${canonicalText(item, path === '' ? key : `${path}.${key}`)}`)
    .join(',')}}`
}
