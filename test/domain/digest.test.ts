import { expect } from 'chai'
import * as fc from 'fast-check'
import { addressWord, bytesToHex, hexToBytes, keccak256, sha256, uintWord } from '../../minter/domain/digest.ts'
import { HexInvalid, OutOfRange } from '../../minter/domain/errors.ts'
import { encodeUtf8 } from '../../minter/domain/utf8.ts'

describe('minter/domain/digest', () => {
  describe('sha256', () => {
    it('gives the known digest of "abc" (FIPS 180-4, example 1)', () => {
      expect(sha256(encodeUtf8('abc'))).to.equal('0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    })
  })

  describe('keccak256', () => {
    it('is the original Keccak, as Ethereum has it, and not SHA-3', () => {
      expect(keccak256(new Uint8Array())).to.equal('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
    })
  })

  describe('hexToBytes', () => {
    it('reads back what bytesToHex wrote', () => {
      fc.assert(
        fc.property(fc.uint8Array(), (bytes) => {
          expect(hexToBytes(bytesToHex(bytes))).to.deep.equal(bytes)
        }),
      )
    })

    it('throws HEX_INVALID for half a byte, a foreign letter, or another length', () => {
      for (const text of ['0x1', '0xzz', '12', '']) expect(() => hexToBytes(text)).to.throw(HexInvalid)
      expect(() => hexToBytes('0x1234', 32)).to.throw(HexInvalid)
    })
  })

  describe('uintWord', () => {
    it('is big-endian and 32 bytes long', () => {
      expect(bytesToHex(uintWord(0x1234))).to.equal(`0x${'0'.repeat(60)}1234`)
    })

    it('throws OUT_OF_RANGE below 0 and above 256 bits', () => {
      expect(() => uintWord(-1)).to.throw(OutOfRange)
      expect(() => uintWord(1n << 256n)).to.throw(OutOfRange)
    })
  })

  describe('addressWord', () => {
    it('puts the address last', () => {
      expect(bytesToHex(addressWord(`0x${'ab'.repeat(20)}`))).to.equal(`0x${'0'.repeat(24)}${'ab'.repeat(20)}`)
    })
  })
})
