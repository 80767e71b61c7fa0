import { hashMessage, Interface, verifyMessage } from 'ethers'
import type { Hex } from '../domain/digest.ts'
import type { Address, ChainAccess } from '../ports.ts'

const CONTRACT_SIGNATURES = new Interface([
  'function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)',
])
/** What a contract answers when it takes a signature for its own, as the first bytes of a word. */
const VALID = '0x1626ba7e'

/**
 * Whether an account signed a text: a key by EIP-191, a contract by its own word.
 *
 * @see EIP-1271
 */
export async function hasSigned(
  access: ChainAccess,
  account: Address,
  message: string,
  signature: Hex,
): Promise<boolean> {
  if (signerOf(message, signature) === account) return true
  const question = CONTRACT_SIGNATURES.encodeFunctionData('isValidSignature', [hashMessage(message), signature])
  try {
    return (await access.call(account, question)).slice(0, VALID.length) === VALID
  } catch (error) {
    // A contract that knows nothing of signatures reverts, which is a no; a node that is away is not.
    if (Reflect.get(Object(error), 'code') === 'CALL_REVERTED') return false
    throw error
  }
}

/** Null for bytes that are no signature at all. */
function signerOf(message: string, signature: Hex): string | null {
  try {
    return verifyMessage(message, signature).toLowerCase()
  } catch {
    return null
  }
}
