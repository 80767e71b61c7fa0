import { expect } from 'chai'
import * as fc from 'fast-check'
import { SharesInvalid, sharesTree, TOTAL_SHARES, verifyShare } from '../../minter/domain/sum-tree.ts'
import { addresses } from './arbitraries.ts'
import { commitment } from './commitment-vector.ts'

const { shares } = commitment

/** Shares that sum to a million, for any number of accounts. */
const entries = fc.uniqueArray(addresses, { minLength: 1, maxLength: 20 }).map((accounts) =>
  accounts.map((account, i) => ({
    account,
    shares: i === 0 ? TOTAL_SHARES - (accounts.length - 1) * 1000 : 1000,
  })),
)

describe('minter/domain/sum-tree', () => {
  describe('sharesTree', () => {
    it('has the root and the proofs of the vector', () => {
      const tree = sharesTree(shares.entries)
      expect(tree.root).to.equal(shares.root)
      for (const { account, position, siblings } of shares.entries) {
        expect(tree.proof(account)).to.deep.equal({
          position,
          siblings: siblings.map(({ hash, sum }) => ({ hash, sum: BigInt(sum) })),
        })
      }
    })

    it('does not depend on the order of the entries', () => {
      expect(sharesTree(shares.entries.toReversed()).root).to.equal(shares.root)
    })

    it('throws SHARES_INVALID unless they sum to 1,000,000, each account once, each with a share', () => {
      const account = shares.entries[0]!.account
      const other = shares.entries[1]!.account
      for (const bad of [
        [],
        [{ account, shares: 999_999 }],
        [
          { account, shares: 500_000 },
          { account, shares: 500_000 },
        ],
        [
          { account, shares: 1_000_000 },
          { account: other, shares: 0 },
        ],
      ]) {
        expect(() => sharesTree(bad)).to.throw(SharesInvalid)
      }
    })

    it('throws SHARES_INVALID when asked for the proof of a stranger', () => {
      expect(() => sharesTree(shares.entries).proof(`0x${'99'.repeat(20)}`)).to.throw(SharesInvalid)
    })
  })

  describe('verifyShare', () => {
    it('accepts every share, and none that was raised by one', () => {
      fc.assert(
        fc.property(entries, (given) => {
          const tree = sharesTree(given)
          for (const entry of given) {
            const proof = tree.proof(entry.account)
            expect(verifyShare(tree.root, entry, proof)).to.equal(true)
            expect(verifyShare(tree.root, { ...entry, shares: entry.shares + 1 }, proof)).to.equal(false)
          }
        }),
      )
    })
  })
})
