import { expect } from 'chai'
import * as fc from 'fast-check'
import { ZERO_DIGEST } from '../../minter/domain/digest.ts'
import { rankTree, treeDepth, verifyRank } from '../../minter/domain/merkle.ts'
import { digests } from './arbitraries.ts'
import { commitment } from './commitment-vector.ts'

const leaves = commitment.candidates.map(({ leaf }) => leaf)

describe('minter/domain/merkle', () => {
  describe('rankTree', () => {
    it('has the root, depth and proofs of the vector', () => {
      const tree = rankTree(leaves)
      expect(tree.root).to.equal(commitment.tree.root)
      expect(tree.depth).to.equal(commitment.tree.depth)
      for (const { rank, proof } of commitment.candidates) expect(tree.proof(rank)).to.deep.equal(proof)
    })

    for (const { count, root } of commitment.tree.ofTheFirst) {
      it(`has the vector's root over the first ${count}`, () => {
        expect(rankTree(leaves.slice(0, count)).root).to.equal(root)
      })
    }

    it('is the same with the missing leaves written out', () => {
      const full = [...leaves, ...Array.from({ length: 16 - leaves.length }, () => ZERO_DIGEST)]
      expect(rankTree(full).root).to.equal(rankTree(leaves).root)
    })

    it('throws for no leaves, and for a rank that it does not hold', () => {
      expect(() => rankTree([])).to.throw(RangeError)
      expect(() => rankTree(leaves).proof(leaves.length)).to.throw(RangeError)
    })
  })

  describe('treeDepth', () => {
    it('is the smallest in which all leaves have a place', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 0xffff }), (count) => {
          expect(2 ** treeDepth(count)).to.be.at.least(count)
          if (count > 1) expect(2 ** (treeDepth(count) - 1)).to.be.below(count)
        }),
      )
    })
  })

  describe('verifyRank', () => {
    const pools = fc.array(digests, { minLength: 1, maxLength: 40 })

    it('accepts every leaf at its own rank', () => {
      fc.assert(
        fc.property(pools, (pool) => {
          const { root, depth, proof } = rankTree(pool)
          pool.forEach((leaf, rank) => expect(verifyRank(root, depth, rank, leaf, proof(rank))).to.equal(true))
        }),
      )
    })

    it('refuses a leaf at any other rank', () => {
      fc.assert(
        fc.property(fc.uniqueArray(digests, { minLength: 2, maxLength: 40 }), fc.nat(), fc.nat(), (pool, a, b) => {
          const [rank, other] = [a % pool.length, b % pool.length]
          fc.pre(rank !== other)
          const { root, depth, proof } = rankTree(pool)
          expect(verifyRank(root, depth, other, pool[rank]!, proof(rank))).to.equal(false)
          expect(verifyRank(root, depth, other, pool[rank]!, proof(other))).to.equal(false)
        }),
      )
    })

    it('refuses a proof that is too short or too long, and a rank beyond the tree', () => {
      const { root, depth, proof } = rankTree(leaves)
      const [leaf] = leaves
      expect(verifyRank(root, depth, 0, leaf!, proof(0).slice(1))).to.equal(false)
      expect(verifyRank(root, depth, 0, leaf!, [...proof(0), ZERO_DIGEST])).to.equal(false)
      expect(verifyRank(root, depth, 16, leaf!, proof(0))).to.equal(false)
    })
  })
})
