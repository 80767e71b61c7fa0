import type { Allowance, ChainHead, DropOnChain, DropRecord, PhaseRecord, WalletOnChain } from './deps.ts'
import { phaseState } from './price.ts'
import type { Reason } from './shapes.ts'

/** All that decides whether one wallet may mint one piece in one phase, read at one head. */
export interface MintSituation {
  readonly drop: DropRecord
  readonly phase: PhaseRecord
  readonly head: ChainHead
  readonly onChain: DropOnChain
  readonly wallet: WalletOnChain
  /** What an allowlist phase grants; null when the wallet is not on its list, or the phase has none. */
  readonly allowance: Allowance | null
  /** Whether a voucher phase would sign this wallet a voucher. */
  readonly invited: boolean
  /** Null when no piece was chosen yet. */
  readonly rank: number | null
  readonly taken: boolean
  /** Seconds for which another wallet is about to mint the piece; null when none is. */
  readonly heldFor: number | null
  /** What it would cost; null when that is unknown before a voucher is signed. */
  readonly priceWei: bigint | null
}

/** Every reason why the mint would fail, not only the first: a collector wants to know them all at once. */
export function ineligibility(situation: MintSituation): readonly Reason[] {
  const deciders = [ofStage, ofPhase, ofPiece, ofRight, ofWallet]
  return deciders.flatMap((reasons) => [...reasons(situation)])
}

function* ofStage({ onChain, head }: MintSituation): Generator<Reason> {
  switch (onChain.stage) {
    case 'announced':
    case 'drawn':
      yield { code: 'DROP_NOT_COMMITTED', message: 'The pieces of this drop have not been drawn and selected yet.' }
      return
    case 'committed':
    case 'live':
      if (onChain.liveAt !== null && head.time < onChain.liveAt) {
        const message = 'The selection can still be challenged; minting starts when that window has passed.'
        yield { code: 'CHALLENGE_WINDOW', message, until: onChain.liveAt }
      }
      if (onChain.paused) yield { code: 'SALES_PAUSED', message: 'The sale is paused by its guardian.' }
      if (onChain.questions > 0) {
        const message = 'Someone asked to see a position; minting goes on when the operator has answered.'
        yield { code: 'QUESTION_OPEN', message }
      }
      return
    case 'closed':
      yield { code: 'DROP_CLOSED', message: 'This drop is closed.' }
      return
    case 'voided':
      yield { code: 'DROP_VOIDED', message: 'This drop was voided; its holders can claim back what they paid.' }
  }
}

function* ofPhase({ phase, head }: MintSituation): Generator<Reason> {
  const state = phaseState(phase, head.time)
  if (state === 'upcoming') {
    yield { code: 'PHASE_NOT_OPEN', message: `“${phase.name}” has not opened yet.`, until: phase.startsAt }
  }
  if (state === 'over') yield { code: 'PHASE_OVER', message: `“${phase.name}” is over.` }
}

function* ofPiece({ drop, onChain, head, rank, taken, heldFor }: MintSituation): Generator<Reason> {
  if (onChain.minted >= drop.edition)
    yield { code: 'SOLD_OUT', message: 'All pieces of this drop have found an owner.' }
  if (rank !== null && rank >= drop.edition) {
    yield {
      code: 'PIECE_NOT_FOR_SALE',
      message: `Rank ${rank} is not among the ${drop.edition} pieces of the edition.`,
    }
  }
  if (taken) yield { code: 'PIECE_TAKEN', message: 'Someone else has minted this piece already.' }
  if (!taken && heldFor !== null) yield heldReason(head, heldFor)
}

/** Another wallet was handed the mint of the piece a moment ago. */
export function heldReason(head: ChainHead, seconds: number): Reason {
  const message = 'Someone else is minting this piece right now; if they do not, it is free again.'
  return { code: 'PIECE_HELD', message, until: head.time + seconds }
}

function* ofRight({ phase, allowance, invited }: MintSituation): Generator<Reason> {
  if (phase.kind === 'allowlist' && allowance === null) {
    yield { code: 'NOT_ON_LIST', message: `This wallet is not on the list of “${phase.name}”.` }
  }
  if (phase.kind === 'voucher' && !invited) {
    yield { code: 'NOT_INVITED', message: `This wallet has no invitation to “${phase.name}”.` }
  }
}

function* ofWallet({ phase, wallet, allowance, priceWei }: MintSituation): Generator<Reason> {
  const minted = wallet.mintedInPhase[phase.phase] ?? 0
  const limit = smallestLimit(phase.limit, allowance?.limit ?? 0)
  if (limit > 0 && minted >= limit) {
    const pieces = limit === 1 ? 'one piece' : `${limit} pieces`
    yield { code: 'LIMIT_REACHED', message: `This wallet has minted the ${pieces} that it may have in this phase.` }
  }
  if (priceWei !== null && wallet.balanceWei < priceWei) {
    const missingWei = String(priceWei - wallet.balanceWei)
    yield { code: 'FUNDS_MISSING', message: 'This wallet holds less than the price.', missingWei }
  }
}

/** Zero means no limit, on either side. */
function smallestLimit(phase: number, allowance: number): number {
  if (phase === 0 || allowance === 0) return Math.max(phase, allowance)
  return Math.min(phase, allowance)
}
