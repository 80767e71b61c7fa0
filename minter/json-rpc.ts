import { ChainUnreachable, MinterError } from './errors.ts'

const TIMEOUT_MS = 20_000

/** The node understood the call, and says no. */
export class RpcRefused extends MinterError {
  readonly code = 'RPC_REFUSED'
  /** What a contract reverted with, where the node says so. */
  readonly data: string | undefined

  constructor(url: string, method: string, answer: { readonly message: string; readonly data: string | undefined }) {
    super(`${method}: ${answer.message}`, url)
    this.data = answer.data
  }
}

function refusal(url: string, method: string, error: unknown): RpcRefused {
  const data: unknown = Reflect.get(Object(error), 'data')
  return new RpcRefused(url, method, {
    message: String(Reflect.get(Object(error), 'message')),
    data: typeof data === 'string' ? data : undefined,
  })
}

async function post(url: string, method: string, params: readonly unknown[], timeoutMs: number): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return await response.json()
  } catch (error) {
    throw new ChainUnreachable(url, error)
  }
}

/**
 * One call to a node, once: no cache, no retry.
 *
 * @returns the result as the node wrote it; null is an answer
 * @throws {ChainUnreachable} when nothing that speaks JSON-RPC answers
 * @throws {RpcRefused} when the node answers with an error
 */
export async function askNode(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  timeoutMs: number = TIMEOUT_MS,
): Promise<unknown> {
  const answer = Object(await post(url, method, params, timeoutMs))
  const error: unknown = Reflect.get(answer, 'error')
  if (error !== undefined && error !== null) throw refusal(url, method, error)
  const result: unknown = Reflect.get(answer, 'result')
  if (result === undefined) throw new ChainUnreachable(url, new TypeError(`no answer to ${method}`))
  return result
}

/** Chains that one person runs for trying things out (Hardhat, geth, anvil): their ether is worth nothing. */
export function isDeveloperChain(chainId: bigint): boolean {
  return chainId === 1337n || chainId === 31_337n
}

/**
 * Waits until a transaction is mined, by asking again and again. Libraries wait for the next block instead, which never comes
 * where a block is made only for a transaction, if ours was mined before they began to wait.
 *
 * @param look null while there is no receipt yet
 * @returns null when it takes longer than `forMs`
 */
export async function pollReceipt<Receipt>(
  look: () => Promise<Receipt | null>,
  { everyMs, forMs }: { readonly everyMs: number; readonly forMs: number },
): Promise<Receipt | null> {
  for (let waited = 0; waited <= forMs; waited += everyMs) {
    const receipt = await look()
    if (receipt !== null) return receipt
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  return null
}
