import { expect } from 'chai'
import { assert, bigInt, property, record } from 'fast-check'
import { openingFees, replacingFees } from '../../minter/transactions/fees.ts'

const GWEI = 10n ** 9n
const wei = bigInt({ min: 1n, max: 1000n * GWEI })

describe('minter/transactions/fees openingFees', () => {
  it('leaves room for a base fee that doubles, and never offers more than the cap', () => {
    expect(openingFees({ baseFeeWei: 20n * GWEI, tipWei: GWEI }, 100n * GWEI)).to.deep.equal({
      maxFeeWei: 41n * GWEI,
      tipWei: GWEI,
    })
    expect(openingFees({ baseFeeWei: 60n * GWEI, tipWei: GWEI }, 100n * GWEI).maxFeeWei).to.equal(100n * GWEI)
  })

  it('throws FEE_ABOVE_CAP when base fee and tip alone are above the cap', () => {
    expect(() => openingFees({ baseFeeWei: 100n * GWEI, tipWei: 1n }, 100n * GWEI)).to.throw(/100 gwei/u)
  })
})

describe('minter/transactions/fees replacingFees', () => {
  it('raises both fees by an eighth at least, stays within the cap, and follows the market', () => {
    const fees = record({ maxFeeWei: wei, tipWei: wei }).filter(({ maxFeeWei, tipWei }) => tipWei <= maxFeeWei)
    assert(
      property(fees, wei, wei, wei, (last, baseFeeWei, tipWei, capWei) => {
        const next = replacingFees(last, { baseFeeWei, tipWei }, capWei)
        if (next === null) {
          expect(last.maxFeeWei * 1125n > (capWei - 1n) * 1000n).to.equal(true)
          return
        }
        expect(next.maxFeeWei * 1000n >= last.maxFeeWei * 1125n).to.equal(true)
        expect(next.tipWei * 1000n >= last.tipWei * 1125n).to.equal(true)
        expect(next.maxFeeWei <= capWei && next.tipWei <= next.maxFeeWei).to.equal(true)
        expect(next.maxFeeWei === capWei || next.maxFeeWei >= 2n * baseFeeWei + tipWei).to.equal(true)
      }),
    )
  })

  it('gives null when the cap leaves no room', () => {
    const last = { maxFeeWei: 90n * GWEI, tipWei: GWEI }
    expect(replacingFees(last, { baseFeeWei: GWEI, tipWei: GWEI }, 100n * GWEI)).to.equal(null)
  })
})
