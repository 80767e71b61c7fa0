import { FeeAboveCap } from '../errors.ts'
import { gweiFromWei } from '../domain/amounts.ts'

/** What a transaction offers per gas, in wei (EIP-1559). */
export interface Fees {
  readonly maxFeeWei: bigint
  readonly tipWei: bigint
}

/** What gas costs at the moment. */
export interface FeeMarket {
  readonly baseFeeWei: bigint
  readonly tipWei: bigint
}

/** Nodes take a replacement from a tenth more on (geth, Besu, Erigon), some from an eighth; both fees must rise. */
const REPLACEMENT_PERMILLE = 1125n
/** Room for six full blocks in a row, each of which raises the base fee by an eighth. */
const BASE_FEE_ROOM = 2n

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/**
 * What a first attempt offers.
 *
 * @throws {FeeAboveCap} when the base fee and the tip alone are above the cap
 */
export function openingFees({ baseFeeWei, tipWei }: FeeMarket, capWei: bigint): Fees {
  if (baseFeeWei + tipWei > capWei) {
    const asked = `${gweiFromWei(baseFeeWei)} gwei and a tip of ${gweiFromWei(tipWei)}`
    throw new FeeAboveCap(`gas costs ${asked}, at most ${gweiFromWei(capWei)} gwei are allowed`, 'fees')
  }
  return { maxFeeWei: smaller(capWei, BASE_FEE_ROOM * baseFeeWei + tipWei), tipWei }
}

/** The least that replaces a fee. */
function raised(wei: bigint): bigint {
  return (wei * REPLACEMENT_PERMILLE + 999n) / 1000n
}

/**
 * What an attempt offers that replaces another one of the same nonce: as much as a new one, and at least what nodes want of a
 * replacement.
 *
 * @returns null when the cap leaves no room for a replacement
 */
export function replacingFees(last: Fees, market: FeeMarket, capWei: bigint): Fees | null {
  if (raised(last.maxFeeWei) > capWei) return null
  const wanted = larger(raised(last.maxFeeWei), BASE_FEE_ROOM * market.baseFeeWei + market.tipWei)
  const maxFeeWei = smaller(capWei, wanted)
  const tipWei = smaller(larger(raised(last.tipWei), market.tipWei), maxFeeWei)
  return tipWei < raised(last.tipWei) ? null : { maxFeeWei, tipWei }
}
