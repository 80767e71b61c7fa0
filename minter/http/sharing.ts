/** How long visitors share one reading of the chain; shorter than a block, longer than a crowd's clicks. */
const FRESH_MS = 1000
/** Keys come from visitors, so that no more than these are remembered. */
const MOST_KEYS = 2000

/** Asks once for all who ask under the same key at about the same time. */
export type Sharing<T> = (key: string, read: () => Promise<T>) => Promise<T>

/**
 * Lets everyone who asks within a moment share one reading, also while it is still under way.
 *
 * @param now milliseconds
 * @param freshMs how long the moment is
 */
export function shareForAWhile<T>(now: () => number, freshMs = FRESH_MS): Sharing<T> {
  const shared = new Map<string, { readonly at: number; readonly value: Promise<T> }>()
  return (key, read) => {
    const known = shared.get(key)
    if (known !== undefined && now() - known.at < freshMs) return known.value
    if (shared.size >= MOST_KEYS) shared.clear()
    const value = read()
    shared.set(key, { at: now(), value })
    // A failure is told to those who wait for it, and not to those who come later.
    value.catch(() => shared.delete(key))
    return value
  }
}
