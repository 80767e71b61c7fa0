import { expect } from 'chai'
import * as fc from 'fast-check'
import { candidateSeed, masterSeed, saltHash } from '../../minter/domain/seed.ts'
import { digests } from './arbitraries.ts'
import { commitment } from './commitment-vector.ts'

const { draw } = commitment
const origin = { ...draw, chainId: BigInt(draw.chainId) }

describe('minter/domain/seed', () => {
  describe('masterSeed', () => {
    it('is the one of the vector', () => {
      expect(masterSeed(origin)).to.equal(draw.masterSeed)
    })

    it('changes with each thing that it is made of', () => {
      fc.assert(
        fc.property(digests, fc.integer({ min: 1000, max: 2000 }), (digest, number) => {
          for (const change of [
            { beacon: digest },
            { salt: digest },
            { policyDigest: digest },
            { chainId: BigInt(number) },
            { drop: number },
            { collection: digest.slice(0, 42) },
          ]) {
            expect(masterSeed({ ...origin, ...change })).to.not.equal(draw.masterSeed)
          }
        }),
      )
    })
  })

  describe('saltHash', () => {
    it('is the one of the vector', () => {
      expect(saltHash(draw.salt)).to.equal(draw.saltHash)
    })
  })

  describe('candidateSeed', () => {
    for (const { index, seed } of draw.seeds) {
      it(`is the one of the vector for index ${index}`, () => {
        expect(candidateSeed(draw.masterSeed, index)).to.equal(seed)
      })
    }
  })
})
