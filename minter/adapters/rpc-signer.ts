import {
  AbstractSigner,
  getAddress,
  type Provider,
  toQuantity,
  Transaction,
  type TransactionRequest,
  TypedDataEncoder,
  type TypedDataDomain,
  type TypedDataField,
  verifyTypedData,
} from 'ethers'
import { ChainUnreachable, ConfigInvalid, SignerRefused } from '../errors.ts'
import { askNode, RpcRefused } from '../json-rpc.ts'

/** A person may have to look at it and press a key. */
const SIGNING_MS = 300_000

/** The methods by which signers are asked, in the words of each kind. */
interface Dialect {
  readonly accounts: string
  readonly sign: string
  readonly typedData: string
}

/** Web3Signer, geth, Besu's EthSigner, a browser's wallet. */
const ETH: Dialect = { accounts: 'eth_accounts', sign: 'eth_signTransaction', typedData: 'eth_signTypedData' }
/** go-ethereum's clef. */
const CLEF: Dialect = { accounts: 'account_list', sign: 'account_signTransaction', typedData: 'account_signTypedData' }

/** The address without user, password and query, for messages. */
function publicName(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const FIELDS = [
  'to',
  'data',
  'nonce',
  'chainId',
  'value',
  'gasLimit',
  'gasPrice',
  'maxFeePerGas',
  'maxPriorityFeePerGas',
]

/** The first field in which what came back is not what was asked for, for people; null when there is none. */
function difference(asked: Transaction, signed: Transaction): string | null {
  const found = FIELDS.find((field) => String(Reflect.get(asked, field)) !== String(Reflect.get(signed, field)))
  if (found === undefined) return null
  return `${found} ${String(Reflect.get(signed, found))}, asked was ${String(Reflect.get(asked, found))}`
}

/** A transaction in the words of `eth_signTransaction`. */
function callOf(asked: Transaction, from: string): Readonly<Record<string, string>> {
  const { to, data, nonce, gasLimit, gasPrice, maxFeePerGas, maxPriorityFeePerGas, value, chainId } = asked
  const fees =
    asked.type === 2
      ? { maxFeePerGas: toQuantity(maxFeePerGas ?? 0), maxPriorityFeePerGas: toQuantity(maxPriorityFeePerGas ?? 0) }
      : { gasPrice: toQuantity(gasPrice ?? 0) }
  return {
    from,
    ...(to !== null && { to }),
    data,
    value: toQuantity(value),
    nonce: toQuantity(nonce),
    gas: toQuantity(gasLimit),
    chainId: toQuantity(chainId),
    ...fees,
  }
}

/** Asks another program to sign; that it did, and what it signed, is checked here. */
class RpcSigner extends AbstractSigner {
  private readonly url: string
  private readonly dialect: Dialect
  private readonly address: string

  constructor(place: { url: string; dialect: Dialect; address: string }, provider: Provider | null = null) {
    super(provider)
    this.url = place.url
    this.dialect = place.dialect
    this.address = place.address
  }

  override connect(provider: Provider | null): RpcSigner {
    const { url, dialect, address } = this
    return new RpcSigner({ url, dialect, address }, provider)
  }

  override async getAddress(): Promise<string> {
    return this.address
  }

  override async signTransaction({ from: _, to, ...rest }: TransactionRequest): Promise<string> {
    // Ours are plain addresses; whoever gives a name has it resolved before.
    const fields: object = { ...rest, to: typeof to === 'string' ? to : null }
    const asked = Transaction.from(fields)
    const answer = await ask(this.url, this.dialect.sign, [callOf(asked, this.address)])
    // geth and clef give the decoded transaction beside the raw one.
    const raw: unknown = typeof answer === 'string' ? answer : Reflect.get(Object(answer), 'raw')
    if (typeof raw !== 'string') throw new SignerRefused('the signer gave back no transaction', publicName(this.url))
    return this.checked(raw, asked)
  }

  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    const payload: unknown = TypedDataEncoder.getPayload(domain, types, value)
    const parameters = [this.address, this.dialect === CLEF ? payload : JSON.stringify(payload)]
    const signature = String(await ask(this.url, this.dialect.typedData, parameters))
    if (verifyTypedData(domain, types, value, signature) !== this.address) {
      throw new SignerRefused(`the signature is not by ${this.address}`, publicName(this.url))
    }
    return signature
  }

  override async signMessage(): Promise<string> {
    throw new SignerRefused('plain messages are not signed', publicName(this.url))
  }

  private checked(raw: string, asked: Transaction): string {
    const where = publicName(this.url)
    const signed = Transaction.from(raw)
    if (signed.from !== this.address) {
      throw new SignerRefused(`the transaction is signed by ${signed.from}, not by ${this.address}`, where)
    }
    const differs = difference(asked, signed)
    if (differs !== null) throw new SignerRefused(`another transaction came back signed: ${differs}`, where)
    return raw
  }
}

async function ask(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  try {
    return await askNode(url, method, params, SIGNING_MS)
  } catch (error) {
    if (error instanceof RpcRefused) throw new SignerRefused(error.message, publicName(url), error)
    if (error instanceof ChainUnreachable) throw new SignerRefused('the signer does not answer', publicName(url), error)
    throw error
  }
}

async function accountsOf(url: string): Promise<{ readonly dialect: Dialect; readonly accounts: readonly string[] }> {
  let refusal: unknown
  for (const dialect of [ETH, CLEF]) {
    try {
      const answer: unknown = await ask(url, dialect.accounts, [])
      return { dialect, accounts: (Array.isArray(answer) ? answer : []).map((one) => getAddress(String(one))) }
    } catch (error) {
      // Whoever answers and does not know the method speaks the other dialect.
      if (!(error instanceof SignerRefused && error.cause instanceof RpcRefused)) throw error
      refusal = error
    }
  }
  throw refusal
}

/**
 * Opens a signer that is asked by JSON-RPC: Web3Signer, clef, or a node with an unlocked account.
 *
 * @param account which of its accounts; may be left out where it has one
 * @throws {SignerRefused} when it does not answer
 * @throws {ConfigInvalid} when it has not the account, or several and none was named
 */
export async function openRpcSigner(url: string, account: string | undefined): Promise<RpcSigner> {
  const { dialect, accounts } = await accountsOf(url)
  const [first, ...others] = accounts
  const wanted = account === undefined ? undefined : getAddress(account)
  if (wanted !== undefined && !accounts.includes(wanted)) {
    throw new ConfigInvalid(
      `the signer has no account ${wanted}, but ${accounts.join(', ') || 'none'}`,
      publicName(url),
    )
  }
  if (first === undefined) throw new ConfigInvalid('the signer has no account', publicName(url))
  if (wanted === undefined && others.length > 0) {
    throw new ConfigInvalid(
      `the signer has ${accounts.length} accounts; name one by LATENTMINT_SIGNER_ACCOUNT: ${accounts.join(', ')}`,
      publicName(url),
    )
  }
  return new RpcSigner({ url, dialect, address: wanted ?? first })
}
