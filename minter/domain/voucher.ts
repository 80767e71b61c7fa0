import { addressWord, bytes32Word, type Hex, hexToBytes, keccak256, keccakOf, uintWord } from './digest.ts'
import { encodeUtf8 } from './utf8.ts'

/** A collector's right to one piece of a voucher phase, signed by the phase's signer. */
export interface Voucher {
  readonly to: string
  readonly drop: number
  readonly phase: number
  /** The piece; since a rank is minted once, it is also the voucher's nonce. */
  readonly rank: number
  readonly priceWei: bigint
  /** Last second, in Unix time, at which it may be redeemed. */
  readonly deadline: number
}

/** The EIP-712 domain of a collection's vouchers. */
export interface VoucherDomain {
  readonly name: 'latentmint Drop'
  readonly version: '1'
  readonly chainId: bigint
  readonly verifyingContract: string
}

/** The EIP-712 types, as ethers' `signTypedData` takes them; VoucherLib.sol has the same. */
export const voucherTypes = {
  Voucher: [
    { name: 'to', type: 'address' },
    { name: 'drop', type: 'uint256' },
    { name: 'phase', type: 'uint256' },
    { name: 'rank', type: 'uint256' },
    { name: 'priceWei', type: 'uint256' },
    { name: 'deadline', type: 'uint64' },
  ],
} as const

/** The domain that a voucher for `collection` is signed in. */
export function voucherDomain(chainId: bigint, collection: string): VoucherDomain {
  return { name: 'latentmint Drop', version: '1', chainId, verifyingContract: collection }
}

/**
 * The digest that is signed.
 *
 * @see EIP-712; test/vectors/commitment.json holds this and VoucherLib.sol to the same bytes
 */
export function voucherDigest(domain: VoucherDomain, voucher: Voucher): Hex {
  const domainHash = keccakOf(
    typeHash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
    bytes32Word(keccak256(encodeUtf8(domain.name))),
    bytes32Word(keccak256(encodeUtf8(domain.version))),
    uintWord(domain.chainId),
    addressWord(domain.verifyingContract),
  )
  const members = voucherTypes.Voucher.map(({ name, type }) => `${type} ${name}`).join(',')
  const structHash = keccakOf(
    typeHash(`Voucher(${members})`),
    addressWord(voucher.to),
    uintWord(voucher.drop),
    uintWord(voucher.phase),
    uintWord(voucher.rank),
    uintWord(voucher.priceWei),
    uintWord(voucher.deadline),
  )
  return keccakOf(hexToBytes('0x1901'), bytes32Word(domainHash), bytes32Word(structHash))
}

function typeHash(text: string): Uint8Array {
  return bytes32Word(keccak256(encodeUtf8(text)))
}
