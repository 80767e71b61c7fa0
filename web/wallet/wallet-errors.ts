/** Errors of wallets, by EIP-1193, EIP-1474 and EIP-3326. */

/** The owner said no: nothing happened, and nothing needs to be said about it. */
const REJECTED = 4001
/** The wallet does not know the chain. */
const UNKNOWN_CHAIN = 4902

const SENTENCES: Readonly<Record<number, string>> = {
  4100: 'The wallet does not let this page ask for that. Connect it again.',
  4200: 'The wallet cannot do that.',
  4900: 'The wallet has lost its connection to every network.',
  4901: 'The wallet has lost its connection to this network.',
  [-32_002]: 'The wallet is already asking you something. Open it, and answer there.',
  [-32_005]: 'The wallet’s node is asked too often. Wait a moment.',
}

export function isRejection(error: unknown): boolean {
  return codesOf(error).includes(REJECTED)
}

export function isUnknownChain(error: unknown): boolean {
  return codesOf(error).includes(UNKNOWN_CHAIN)
}

/** What a wallet means, as a sentence; what is not in the standards it must say itself. */
export function explainWallet(error: unknown): string {
  const known = codesOf(error).find((code) => code in SENTENCES)
  if (known !== undefined) return SENTENCES[known] ?? ''
  const message = textOf(error, 'message')
  if (/insufficient funds/iu.test(message)) return 'This wallet holds too little for the price and the network fee.'
  return message === '' ? 'The wallet gave no reason.' : `The wallet says: ${message}`
}

/** Some wallets wrap the node's error in another one; the code that counts may be inside. */
function codesOf(error: unknown): readonly number[] {
  if (typeof error !== 'object' || error === null) return []
  const code: unknown = Reflect.get(error, 'code')
  const inner = ['data', 'originalError', 'cause'].flatMap((field) => codesOf(Reflect.get(error, field)))
  return typeof code === 'number' ? [code, ...inner] : inner
}

function textOf(error: unknown, field: string): string {
  if (typeof error !== 'object' || error === null) return ''
  const text: unknown = Reflect.get(error, field)
  return typeof text === 'string' ? text : ''
}
