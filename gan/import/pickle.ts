import { type ByteReader, createByteReader, readText, type Span } from './byte-reader.ts'
import { CheckpointInvalid, CheckpointRefused } from './errors.ts'

/**
 * More than twenty times what the largest official snapshot takes. A step makes at most one object, so that this bounds
 * memory too, beside the bytes that are there anyway.
 */
const MOST_STEPS = 1_000_000
/** The longest integer: torch writes one of ten bytes. */
const LONGEST_INTEGER = 64

/** A Python tuple; lists are arrays, dicts Maps, sets Sets, bytes Uint8Arrays. */
export class Tuple {
  readonly items: readonly unknown[]

  constructor(items: readonly unknown[]) {
    this.items = items
  }
}

/** Something that a pickle names and this reader has a meaning of its own for; no code of the file's is behind it. */
export interface Meaning {
  /** What comes of calling it; left out where it is never called. */
  readonly call?: (args: readonly unknown[], at: Place) => unknown
}

/** A named thing on the machine's stack. */
class Global {
  readonly name: string
  readonly meaning: Meaning

  constructor(name: string, meaning: Meaning) {
    this.name = name
    this.meaning = meaning
  }
}

/** An object that takes its state after it was made. */
export interface Buildable {
  build(state: unknown): void
}

/** Where a call stands, and what it may spend. */
export interface Place {
  readonly byte: number | undefined
  /** @throws {CheckpointInvalid} when the pickle makes more work than any checkpoint does */
  readonly spend: (steps: number) => void
  readonly fail: (problem: string) => CheckpointInvalid
}

export interface PickleOptions {
  /** The meanings of names such as `collections.OrderedDict`; undefined for any other, which is then refused. */
  readonly meaningOf: (name: string) => Meaning | undefined
  /** Why a name is refused, where more can be said than that it is not known. */
  readonly hintOf?: (name: string) => string | undefined
  /** What a persistent id stands for. */
  readonly persistent?: (id: unknown, at: Place) => unknown
}

/** @returns the name of a thing that the pickle named, such as `torch.FloatStorage`; null for anything else */
export function nameOf(value: unknown): string | null {
  return value instanceof Global ? value.name : null
}

interface Machine extends PickleOptions {
  readonly reader: ByteReader
  readonly stack: unknown[]
  /** Heights of the stack at which marks were set. */
  readonly marks: number[]
  readonly memo: Map<number, unknown>
  steps: number
  /** Where the opcode stands that is followed now. */
  byte: number | undefined
}

type Step = (machine: Machine) => void

/**
 * Reads one pickle of protocol 2 to 5 and runs nothing of it: names mean what `meaningOf` says or are refused.
 *
 * @param from where in the span it starts
 * @returns the object, and the position after it
 * @throws {CheckpointInvalid} when it is no such pickle, with the byte
 * @throws {CheckpointRefused} when it names anything else, with the byte
 * @see PEP 307, PEP 3154, PEP 574, and the comments of Python's pickletools
 */
export function readPickle(span: Span, from: number, options: PickleOptions): { value: unknown; end: number } {
  const reader = createByteReader(span, from)
  const machine: Machine = { ...options, reader, stack: [], marks: [], memo: new Map(), steps: 0, byte: undefined }
  for (;;) {
    machine.byte = reader.byte()
    const code = reader.uint(1)
    if (code === STOP) break
    const step = STEPS.get(code)
    if (step === undefined) throw fail(machine, `opcode 0x${code.toString(16).padStart(2, '0')} is not understood`)
    spend(machine, 1)
    step(machine)
  }
  const value = pop(machine)
  if (machine.stack.length > 0 || machine.marks.length > 0) throw fail(machine, 'it leaves more than one object')
  return { value, end: reader.position() }
}

function fail({ byte }: Machine, problem: string): CheckpointInvalid {
  return new CheckpointInvalid(`pickle: ${problem}`, { byte })
}

