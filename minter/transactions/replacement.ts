import type { ChainWire, SeenTransaction } from './wire.ts'

/**
 * Finds what took a nonce, by bisecting the account's count of transactions. The search begins at the newest blocks and widens
 * from there, since most nodes forget the state of old ones.
 *
 * @returns null when no block holds it: the node's count and its blocks do not fit together, as in the middle of a reorganisation
 */
export async function findReplacement(wire: ChainWire, nonce: number): Promise<SeenTransaction | null> {
  let after = await wire.head()
  if ((await wire.count(after)) <= nonce) return null
  let width = 1
  let before = Math.max(0, after - width)
  while (before > 0 && (await wire.count(before)) > nonce) {
    after = before
    width *= 2
    before = Math.max(0, after - width)
  }
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if ((await wire.count(middle)) > nonce) after = middle
    else before = middle
  }
  return wire.transactionIn(after, nonce)
}
