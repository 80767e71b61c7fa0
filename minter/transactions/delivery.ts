import { etherFromWei, gweiFromWei } from '../domain/amounts.ts'
import { type Hex, hexToBytes, keccak256 } from '../domain/digest.ts'
import {
  CallReverted,
  ChainMismatch,
  DeploymentDiffers,
  FundsMissing,
  SpendingCapReached,
  TransactionStuck,
} from '../errors.ts'
import type {
  Address,
  Clock,
  Outbox,
  OutboxEntry,
  TransactionDraft,
  TransactionOutcome,
  TransactionRequest,
} from '../ports.ts'
import { type Fees, openingFees, replacingFees } from './fees.ts'
import { findReplacement } from './replacement.ts'
import type { ChainWire, MinedReceipt } from './wire.ts'

/** What sending may cost, and how patient it is. */
export interface SendingLimits {
  /** The most that is ever offered for one gas, tip included. */
  readonly maxFeeWei: bigint
  /** The most that the fees of 24 hours may come to, those on their way at their highest. */
  readonly maxSpendWei: bigint
  /** A transaction that waits longer is priced higher. */
  readonly stuckAfterMs: number
  /** How long one call waits for a block. */
  readonly minedWithinMs: number
  readonly pollMs: number
  /** How many blocks deep a transaction is final; or the chain's own word for it. */
  readonly finality: number | 'finalized'
}

/** Whose transactions, and where. */
export interface DeliveryOptions {
  readonly wire: ChainWire
  readonly outbox: Outbox
  readonly url: string
  readonly chainId: bigint
  readonly account: Address
  readonly limits: SendingLimits
  /** The hash of the code that is recorded for a contract; null when none is. */
  readonly codeHash: (contract: Address) => Hex | null
  readonly now: Clock
  /** Milliseconds that only go forward. */
  readonly elapsed: () => number
}

const DAY_SECONDS = 86_400
/** What any transaction takes. */
const LEAST_GAS = 21_000n
/** Above the estimate, for what changes between asking and mining. */
const GAS_MARGIN_PERCENT = 120n
/** Intents with this beginning only make a developer's chain go on; nobody waits for them to be final. */
export const WAKE_PREFIX = 'wake:'

/** The newest form of a transaction. */
function lastAttempt({ attempts, intent }: OutboxEntry): OutboxEntry['attempts'][number] {
  const last = attempts.at(-1)
  if (last === undefined) throw new RangeError(`nothing was signed for ${intent}`)
  return last
}

/**
 * Sees to it that what is wanted once happens once. An intent is written down before it is sent, with a nonce that no other gets,
 * and is watched until no reorganisation can undo it.
 */
export class Delivery {
  private readonly options: DeliveryOptions
  /** When each nonce was last handed over in its newest form, for what waits too long. */
  private readonly handedAt = new Map<number, number>()

  constructor(options: DeliveryOptions) {
    this.options = options
  }

  /** The outcome of an intent, in whichever run of the program it was first sent. */
  async deliver(request: TransactionRequest): Promise<TransactionOutcome> {
    for (;;) {
      const entry = (await this.options.outbox.find(request.intent)) ?? (await this.record(request))
      const receipt = await this.follow(entry)
      if (receipt === null) continue
      if (receipt.succeeded) return outcomeOf(receipt)
      // Refused once is no reason to be refused for ever; but only when it cannot be mined a second time, and succeed.
      if (!(await this.isFinal(receipt.block)) || entry.state === 'recorded' || entry.state === 'sent') {
        throw new CallReverted(request.intent, 'MinedButReverted', [receipt.hash])
      }
      await this.options.outbox.move(entry.id, { state: 'dropped', reason: 'reverted' })
    }
  }

  /**
   * Looks at everything that is not final: notices blocks that are no longer in the chain, and sends again what was in them.
   *
   * @returns how many are not final yet
   */
  async review(): Promise<number> {
    const { outbox } = this.options
    let left = 0
    for (const entry of await outbox.unfinished()) {
      const receipt = await this.lookFor(entry)
      if (receipt !== null && (await this.isFinal(receipt.block))) continue
      if (receipt === null) await this.push(entry)
      if (!entry.intent.startsWith(WAKE_PREFIX)) left++
    }
    return left
  }

