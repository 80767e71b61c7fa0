import { type Interface, isError } from 'ethers'
import { CallReverted } from '../errors.ts'

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

/** Whether nobody answered, as opposed to somebody saying no. */
export function isConnectionFailure(error: unknown): boolean {
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

/** The function that calldata calls, by name where one of the contracts has it. */
export function functionName(interfaces: readonly Interface[], data: string): string {
  const known = interfaces.map((one) => one.getFunction(data.slice(0, 10))?.name)
  return known.find((name) => name !== undefined) ?? data.slice(0, 10)
}

/**
 * A node's refusal of a call, by the name of the contract's own error; any other error as it is.
 *
 * @param call what it is to be called where the calldata does not say
 */
export function explainRefusal(interfaces: readonly Interface[], error: unknown, call: string, data?: string): unknown {
  const revert = revertData(error)
  if (revert === undefined) return error
  // Shorter than a selector: out of gas, a failed assertion of the compiler, or no contract at all.
  if (revert.length < 10) return new CallReverted(call, 'NoReason', [], error)
  for (const one of interfaces) {
    const parsed = one.parseError(revert)
    if (parsed === null) continue
    const name = data === undefined ? call : functionName(interfaces, data)
    return new CallReverted(name, parsed.name, [...parsed.args].map(readableArgument), error)
  }
  return new CallReverted(call, revert.slice(0, 10), [], error)
}
