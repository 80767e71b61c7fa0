import { pieceName } from '../../minter/domain/caption.ts'
import type { Drop, Eligibility, Phase, Reason } from '../gallery/answers.ts'
import { formatWait, formatWei, shorten } from '../gallery/format.ts'
import { isOver, nextPhase, openPhases, opensAt, type Sale } from '../gallery/sale.ts'
import type { WalletState } from '../wallet/store.ts'

/** How far a block is from being undone no more: by the chain's own word, or by counting. */
export type Standing =
  | { readonly rule: 'finalized'; readonly upTo: number }
  | { readonly rule: 'confirmations'; readonly have: number; readonly wanted: number }

/** Where a mint stands after its owner has pressed the button. */
export type MintStep =
  | { readonly at: 'start' }
  | { readonly at: 'connecting' | 'switching' | 'checking' | 'signing' }
  | { readonly at: 'sent'; readonly hash: string; readonly spedUp: boolean; readonly reorganised: boolean }
  /** No node knows it, and its place is still free. */
  | { readonly at: 'lost'; readonly hash: string }
  | {
      readonly at: 'included' | 'final'
      readonly hash: string
      readonly block: number
      /** To whom the piece went, lower-case. */
      readonly owner: string
      readonly standing: Standing
    }
  | { readonly at: 'cancelled'; readonly by: 'cancel' | 'other' }
  | { readonly at: 'failed'; readonly message: string; readonly hash: string | null }

