import { type Interface, type JsonRpcApiProviderOptions, JsonRpcProvider, type Signer } from 'ethers'
import { ChainMismatch, ChainUnreachable, Interrupted } from '../errors.ts'
import { type Hex, lowerCaseHex } from '../domain/digest.ts'
import { isDeveloperChain } from '../json-rpc.ts'
import type {
  Address,
  ChainAccess,
  ChainEvent,
  ChainHead,
  Clock,
  Outbox,
  TransactionOutcome,
  TransactionRequest,
} from '../ports.ts'
import { RpcPool } from '../rpc-pool.ts'
import { Delivery, type SendingLimits, WAKE_PREFIX } from '../transactions/delivery.ts'
import { EthersWire } from '../transactions/ethers-wire.ts'
import { explainRefusal, functionName, isConnectionFailure } from '../transactions/refusals.ts'

/** How a chain is reached. */
export interface AccessOptions {
  readonly url: string
  /** Other nodes of the same chain, asked when that one fails, and compared with it. */
  readonly others?: readonly string[]
  /** Told when a node is left out, and when it is back. */
  readonly note?: (line: string) => void
  /** The sender. */
  readonly signer: Signer
  /** Refuses any other chain; undefined takes whichever answers. */
  readonly chainId?: bigint
  /** Whose custom errors are told by name. */
  readonly interfaces: readonly Interface[]
  /** Opens what was sent on one chain by one account: the scope names both, whichever address the node is reached at. */
  readonly outbox: (scope: string) => Outbox
  /** The chain is ours: it makes blocks and moves its clock when asked. */
  readonly embedded: boolean
  /** What the operator allows; the rest is as it suits the chain. */
  readonly limits?: Partial<SendingLimits>
  /** The hash of the code that is recorded for a contract of this chain, or null. */
  readonly codeHash?: (contract: Address, chainId: bigint) => Hex | null
  readonly now?: Clock
}

const POLL_MS = 1000
const EMBEDDED_POLL_MS = 50
/** Looks at an unchanged head until a developer's chain is taken to make blocks only when it has to. */
const STILL_POLLS = 3
const MINED_WITHIN_MS = 600_000
const STUCK_AFTER_MS = 90_000
const GWEI_WEI = 10n ** 9n
const DEFAULT_MAX_FEE_WEI = 300n * GWEI_WEI
const DEFAULT_MAX_SPEND_WEI = 10n ** 18n

/** How many requests, of up to a hundred questions each, the nodes are handed at the same time. */
const MOST_REQUESTS = 4

type Payload = Parameters<JsonRpcProvider['_send']>[0]

/**
 * Hands the nodes no more than they can chew: a crowd at the site's door waits here, where nothing times out, and not in
 * sockets that a node drops.
 */
class PatientProvider extends JsonRpcProvider {
  private readonly pool: RpcPool
  private running = 0
  private readonly waiting: (() => void)[] = []

  constructor(pool: RpcPool, network: bigint, settings: JsonRpcApiProviderOptions) {
    super(pool.url, network, settings)
    this.pool = pool
  }

  override async _send(payload: Payload): ReturnType<JsonRpcProvider['_send']> {
    if (this.running >= MOST_REQUESTS) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.running++
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each answer has a result or an error, as ethers has it
      return (await this.pool.send(payload)) as Awaited<ReturnType<JsonRpcProvider['_send']>>
    } finally {
      // The place goes to who waits longest, or becomes free.
      const next = this.waiting.shift()
      if (next === undefined) this.running--
      else next()
    }
  }
}

class EthersAccess implements ChainAccess {
  readonly chainId: bigint
  readonly account: Address
  private readonly options: AccessOptions
  private readonly pool: RpcPool
  private readonly delivery: Delivery
  private readonly provider: JsonRpcProvider
  private turn: Promise<unknown> = Promise.resolve()
  /** Unix seconds of blocks that had events, by their hashes. */
  private readonly times = new Map<string, number>()

  constructor(
    options: AccessOptions,
    pool: RpcPool,
    provider: JsonRpcProvider,
    chain: { id: bigint; genesis: string; account: Address },
  ) {
    this.options = options
    this.pool = pool
    this.provider = provider
    this.chainId = chain.id
    this.account = chain.account
    const { signer, interfaces, url } = options
    this.delivery = new Delivery({
      wire: new EthersWire({ provider, signer, interfaces, url, ...chain }),
      outbox: options.outbox(`${chain.genesis}/${chain.account}`),
      url,
      chainId: chain.id,
      account: chain.account,
      limits: limitsFor(options, chain.id),
      codeHash: (contract) => options.codeHash?.(contract, chain.id) ?? null,
      now: options.now ?? (() => Math.floor(Date.now() / 1000)),
      elapsed: () => performance.now(),
    })
  }

  get url(): string {
    return this.pool.url
  }

  async head(): Promise<ChainHead> {
    const block = await this.reach(this.provider.getBlock('latest'))
    return { number: block?.number ?? 0, time: block?.timestamp ?? 0 }
  }

  async next(): Promise<ChainHead> {
    const head = await this.head()
    // Asked for raw: a pending block has no number or hash yet, which ethers takes for a broken answer.
    const pending: unknown = await this.reach(this.provider.send('eth_getBlockByNumber', ['pending', false]))
    if (typeof pending !== 'object' || pending === null) return head
    return { number: head.number + 1, time: Number(Reflect.get(pending, 'timestamp')) }
  }

