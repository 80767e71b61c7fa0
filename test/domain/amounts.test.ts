import { expect } from 'chai'
import * as fc from 'fast-check'
import { formatEther, parseEther } from 'ethers'
import { etherFromWei, isPrice, PRICE_LIMIT_WEI, PRICE_UNIT_WEI, weiFromEther } from '../../minter/domain/amounts.ts'

const amounts = fc.bigInt({ min: 0n, max: 10n ** 29n })

describe('minter/domain/amounts', () => {
  it('reads back what it wrote, and agrees with ethers', () => {
    fc.assert(
      fc.property(amounts, (wei) => {
        expect(weiFromEther(etherFromWei(wei))).to.equal(wei)
        expect(parseEther(etherFromWei(wei))).to.equal(wei)
        expect(weiFromEther(formatEther(wei))).to.equal(wei)
      }),
    )
  })

  it('is null for what is no decimal number of ether', () => {
    for (const text of ['', '.5', '1.', '-1', '1e3', '0.0000000000000000001', '1,5', ' 1']) {
      expect(weiFromEther(text), text).to.equal(null)
    }
  })

  it('takes for a price what the chain can keep in 32 bits', () => {
    expect([0n, PRICE_UNIT_WEI, PRICE_LIMIT_WEI].every(isPrice)).to.equal(true)
    expect([-PRICE_UNIT_WEI, 1n, PRICE_LIMIT_WEI + PRICE_UNIT_WEI].some(isPrice)).to.equal(false)
  })
})
