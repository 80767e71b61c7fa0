import { allowlistTree } from './allowlist.ts'
import { bytesToHex, type Hex, addressWord, ZERO_DIGEST } from './digest.ts'
import type { Phase, PhaseTime } from './policy.ts'

/** A phase as it is announced on the chain (struct Phase in IDrop.sol). */
export interface PhaseTerms {
  /** 0 public, 1 allowlist, 2 voucher. */
  readonly kind: number
  /** First second, Unix time. */
  readonly start: number
  /** First second after it. */
  readonly end: number
  /** Tokens per wallet, 0 for no limit. */
  readonly walletLimit: number
  readonly priceStartWei: bigint
  /** Allowlist and voucher: the least that an entry or a voucher may ask. */
  readonly priceEndWei: bigint
  /** Allowlist: Merkle root. Voucher: the signer. Public: zero. */
  readonly gate: Hex
}

export const PHASE_KINDS = ['public', 'allowlist', 'voucher'] as const
export type PhaseKind = (typeof PHASE_KINDS)[number]

/**
 * A phase of the policy in the chain's terms.
 *
 * @param announcedAt Unix seconds that the policy's relative times count from
 * @param operatorSigner who signs vouchers where the policy leaves it to the operator
 */
export function phaseTerms(phase: Phase, announcedAt: number, operatorSigner: string): PhaseTerms {
  return {
    kind: PHASE_KINDS.indexOf(phase.kind),
    start: phaseTime(phase.start, announcedAt),
    end: phaseTime(phase.end, announcedAt),
    walletLimit: phase.limit,
    ...phasePrices(phase),
    gate: phaseGate(phase, operatorSigner),
  }
}

/** Unix seconds of a phase's time. */
export function phaseTime(time: PhaseTime, announcedAt: number): number {
  return time.from === 'announcement' ? announcedAt + time.seconds : time.seconds
}

function phasePrices(phase: Phase): Pick<PhaseTerms, 'priceStartWei' | 'priceEndWei'> {
  if (phase.kind !== 'allowlist') {
    return { priceStartWei: BigInt(phase.price.startWei), priceEndWei: BigInt(phase.price.endWei) }
  }
  // The entries carry their own prices; the chain wants to know the least of them, below which no entry counts.
  const floor = phase.allowlist
    .map(({ priceWei }) => BigInt(priceWei))
    .reduce((least, wei) => (wei < least ? wei : least))
  return { priceStartWei: floor, priceEndWei: floor }
}

function phaseGate(phase: Phase, operatorSigner: string): Hex {
  if (phase.kind === 'voucher') return bytesToHex(addressWord(phase.signer ?? operatorSigner))
  if (phase.kind === 'public') return ZERO_DIGEST
  return allowlistTree(phase.allowlist.map((entry) => ({ ...entry, priceWei: BigInt(entry.priceWei) }))).root
}
