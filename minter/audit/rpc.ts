import { FetchRequest, type Interface, JsonRpcProvider, Result } from 'ethers'
import type { Hex } from '../domain/digest.ts'

/** The chain could not be asked; without it an audit has nothing to compare with. */
export class ChainUnreachable extends Error {
  readonly code = 'AUDIT_CHAIN_UNREACHABLE'

  constructor(url: string, cause: unknown) {
    super(`${url} does not answer as an Ethereum node: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

/** The address holds no contract of ours, or the contract does not know what it is asked for. */
export class ContractSilent extends Error {
  readonly code = 'AUDIT_CONTRACT_SILENT'

  constructor(address: string, call: string, cause: unknown) {
    super(`the contract ${address} does not answer ${call}; is it a Drop, and on this chain?`, { cause })
  }
}

/** Fields of a struct that the chain answered, checked as they are taken out. */
export interface Fields {
  hex(name: string): Hex
  int(name: string): number
  big(name: string): bigint
  text(name: string): string
}

/** Read-only questions to one chain. */
export interface Chain {
  readonly chainId: bigint
  readonly provider: JsonRpcProvider
  /** Calls a view function; the answer's first value. */
  call(abi: Interface, address: string, name: string, args: readonly unknown[]): Promise<unknown>
}

/**
 * Connects once, and fails at once where nobody answers: ethers itself would go on trying for ever.
 *
 * @throws {ChainUnreachable}
 */
export async function connectChain(url: string, timeoutMs: number = 15_000): Promise<Chain> {
  const chainId = await askChainId(url, timeoutMs)
  const request = new FetchRequest(url)
  request.timeout = timeoutMs
  const provider = new JsonRpcProvider(request, chainId, { staticNetwork: true })
  return {
    chainId,
    provider,
    async call(abi, address, name, args) {
      try {
        const data = await provider.call({ to: address, data: abi.encodeFunctionData(name, args) })
        return abi.decodeFunctionResult(name, data)[0]
      } catch (cause) {
        if (isConnectionFailure(cause)) throw new ChainUnreachable(url, cause)
        throw new ContractSilent(address, name, cause)
      }
    },
  }
}

async function askChainId(url: string, timeoutMs: number): Promise<bigint> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer: unknown = await response.json()
    if (typeof answer === 'object' && answer !== null && 'result' in answer && typeof answer.result === 'string') {
      return BigInt(answer.result)
    }
    throw new TypeError('it answered eth_chainId without a result')
  } catch (cause) {
    throw new ChainUnreachable(url, cause instanceof Error && cause.cause !== undefined ? cause.cause : cause)
  }
}

function isConnectionFailure(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  const code = 'code' in cause ? cause.code : undefined
  return code === 'TIMEOUT' || code === 'NETWORK_ERROR' || code === 'SERVER_ERROR' || code === 'ECONNREFUSED'
}

/** @throws {TypeError} when the answer is no struct, or a field has another type than was asked for */
export function fieldsOf(answer: unknown): Fields {
  const values = structOf(answer)
  const big = (name: string): bigint => {
    const value = values[name]
    return typeof value === 'bigint' ? value : refuse(name, 'integer')
  }
  const text = (name: string): string => {
    const value = values[name]
    return typeof value === 'string' ? value : refuse(name, 'text')
  }
  return {
    big,
    text,
    int: (name) => Number(big(name)),
    hex: (name) => lowerHex(text(name)),
  }
}

function refuse(name: string, wanted: string): never {
  throw new TypeError(`the chain's field ${name} is no ${wanted}`)
}

/** Hex digits in the one case in which they are compared. */
export function lowerHex(value: unknown): Hex {
  if (typeof value !== 'string' || !value.startsWith('0x')) throw new TypeError(`${String(value)} is no hex`)
  return `0x${value.slice(2).toLowerCase()}`
}

function structOf(answer: unknown): Readonly<Record<string, unknown>> {
  if (!(answer instanceof Result)) throw new TypeError('the chain answered no struct')
  return answer.toObject()
}
