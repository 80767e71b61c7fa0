/** The chain keeps a token's price in units of 1e12 wei, 32 bits of them. */
export const PRICE_UNIT_WEI = 1_000_000_000_000n
/** The highest price that fits, about 4,295 ETH. */
export const PRICE_LIMIT_WEI = PRICE_UNIT_WEI * 0xffffffffn

const WEI_DECIMALS = 18

/**
 * An amount of ether in wei, by text alone, so that no cent is lost on the way through a float.
 *
 * @param text decimal, such as '0.02'
 * @returns null when it is no decimal number, or finer than a wei
 */
export function weiFromEther(text: string): bigint | null {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,18}))?$/.exec(text) ?? []
  return whole === undefined ? null : BigInt(whole + fraction.padEnd(WEI_DECIMALS, '0'))
}

/** An amount of wei in ether, without trailing zeros: 20000000000000000 is '0.02'. */
export function etherFromWei(wei: bigint): string {
  const digits = wei.toString().padStart(WEI_DECIMALS + 1, '0')
  const whole = digits.slice(0, -WEI_DECIMALS)
  const fraction = digits.slice(-WEI_DECIMALS).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Whether the chain can keep this price without rounding. */
export function isPrice(wei: bigint): boolean {
  return wei >= 0n && wei <= PRICE_LIMIT_WEI && wei % PRICE_UNIT_WEI === 0n
}

const GWEI_DECIMALS = 9

/** An amount of gwei in wei; null when it is no decimal number, or finer than a wei. */
export function weiFromGwei(text: string): bigint | null {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  return whole === undefined ? null : BigInt(whole + fraction.padEnd(GWEI_DECIMALS, '0'))
}

/** An amount of wei in gwei, without trailing zeros: 1500000000 is '1.5'. */
export function gweiFromWei(wei: bigint): string {
  return etherFromWei(wei * 10n ** BigInt(WEI_DECIMALS - GWEI_DECIMALS))
}