  async call(to: Address, data: string): Promise<string> {
    return this.reach(this.provider.call({ to, data, from: this.account }), data)
  }

  async events(
    address: Address,
    topics: readonly (string | null)[],
    fromBlock: number,
  ): Promise<readonly ChainEvent[]> {
    const logs = await this.reach(this.provider.getLogs({ address, topics: [...topics], fromBlock, toBlock: 'latest' }))
    await Promise.all([...new Set(logs.map(({ blockHash }) => blockHash))].map((hash) => this.timeOfBlock(hash)))
    return logs.map((log) => ({
      topics: log.topics,
      data: log.data,
      transaction: lowerCaseHex(log.transactionHash),
      block: log.blockNumber,
      time: this.times.get(log.blockHash) ?? 0,
    }))
  }

  /** A block's time follows from its hash, so that it is asked for once. */
  private async timeOfBlock(hash: string): Promise<void> {
    if (this.times.has(hash)) return
    this.times.set(hash, (await this.reach(this.provider.getBlock(hash)))?.timestamp ?? 0)
  }

  async balanceWei(account: Address): Promise<bigint> {
    return this.reach(this.provider.getBalance(account))
  }

  send(request: TransactionRequest): Promise<TransactionOutcome> {
    // One after the other: what is asked for second may stand on what the first has changed.
    const outcome = this.turn.then(() => this.delivery.deliver(request))
    this.turn = outcome.catch(() => {})
    return outcome
  }

  async settle(signal: AbortSignal): Promise<void> {
    // Their own look at the chain tells more than the head does.
    await this.waitUntil(signal, async () => (await this.delivery.review()) === 0)
  }

  async waitForBlock(number: number, signal: AbortSignal): Promise<void> {
    await this.waitUntil(signal, async (head) => {
      if (head.number >= number) return true
      if (this.options.embedded) await this.provider.send('hardhat_mine', [`0x${(number - head.number).toString(16)}`])
      return false
    })
  }

  async waitForTime(time: number, signal: AbortSignal): Promise<void> {
    await this.waitUntil(signal, async (head) => {
      if (head.time >= time) return true
      if (!this.options.embedded) return false
      await this.provider.send('evm_increaseTime', [time - head.time])
      await this.provider.send('hardhat_mine', ['0x1'])
      return false
    })
  }

  async close(): Promise<void> {
    this.provider.destroy()
  }

  private async waitUntil(signal: AbortSignal, isThere: (head: ChainHead) => Promise<boolean>): Promise<void> {
    let still = 0
    let head = await this.head()
    while (!(await isThere(head))) {
      if (signal.aborted) throw new Interrupted('stopped while waiting for the chain', this.url)
      if (!this.options.embedded) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
        await this.delivery.review()
      }
      const next = await this.head()
      still = next.number === head.number ? still + 1 : 0
      if (still >= STILL_POLLS && isDeveloperChain(this.chainId)) await this.wake(next)
      head = next
    }
  }

  /** A developer's node may make a block only for a transaction, and nobody else sends one while we wait. */
  private async wake({ number }: ChainHead): Promise<void> {
    await this.send({ intent: `${WAKE_PREFIX}${number}`, to: this.account, data: '0x' })
  }

  private async reach<T>(work: Promise<T>, data?: string): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (isConnectionFailure(error)) throw new ChainUnreachable(this.url, error)
      const { interfaces } = this.options
      throw data === undefined ? error : explainRefusal(interfaces, error, functionName(interfaces, data), data)
    }
  }
}

/** Nobody reorganises a developer's chain, and its word for final may come thirty blocks later, or never. */
function limitsFor({ embedded, limits }: AccessOptions, chainId: bigint): SendingLimits {
  return {
    maxFeeWei: DEFAULT_MAX_FEE_WEI,
    maxSpendWei: DEFAULT_MAX_SPEND_WEI,
    stuckAfterMs: STUCK_AFTER_MS,
    minedWithinMs: MINED_WITHIN_MS,
    pollMs: embedded ? EMBEDDED_POLL_MS : POLL_MS,
    finality: embedded || isDeveloperChain(chainId) ? 1 : 'finalized',
    ...limits,
  }
}

/**
 * Connects to a node.
 *
 * @throws {ChainUnreachable} when it does not answer
 * @throws {ChainMismatch} when it serves another chain than the one wanted
 */
export async function connectChain(options: AccessOptions): Promise<ChainAccess> {
  const { url, others = [], note = () => {} } = options
  const pool = new RpcPool({ urls: [url, ...others], note })
  if (others.length > 0) await pool.survey(options.chainId)
  const found = BigInt(String(await pool.ask('eth_chainId')))
  if (options.chainId !== undefined && found !== options.chainId) {
    throw new ChainMismatch(`the RPC serves chain ${found}, expected ${options.chainId}`, url)
  }
  // Asked directly so far: ethers' provider would try for ever, and say so on the console.
  // Answers are never kept: a cached head would let a drop's clock stand still.
  const settings = {
    staticNetwork: true,
    cacheTimeout: -1,
    pollingInterval: options.embedded ? EMBEDDED_POLL_MS : POLL_MS,
  }
  const genesis = String(Reflect.get(Object(await pool.ask('eth_getBlockByNumber', ['0x0', false])), 'hash'))
  const account = lowerCaseHex(await options.signer.getAddress())
  return new EthersAccess(options, pool, new PatientProvider(pool, found, settings), { id: found, genesis, account })
}
