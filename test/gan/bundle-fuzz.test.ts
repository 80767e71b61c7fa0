import { expect } from 'chai'
import * as fc from 'fast-check'
import { BundleInvalid, openBundle, readSafetensors, writeBundle } from '../../gan/index.ts'
import { tinyBundle } from './tiny-bundle.ts'

const LENGTH = 8
const FILE = writeBundle(tinyBundle())
const DATA_START = LENGTH + Number(new DataView(FILE.buffer).getBigUint64(0, true))
const HEADER = Buffer.from(FILE.subarray(LENGTH, DATA_START)).toString('utf8').trimEnd()
const DATA = FILE.subarray(DATA_START)
const NAMES = [...readSafetensors(FILE).tensors.keys()]

type Members = [name: string, json: string][]

function members(): Members {
  const parsed: Record<string, unknown> = JSON.parse(HEADER)
  return Object.entries(parsed).map(([name, entry]) => [name, JSON.stringify(entry)])
}

/** A file with that header, whatever it says, over the true data. */
function fileOf(header: Members | string, data: Uint8Array = DATA): Uint8Array {
  const text =
    typeof header === 'string' ? header : `{${header.map(([n, json]) => `${JSON.stringify(n)}:${json}`).join()}}`
  const json = Buffer.from(text)
  const file = new Uint8Array(LENGTH + json.length + data.length)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, LENGTH)
  file.set(data, LENGTH + json.length)
  return file
}

/** `name`'s entry with one part changed. */
function changed(name: string, part: 'dtype' | 'shape' | 'data_offsets', json: string): Uint8Array {
  return fileOf(
    members().map(([own, entry]) => {
      if (own !== name) return [own, entry]
      const parts: Record<string, unknown> = JSON.parse(entry)
      const written = Object.entries(parts).map(([key, value]) => [key, key === part ? json : JSON.stringify(value)])
      return [own, `{${written.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`]
    }),
  )
}

function failureOf(file: Uint8Array): BundleInvalid {
  try {
    openBundle(file)
  } catch (error) {
    if (error instanceof BundleInvalid) return error
    throw error
  }
  throw new Error('it was accepted')
}

/** Opens, or refuses by name; anything else that is thrown escapes. */
function opens(file: Uint8Array): boolean {
  try {
    openBundle(file)
    return true
  } catch (error) {
    if (error instanceof BundleInvalid) return false
    throw error
  }
}

const JSON_PARTS = [
  '0',
  '-1',
  '1',
  '8',
  '64',
  '9007199254740991',
  '9007199254740993',
  '1e308',
  '1e999',
  '-0',
  '0.5',
  'null',
  'true',
  '""',
  '"F32"',
  '"F64"',
  '"BF16"',
  '"U8"',
  '"toString"',
  '[]',
  '{}',
  '[8]',
  '[8,8]',
  '[0,4]',
  '[4,0]',
  '[1e15,1e15,1e15]',
  '[0,9007199254740991]',
  '[[[[[[[[[]]]]]]]]]',
  '{"__proto__":1}',
]

const structured = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.constantFrom('dtype' as const, 'shape' as const, 'data_offsets' as const),
      fc.constantFrom(...JSON_PARTS),
    )
    .map(([name, part, json]) => changed(name, part, json)),
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom('__proto__', 'constructor', '__metadata__', 'D.x', '', ...NAMES))
    .map(([from, to]) => fileOf(members().map(([name, entry]) => [name === from ? to : name, entry]))),
  fc.constantFrom(...NAMES).map((gone) => fileOf(members().filter(([name]) => name !== gone))),
  fc.tuple(fc.nat(NAMES.length), fc.nat(NAMES.length)).map(([a, b]) => {
    const all = members()
    const [x, y] = [all[a]!, all[b]!]
    all[a] = y
    all[b] = x
    return fileOf(all)
  }),
  fc
    .tuple(fc.nat(HEADER.length), fc.constantFrom(...JSON_PARTS, '"', '\\', '{', '[', ',', ':', ' '))
    .map(([at, part]) => {
      return fileOf(HEADER.slice(0, at) + part + HEADER.slice(at + part.length))
    }),
)