  /** Checks first what costs nothing to check, then takes a nonce and signs. */
  private async record(request: TransactionRequest): Promise<OutboxEntry> {
    const { wire, outbox, limits } = this.options
    const wanted = { ...request, valueWei: request.valueWei ?? 0n }
    await this.checkChain()
    await this.checkTarget(wanted.to, wanted.data)
    const fees = openingFees(await wire.market(), limits.maxFeeWei)
    // A node refuses to estimate what the account cannot pay, in words of its own.
    await this.checkFunds({ ...wanted, gasLimit: LEAST_GAS }, fees)
    const gasLimit = ((await wire.estimateGas(wanted)) * GAS_MARGIN_PERCENT) / 100n
    const draft: TransactionDraft = { ...wanted, gasLimit }
    await this.checkFunds(draft, fees)
    await this.checkSpending(request.intent, gasLimit * fees.maxFeeWei)
    return outbox.allot(draft, await wire.count('pending'), (nonce) => wire.sign(draft, nonce, fees))
  }

  private async checkChain(): Promise<void> {
    const { wire, url, chainId } = this.options
    const found = await wire.chainId()
    if (found !== chainId) throw new ChainMismatch(`the RPC serves chain ${found} now, expected ${chainId}`, url)
  }

  private async checkTarget(to: Address | null, data: string): Promise<void> {
    if (to === null || data === '0x') return
    const { wire, url, codeHash } = this.options
    const code = await wire.codeAt(to)
    if (code === '0x') throw new ChainMismatch(`there is no contract at ${to}`, url)
    const wanted = codeHash(to)
    const found = keccak256(hexToBytes(code))
    if (wanted !== null && found !== wanted) {
      throw new DeploymentDiffers(`the contract at ${to} has the code hash ${found}, recorded is ${wanted}`, url)
    }
  }

  private async checkFunds({ valueWei, gasLimit, intent }: TransactionDraft, fees: Fees): Promise<void> {
    const { wire, account } = this.options
    const most = valueWei + gasLimit * fees.maxFeeWei
    const balance = await wire.balanceWei()
    if (balance >= most) return
    throw new FundsMissing(
      `${account} has ${etherFromWei(balance)} ETH, and ${intent} may take up to ${etherFromWei(most)} ETH`,
      this.options.url,
    )
  }

  private async checkSpending(intent: string, moreWei: bigint): Promise<void> {
    const { outbox, limits, now } = this.options
    const spent = await outbox.spentWei(now() - DAY_SECONDS)
    if (spent + moreWei <= limits.maxSpendWei) return
    const [used, more, cap] = [spent, moreWei, limits.maxSpendWei].map(etherFromWei)
    throw new SpendingCapReached(`${used} ETH of fees in a day, and up to ${more} more, pass the cap of ${cap}`, intent)
  }

  /** Waits until an entry is in a block; null when something else took its nonce. */
  private async follow(entry: OutboxEntry): Promise<MinedReceipt | null> {
    const { outbox, limits, elapsed, url } = this.options
    const start = elapsed()
    for (let current: OutboxEntry | null = entry; current !== null; current = await outbox.find(entry.intent)) {
      const receipt = await this.lookFor(current)
      if (receipt !== null) return receipt
      if (!(await this.push(current))) {
        await new Promise((resolve) => setTimeout(resolve, limits.pollMs))
        if (elapsed() - start < limits.minedWithinMs) continue
        const { hash, maxFeeWei } = lastAttempt(current)
        const offer = `offers ${gweiFromWei(maxFeeWei)} gwei`
        throw new TransactionStuck(`${entry.intent} (nonce ${entry.nonce}, ${hash}) waits and ${offer}`, url)
      }
    }
    return null
  }

  /**
   * Hands over everything that comes before an entry, and the entry itself; prices the first of them higher when it waits too long.
   *
   * @returns whether looking for a receipt at once is worth while
   */
  private async push(entry: OutboxEntry): Promise<boolean> {
    const { outbox, wire } = this.options
    const counted = await wire.count('latest')
    // What was in a block, and the chain has not counted it: the block is gone.
    for (const nonce of await outbox.reopen(counted, 'the chain was reorganised')) this.handedAt.delete(nonce)
    let news = false
    for (const one of await outbox.unfinished()) {
      if (one.nonce > entry.nonce || one.nonce < counted) continue
      if (!this.handedAt.has(one.nonce)) news = (await this.handOver(one, counted)) || news
      if (one.nonce === counted) news = (await this.hurry(one)) || news
    }
    return news
  }

