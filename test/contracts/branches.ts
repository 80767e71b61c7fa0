import { createRequire } from 'node:module'

// Hardhat's coverage counts lines and statements, not branches. Here each condition of a contract is led through a
// function of its own, in which "true" and "false" stand on a line each; then the lines of these functions are the
// branches. Every operand of && and || counts by itself, which is stricter than counting ifs.

interface Node {
  readonly nodeType: string
  readonly src: string
  readonly operator?: string
  readonly condition?: Node | null
  readonly leftExpression?: Node
  readonly rightExpression?: Node
  readonly subExpression?: Node
  readonly components?: readonly Node[]
}

/** A condition, by its place in the file. */
interface Span {
  /** In bytes. */
  readonly start: number
  readonly length: number
}

/** A condition that was led through a function. */
export interface Branch {
  readonly file: string
  readonly line: number
  readonly text: string
}

interface Solc {
  readonly compile: (input: string) => string
}

const solc = createRequire(import.meta.url)('solc') as Solc

/** The syntax tree of a file by itself: nothing that it imports is looked at. */
function syntaxOf(file: string, content: string): Node {
  const settings = { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } }
  const input = { language: 'Solidity', sources: { [file]: { content } }, settings }
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    readonly sources: Readonly<Record<string, { readonly ast: Node }>>
  }
  return output.sources[file]!.ast
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'nodeType' in value
}

function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesOf(child)
  }
}

function isJunction({ nodeType, operator }: Node): boolean {
  return nodeType === 'BinaryOperation' && (operator === '&&' || operator === '||')
}

/** What an expression comes down to behind brackets and negations. */
function bared(node: Node): Node {
  if (node.nodeType === 'TupleExpression' && node.components?.length === 1) return bared(node.components[0]!)
  return node.nodeType === 'UnaryOperation' && node.operator === '!' ? bared(node.subExpression!) : node
}

/** The places of all conditions that are not made of others, in the order of the file. */
function conditionsOf(ast: Node): readonly Span[] {
  const tested = [...nodesOf(ast)].flatMap((node) =>
    isJunction(node) ? [node.leftExpression!, node.rightExpression!] : (node.condition ?? []),
  )
  const places = tested.map(bared).filter((node) => !isJunction(node))
  return [...new Set(places.map(({ src }) => src))]
    .map((src) => src.split(':').map(Number) as [number, number, number])
    .map(([start, length]) => ({ start, length }))
    .toSorted((a, b) => a.start - b.start || b.length - a.length)
}

/** Puts the calls in, on the lines where the conditions are; the last first, so that offsets stay right. */
function wrapped(bytes: Buffer, spans: readonly Span[], first: number): string {
  const marks = spans.flatMap(({ start, length }, i) => [
    // At one place the inner brackets close before the outer ones, and all close before any opens.
    { at: start + length, rank: length, text: ')' },
    { at: start, rank: 2 ** 31 - length, text: `Branches.b${first + i}(` },
  ])
  let text = bytes
  for (const { at, text: inserted } of marks.toSorted((a, b) => b.at - a.at || b.rank - a.rank)) {
    text = Buffer.concat([text.subarray(0, at), Buffer.from(inserted), text.subarray(at)])
  }
  return text.toString()
}

/**
 * Leads every condition of some Solidity files through functions of contracts/Branches.sol.
 *
 * @param sources content by path, relative to the root
 * @returns the altered files, whose lines are where they were; and the conditions, whose `true` is hit when line 3 * i + 5
 *   of contracts/Branches.sol is, and `false` when line 3 * i + 6 is
 */
export function withBranches(sources: Readonly<Record<string, string>>): {
  readonly altered: Readonly<Record<string, string>>
  readonly branches: readonly Branch[]
} {
  const branches: Branch[] = []
  const altered: Record<string, string> = {}
  for (const [file, content] of Object.entries(sources)) {
    const bytes = Buffer.from(content)
    const spans = conditionsOf(syntaxOf(file, content))
    const up = '../'.repeat(file.split('/').length - 2) || './'
    altered[file] = wrapped(bytes, spans, branches.length).replace(
      /^(pragma solidity .*)$/m,
      `$1 import {Branches} from "${up}Branches.sol";`,
    )
    for (const { start, length } of spans) {
      const line = bytes.subarray(0, start).toString().split('\n').length
      branches.push({ file, line, text: bytes.subarray(start, start + length).toString() })
    }
  }
  const functions = branches.map(
    (_, i) => `function b${i}(bool c) internal pure returns (bool) { if (c)\n    return true;\n    return false; }`,
  )
  altered['contracts/Branches.sol'] =
    `// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\nlibrary Branches {\n${functions.join('\n')}\n}\n`
  return { altered, branches }
}
