import { expect } from 'chai'
import * as fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { CidInvalid, digestOfCid, directoryCid, isRawCid, rawCid } from '../../minter/domain/cid.ts'
import { bytesToHex } from '../../minter/domain/digest.ts'
import { digests } from './arbitraries.ts'
import { commitment } from './commitment-vector.ts'

describe('minter/domain/cid', () => {
  it('gives CIDs that multiformats reads, with the same digest', () => {
    fc.assert(
      fc.property(digests, (digest) => {
        for (const [text, code] of [
          [rawCid(digest), 0x55],
          [directoryCid(digest), 0x70],
        ] as const) {
          const cid = CID.parse(text)
          expect(cid.toString()).to.equal(text)
          expect(cid.code).to.equal(code)
          expect(bytesToHex(cid.multihash.digest)).to.equal(digest)
        }
      }),
    )
  })

  it('names the directory of the vector', () => {
    expect(directoryCid(commitment.directory.digest)).to.equal(commitment.directory.cid)
  })

  it('begins with bafkrei for a file and bafybei for a directory', () => {
    fc.assert(
      fc.property(digests, (digest) => {
        expect(rawCid(digest)).to.match(/^bafkrei/)
        expect(directoryCid(digest)).to.match(/^bafybei/)
      }),
    )
  })

  describe('digestOfCid', () => {
    it('gives back the digest of either kind', () => {
      fc.assert(
        fc.property(digests, (digest) => {
          expect(digestOfCid(rawCid(digest))).to.equal(digest)
          expect(digestOfCid(directoryCid(digest))).to.equal(digest)
        }),
      )
    })

    it('throws CID_INVALID for CIDv0, another codec, spare bits, or no CID at all', () => {
      const cid = rawCid(`0x${'11'.repeat(32)}`)
      const others = [
        'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn',
        'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
        `${cid.slice(0, -1)}7`,
        cid.slice(0, -1),
        `${cid}a`,
        '',
      ]
      for (const text of others) expect(() => digestOfCid(text), text).to.throw(CidInvalid)
    })
  })

  describe('isRawCid', () => {
    it('tells a file from a directory', () => {
      expect(isRawCid(rawCid(commitment.directory.digest))).to.equal(true)
      expect(isRawCid(directoryCid(commitment.directory.digest))).to.equal(false)
    })
  })
})
