import { readFileSync } from 'node:fs'
import { unzipSync } from 'fflate'
import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  assembleModel,
  CheckpointAmbiguous,
  CheckpointInvalid,
  CheckpointUnsupported,
  EngineError,
  openCheckpoint,
} from '../../../gan/index.ts'
import { dict, legacyTorch, persistent, pickle, PROTOCOL, STOP, storage, tensor, text, zip } from './pickle-builder.ts'

const ABOUT = { name: 'a', kimg: 0, datasetRoot: '0x', licence: 'CC0-1.0' }

function read(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../vectors/import/${file}`, import.meta.url)))
}

function importOf(bytes: Uint8Array): void {
  const kwargs = { G: { synthesis_kwargs: { conv_clamp: null } }, D: { conv_clamp: null } }
  const checkpoint = openCheckpoint(bytes)
  const own = [...checkpoint.networks.values()].some((network) => network.kwargs !== null)
  assembleModel({ checkpoint, network: 'G_ema', kwargs: own ? {} : kwargs, about: ABOUT })
}

function failureOf<Failure extends EngineError>(
  bytes: Uint8Array,
  kind: abstract new (...args: never[]) => Failure,
): Failure {
  try {
    importOf(bytes)
  } catch (error) {
    if (error instanceof kind) return error
    throw error
  }
  throw new Error('it was accepted')
}

const invalid = (bytes: Uint8Array) => failureOf(bytes, CheckpointInvalid)

/** A file with one text in place of another of the same length, everywhere. */
function replaced(file: string, from: string, to: string): Uint8Array {
  return new Uint8Array(Buffer.from(Buffer.from(read(file)).toString('latin1').replaceAll(from, to), 'latin1'))
}

function weightOf(file: Uint8Array): Float32Array {
  return openCheckpoint(file).networks.get('G_ema')!.tensors.get('mapping.fc0.weight')!.numbers()
}

describe('gan/import/torch-file', () => {
  const data = new Uint8Array(16)
  const one = (object: Uint8Array, count = 4n) => legacyTorch(dict({ 'b4.x': object }), [['0', count, data]])

  for (const [what, file, says] of [
    [
      'a storage of another length than was said',
      one(tensor(storage('0', 4), 0, [4], [1]), 5n),
      '5 elements, expected 4',
    ],
    ['a storage of 2^53 elements', one(tensor(storage('0', 4), 0, [4], [1]), 1n << 53n), 'beyond any size'],
    [
      'a storage that is longer than the file',
      legacyTorch(dict({ x: tensor(storage('0', 9), 0, [9], [1]) }), [['0', 9n, data]]),
      'truncated',
    ],
    [
      'a storage that is not there',
      legacyTorch(dict({ x: tensor(storage('0', 4), 0, [4], [1]) }), []),
      'a storage is missing',
    ],
    ['a storage that nothing refers to', legacyTorch(dict({}), [['0', 4n, data]]), 'nothing refers to'],
    [
      'a storage of two lengths',
      legacyTorch(pickle(']', storage('0', 4), 'a', storage('0', 3), 'a'), [['0', 4n, data]]),
      'two kinds',
    ],
    ['a view that begins beyond its storage', one(tensor(storage('0', 4), 4, [1], [1])), 'reaches element 4'],
    ['a view that ends beyond its storage', one(tensor(storage('0', 4), 1, [2, 2], [2, 1])), 'reaches element 4'],
    ['a view that would fill the memory', one(tensor(storage('0', 4), 0, [1 << 30, 1 << 30], [0, 0])), 'repeats'],
    ['a negative stride', one(tensor(storage('0', 4), 3, [4], [0xffffffff])), 'no count'],
    ['a shape with more axes than strides', one(tensor(storage('0', 4), 0, [2, 2], [1])), 'no shape'],
    ['an unknown kind of storage', legacyTorch(storage('0', 4, 'QInt8Storage'), []), 'torch.QInt8Storage'],
    ['a big-endian machine', legacyTorch(dict({}), [], false), 'big-endian'],
    ['bytes after the last storage', pickle(legacyTorch(dict({}), []), 'N'), 'follow the last storage'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => importOf(file)).to.throw(EngineError, says)
    })
  }

  it('reads an archive whose files are deflated', () => {
    const files = unzipSync(read('tiny8-objects.pt'))
    importOf(zip(files, 9))
  })

  it('reads big-endian storages where the archive says that they are', () => {
    const files = unzipSync(read('tiny8-generator.pt'))
    const swapped = Object.entries(files).map(([name, bytes]) => {
      if (name.includes('/data/')) Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap32()
      return [name, bytes] as const
    })
    const order = { 'archive/byteorder': new TextEncoder().encode('big') }
    const numbers = weightOf(zip({ ...Object.fromEntries(swapped), ...order }))
    expect(numbers).to.deep.equal(weightOf(read('tiny8-generator.pt')))
  })

  it('names the file of an archive that was changed', () => {
    const file = read('tiny8-generator.pt')
    const place = Buffer.from(file).indexOf('archive/data/7') + 200
    file[place]! ^= 1
    expect(invalid(file).message).to.match(/archive\/data\/\d+ in the archive is damaged/)
  })

  it('refuses an archive that would fill the memory', () => {
    expect(invalid(zip({ 'a/data.pkl': new Uint8Array(1 << 26) }, 9)).message).to.include('claims to hold')
  })

  it('refuses an archive without a pickle, and compiled TorchScript', () => {
    expect(invalid(zip({ 'a/b': data })).message).to.include('no data.pkl')
    const script = zip({ 'a/data.pkl': pickle(PROTOCOL, 'N.'), 'a/constants.pkl': data })
    expect(invalid(script).message).to.include('TorchScript')
  })
})

describe('gan/import/networks', () => {
  it('refuses networks of which every part is ten times the same part', () => {
    let network = dict({ _init_kwargs: '}' })
    const parts = [pickle(persistent('Layer', network), 'q', 0, '0')]
    for (let level = 1; level < 12; level++) {
      const members = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`m${i}`, pickle('h', level - 1)]))
      network = dict({ _init_kwargs: '}', _modules: dict(members) })
      parts.push(pickle(persistent('Layer', network), 'q', level, '0'))
    }
    const file = pickle(PROTOCOL, ...parts, dict({ G_ema: pickle('h', 11) }), STOP)
    expect(invalid(file).message).to.include('modules without end')
  })

  it('refuses arguments of which every part is ten times the same part', () => {
    const parts = [pickle(']', 'q', 0, '0')]
    for (let level = 1; level < 14; level++) {
      const members = Array.from({ length: 10 }, () => pickle('h', level - 1))
      parts.push(pickle(']', '(', ...members, 'e', 'q', level, '0'))
    }
    const network = persistent('Generator', dict({ _init_kwargs: dict({ a: pickle('h', 13) }) }))
    expect(invalid(pickle(PROTOCOL, ...parts, dict({ G_ema: network }), STOP)).message).to.include(
      'arguments without end',
    )
  })

  it('refuses parts that are gone through again and again', () => {
    const shared = pickle(dict(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`p${i}`, 'N']))), 'q', 0, '0')
    const layer = pickle(persistent('Layer', dict({ _parameters: pickle('h', 0) })), 'q', 1, '0')
    const layers = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, pickle('h', 1)]))
    const network = persistent('Generator', dict({ _init_kwargs: '}', _modules: dict(layers) }))
    const file = pickle(PROTOCOL, shared, layer, dict({ G_ema: network }), STOP)
    expect(invalid(file).message).to.include('parts of modules without end')
  })

  it('does not run out of stack over a key that is a list of lists', () => {
    const deep = pickle(']'.repeat(100_000), 'a'.repeat(99_999))
    expect(invalid(pickle(PROTOCOL, '}', deep, 'N', 's', STOP)).message).to.include('no official names')
    const network = persistent('Generator', dict({ _init_kwargs: pickle('}', deep, 'N', 's') }))
    survives(pickle(PROTOCOL, dict({ G_ema: network }), STOP))
  })

  it('refuses a network that would take more numbers than the file has', () => {
    const checkpoint = openCheckpoint(read('tiny8-legacy.pt'))
    const kwargs = { G: { synthesis_kwargs: { conv_clamp: null } }, D: { conv_clamp: null } }
    const small = { ...checkpoint, mostNumbers: 1000 }
    const assemble = () => assembleModel({ checkpoint: small, network: 'G_ema', kwargs, about: ABOUT })
    expect(assemble).to.throw(CheckpointInvalid, 'cannot hold them')
  })

  it('refuses a network that does not say what it was made with', () => {
    const file = pickle(PROTOCOL, dict({ G_ema: persistent('Generator', dict({})) }), STOP)
    expect(invalid(file).message).to.include('does not say what it was made with')
  })
})

describe('gan/import/assemble', () => {
  it('names a tensor that is missing', () => {
    const file = replaced('tiny8-legacy.pt', 'mapping.fc1.bias', 'mapping.fc1.bia5')
    expect(invalid(file).tensor).to.equal('mapping.fc1.bia5')
  })

  it('names a number that is not finite, and its byte', () => {
    const file = read('tiny8-legacy.pt')
    new DataView(file.buffer).setFloat32(file.length - 4, Number.NaN, true)
    const failure = invalid(file)
    expect(failure.byte).to.equal(file.length - 4)
    expect(failure.tensor).to.be.a('string')
  })

  it('refuses an argument that has a value which none may have', () => {
    const failure = failureOf(
      replaced('var16_resnetG_skipD-snapshot.pkl', '\x06resnet', '\x06reznet'),
      CheckpointUnsupported,
    )
    expect(failure.message).to.include('reznet')
  })

  it('refuses another filter than the arguments say', () => {
    const file = read('tiny8-legacy.pt')
    const usual = Buffer.from(Float32Array.of(1 / 64, 3 / 64, 3 / 64, 1 / 64).buffer)
    const place = Buffer.from(file).indexOf(usual)
    new DataView(file.buffer).setFloat32(place, 0.5, true)
    expect(failureOf(file, CheckpointUnsupported).field).to.include('resample_filter')
  })

  it('asks for conv_clamp, which tensors do not tell', () => {
    const checkpoint = openCheckpoint(read('tiny8-legacy.pt'))
    const ask = () => assembleModel({ checkpoint, network: 'G_ema', kwargs: {}, about: ABOUT })
    expect(ask).to.throw(CheckpointAmbiguous, 'conv_clamp')
  })

  it('asks for the discriminator when there is none', () => {
    expect(failureOf(read('tiny8-generator.pt'), CheckpointAmbiguous).field).to.equal('D')
  })

  it('refuses arguments that the tensors contradict', () => {
    const checkpoint = openCheckpoint(read('tiny8-legacy.pt'))
    const kwargs = { G: { synthesis_kwargs: { channel_max: 8, conv_clamp: null } }, D: { conv_clamp: null } }
    const contradicted = () => assembleModel({ checkpoint, network: 'G_ema', kwargs, about: ABOUT })
    expect(contradicted).to.throw(CheckpointInvalid, 'expected [8')
  })
})

/** Imports, or refuses by name; anything else that is thrown escapes. */
function survives(bytes: Uint8Array): void {
  try {
    importOf(bytes)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
  }
}

const OPCODES = [
  ...Buffer.from('().012JKMGXCB]a}su\x8c\x8a\x8b\x85\x86\x87\x88\x93\x94\x81\x8f\x90RbQqrhjctNe', 'latin1'),
]

describe('gan/import: files with anything changed', () => {
  const files = ['tiny8-snapshot-half.pkl', 'tiny8-objects.pt', 'tiny8-legacy.pt'].map(read)
  const file = fc.constantFrom(...files)

  it('are imported or refused by name, with any bytes changed', () => {
    const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), to: fc.nat(255) })
    fc.assert(
      fc.property(file, fc.array(edit, { minLength: 1, maxLength: 4 }), (original, edits) => {
        const mutated = original.slice()
        for (const { at, to } of edits) mutated[Math.floor(at * (mutated.length - 1))] = to
        survives(mutated)
      }),
      { numRuns: 500 },
    )
  })

  it('are imported or refused by name, with an opcode in place of another', () => {
    const code = Buffer.from(read('tiny8-snapshot-half.pkl'))
    fc.assert(
      fc.property(fc.nat(6000), fc.constantFrom(...OPCODES), (at, opcode) => {
        const mutated = Uint8Array.from(code)
        mutated[at] = opcode
        survives(mutated)
      }),
      { numRuns: 300 },
    )
  })

  it('are refused by name, cut anywhere', () => {
    fc.assert(
      fc.property(file, fc.double({ min: 0, max: 0.999, noNaN: true }), (original, part) => {
        expect(() => importOf(original.subarray(0, Math.floor(part * original.length)))).to.throw(EngineError)
      }),
      { numRuns: 200 },
    )
  })

  it('are refused by name, when they are nothing but opcodes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OPCODES, 0, 1, 2, 255), { maxLength: 60 }), (codes) => {
        survives(pickle(PROTOCOL, Uint8Array.from(codes), STOP))
        survives(pickle(PROTOCOL, text('a'), '}', Uint8Array.from(codes), STOP))
      }),
      { numRuns: 4000 },
    )
  })
})
