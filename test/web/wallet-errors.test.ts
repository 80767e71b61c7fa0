import { expect } from 'chai'
import { explainWallet, isRejection, isUnknownChain } from '../../web/wallet/wallet-errors.ts'

describe('web/wallet/wallet-errors', () => {
  it('knows a rejection however deep a wallet has put it', () => {
    expect(isRejection({ code: 4001 })).to.equal(true)
    expect(isRejection({ code: -32_603, data: { originalError: { code: 4001 } } })).to.equal(true)
    expect(isRejection({ code: 4100 })).to.equal(false)
    expect(isRejection('no')).to.equal(false)
  })

  it('knows that a chain is new to the wallet', () => {
    expect(isUnknownChain({ code: -32_603, data: { originalError: { code: 4902 } } })).to.equal(true)
  })

  it('explains what the standards name, and lets the wallet speak for the rest', () => {
    expect(explainWallet({ code: -32_002 })).to.include('already asking')
    expect(explainWallet({ code: 4900 })).to.include('lost its connection')
    expect(explainWallet(new Error('insufficient funds for gas * price + value'))).to.include('too little')
    expect(explainWallet(new Error('The hinge is stuck.'))).to.equal('The wallet says: The hinge is stuck.')
    expect(explainWallet(null)).to.equal('The wallet gave no reason.')
  })
})