  /** Prices what the chain waits for higher, when it waits too long or the base fee has passed it. */
  private async hurry(entry: OutboxEntry): Promise<boolean> {
    const { wire, limits, elapsed } = this.options
    const waited = elapsed() - (this.handedAt.get(entry.nonce) ?? elapsed())
    const isLate = waited > limits.stuckAfterMs
    if (!isLate && (await wire.market()).baseFeeWei <= lastAttempt(entry).maxFeeWei) return false
    if (await this.raise(entry)) return true
    // There is no room for a higher price; but a node that was started anew may have forgotten it.
    if (isLate) this.handedAt.delete(entry.nonce)
    return false
  }

  /** Hands an entry's newest form to the node; true when that may have changed something. */
  private async handOver(entry: OutboxEntry, counted: number): Promise<boolean> {
    const { wire, outbox, elapsed } = this.options
    // What somebody else signed we have only seen; our own form does the same.
    const raw = entry.attempts.findLast((attempt) => attempt.raw !== null)?.raw ?? null
    if (raw === null || entry.nonce < counted) return false
    const handed = await wire.hand(raw)
    if (handed === 'underpriced') return this.raise(entry)
    if (handed === 'taken') this.handedAt.set(entry.nonce, elapsed())
    if (entry.state === 'recorded') await outbox.move(entry.id, { state: 'sent' })
    return true
  }

  /** Signs the same nonce at a higher price, within the caps; false when they leave no room. */
  private async raise(entry: OutboxEntry): Promise<boolean> {
    const { wire, outbox, limits, elapsed } = this.options
    const last = lastAttempt(entry)
    const fees = replacingFees(last, await wire.market(), limits.maxFeeWei)
    if (fees === null) return false
    await this.checkSpending(entry.intent, entry.gasLimit * (fees.maxFeeWei - last.maxFeeWei))
    const attempt = await wire.sign(entry, entry.nonce, fees)
    if (attempt.raw === null || !(await outbox.reprice(entry, attempt))) return true
    this.handedAt.delete(entry.nonce)
    if ((await wire.hand(attempt.raw)) === 'taken') this.handedAt.set(entry.nonce, elapsed())
    return true
  }

  /** The receipt of whichever form of an entry is in the chain, or null; writes down what became of it. */
  private async lookFor(entry: OutboxEntry): Promise<MinedReceipt | null> {
    const { outbox } = this.options
    const receipt = (await this.receiptOf(entry)) ?? (await this.receiptOfReplacement(entry))
    if (receipt === null) {
      const wasMined = entry.state === 'mined' || entry.state === 'final'
      if (wasMined && (await outbox.find(entry.intent))?.id === entry.id) {
        await outbox.move(entry.id, { state: 'sent', reason: `block ${entry.block} is not in the chain any more` })
        this.handedAt.delete(entry.nonce)
      }
      return null
    }
    const { block, blockHash, feeWei } = receipt
    const state = (await this.isFinal(block)) ? 'final' : 'mined'
    if (entry.state !== state || entry.blockHash !== blockHash) {
      await outbox.move(entry.id, { state, block, blockHash, feeWei })
    }
    return receipt
  }

  private async receiptOf({ attempts }: OutboxEntry): Promise<MinedReceipt | null> {
    for (const { hash } of attempts.toReversed()) {
      const receipt = await this.options.wire.receipt(hash)
      if (receipt !== null) return receipt
    }
    return null
  }

  /** Somebody with the same key may have sped it up, which is the same intent; or cancelled it, which is not. */
  private async receiptOfReplacement(entry: OutboxEntry): Promise<MinedReceipt | null> {
    const { wire, outbox } = this.options
    if ((await wire.count('latest')) <= entry.nonce) return null
    // It may have been mined between the two questions.
    const own = await this.receiptOf(entry)
    if (own !== null) return own
    const other = await findReplacement(wire, entry.nonce)
    if (other === null) return null
    // The block is there, and the node has not written its receipts yet.
    if (entry.attempts.some(({ hash }) => hash === other.hash)) return wire.receipt(other.hash)
    if (other.to === entry.to && other.data === entry.data && other.valueWei === entry.valueWei) {
      await outbox.reprice(entry, { ...other, raw: null })
      return wire.receipt(other.hash)
    }
    await outbox.move(entry.id, { state: 'replaced', reason: `${other.hash} took nonce ${entry.nonce}` })
    return null
  }

  private async isFinal(block: number): Promise<boolean> {
    const { wire, limits } = this.options
    if (limits.finality === 'finalized') return block <= (await wire.finalized())
    return limits.finality <= 1 || (await wire.head()) - block + 1 >= limits.finality
  }
}

function outcomeOf({ hash, block, gasUsed, contract, logs }: MinedReceipt): TransactionOutcome {
  return { hash, block, gasUsed, contract, logs }
}
