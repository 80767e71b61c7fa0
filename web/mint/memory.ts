import { browserStorage } from '../gallery/browser-storage.ts'
import type { Sent } from './follow.ts'

/**
 * Keeps a sent transaction in the page's address, for reloads and bookmarks, and in the browser, for a closed tab.
 *
 * @param piece which piece it mints, the same text on every visit
 */
export function rememberSent(piece: string, sent: Sent): void {
  const url = new URL(location.href)
  url.searchParams.set('tx', sent.hash)
  url.searchParams.set('from', sent.from)
  if (sent.nonce !== null) url.searchParams.set('nonce', String(sent.nonce))
  history.replaceState({ input: sent.input }, '', url)
  browserStorage()?.setItem(keyOf(piece), JSON.stringify(sent))
}

/** Nothing is under way any more; the address stays as it is, so that a bookmark still tells how it ended. */
export function settleSent(piece: string): void {
  browserStorage()?.removeItem(keyOf(piece))
}

export function forgetSent(piece: string): void {
  settleSent(piece)
  history.replaceState(null, '', location.pathname)
}

/** @returns what the address says, else what this browser kept, else null */
export function recallSent(piece: string): Sent | null {
  return sentOfAddress() ?? sentOfStorage(piece)
}

function sentOfAddress(): Sent | null {
  const query = new URLSearchParams(location.search)
  const hash = query.get('tx')
  if (hash === null || !/^0x[0-9a-f]{64}$/u.test(hash)) return null
  const nonce = query.get('nonce')
  const kept: { input?: string } | null = history.state
  const input = kept?.input ?? ''
  return { hash, from: query.get('from') ?? '', nonce: nonce === null ? null : Number(nonce), input, unseen: 0 }
}

function sentOfStorage(piece: string): Sent | null {
  const text = browserStorage()?.getItem(keyOf(piece)) ?? null
  if (text === null) return null
  const sent: Sent = JSON.parse(text)
  return { ...sent, unseen: 0 }
}

function keyOf(piece: string): string {
  return `latentmint:mint:${piece}`
}