/** Everything on which the button depends. */
export interface MintFacts {
  readonly rank: number
  readonly owner: string | null
  readonly drop: Sale & Pick<Drop, 'network'>
  readonly wallet: WalletState
  readonly eligibility: Eligibility | null
  /** Why the site gives no answer about this wallet; null while it does. */
  readonly problem: string | null
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
export function phaseToMintIn(sale: Sale, eligibility: Eligibility | null, time: number): Phase | undefined {
  const allowed = new Map(
    eligibility?.phases.filter(({ eligible }) => eligible).map(({ phase, priceWei }) => [phase, BigInt(priceWei ?? 0)]),
  )
  const open = openPhases(sale, time)
  const [cheapest] = open
    .filter(({ phase }) => allowed.has(phase))
    .toSorted((a, b) => compare(allowed.get(a.phase) ?? 0n, allowed.get(b.phase) ?? 0n))
  return cheapest ?? open.find(({ kind }) => kind === 'public') ?? open[0] ?? nextPhase(sale, time)
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}

/** What the wallet or the chain is doing before a transaction exists. */
const EARLY = {
  connecting: (wallet: string) => `Open ${wallet} to connect…`,
  switching: (wallet: string) => `Confirm the network in ${wallet}…`,
  checking: () => 'Trying it out on the chain…',
  signing: (wallet: string) => `Confirm in ${wallet}…`,
} as const

function offerUnderWay({ step, rank, wallet }: MintFacts): MintOffer | null {
  if (step.at === 'start') return null
  if (isEarly(step)) return busy(EARLY[step.at](wallet.chosen?.name ?? 'your wallet'))
  return offerAfterSending(step, rank, wallet.account)
}

function isEarly(step: MintStep): step is Extract<MintStep, { at: keyof typeof EARLY }> {
  return step.at in EARLY
}

/** Once a transaction exists, or has failed to. */
type LateStep = Exclude<MintStep, { at: 'start' | keyof typeof EARLY }>

function offerAfterSending(step: LateStep, rank: number, account: string | null): MintOffer {
  if (step.at === 'sent') return busy(`Sent, waiting for a block (${shorten(step.hash)})`, sentNotes(step))
  if (step.at === 'lost') return startOver('Start again', LOST)
  if (step.at === 'cancelled') return startOver('Start again', [CANCELLED[step.by]])
  if (step.at === 'failed') return startOver('Try again', [step.message])
  if (step.at === 'final') return closed(ownedLabel(rank, step.owner, account), [finality(step)])
  return busy(`In block ${step.block}, not final yet`, [progressOf(step.standing), CLOSABLE])
}

const CLOSABLE = 'You can close this page: its address holds the transaction.'
const LOST = [
  'No node knows this transaction any more. Should it come back, this page follows it again.',
  'A piece can be minted only once, so that you cannot pay for it twice.',
]
const CANCELLED = {
  cancel: 'You cancelled the transaction in your wallet. Nothing was minted.',
  other: 'Your wallet sent something else in place of this transaction. Nothing was minted.',
} as const

function sentNotes({ spedUp, reorganised }: { readonly spedUp: boolean; readonly reorganised: boolean }): string[] {
  const notes = [CLOSABLE]
  if (spedUp) notes.push('You sped it up in your wallet; this page follows the new transaction.')
  if (reorganised) notes.push('The chain has replaced the block that held it. It is waiting for another one.')
  return notes
}

function progressOf(standing: Standing): string {
  if (standing.rule === 'confirmations') return `${standing.have} of ${standing.wanted} confirmations.`
  return `The chain has finalised its blocks up to ${standing.upTo}; from then on nobody can undo it.`
}

function finality({ block, standing }: { readonly block: number; readonly standing: Standing }): string {
  if (standing.rule === 'finalized') return `Final: the chain has finalised block ${block}.`
  return `Final: ${standing.wanted === 1 ? 'one block confirms' : `${standing.wanted} blocks confirm`} it.`
}

function ownedLabel(rank: number, owner: string, account: string | null): string {
  return owner === account ? `${pieceName(rank)} is yours` : `${pieceName(rank)} went to ${shorten(owner)}`
}

function offerBeforeWallet({ owner, wallet, drop, rank, time, eligibility }: MintFacts): MintOffer | null {
  if (owner !== null && owner === wallet.account) return closed(`${pieceName(rank)} is yours`, [])
  if (owner !== null) return closed('Taken a moment ago', ['Someone else has minted this piece.'])
  if (drop.stage === 'voided') return closed('The drop was voided', ['Who holds a piece can claim back what it cost.'])
  const phase = phaseToMintIn(drop, eligibility, time)
  if (isOver(drop) || phase === undefined) return closed('The sale is over', [])
  if (wallet.account !== null) {
    if (wallet.chainId === drop.network.chainId) return null
    const note = `This drop lives on ${drop.network.name}, chain ${drop.network.chainId}.`
    return { label: `Switch to ${drop.network.name}`, action: 'switch-network', busy: false, notes: [note] }
  }
  const opens = opensAt(drop, phase)
  const notes = time < opens ? [`“${phase.name}” opens in ${formatWait(opens - time)}.`] : []
  if (wallet.offered.length === 0) {
    return closed('No wallet in this browser', [
      'A wallet extension, or the browser of a wallet app, is needed to mint. Looking needs none.',
      ...notes,
    ])
  }
  return { label: 'Choose a wallet to mint', action: 'choose-wallet', busy: false, notes }
}

function offerByEligibility(facts: MintFacts): MintOffer {
  const { drop, eligibility, problem, time, rank } = facts
  if (eligibility === null) {
    if (problem === null) return busy('Reading what this wallet may mint…')
    return closed('The site gives no answer', [`${problem}. This page keeps asking.`])
  }
  const phase = phaseToMintIn(drop, eligibility, time)
  const verdict = eligibility.phases.find((candidate) => candidate.phase === phase?.phase)
  if (phase === undefined || verdict === undefined) return closed('The sale is over', [])

  const bill = billOf(facts, phase, verdict.priceWei)
  const [first, ...others] = verdict.reasons.filter(({ code }) => code !== 'FUNDS_MISSING')
  if (first !== undefined) {
    return closed(shortLabel(first, time), [
      ...[first, ...others].map((reason) => sentence(reason, time)),
      ...missingNotes(bill),
    ])
  }
  if (bill.missing > 0n) return closed('Not enough in this wallet', missingNotes(bill))
  const label = `Mint ${pieceName(rank).toLowerCase()} for ${formatWei(bill.price, bill.currency)}`
  return { label, action: 'mint', busy: false, notes: billNotes(facts, phase, bill) }
}

/** What the wallet would have to pay, and what it has too little; wei. */
interface Bill {
  readonly price: bigint
  readonly gas: bigint | null
  readonly missing: bigint
  readonly currency: string
}

function billOf({ drop, eligibility, gasWei }: MintFacts, phase: Phase, priceWei: string | null): Bill {
  const price = BigInt(priceWei ?? phase.priceWei ?? 0)
  const missing = price + (gasWei ?? 0n) - BigInt(eligibility?.balanceWei ?? 0)
  return { price, gas: gasWei, missing, currency: drop.network.currency }
}

function missingNotes({ missing, gas, price, currency }: Bill): readonly string[] {
  if (missing <= 0n) return []
  const what = gas === null ? 'the network’s fee comes on top' : 'the network’s fee included'
  const parts =
    gas === null ? '' : `: ${formatWei(price, currency)} and about ${formatWei(gas, currency)} for the network`
  return [`${formatWei(missing, currency)} are missing, ${what}${parts}.`]
}

function billNotes({ drop }: MintFacts, phase: Phase, { price, gas, currency }: Bill): readonly string[] {
  const place = drop.phases.length > 1 ? ` in “${phase.name}”` : ''
  const fee = gas === null ? '' : ` + about ${formatWei(gas, currency)} network fee`
  const bill = place === '' && fee === '' ? [] : [`${formatWei(price, currency)}${place}${fee}`]
  const falls = phase.kind === 'public' && phase.price.startWei !== phase.price.endWei
  return falls ? [...bill, 'The price falls by the second; what is over when your mint is included comes back.'] : bill
}

function sentence(reason: Reason, time: number): string {
  if (reason.until !== undefined && reason.until > time) {
    return `${reason.message} In ${formatWait(reason.until - time)}.`
  }
  return reason.message
}

const SHORT: Readonly<Record<Reason['code'], string>> = {
  DROP_NOT_COMMITTED: 'Not yet selected',
  CHALLENGE_WINDOW: 'Opens after the challenge window',
  SALES_PAUSED: 'The sale is paused',
  QUESTION_OPEN: 'Waits for an answer',
  DROP_CLOSED: 'The drop is closed',
  DROP_VOIDED: 'The drop was voided',
  PHASE_NOT_OPEN: 'Not open yet',
  PHASE_OVER: 'The sale is over',
  SOLD_OUT: 'Sold out',
  PIECE_TAKEN: 'Taken a moment ago',
  PIECE_HELD: 'Someone is minting it',
  PIECE_NOT_FOR_SALE: 'Not for sale',
  NOT_ON_LIST: 'Not on the list',
  NOT_INVITED: 'By invitation only',
  LIMIT_REACHED: 'Limit reached',
  FUNDS_MISSING: 'Not enough in this wallet',
}

function shortLabel(reason: Reason, time: number): string {
  const opens = reason.code !== 'PIECE_HELD' && reason.until !== undefined && reason.until > time
  if (opens) return `Opens in ${formatWait((reason.until ?? time) - time)}`
  return SHORT[reason.code]
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
