import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  BundleInvalid,
  float32Of,
  float32Tensor,
  float64Of,
  readSafetensors,
  writeSafetensors,
  type NamedTensor,
} from '../../gan/index.ts'

const HEADER = 8

function exampleFile(): Uint8Array {
  const tensors = [
    float32Tensor('a.weight', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
    float32Tensor('a.strength', [], Float32Array.of(0.5)),
    { name: 'labels', dtype: 'U8', shape: [4, 0], data: new Uint8Array(0) } satisfies NamedTensor,
    { name: 'bytes', dtype: 'U8', shape: [3], data: Uint8Array.of(7, 8, 9) } satisfies NamedTensor,
  ]
  return writeSafetensors(tensors, { note: 'an example' })
}

/** A file with exactly this header and so many bytes of data, whatever sense it makes. */
function fileWith(header: unknown, dataBytes: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(HEADER)
  length.writeBigUInt64LE(BigInt(json.length))
  return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(dataBytes)]))
}

function failureOf(bytes: Uint8Array): BundleInvalid {
  try {
    readSafetensors(bytes)
  } catch (error) {
    if (error instanceof BundleInvalid) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('gan/safetensors', () => {
  describe('readSafetensors', () => {
    it('reads what was written: names in order, shapes, numbers, metadata', () => {
      const { metadata, tensors } = readSafetensors(exampleFile())
      expect(metadata).to.deep.equal({ note: 'an example' })
      expect([...tensors.keys()]).to.deep.equal(['a.weight', 'a.strength', 'labels', 'bytes'])
      expect(tensors.get('a.weight')?.shape).to.deep.equal([2, 3])
      expect(float32Of(tensors.get('a.weight')!)).to.deep.equal(Float32Array.of(1, 2, 3, 4, 5, 6))
      expect(tensors.get('bytes')?.data).to.deep.equal(Uint8Array.of(7, 8, 9))
    })

    it('reads a file that is a view into a larger buffer', () => {
      const file = exampleFile()
      const room = new Uint8Array(file.length + 13)
      room.set(file, 5)
      const { tensors } = readSafetensors(room.subarray(5, 5 + file.length))
      expect(float32Of(tensors.get('a.strength')!)).to.deep.equal(Float32Array.of(0.5))
    })

    it('refuses every truncation with GAN_BUNDLE_INVALID', () => {
      const file = exampleFile()
      for (let length = 0; length < file.length; length++) {
        expect(failureOf(file.subarray(0, length)).code).to.equal('GAN_BUNDLE_INVALID')
      }
    })

    it('names the tensor and the byte where the file was cut', () => {
      const file = exampleFile()
      const failure = failureOf(file.subarray(0, file.length - 1))
      expect(failure.tensor).to.equal('bytes')
      expect(failure.byte).to.equal(file.length - 1)
    })

    it('refuses a header that is longer than the file', () => {
      const file = exampleFile()
      new DataView(file.buffer).setBigUint64(0, 0xffffffffffffffffn, true)
      expect(failureOf(file).message).to.include('truncated')
    })

    const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }
    for (const [what, header, dataBytes] of [
      ['a header that is no JSON', '{"a":', 0],
      ['a header that is a list', [], 0],
      ['metadata that is no text', { __metadata__: { a: 1 } }, 0],
      ['an entry that is null', { a: null }, 0],
      ['an unknown dtype', { a: { ...entry, dtype: 'F31' } }, 8],
      ['a dtype that only Object knows', { a: { ...entry, dtype: 'toString' } }, 8],
      ['a negative size', { a: { ...entry, shape: [-2] } }, 8],
      ['a fractional size', { a: { ...entry, shape: [0.5] } }, 8],
      ['offsets the wrong way round', { a: { ...entry, data_offsets: [8, 0] } }, 8],
      ['three offsets', { a: { ...entry, data_offsets: [0, 8, 16] } }, 16],
      ['offsets beyond the end', { a: { ...entry, data_offsets: [4, 12] } }, 8],
      ['more bytes than the shape takes', { a: { ...entry, data_offsets: [0, 12] } }, 12],
      ['a shape whose size overflows', { a: { ...entry, shape: [1e15, 1e15, 1e15] } }, 8],
      ['two tensors that overlap', { a: entry, b: { ...entry, data_offsets: [4, 12] } }, 12],
      ['a gap between tensors', { a: entry, b: { ...entry, data_offsets: [12, 20] } }, 20],
      ['bytes after the last tensor', { a: entry }, 9],
    ] as const) {
      it(`refuses ${what}`, () => {
        expect(failureOf(fileWith(header, dataBytes)).code).to.equal('GAN_BUNDLE_INVALID')
      })
    }

    it('either reads a mutated file or refuses it by name, and never reads past its end', () => {
      const file = exampleFile()
      const mutation = fc.record({ at: fc.nat(file.length - 1), to: fc.nat(255) })
      fc.assert(
        fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
          const mutated = file.slice()
          for (const { at, to } of mutations) mutated[at] = to
          try {
            for (const { data } of readSafetensors(mutated).tensors.values()) {
              expect(data.byteOffset + data.byteLength).to.be.at.most(mutated.length)
            }
          } catch (error) {
            expect(error).to.be.instanceOf(BundleInvalid)
          }
        }),
        { numRuns: 2000 },
      )
    })

    it('refuses random bytes by name', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => failureOf(bytes).code === 'GAN_BUNDLE_INVALID'),
      )
    })
  })

  describe('writeSafetensors', () => {
    it('gives the same bytes whatever the order of the metadata', () => {
      expect(writeSafetensors([], { a: '1', b: '2' })).to.deep.equal(writeSafetensors([], { b: '2', a: '1' }))
    })

    it('starts the data at a multiple of eight', () => {
      const { tensors } = readSafetensors(exampleFile())
      expect(tensors.get('a.weight')!.data.byteOffset % 8).to.equal(0)
    })

    it('refuses data that do not fit the shape', () => {
      const tensor: NamedTensor = { name: 'a', dtype: 'F32', shape: [2], data: new Uint8Array(7) }
      expect(() => writeSafetensors([tensor])).to.throw(BundleInvalid, 'tensor a')
    })

    it('refuses a name that occurs twice', () => {
      const tensor = float32Tensor('a', [1], Float32Array.of(1))
      expect(() => writeSafetensors([tensor, tensor])).to.throw(BundleInvalid, 'twice')
    })

    it('keeps every float32 to the bit', () => {
      fc.assert(
        fc.property(fc.float32Array(), (values) => {
          const file = writeSafetensors([float32Tensor('v', [values.length], values)])
          const read = float32Of(readSafetensors(file).tensors.get('v')!)
          expect(new Uint8Array(read.slice().buffer)).to.deep.equal(new Uint8Array(Float32Array.from(values).buffer))
        }),
      )
    })
  })

  describe('float64Of', () => {
    it('refuses float32 numbers', () => {
      expect(() => float64Of(float32Tensor('a', [1], Float32Array.of(1)))).to.throw(BundleInvalid, 'expected F64')
    })
  })
})
