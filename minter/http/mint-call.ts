import { Interface } from 'ethers'
import type { Hex } from '../domain/digest.ts'
import { packFacts } from '../domain/leaf.ts'
import type { Allowance, CandidateRecord } from './deps.ts'
import type { Voucher } from './shapes.ts'

const PIECE = 'tuple(uint256 rank, uint256 facts, bytes32 pixelDigest, bytes32 artifactDigest, bytes32[] proof)'
const ORDER = 'tuple(uint256 drop, uint256 phase, address recipient, bool safe)'
const VOUCHER = 'tuple(address to, uint256 drop, uint256 phase, uint256 rank, uint256 priceWei, uint64 deadline)'

/** The three ways to mint, as in contracts/interfaces/IDrop.sol. */
export const MINT_ABI = [
  `function mintPublic(${ORDER} order, ${PIECE}[] pieces) payable`,
  `function mintAllowlist(${ORDER} order, uint256 limit, uint256 priceWei, bytes32[] allowlistProof, ${PIECE}[] pieces) payable`,
  `function mintVoucher(${VOUCHER} voucher, bytes signature, ${PIECE} piece, address recipient, bool safe) payable`,
] as const

const drop = new Interface(MINT_ABI)

/** One piece, for one wallet, in one phase; with an allowance or a voucher where the phase asks for it. */
export interface MintCall {
  readonly drop: number
  readonly phase: number
  readonly wallet: Hex
  readonly piece: CandidateRecord
  readonly proof: readonly Hex[]
  readonly allowance: Allowance | null
  readonly voucher: Voucher | null
}

/** The call data of a mint. Tokens go to the wallet that pays, and a contract wallet is asked whether it takes them. */
export function encodeMint(call: MintCall): Hex {
  const { rank, pixelDigest, artifactDigest } = call.piece
  const facts = packFacts({ ...call.piece, drop: call.drop })
  const piece = { rank, facts, pixelDigest, artifactDigest, proof: call.proof }
  const order = { drop: call.drop, phase: call.phase, recipient: call.wallet, safe: true }
  if (call.voucher !== null) {
    const { signature, ...voucher } = call.voucher
    return encode('mintVoucher', [voucher, signature, piece, call.wallet, true])
  }
  if (call.allowance !== null) {
    const { limit, priceWei, proof } = call.allowance
    return encode('mintAllowlist', [order, limit, priceWei, proof, [piece]])
  }
  return encode('mintPublic', [order, [piece]])
}

function encode(name: string, values: readonly unknown[]): Hex {
  return `0x${drop.encodeFunctionData(name, values).slice(2)}`
}