function spend(machine: Machine, steps: number): void {
  machine.steps += steps
  if (machine.steps > MOST_STEPS) throw fail(machine, `it takes more than ${MOST_STEPS} steps`)
}

function placeOf(machine: Machine): Place {
  return {
    byte: machine.byte,
    spend: (steps) => spend(machine, steps),
    fail: (problem) => fail(machine, problem),
  }
}

function pop(machine: Machine): unknown {
  const { stack, marks } = machine
  if (stack.length <= (marks.at(-1) ?? 0)) throw fail(machine, 'it takes an object from an empty stack')
  return stack.pop()
}

function top(machine: Machine): unknown {
  const { stack, marks } = machine
  if (stack.length <= (marks.at(-1) ?? 0)) throw fail(machine, 'it uses an object of an empty stack')
  return stack.at(-1)
}

/** Everything above the last mark, which goes with it. */
function popMark(machine: Machine): unknown[] {
  const height = machine.marks.pop()
  if (height === undefined) throw fail(machine, 'it goes back to a mark that was not set')
  return machine.stack.splice(height)
}

const push =
  (read: (machine: Machine) => unknown): Step =>
  (machine) => {
    machine.stack.push(read(machine))
  }

const text =
  (width: 1 | 4 | 8): Step =>
  (machine) => {
    const { reader } = machine
    machine.stack.push(readText(reader.take(reader.uint(width)), (problem) => fail(machine, problem)))
  }

const bytes = (width: 1 | 4 | 8): Step => push(({ reader }) => reader.take(reader.uint(width)))

/** Two's complement, little-endian. */
const integer =
  (width: 1 | 4): Step =>
  (machine) => {
    const length = machine.reader.uint(width)
    if (length > LONGEST_INTEGER) throw fail(machine, `an integer of ${length} bytes`)
    let value = 0n
    for (const [i, byte] of machine.reader.take(length).entries()) value |= BigInt(byte) << BigInt(8 * i)
    const signed = BigInt.asIntN(8 * length, value)
    const small = Number(signed)
    machine.stack.push(Number.isSafeInteger(small) ? small : signed)
  }

const tuple =
  (length: number): Step =>
  (machine) => {
    const items = Array.from({ length }, () => pop(machine)).toReversed()
    machine.stack.push(new Tuple(items))
  }

function put(machine: Machine, key: number): void {
  machine.memo.set(key, top(machine))
}

function get(machine: Machine, key: number): unknown {
  if (!machine.memo.has(key)) throw fail(machine, `it takes up object ${key}, which it has not made`)
  return machine.memo.get(key)
}

function append(machine: Machine, items: readonly unknown[]): void {
  const list = top(machine)
  if (!Array.isArray(list)) throw fail(machine, 'it appends to what is no list')
  for (const item of items) list.push(item)
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const dict = top(machine)
  if (!(dict instanceof Map)) throw fail(machine, 'it sets an item of what is no dict')
  if (items.length % 2 === 1) throw fail(machine, 'a key has no value')
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1])
}

function named(machine: Machine, module: unknown, name: unknown): Global {
  if (typeof module !== 'string' || typeof name !== 'string') throw fail(machine, 'a name is no text')
  const full = `${module}.${name}`
  const meaning = machine.meaningOf(full)
  if (meaning === undefined) {
    throw new CheckpointRefused(full, machine.hintOf?.(full) ?? 'is not on the list of what is understood', {
      byte: machine.byte,
    })
  }
  return new Global(full, meaning)
}

function call(machine: Machine, args: unknown): void {
  const callee = pop(machine)
  if (!(callee instanceof Global)) throw fail(machine, 'it calls what is not the name of anything')
  const { meaning, name } = callee
  if (meaning.call === undefined || !(args instanceof Tuple)) throw fail(machine, `${name} is not to be called so`)
  machine.stack.push(meaning.call(args.items, placeOf(machine)))
}