const random = fc.oneof(
  fc.array(fc.record({ at: fc.nat(FILE.length - 1), to: fc.nat(255) }), { minLength: 1, maxLength: 4 }).map((edits) => {
    const file = FILE.slice()
    for (const { at, to } of edits) file[at] = to
    return file
  }),
  fc.nat(FILE.length - 1).map((length) => FILE.subarray(0, length)),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((length) => {
    const file = FILE.slice()
    new DataView(file.buffer).setBigUint64(0, length, true)
    return file
  }),
  fc.uint8Array({ minLength: 1, maxLength: 64 }).map((more) => Uint8Array.from([...FILE, ...more])),
)

describe('gan/bundle openBundle, of files that were tampered with', () => {
  for (const [what, file, named] of [
    ['a name that occurs twice', () => fileOf([...members(), members()[3]!]), NAMES[2]],
    ['a tensor called __proto__', () => fileOf([...members(), ['__proto__', '{}']]), undefined],
    [
      'a shape whose size overflows 2^53',
      () => changed('D.b4.fc.bias', 'shape', '[94906267,94906267]'),
      'D.b4.fc.bias',
    ],
    ['a shape of infinite size', () => changed('D.b4.fc.bias', 'shape', '[1e308,1e308]'), 'D.b4.fc.bias'],
    ['a shape with two hundred axes', () => changed('D.b4.fc.bias', 'shape', `[${'1,'.repeat(199)}8]`), 'D.b4.fc.bias'],
    ['another dtype', () => changed('D.b4.fc.bias', 'dtype', '"I32"'), 'D.b4.fc.bias'],
    ['a key that means nothing', () => fileOf(HEADER.replace('"dtype"', '"x":1,"dtype"')), NAMES[0]],
  ] as const) {
    it(`refuses ${what}, and names tensor and byte`, () => {
      const failure = failureOf(file())
      if (named !== undefined) expect(failure.tensor).to.equal(named)
      expect(failure.byte).to.be.a('number')
    })
  }

  it('refuses tensors that are named in another order than they lie in, naming the first', () => {
    const all = members()
    const file = fileOf([all[0]!, all[2]!, all[1]!, ...all.slice(3)])
    const failure = failureOf(file)
    expect(failure.message).to.include('out of order')
    expect(failure.tensor).to.equal(NAMES[1])
    expect(readSafetensors(file, 'any').tensors.size).to.equal(NAMES.length)
  })

  it('names the first byte after the last tensor', () => {
    const failure = failureOf(Uint8Array.from([...FILE, 0]))
    expect(failure.tensor).to.equal(NAMES.at(-1))
    expect(failure.byte).to.equal(FILE.length)
  })

  it('names the calibration number that is wrong, by its byte', () => {
    const file = FILE.slice()
    const logits = readSafetensors(file).tensors.get('calibration.logits')!.data
    new DataView(file.buffer).setFloat32(logits.byteOffset + 8, -7, true)
    expect(failureOf(file).byte).to.equal(logits.byteOffset + 8)
  })

  it('opens or refuses by name a file whose header was changed in any of many ways', () => {
    fc.assert(
      fc.property(structured, (file) => void opens(file)),
      { numRuns: 3000 },
    )
  })

  it('opens or refuses by name a file with any bytes changed, cut or added', () => {
    fc.assert(
      fc.property(random, (file) => void opens(file)),
      { numRuns: 1500 },
    )
  })

  it('reads nothing beyond the end, whatever lies there', () => {
    fc.assert(
      fc.property(structured, fc.nat(255), (file, filler) => {
        const room = new Uint8Array(file.length + 4096).fill(filler)
        room.set(file, 1024)
        expect(opens(room.subarray(1024, 1024 + file.length))).to.equal(opens(file))
      }),
      { numRuns: 300 },
    )
  })
})
