import type { Drop, Eligibility, Phase, Reason } from '../gallery/answers.ts'
import { formatWait, formatWei, pieceName, shorten } from '../gallery/format.ts'
import type { WalletState } from '../wallet/store.ts'

/** Where a mint stands after its owner has pressed the button. */
export type MintStep =
  | { readonly at: 'start' }
  | { readonly at: 'connecting' | 'switching' | 'checking' | 'signing' }
  | { readonly at: 'sent'; readonly hash: string; readonly spedUp: boolean; readonly reorganised: boolean }
  | { readonly at: 'included'; readonly hash: string; readonly block: number; readonly confirmations: number }
  | { readonly at: 'final'; readonly hash: string }
  | { readonly at: 'cancelled' }
  | { readonly at: 'failed'; readonly message: string; readonly hash: string | null }

/** Everything on which the button depends. */
export interface MintFacts {
  readonly rank: number
  readonly owner: string | null
  readonly drop: Pick<Drop, 'network' | 'phases' | 'stage'>
  readonly wallet: WalletState
  readonly eligibility: Eligibility | null
  /** What the network asks for the transaction itself; null while it is not known. */
  readonly gasWei: bigint | null
  readonly step: MintStep
  /** Unix seconds by the chain's clock. */
  readonly time: number
}

/** The one button: what it says, and what pressing it does; without an action it can't be pressed. */
export interface MintOffer {
  readonly label: string
  readonly action: 'choose-wallet' | 'switch-network' | 'mint' | 'start-over' | null
  /** Something is under way, and the page says so without being asked. */
  readonly busy: boolean
  /** What else there is to know, each a sentence. */
  readonly notes: readonly string[]
}

/** Decides the button. Pure, so that every state can be held by a test, and none can be half of two. */
export function mintOffer(facts: MintFacts): MintOffer {
  return offerUnderWay(facts) ?? offerBeforeWallet(facts) ?? offerByEligibility(facts)
}

/** The phase in which the visitor would mint: the cheapest that lets them, else the public one, else the next to open. */
export function phaseToMintIn(
  phases: readonly Phase[],
  eligibility: Eligibility | null,
  time: number,
): Phase | undefined {
  const allowed = new Map(
    eligibility?.phases.filter(({ eligible }) => eligible).map(({ phase, priceWei }) => [phase, BigInt(priceWei ?? 0)]),
  )
  const open = phases.filter(({ startsAt, endsAt }) => startsAt <= time && time < endsAt)
  const next = phases.filter(({ startsAt }) => time < startsAt).toSorted((a, b) => a.startsAt - b.startsAt)
  const [cheapest] = open
    .filter(({ phase }) => allowed.has(phase))
    .toSorted((a, b) => Number((allowed.get(a.phase) ?? 0n) - (allowed.get(b.phase) ?? 0n)))
  return cheapest ?? open.find(({ kind }) => kind === 'public') ?? open[0] ?? next[0]
}

/** What the wallet or the chain is doing before a transaction exists. */
const EARLY = {
  connecting: (wallet: string) => `Open ${wallet} to connect…`,
  switching: (wallet: string) => `Confirm the network in ${wallet}…`,
  checking: () => 'Trying it out on the chain…',
  signing: (wallet: string) => `Confirm in ${wallet}…`,
} as const

function offerUnderWay({ step, drop, rank, wallet }: MintFacts): MintOffer | null {
  if (step.at === 'start') return null
  if (isEarly(step)) return busy(EARLY[step.at](wallet.chosen?.name ?? 'your wallet'))
  return offerAfterSending(step, drop.network.confirmations, rank)
}

function isEarly(step: MintStep): step is Extract<MintStep, { at: keyof typeof EARLY }> {
  return step.at in EARLY
}

/** Once a transaction exists, or has failed to. */
type LateStep = Exclude<MintStep, { at: 'start' | keyof typeof EARLY }>

function offerAfterSending(step: LateStep, confirmations: number, rank: number): MintOffer {
  if (step.at === 'sent') return busy(`Sent, waiting for a block (${shorten(step.hash)})`, sentNotes(step))
  if (step.at === 'included') {
    return busy(`In block ${step.block}, ${step.confirmations} of ${confirmations} confirmations`)
  }
  if (step.at === 'final') return closed(`${pieceName(rank)} is yours`, [])
  if (step.at === 'failed') return startOver('Try again', [step.message])
  return startOver('Start again', ['You cancelled the transaction in your wallet. Nothing was minted.'])
}

function sentNotes({ spedUp, reorganised }: { readonly spedUp: boolean; readonly reorganised: boolean }): string[] {
  const notes = ['You can close this page: its address holds the transaction.']
  if (spedUp) notes.push('You sped it up in your wallet; this page follows the new transaction.')
  if (reorganised) notes.push('The chain has replaced the block that held it. It is being included again.')
  return notes
}

