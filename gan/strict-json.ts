import { decodeUtf8 } from './utf8.ts'

/** Deeper than anything that a model file says about itself. */
const DEEPEST = 16
/** A name that means something to JavaScript itself when it is assigned to. */
const POLLUTING = '__proto__'

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** What a reader of JSON does about it. */
export interface JsonReading {
  /** Makes the error to throw; `at` is an offset into the bytes. */
  readonly fail: (problem: string, at: number, cause?: unknown) => Error
  /** Told the members of the outermost object, with the offsets of their names. */
  readonly onMember?: (name: string, at: number) => void
}

interface Cursor extends JsonReading {
  readonly bytes: Uint8Array
  at: number
}

/**
 * Reads JSON more strictly than JSON.parse: a name that occurs twice in one object, the name `__proto__`, and nesting
 * beyond any use are refused, and every failure knows its byte.
 *
 * @param bytes nothing but one value and white space
 * @throws whatever `fail` makes
 * @see RFC 8259; section 4 leaves to the reader what a name that occurs twice means, so two readers may differ
 */
export function parseStrictJson(bytes: Uint8Array, reading: JsonReading): unknown {
  const cursor: Cursor = { ...reading, bytes, at: 0 }
  const value = readValue(cursor, 0)
  skipSpace(cursor)
  if (cursor.at < bytes.length) throw cursor.fail('something follows the value', cursor.at)
  return value
}

function readValue(cursor: Cursor, depth: number): unknown {
  if (depth > DEEPEST) throw cursor.fail(`nested more than ${DEEPEST} deep`, cursor.at)
  const first = skipSpace(cursor)
  if (first === OPEN_OBJECT) return readObject(cursor, depth)
  if (first === OPEN_LIST) return readList(cursor, depth)
  if (first === QUOTE) return readString(cursor)
  return readWord(cursor)
}

function readObject(cursor: Cursor, depth: number): Readonly<Record<string, unknown>> {
  const members = new Map<string, unknown>()
  readItems(cursor, CLOSE_OBJECT, () => {
    if (skipSpace(cursor) !== QUOTE) throw cursor.fail('a name was expected', cursor.at)
    const start = cursor.at
    const name = readString(cursor)
    if (depth === 0) cursor.onMember?.(name, start)
    if (members.has(name)) throw cursor.fail(`the name ${JSON.stringify(name)} occurs twice`, start)
    if (name === POLLUTING) throw cursor.fail(`the name ${JSON.stringify(name)} is not allowed`, start)
    if (skipSpace(cursor) !== COLON) throw cursor.fail('a colon was expected', cursor.at)
    cursor.at++
    members.set(name, readValue(cursor, depth + 1))
  })
  return Object.fromEntries(members)
}

function readList(cursor: Cursor, depth: number): readonly unknown[] {
  const items: unknown[] = []
  readItems(cursor, CLOSE_LIST, () => items.push(readValue(cursor, depth + 1)))
  return items
}

/** Items with commas between them, from the opening bracket to the closing one. */
function readItems(cursor: Cursor, close: number, readItem: () => void): void {
  cursor.at++
  if (skipSpace(cursor) === close) {
    cursor.at++
    return
  }
  for (;;) {
    readItem()
    const next = skipSpace(cursor)
    if (next !== close && next !== COMMA) throw cursor.fail('a comma or a closing bracket was expected', cursor.at)
    cursor.at++
    if (next === close) return
  }
}

function readString(cursor: Cursor): string {
  const { bytes } = cursor
  const start = cursor.at
  let end = start + 1
  while (end < bytes.length && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1
  if (end >= bytes.length) throw cursor.fail('a string does not end', start)
  cursor.at = end + 1
  try {
    return String(JSON.parse(decodeUtf8(bytes.subarray(start, end + 1))))
  } catch (cause) {
    throw cursor.fail('a string is not UTF-8, or not JSON', start, cause)
  }
}

function readWord(cursor: Cursor): number | boolean | null {
  const { bytes } = cursor
  const start = cursor.at
  let text = ''
  while (cursor.at < bytes.length && isOfWord(bytes[cursor.at])) text += String.fromCharCode(bytes[cursor.at++])
  if (NUMBER.test(text)) return Number(text)
  const word = WORDS.get(text)
  if (word === undefined) throw cursor.fail('a value was expected', start)
  return word
}

/** Letters, digits, signs and the point. */
function isOfWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  )
}

/** @returns the byte that follows, undefined at the end */
function skipSpace(cursor: Cursor): number | undefined {
  const { bytes } = cursor
  while (cursor.at < bytes.length && isSpace(bytes[cursor.at])) cursor.at++
  return bytes[cursor.at]
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
