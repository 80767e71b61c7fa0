import type { Engagement } from '../../minter/domain/engagement.ts'

/** Long enough that a page costs the server few requests, short enough that a closed tab loses little. */
const SEND_EVERY_MS = 10_000
const MOST_AT_ONCE = 64

/** What the server has not been told yet, by drop. */
const waiting = new Map<number, { rank: number; act: Engagement }[]>()
/** What this page has done already; nothing of it outlives the page. */
const done = new Set<string>()
let started = false

/**
 * Counts an act with a piece, once as long as the page is open. What is sent is the piece and the act: no wallet, no cookie, no
 * number that would tell this visitor from another. Browsers that ask not to be followed send nothing.
 */
export function engage(drop: number, rank: number, act: Engagement): void {
  const key = `${drop} ${rank} ${act}`
  if (asksForPrivacy() || done.has(key)) return
  done.add(key)
  waiting.set(drop, [...(waiting.get(drop) ?? []), { rank, act }])
  if (started) return
  started = true
  setInterval(sendWaiting, SEND_EVERY_MS)
  addEventListener('pagehide', sendWaiting)
  document.addEventListener('visibilitychange', () => document.hidden && sendWaiting())
}

/** @see Global Privacy Control (W3C), and Do Not Track before it */
function asksForPrivacy(): boolean {
  return Reflect.get(navigator, 'globalPrivacyControl') === true || Reflect.get(navigator, 'doNotTrack') === '1'
}

function sendWaiting(): void {
  for (const [drop, acts] of waiting) {
    const body = JSON.stringify({ acts: acts.slice(0, MOST_AT_ONCE) })
    const headers = { 'content-type': 'application/json' }
    // Arrives even when the page is closed meanwhile, and without the cookie of a curator who is signed in. A batch that is
    // lost is lost: nobody's counts are worth asking twice.
    const request = { method: 'POST', headers, body, keepalive: true, credentials: 'omit' } as const
    void fetch(`/api/v1/drops/${drop}/engagement`, request).catch(() => undefined)
    const left = acts.slice(MOST_AT_ONCE)
    if (left.length > 0) waiting.set(drop, left)
    else waiting.delete(drop)
  }
}
