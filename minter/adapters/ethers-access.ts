import {
  FetchRequest,
  type Interface,
  isError,
  JsonRpcProvider,
  Transaction,
  type Signer,
  type TransactionReceipt,
} from 'ethers'
import { CallReverted, ChainMismatch, ChainUnreachable, Interrupted } from '../errors.ts'
import { type Hex, lowerCaseHex } from '../domain/digest.ts'
import { askNode, isDeveloperChain, pollReceipt } from '../json-rpc.ts'
import type {
  Address,
  ChainAccess,
  ChainEvent,
  ChainHead,
  Outbox,
  TransactionOutcome,
  TransactionRequest,
} from '../ports.ts'

/** How a chain is reached. */
export interface AccessOptions {
  readonly url: string
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
}

const POLL_MS = 1000
const EMBEDDED_POLL_MS = 50
/** Looks at an unchanged head until a developer's chain is taken to make blocks only when it has to. */
const STILL_POLLS = 3
const TIMEOUT_MS = 20_000
const MINED_WITHIN_MS = 600_000
/** Above the estimate, for what changes between asking and mining. */
const GAS_MARGIN_PERCENT = 120n

/** Nodes put the revert data in different places, at most three levels down. */
function revertData(error: unknown, depth = 3): string | undefined {
  if (typeof error === 'string') return /^0x[0-9a-f]*$/iu.test(error) ? error : undefined
  if (typeof error !== 'object' || error === null || depth < 0) return undefined
  for (const place of ['data', 'error', 'info']) {
    const found = revertData(Reflect.get(error, place), depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

function isConnectionFailure(error: unknown): boolean {
  if (isError(error, 'NETWORK_ERROR') || isError(error, 'TIMEOUT') || isError(error, 'SERVER_ERROR')) return true
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND'].includes(String(error.code))
  )
}

/** Short texts and numbers as they are; a metric's name out of its bytes32. */
function readableArgument(value: unknown): string {
  const text = String(value)
  if (!/^0x[0-9a-f]{64}$/.test(text)) return text
  const letters = Buffer.from(text.slice(2).replace(/(00)+$/u, ''), 'hex').toString('latin1')
  return /^[a-zA-Z][a-zA-Z0-9 ]*$/u.test(letters) ? letters : text
}

/** How many requests, of up to a hundred questions each, a node is handed at the same time. */
const MOST_REQUESTS = 4
const MOST_REPEATS = 2

/**
 * Hands a node no more than it can chew: a crowd at the site's door waits here, where nothing times out, and not in
 * sockets that the node drops.
 */
class PatientProvider extends JsonRpcProvider {
  private running = 0
  private readonly waiting: (() => void)[] = []

  override async _send(payload: Parameters<JsonRpcProvider['_send']>[0]): ReturnType<JsonRpcProvider['_send']> {
    if (this.running >= MOST_REQUESTS) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.running++
    try {
      return await this.ask(payload)
    } finally {
      // The place goes to who waits longest, or becomes free.
      const next = this.waiting.shift()
      if (next === undefined) this.running--
      else next()
    }
  }

  /** A node may close a connection just when it is used again; a question can be asked twice, a change cannot. */
  private async ask(payload: Parameters<JsonRpcProvider['_send']>[0]): ReturnType<JsonRpcProvider['_send']> {
    const isChange = [payload].flat().some(({ method }) => method.startsWith('eth_send'))
    for (let left = isChange ? 0 : MOST_REPEATS; ; left--) {
      try {
        // oxlint-disable-next-line eslint/no-underscore-dangle -- the name that ethers gives to what subclasses change
        return await super._send(payload)
      } catch (error) {
        if (left === 0 || Reflect.get(Object(error), 'code') !== 'ECONNRESET') throw error
      }
    }
  }
}

class EthersAccess implements ChainAccess {
  readonly url: string
  readonly chainId: bigint
  readonly account: Address
  private readonly options: AccessOptions
  private readonly outbox: Outbox
  private readonly provider: JsonRpcProvider
  private readonly signer: Signer
  private turn: Promise<unknown> = Promise.resolve()

  constructor(
    options: AccessOptions,
    provider: JsonRpcProvider,
    chain: { id: bigint; genesis: string; account: Address },
  ) {
    this.options = options
    this.provider = provider
    this.signer = options.signer.connect(provider)
    this.url = options.url
    this.chainId = chain.id
    this.account = chain.account
    this.outbox = options.outbox(`${chain.genesis}/${chain.account}`)
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
    const times = new Map<number, number>()
    for (const number of new Set(logs.map(({ blockNumber }) => blockNumber))) {
      times.set(number, (await this.reach(this.provider.getBlock(number)))?.timestamp ?? 0)
    }
    return logs.map((log) => ({
      topics: log.topics,
      data: log.data,
      transaction: lowerCaseHex(log.transactionHash),
      block: log.blockNumber,
      time: times.get(log.blockNumber) ?? 0,
    }))
  }

  async balanceWei(account: Address): Promise<bigint> {
    return this.reach(this.provider.getBalance(account))
  }

  send(request: TransactionRequest): Promise<TransactionOutcome> {
    // One after the other: two at once would ask for the same nonce.
    const outcome = this.turn.then(() => this.deliver(request))
    this.turn = outcome.catch(() => {})
    return outcome
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
      if (!this.options.embedded) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      const next = await this.head()
      still = next.number === head.number ? still + 1 : 0
      if (still >= STILL_POLLS && isDeveloperChain(this.chainId)) await this.wake(next)
      head = next
    }
  }

  /** A developer's node may make a block only for a transaction, and nobody else sends one while we wait. */
  private async wake({ number }: ChainHead): Promise<void> {
    await this.send({ intent: `wake:${number}`, to: this.account, data: '0x' })
  }

  private async deliver(request: TransactionRequest): Promise<TransactionOutcome> {
    const earlier = await this.outbox.find(request.intent)
    if (earlier !== null) {
      const receipt = await this.finish(earlier.raw, earlier.hash)
      if (receipt !== null) return this.outcome(request, receipt)
      await this.outbox.discard(request.intent)
    }
    const signed = await this.sign(request)
    const hash = lowerCaseHex(signed.hash ?? '')
    await this.outbox.record({ intent: request.intent, raw: signed.serialized, hash })
    const receipt = await this.finish(signed.serialized, hash)
    if (receipt === null) throw new ChainUnreachable(this.url, new Error(`${request.intent} was not taken`))
    return this.outcome(request, receipt)
  }

  private async sign(request: TransactionRequest): Promise<Transaction> {
    const draft = { to: request.to, data: request.data, value: request.valueWei ?? 0n, from: this.account }
    const estimate = await this.reach(this.provider.estimateGas(draft), request.data, request.intent)
    const gasLimit = (estimate * GAS_MARGIN_PERCENT) / 100n
    const filled = await this.reach(this.signer.populateTransaction({ ...draft, gasLimit, chainId: this.chainId }))
    const { from: _, ...unsigned } = filled
    return Transaction.from(await this.signer.signTransaction(unsigned))
  }

  /** Sends what is signed, unless the chain has it already; null when it can never be mined. */
  private async finish(raw: string, hash: Hex): Promise<TransactionReceipt | null> {
    const known = await this.reach(this.provider.getTransactionReceipt(hash))
    if (known !== null) return known
    try {
      await this.provider.send('eth_sendRawTransaction', [raw])
    } catch (error) {
      if (isConnectionFailure(error)) throw new ChainUnreachable(this.url, error)
      if (/nonce.*(too low|already)/iu.test(String(error))) return this.provider.getTransactionReceipt(hash)
      if (!/already known|known transaction/iu.test(String(error))) throw this.explain(error, hash)
    }
    const everyMs = this.options.embedded ? EMBEDDED_POLL_MS : POLL_MS
    const look = (): Promise<TransactionReceipt | null> => this.reach(this.provider.getTransactionReceipt(hash))
    const receipt = await pollReceipt(look, { everyMs, forMs: MINED_WITHIN_MS })
    if (receipt === null) throw new ChainUnreachable(this.url, new Error(`${hash} was sent, and is not mined yet`))
    return receipt
  }

  private async outcome(request: TransactionRequest, receipt: TransactionReceipt): Promise<TransactionOutcome> {
    if (receipt.status === 0) throw new CallReverted(request.intent, 'MinedButReverted', [receipt.hash])
    return {
      hash: lowerCaseHex(receipt.hash),
      block: receipt.blockNumber,
      gasUsed: receipt.gasUsed,
      contract: receipt.contractAddress === null ? null : lowerCaseHex(receipt.contractAddress),
      logs: receipt.logs.map(({ address, topics, data }) => ({ address: lowerCaseHex(address), topics, data })),
    }
  }

  private async reach<T>(work: Promise<T>, data?: string, intent?: string): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (isConnectionFailure(error)) throw new ChainUnreachable(this.url, error)
      throw data === undefined ? error : this.explain(error, intent ?? this.functionName(data), data)
    }
  }

  private functionName(data: string): string {
    const known = this.options.interfaces.map((one) => one.getFunction(data.slice(0, 10))?.name)
    return known.find((name) => name !== undefined) ?? data.slice(0, 10)
  }

  private explain(error: unknown, call: string, data?: string): unknown {
    const revert = revertData(error)
    if (revert === undefined) return error
    // Shorter than a selector: out of gas, a failed assertion of the compiler, or no contract at all.
    if (revert.length < 10) return new CallReverted(call, 'NoReason', [], error)
    for (const one of this.options.interfaces) {
      const parsed = one.parseError(revert)
      if (parsed === null) continue
      const name = data === undefined ? call : this.functionName(data)
      return new CallReverted(name, parsed.name, [...parsed.args].map(readableArgument), error)
    }
    return new CallReverted(call, revert.slice(0, 10), [], error)
  }
}

/**
 * Connects to a node.
 *
 * @throws {ChainUnreachable} when it does not answer
 * @throws {ChainMismatch} when it serves another chain than the one wanted
 */
export async function connectChain(options: AccessOptions): Promise<ChainAccess> {
  const request = new FetchRequest(options.url)
  request.timeout = TIMEOUT_MS
  const found = BigInt(String(await askNode(options.url, 'eth_chainId')))
  if (options.chainId !== undefined && found !== options.chainId) {
    throw new ChainMismatch(`the RPC serves chain ${found}, expected ${options.chainId}`, options.url)
  }
  // Asked directly so far: ethers' provider would try for ever, and say so on the console.
  // Answers are never kept: a cached head would let a drop's clock stand still.
  const settings = {
    staticNetwork: true,
    cacheTimeout: -1,
    pollingInterval: options.embedded ? EMBEDDED_POLL_MS : POLL_MS,
  }
  const genesis = String(
    Reflect.get(Object(await askNode(options.url, 'eth_getBlockByNumber', ['0x0', false])), 'hash'),
  )
  const account = lowerCaseHex(await options.signer.getAddress())
  return new EthersAccess(options, new PatientProvider(request, found, settings), { id: found, genesis, account })
}
