import { joinBytes } from '../bytes.ts'
import type { Shape } from '../ops.ts'
import { encodeUtf8 } from '../utf8.ts'

/** What a node says beyond its inputs: an integer, integers, a text, or a float32. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number }

export interface OnnxNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** A tensor of known shape: float32, or int64 where an operator asks for a shape or for axes. */
export interface OnnxConstant {
  readonly name: string
  readonly shape: Shape
  readonly data: Float32Array | BigInt64Array
}

/** A float32 tensor that goes in or out. */
export interface OnnxPort {
  readonly name: string
  readonly shape: Shape
}

/** A model with one graph; nodes stand behind those whose outputs they take. */
export interface OnnxModel {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly constants: readonly OnnxConstant[]
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The oldest format that has every operator used here in its present form, so that old runtimes read it too. */
const IR_VERSION = 8
const OPERATOR_SET = 17

const FLOAT = 1
const INT64 = 7

/** Fields of a message as they are written, without joining the weights more than once. */
interface Message {
  readonly parts: readonly Uint8Array[]
  readonly length: number
}

/**
 * A model as the bytes of an .onnx file.
 *
 * @see https://onnx.ai/onnx/repo-docs/IR.html and onnx.proto3, whose field numbers these are
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const graph = message(
    ...model.nodes.map((node) => nested(1, nodeMessage(node))),
    text(2, model.name),
    ...model.constants.map((constant) => nested(5, tensorMessage(constant))),
    ...model.inputs.map((port) => nested(11, portMessage(port))),
    ...model.outputs.map((port) => nested(12, portMessage(port))),
  )
  const metadata = Object.entries(model.metadata).map(([key, value]) =>
    nested(14, message(text(1, key), text(2, value))),
  )
  const whole = message(
    integer(1, IR_VERSION),
    text(2, 'latentmint'),
    nested(7, graph),
    nested(8, message(text(1, ''), integer(2, OPERATOR_SET))),
    ...metadata,
  )
  return joinBytes(whole.parts)
}

function nodeMessage({ operator, inputs, output, attributes }: OnnxNode): Message {
  return message(
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, output),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => nested(5, attributeMessage(name, value))),
  )
}

function attributeMessage(name: string, value: OnnxAttribute): Message {
  if (typeof value === 'number') return message(text(1, name), integer(3, value), integer(20, 2))
  if (typeof value === 'string') return message(text(1, name), text(4, value), integer(20, 3))
  if ('float' in value) return message(text(1, name), float(2, value.float), integer(20, 1))
  return message(text(1, name), ...value.map((item) => integer(8, item)), integer(20, 7))
}

function tensorMessage({ name, shape, data }: OnnxConstant): Message {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return message(
    ...shape.map((length) => integer(1, length)),
    integer(2, data instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    nested(9, { parts: [bytes], length: bytes.length }),
  )
}

function portMessage({ name, shape }: OnnxPort): Message {
  const axes = shape.map((length) => nested(1, message(integer(1, length))))
  const tensor = message(integer(1, FLOAT), nested(2, message(...axes)))
  return message(text(1, name), nested(2, message(nested(1, tensor))))
}

function message(...fields: readonly Message[]): Message {
  return {
    parts: fields.flatMap(({ parts }) => parts),
    length: fields.reduce((sum, { length }) => sum + length, 0),
  }
}

function integer(field: number, value: number): Message {
  return bytesOf([...varint(field * 8), ...varint(value)])
}

function float(field: number, value: number): Message {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return bytesOf([...varint(field * 8 + 5), ...bytes])
}

function text(field: number, value: string): Message {
  const bytes = encodeUtf8(value)
  return nested(field, { parts: [bytes], length: bytes.length })
}

function nested(field: number, { parts, length }: Message): Message {
  const header = Uint8Array.from([...varint(field * 8 + 2), ...varint(length)])
  return { parts: [header, ...parts], length: header.length + length }
}

function bytesOf(bytes: readonly number[]): Message {
  return { parts: [Uint8Array.from(bytes)], length: bytes.length }
}

/** Seven bits a byte, low ones first; a negative number has the ten bytes of its two's complement. */
function varint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return [...bytes, Number(rest)]
}
