/** Numbers, money and moments as people read them. Nothing here is hashed, so that the visitor's locale may speak. */

const WEI = 10n ** 18n

/** Wei as the chain's currency: all digits that matter, none that do not. */
export function formatWei(wei: string | bigint, currency: string): string {
  const amount = BigInt(wei)
  const whole = amount / WEI
  const fraction = String(amount % WEI)
    .padStart(18, '0')
    .slice(0, 6)
    .replace(/0+$/u, '')
  if (amount > 0n && whole === 0n && fraction === '') return `less than 0.000001 ${currency}`
  return `${whole.toLocaleString()}${fraction === '' ? '' : `.${fraction}`} ${currency}`
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-GB')
}

/** A share of one; small shares keep a digit, so that a rare trait never reads as none. */
export function formatShare(share: number): string {
  const percent = share * 100
  return percent >= 10 ? `${Math.round(percent)} %` : `${percent.toFixed(1)} %`
}

/** A 16-bit measure as a share of its range. */
export function formatMeasure(measure: number): string {
  return (measure / 65_535).toFixed(3)
}

/** In the visitor's own zone, with its name. */
export function formatLocal(time: number): string {
  const format: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' }
  return new Date(time * 1000).toLocaleString(undefined, format)
}

/** The visitor's zone by its name, e.g. Europe/Lisbon; null where it is UTC itself and nothing is to be translated. */
export function visitorsZone(): string | null {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return /^(?:Etc\/)?(?:UTC|GMT|Universal|Zulu)$/u.test(timeZone) ? null : timeZone.replaceAll('_', ' ')
}

export function formatUtc(time: number): string {
  const [date = '', clock = ''] = new Date(time * 1000).toISOString().split('T')
  return `${date} ${clock.slice(0, 5)} UTC`
}

/** How long until something, in the two units that matter. */
export function formatWait(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds))
  const units = [
    ['d', Math.floor(left / 86_400)],
    ['h', Math.floor(left / 3600) % 24],
    ['min', Math.floor(left / 60) % 60],
    ['s', left % 60],
  ] as const
  const first = units.findIndex(([, count]) => count > 0)
  const shown = first === -1 ? units.slice(-1) : units.slice(first, first + 2)
  return shown.map(([unit, count]) => `${count} ${unit}`).join(' ')
}

/** The ends of a long hexadecimal value or CID; the whole stands beside it for those who compare. */
export function shorten(text: string): string {
  return text.length <= 16 ? text : `${text.slice(0, 8)}…${text.slice(-6)}`
}
