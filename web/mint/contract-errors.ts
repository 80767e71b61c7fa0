import { Interface, type Result } from 'ethers'
import { formatUtc } from '../gallery/format.ts'

/** The errors that a mint can run into, as in contracts/interfaces/IDrop.sol. */
export const MINT_ERRORS = [
  'error WrongState(uint256 drop, uint8 had, uint8 wanted)',
  'error SalesPaused(uint256 drop)',
  'error QuestionsOpen(uint256 drop, uint256 had)',
  'error NotLive(uint256 had, uint256 wanted)',
  'error UnknownPhase(uint256 had, uint256 wanted)',
  'error WrongPhaseKind(uint8 had, uint8 wanted)',
  'error PhaseNotOpen(uint256 had, uint256 start, uint256 end)',
  'error RankNotForSale(uint256 had, uint256 wanted)',
  'error Rejected(uint256 rank, uint256 reason)',
  'error BelowThreshold(bytes32 metric, uint256 had, uint256 wanted)',
  'error NotCommitted(uint256 drop, uint256 rank)',
  'error WalletLimit(address wallet, uint256 had, uint256 wanted)',
  'error NotAllowlisted(address wallet)',
  'error BelowFloor(uint256 had, uint256 wanted)',
  'error Underpaid(uint256 had, uint256 wanted)',
  'error VoucherExpired(uint256 deadline)',
  'error VoucherNotSigned(address signer)',
  'error TokenAlreadyExists()',
  'error TransferToNonERC721ReceiverImplementer()',
] as const

const errors = new Interface(MINT_ERRORS)

const SENTENCES: Readonly<Record<string, (values: Result) => string>> = {
  WrongState: () => 'This drop is not on sale.',
  SalesPaused: () => 'The sale is paused by its guardian.',
  QuestionsOpen: () => 'Someone asked to see a position; minting goes on when the operator has answered.',
  NotLive: ([, liveAt]) =>
    `Minting starts at ${formatUtc(Number(liveAt))}, when the selection can no longer be challenged.`,
  UnknownPhase: () => 'The drop has no such phase.',
  WrongPhaseKind: () => 'This phase is for others.',
  PhaseNotOpen: ([now, start, end]) =>
    Number(now) < Number(start)
      ? `This phase opens at ${formatUtc(Number(start))}.`
      : `This phase ended at ${formatUtc(Number(end))}.`,
  RankNotForSale: () => 'This piece is not part of the edition.',
  Rejected: () => 'This piece was rejected in the selection.',
  BelowThreshold: () => 'This piece is below the bar that was announced.',
  NotCommitted: () => 'This piece is not what the chain has on record. Please do not mint it, and tell others.',
  WalletLimit: ([, , limit]) => `This wallet has minted the ${String(limit)} that it may have in this phase.`,
  NotAllowlisted: () => 'This wallet is not on the list of this phase.',
  BelowFloor: () => 'The price offered is below the floor of this phase.',
  Underpaid: () => 'The price has changed. Please look at it again.',
  VoucherExpired: ([deadline]) => `The voucher was good until ${formatUtc(Number(deadline))}.`,
  VoucherNotSigned: () => 'The voucher is not signed by the signer of this phase.',
  TokenAlreadyExists: () => 'Someone else has minted this piece a moment ago.',
  TransferToNonERC721ReceiverImplementer: () => 'This wallet is a contract that does not take tokens.',
}

/** What the chain objects to, as a sentence; null when the failure is not one of the contract's. */
export function explainRevert(failure: unknown): string | null {
  const data = revertData(failure, 4)
  if (data === null) return null
  const parsed = errors.parseError(data)
  if (parsed === null) return `The contract refuses, without saying why (${data.slice(0, 10)}).`
  return SENTENCES[parsed.name]?.(parsed.args) ?? `The contract refuses: ${parsed.name}.`
}

/** Wallets and nodes put the contract's answer into different depths of their errors. */
function revertData(failure: unknown, depth: number): string | null {
  if (typeof failure === 'string') return /^0x(?:[0-9a-f]{2}){4,}$/iu.test(failure) ? failure : null
  if (depth === 0 || typeof failure !== 'object' || failure === null) return null
  for (const field of ['data', 'error', 'info', 'originalError', 'cause', 'result']) {
    const found = revertData(Reflect.get(failure, field), depth - 1)
    if (found !== null) return found
  }
  return null
}
