import { expect } from 'chai'
import * as fc from 'fast-check'
import { allowlistLeaf, allowlistTree, verifyAllowlist } from '../../minter/domain/allowlist.ts'
import { ZERO_DIGEST } from '../../minter/domain/digest.ts'
import { addresses, uint16s } from './arbitraries.ts'
import { commitment } from './commitment-vector.ts'

const { allowlist } = commitment
const entries = allowlist.entries.map(({ wallet, limit, priceWei }) => ({ wallet, limit, priceWei: BigInt(priceWei) }))
const arbitraryEntries = fc.uniqueArray(
  fc.record({ wallet: addresses, limit: uint16s, priceWei: fc.bigInt({ min: 0n, max: 1n << 90n }) }),
  { minLength: 1, maxLength: 20, selector: ({ wallet }) => wallet },
)

describe('minter/domain/allowlist', () => {
  describe('allowlistTree', () => {
    it('has the root, leaves and proofs of the vector', () => {
      const tree = allowlistTree(entries)
      expect(tree.root).to.equal(allowlist.root)
      allowlist.entries.forEach(({ leaf, proof }, i) => {
        expect(allowlistLeaf(entries[i]!)).to.equal(leaf)
        expect(verifyAllowlist(allowlist.root, entries[i]!, proof)).to.equal(true)
        expect(tree.proof(entries[i]!)).to.deep.equal(proof)
      })
    })

    it('is zero for an empty list', () => {
      expect(allowlistTree([]).root).to.equal(ZERO_DIGEST)
    })

    it('has no proof for a wallet that is not on it, or with another price', () => {
      const tree = allowlistTree(entries)
      expect(tree.proof({ ...entries[0]!, priceWei: 1n })).to.equal(null)
    })
  })

  describe('verifyAllowlist', () => {
    it('accepts every entry, and none with a higher limit', () => {
      fc.assert(
        fc.property(arbitraryEntries, (given) => {
          const tree = allowlistTree(given)
          for (const entry of given) {
            const proof = tree.proof(entry)!
            expect(verifyAllowlist(tree.root, entry, proof)).to.equal(true)
            expect(verifyAllowlist(tree.root, { ...entry, limit: entry.limit + 1 }, proof)).to.equal(false)
          }
        }),
      )
    })
  })
})
