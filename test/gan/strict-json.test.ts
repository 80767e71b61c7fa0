import { expect } from 'chai'
import * as fc from 'fast-check'
import { parseStrictJson } from '../../gan/strict-json.ts'

class Problem extends Error {
  readonly at: number

  constructor(problem: string, at: number) {
    super(problem)
    this.at = at
  }
}

function parse(text: string | Uint8Array, onMember?: (name: string, at: number) => void): unknown {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return parseStrictJson(bytes, {
    fail: (problem, at) => new Problem(problem, at),
    ...(onMember === undefined ? {} : { onMember }),
  })
}

function problemOf(text: string | Uint8Array): Problem {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('gan/strict-json parseStrictJson', () => {
  it('reads what JSON.stringify writes', () => {
    const value = fc.json({ maxDepth: 8 }).filter((text) => !text.includes('__proto__'))
    fc.assert(fc.property(value, (text) => void expect(parse(text)).to.deep.equal(JSON.parse(text))))
  })

  it('accepts nothing that JSON.parse does not', () => {
    const alphabet = fc.constantFrom(...'{}[]",:\\ \n0123456789.eE+-truefalsn'.split(''))
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
        let value: unknown
        try {
          value = parse(text)
        } catch (error) {
          return error instanceof Problem && error.at <= text.length
        }
        expect(value).to.deep.equal(JSON.parse(text))
        return true
      }),
      { numRuns: 5000 },
    )
  })

  it('refuses a name that occurs twice, however it is spelt, and says at which byte', () => {
    expect(problemOf('{"ü":1,"a":2,"a":3}').at).to.equal(14)
    expect(problemOf('{"a":1,"\\u0061":2}').message).to.include('"a" occurs twice')
    expect(problemOf('{"x":[{"b":1,"b":1}]}').message).to.include('"b" occurs twice')
  })

  it('refuses __proto__, however it is spelt', () => {
    expect(problemOf('{"__proto__":{"polluted":1}}').message).to.include('__proto__')
    expect(problemOf('{"a":{"\\u005f_proto__":{}}}').message).to.include('__proto__')
  })

  it('refuses nesting without end, without running out of stack', () => {
    expect(problemOf('['.repeat(1_000_000)).message).to.include('nested')
    expect(problemOf('{"a":'.repeat(1_000_000)).message).to.include('nested')
  })

  it('refuses bytes that are not UTF-8, and says at which byte the string begins', () => {
    expect(problemOf(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d)).at).to.equal(1)
  })

  it('tells where the names of the outermost object stand', () => {
    const seen: [string, number][] = []
    parse('{ "a": {"b": 1}, "ü": 2, "c":3}', (name, at) => seen.push([name, at]))
    expect(seen).to.deep.equal([
      ['a', 2],
      ['ü', 17],
      ['c', 26],
    ])
  })
})