function offerBeforeWallet({ owner, wallet, drop, rank, time, eligibility }: MintFacts): MintOffer | null {
  if (owner !== null && owner === wallet.account) {
    return { label: `${pieceName(rank)} is yours`, action: null, busy: false, notes: [] }
  }
  if (owner !== null) return closed('Taken', ['Someone else has minted this piece.'])
  const phase = phaseToMintIn(drop.phases, eligibility, time)
  const over = drop.stage === 'closed' || drop.stage === 'voided' || phase === undefined
  if (over) return closed(drop.stage === 'voided' ? 'The drop was voided' : 'The sale is over', [])
  if (wallet.account !== null) {
    if (wallet.chainId === drop.network.chainId) return null
    return { label: `Switch to ${drop.network.name}`, action: 'switch-network', busy: false, notes: [] }
  }
  const notes = time < phase.startsAt ? [opensIn(phase, time)] : []
  if (wallet.offered.length === 0) {
    return closed('No wallet in this browser', [
      'A wallet extension, or the browser of a wallet app, is needed to mint.',
    ])
  }
  return { label: 'Choose a wallet to mint', action: 'choose-wallet', busy: false, notes }
}

function offerByEligibility(facts: MintFacts): MintOffer {
  const { drop, eligibility, time, gasWei, rank } = facts
  const { currency } = drop.network
  if (eligibility === null) return busy('Reading what this wallet may mint…')
  const phase = phaseToMintIn(drop.phases, eligibility, time)
  const verdict = eligibility.phases.find((candidate) => candidate.phase === phase?.phase)
  if (phase === undefined || verdict === undefined) return closed('The sale is over', [])

  const reasons = verdict.reasons.map((reason) => ({ reason, text: sentence(reason, time, currency) }))
  const [first] = reasons
  if (first !== undefined)
    return closed(
      shortLabel(first.reason, time),
      reasons.map(({ text }) => text),
    )

  const price = BigInt(verdict.priceWei ?? phase.priceWei ?? 0)
  const missing = price + (gasWei ?? 0n) - BigInt(eligibility.balanceWei)
  if (missing > 0n) {
    return closed('Not enough in this wallet', [
      `${formatWei(missing, currency)} are missing, the network's fee included.`,
    ])
  }
  const fee = gasWei === null ? '' : ` + about ${formatWei(gasWei, currency)} network fee`
  const place = drop.phases.length > 1 ? ` in “${phase.name}”` : ''
  const notes = fee === '' ? [] : [`${formatWei(price, currency)}${place}${fee}`]
  return {
    label: `Mint ${pieceName(rank).toLowerCase()} for ${formatWei(price, currency)}`,
    action: 'mint',
    busy: false,
    notes,
  }
}

function sentence(reason: Reason, time: number, currency: string): string {
  if (reason.missingWei !== undefined) return `${reason.message} ${formatWei(reason.missingWei, currency)} are missing.`
  if (reason.until !== undefined) return `${reason.message} In ${formatWait(reason.until - time)}.`
  return reason.message
}

const SHORT: Readonly<Record<Reason['code'], string>> = {
  DROP_NOT_COMMITTED: 'Not yet selected',
  CHALLENGE_WINDOW: 'Opens after the challenge window',
  SALES_PAUSED: 'The sale is paused',
  DROP_CLOSED: 'The drop is closed',
  DROP_VOIDED: 'The drop was voided',
  PHASE_NOT_OPEN: 'Not open yet',
  PHASE_OVER: 'The sale is over',
  SOLD_OUT: 'Sold out',
  PIECE_TAKEN: 'Taken a moment ago',
  PIECE_NOT_FOR_SALE: 'Not for sale',
  NOT_ON_LIST: 'Not on the list',
  NOT_INVITED: 'By invitation only',
  LIMIT_REACHED: 'You have your share',
  FUNDS_MISSING: 'Not enough in this wallet',
}

function shortLabel(reason: Reason, time: number): string {
  if (reason.until !== undefined && reason.until > time) return `Opens in ${formatWait(reason.until - time)}`
  return SHORT[reason.code]
}

function opensIn(phase: Phase, time: number): string {
  return `“${phase.name}” opens in ${formatWait(phase.startsAt - time)}.`
}

function busy(label: string, notes: readonly string[] = []): MintOffer {
  return { label, action: null, busy: true, notes }
}

function closed(label: string, notes: readonly string[]): MintOffer {
  return { label, action: null, busy: false, notes }
}

function startOver(label: string, notes: readonly string[]): MintOffer {
  return { label, action: 'start-over', busy: false, notes }
}
