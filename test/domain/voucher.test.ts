import { expect } from 'chai'
import { TypedDataEncoder } from 'ethers'
import { voucherDigest, voucherDomain, voucherTypes } from '../../minter/domain/voucher.ts'
import { commitment } from './commitment-vector.ts'

const { voucher } = commitment
const domain = voucherDomain(BigInt(voucher.domain.chainId), voucher.domain.verifyingContract)
const message = { ...voucher.message, priceWei: BigInt(voucher.message.priceWei) }

describe('minter/domain/voucher', () => {
  describe('voucherDigest', () => {
    it('is the one of the vector', () => {
      expect(voucherDigest(domain, message)).to.equal(voucher.digest)
    })

    it('is what ethers signs for the same types', () => {
      const types = { Voucher: voucherTypes.Voucher.map((field) => ({ ...field })) }
      expect(TypedDataEncoder.hash({ ...domain }, types, message)).to.equal(voucherDigest(domain, message))
    })
  })
})
