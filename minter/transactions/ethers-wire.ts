import { type Interface, type JsonRpcProvider, type Signer, Transaction } from 'ethers'
import { type Hex, lowerCaseHex } from '../domain/digest.ts'
import { ChainUnreachable, FundsMissing } from '../errors.ts'
import type { Address, SignedAttempt, TransactionDraft } from '../ports.ts'
import type { FeeMarket, Fees } from './fees.ts'
import { explainRefusal, isConnectionFailure } from './refusals.ts'
import type { ChainWire, Handed, MinedReceipt, SeenTransaction } from './wire.ts'

/** A provider, and whose transactions it carries. */
interface WireOptions {
  readonly provider: JsonRpcProvider
  readonly signer: Signer
  readonly interfaces: readonly Interface[]
  readonly url: string
  readonly id: bigint
  readonly account: Address
}

/** What nodes suggest where nothing presses; asked for only when the node itself has no opinion. */
const DEFAULT_TIP_WEI = 10n ** 9n

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function quantity(value: unknown): bigint {
  return BigInt(typeof value === 'string' || typeof value === 'number' ? value : 0)
}

function toHex(number: number): string {
  return `0x${number.toString(16)}`
}

/** The wire over ethers' provider and signer. */
export class EthersWire implements ChainWire {
  private readonly options: WireOptions
  /** Whether the chain knows EIP-1559. */
  private hasBaseFee = true

  constructor(options: WireOptions) {
    this.options = options
  }

  async chainId(): Promise<bigint> {
    return quantity(await this.ask('eth_chainId', []))
  }

  async codeAt(address: Address): Promise<string> {
    return String(await this.ask('eth_getCode', [address, 'latest']))
  }

  async balanceWei(): Promise<bigint> {
    return quantity(await this.ask('eth_getBalance', [this.options.account, 'latest']))
  }

  async count(at: 'latest' | 'pending' | number): Promise<number> {
    const block = typeof at === 'number' ? toHex(at) : at
    return Number(await this.ask('eth_getTransactionCount', [this.options.account, block]))
  }

  async market(): Promise<FeeMarket> {
    const baseFee = field(await this.ask('eth_getBlockByNumber', ['latest', false]), 'baseFeePerGas')
    // Before EIP-1559 there is one price, and nothing is burnt.
    this.hasBaseFee = baseFee !== undefined
    if (!this.hasBaseFee) return { baseFeeWei: 0n, tipWei: quantity(await this.ask('eth_gasPrice', [])) }
    const tip = await this.ask('eth_maxPriorityFeePerGas', []).catch((error: unknown) => {
      if (error instanceof ChainUnreachable) throw error
      return null
    })
    return { baseFeeWei: quantity(baseFee), tipWei: tip === null ? DEFAULT_TIP_WEI : quantity(tip) }
  }

  async estimateGas({ intent, to, data, valueWei }: Omit<TransactionDraft, 'gasLimit'>): Promise<bigint> {
    const { account, interfaces } = this.options
    const call = { from: account, data, value: `0x${valueWei.toString(16)}`, ...(to !== null && { to }) }
    try {
      return quantity(await this.ask('eth_estimateGas', [call]))
    } catch (error) {
      throw explainRefusal(interfaces, error, intent, data)
    }
  }

  async sign({ to, data, valueWei, gasLimit }: TransactionDraft, nonce: number, fees: Fees): Promise<SignedAttempt> {
    const { maxFeeWei, tipWei } = fees
    const price = this.hasBaseFee
      ? { type: 2, maxFeePerGas: maxFeeWei, maxPriorityFeePerGas: tipWei }
      : { type: 0, gasPrice: maxFeeWei }
    const unsigned = {
      ...price,
      chainId: this.options.id,
      nonce,
      to,
      data,
      value: valueWei,
      gasLimit,
    }
    const signed = Transaction.from(await this.options.signer.signTransaction(unsigned))
    return { hash: lowerCaseHex(signed.hash ?? ''), raw: signed.serialized, maxFeeWei, tipWei }
  }

  async hand(raw: string): Promise<Handed> {
    const { account, interfaces, url } = this.options
    try {
      await this.ask('eth_sendRawTransaction', [raw])
      return 'taken'
    } catch (error) {
      const text = String(error)
      if (/underpriced|fee too low|max fee per gas less than block base fee/iu.test(text)) return 'underpriced'
      if (/already known|known transaction|already imported/iu.test(text)) return 'taken'
      if (/nonce.*(too low|already)|nonce has already/iu.test(text)) return 'stale'
      if (/insufficient funds|enough funds/iu.test(text)) {
        throw new FundsMissing(`${account} cannot pay for what is sent`, url, error)
      }
      throw explainRefusal(interfaces, error, lowerCaseHex(Transaction.from(raw).hash ?? ''))
    }
  }

  async receipt(hash: Hex): Promise<MinedReceipt | null> {
    const { provider } = this.options
    const receipt = await this.reach(provider.getTransactionReceipt(hash))
    if (receipt === null) return null
    return {
      hash: lowerCaseHex(receipt.hash),
      block: receipt.blockNumber,
      blockHash: lowerCaseHex(receipt.blockHash),
      succeeded: receipt.status !== 0,
      gasUsed: receipt.gasUsed,
      feeWei: receipt.fee,
      contract: receipt.contractAddress === null ? null : lowerCaseHex(receipt.contractAddress),
      logs: receipt.logs.map(({ address, topics, data }) => ({ address: lowerCaseHex(address), topics, data })),
    }
  }

  async transactionIn(block: number, nonce: number): Promise<SeenTransaction | null> {
    const found: unknown = field(await this.ask('eth_getBlockByNumber', [toHex(block), true]), 'transactions')
    const mine = (Array.isArray(found) ? found : []).find(
      (one: unknown) =>
        String(field(one, 'from')).toLowerCase() === this.options.account &&
        quantity(field(one, 'nonce')) === BigInt(nonce),
    )
    if (mine === undefined) return null
    const price = quantity(field(mine, 'maxFeePerGas') ?? field(mine, 'gasPrice'))
    const to = field(mine, 'to')
    return {
      hash: lowerCaseHex(String(field(mine, 'hash'))),
      to: typeof to === 'string' ? lowerCaseHex(to) : null,
      data: lowerCaseHex(String(field(mine, 'input'))),
      valueWei: quantity(field(mine, 'value')),
      maxFeeWei: price,
      tipWei: quantity(field(mine, 'maxPriorityFeePerGas') ?? price.toString()),
    }
  }

  async head(): Promise<number> {
    return Number(await this.ask('eth_blockNumber', []))
  }

  async finalized(): Promise<number> {
    const block = await this.ask('eth_getBlockByNumber', ['finalized', false])
    return block === null ? 0 : Number(field(block, 'number'))
  }

  private ask(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.reach(this.options.provider.send(method, [...params]))
  }

  private async reach<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw isConnectionFailure(error) ? new ChainUnreachable(this.options.url, error) : error
    }
  }
}