function build(machine: Machine): void {
  const state = pop(machine)
  const object = top(machine)
  // What a dict has beside its items, such as the _metadata of a state_dict, are attributes that nothing depends on.
  if (object instanceof Map) return
  if (!isBuildable(object)) throw fail(machine, 'it gives a state to what takes none')
  object.build(state)
}

function isBuildable(value: unknown): value is Buildable {
  return typeof value === 'object' && value !== null && 'build' in value && typeof value.build === 'function'
}

function expectProtocol(machine: Machine): void {
  const protocol = machine.reader.uint(1)
  if (protocol < 2 || protocol > 5) throw fail(machine, `protocol ${protocol}, expected 2 to 5`)
}

function persistent(machine: Machine): void {
  const id = pop(machine)
  if (machine.persistent === undefined) throw fail(machine, 'a persistent id outside of a torch file')
  machine.stack.push(machine.persistent(id, placeOf(machine)))
}

const STOP = 0x2e

/** The opcodes that picklers of protocol 2 to 5 write for objects of the kinds that are understood. */
const STEPS: ReadonlyMap<number, Step> = new Map<number, Step>([
  [0x80, expectProtocol],
  [0x95, ({ reader }) => void reader.uint(8)], // FRAME: a hint for buffering
  [0x28, ({ marks, stack }) => void marks.push(stack.length)], // MARK
  [0x30, (machine) => void pop(machine)], // POP
  [0x31, (machine) => void popMark(machine)], // POP_MARK
  [0x4e, push(() => null)],
  [0x88, push(() => true)],
  [0x89, push(() => false)],
  [0x4a, push(({ reader }) => reader.int32())],
  [0x4b, push(({ reader }) => reader.uint(1))],
  [0x4d, push(({ reader }) => reader.uint(2))],
  [0x8a, integer(1)],
  [0x8b, integer(4)],
  [0x47, push(({ reader }) => reader.float64())],
  [0x8c, text(1)],
  [0x58, text(4)],
  [0x8d, text(8)],
  [0x43, bytes(1)],
  [0x42, bytes(4)],
  [0x8e, bytes(8)],
  [0x96, bytes(8)], // BYTEARRAY8
  [0x29, push(() => new Tuple([]))],
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [0x74, push((machine) => new Tuple(popMark(machine)))],
  [0x5d, push(() => [])],
  [0x61, (machine) => append(machine, [pop(machine)])],
  [0x65, (machine) => append(machine, popMark(machine))],
  [0x7d, push(() => new Map())],
  [0x73, (machine) => setItems(machine, [pop(machine), pop(machine)].toReversed())],
  [0x75, (machine) => setItems(machine, popMark(machine))],
  [0x8f, push(() => new Set())],
  [0x90, (machine) => addItems(machine, popMark(machine))],
  [0x91, push((machine) => new Set(popMark(machine)))], // FROZENSET
  [0x71, (machine) => put(machine, machine.reader.uint(1))],
  [0x72, (machine) => put(machine, machine.reader.uint(4))],
  [0x94, (machine) => put(machine, machine.memo.size)], // MEMOIZE
  [0x68, push((machine) => get(machine, machine.reader.uint(1)))],
  [0x6a, push((machine) => get(machine, machine.reader.uint(4)))],
  [0x63, globalByLines],
  [0x93, globalByStack],
  [0x52, (machine) => call(machine, pop(machine))], // REDUCE
  [0x81, (machine) => call(machine, pop(machine))], // NEWOBJ
  [0x62, build],
  [0x51, persistent],
])

function addItems(machine: Machine, items: readonly unknown[]): void {
  const set = top(machine)
  if (!(set instanceof Set)) throw fail(machine, 'it adds to what is no set')
  for (const item of items) set.add(item)
}

function globalByLines(machine: Machine): void {
  const module = machine.reader.line()
  machine.stack.push(named(machine, module, machine.reader.line()))
}

function globalByStack(machine: Machine): void {
  const name = pop(machine)
  machine.stack.push(named(machine, pop(machine), name))
}
