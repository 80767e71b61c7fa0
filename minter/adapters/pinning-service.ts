import { z } from 'zod'
import { ContentAltered, PinFailed, PinPending, PinRefused, PinUnauthorized, PlaceUnreachable } from '../errors.ts'
import type { PinPlace, PinWish } from '../ports.ts'

/** Where a service is, and how to be known there. */
export interface PinningServiceOptions {
  readonly name: string
  /** Of the API, `https://api.example.org/psa`. */
  readonly endpoint: string
  readonly token: string
  /** Where the service can fetch the blocks from, as multiaddrs. */
  readonly origins: () => Promise<readonly string[]>
  /** One block from the gateway that serves what the service has; null when it has none. */
  readonly readBlock: (cid: string, signal: AbortSignal) => Promise<Uint8Array | null>
  /** Milliseconds until a pin that is still under way is left for the next run; ten minutes when left out. */
  readonly patienceMs?: number
}

const REQUEST_MS = 30_000
/** Between two looks at a pin's status, each twice the last. */
const FIRST_POLL_MS = 50
const LONGEST_POLL_MS = 10_000
const PATIENCE_MS = 600_000
/** How often an answer of 429 or 5xx is asked for again, and how long is waited when it does not say. */
const TRIES = 4
const PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000
/** The service takes no more origins in one wish. */
const MOST_ORIGINS = 20

const pinStatus = z.object({
  requestid: z.string().min(1),
  status: z.enum(['queued', 'pinning', 'pinned', 'failed']),
  pin: z.object({ cid: z.string() }),
  info: z.record(z.string(), z.unknown()).optional(),
})
type PinStatus = z.infer<typeof pinStatus>

const pinResults = z.object({ count: z.int().min(0), results: z.array(pinStatus) })
const failure = z.object({ error: z.object({ reason: z.string(), details: z.string().optional() }) })

/** Asks the service, and says nothing of the token in any error. */
class PinningApi {
  readonly name: string
  readonly endpoint: string
  private readonly token: string

  constructor({ name, endpoint, token }: PinningServiceOptions) {
    this.name = name
    this.endpoint = endpoint.replace(/\/+$/u, '')
    this.token = token
  }

  /** @returns null when the service knows no such request */
  async ask<T>(shape: z.ZodType<T>, path: string, signal: AbortSignal, body?: object): Promise<T | null> {
    for (let tried = 1; ; tried++) {
      const response = await this.send(path, signal, body)
      if (response.ok) return this.read(shape, response)
      const text = await response.text().catch(() => '')
      if (response.status === 401 || response.status === 403) throw new PinUnauthorized(this.name, this.endpoint)
      if (response.status === 404 && body === undefined) return null
      const busy = response.status === 429 || response.status >= 500
      if (!busy) throw new PinRefused(this.name, this.endpoint, reasonOf(response.status, text))
      if (tried === TRIES) throw new PlaceUnreachable(this.name, this.endpoint, reasonOf(response.status, text))
      await pause(pauseOf(response, tried), signal)
    }
  }

  private async send(path: string, signal: AbortSignal, body: object | undefined): Promise<Response> {
    try {
      return await fetch(`${this.endpoint}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw new PlaceUnreachable(this.name, this.endpoint, networkReason(error), error)
    }
  }

  private async read<T>(shape: z.ZodType<T>, response: Response): Promise<T> {
    const parsed = shape.safeParse(await response.json().catch(() => null))
    if (parsed.success) return parsed.data
    throw new PinRefused(this.name, this.endpoint, 'its answer is not what the Pinning Service API says')
  }
}

function reasonOf(status: number, text: string): string {
  const { data } = failure.safeParse(parseJson(text))
  if (data === undefined) return `HTTP ${status}`
  const { reason, details } = data.error
  return `HTTP ${status} ${reason}${details === undefined ? '' : `, ${details}`}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}

/** Retry-After in seconds, or twice as long each time. */
function pauseOf(response: Response, tried: number): number {
  const asked = Number(response.headers.get('retry-after') ?? Number.NaN) * 1000
  return Math.min(LONGEST_PAUSE_MS, Number.isFinite(asked) ? asked : PAUSE_MS * 2 ** (tried - 1))
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what the signal was aborted with
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** Looks after a pin until it is done, one way or the other. */
async function settle(
  api: PinningApi,
  asked: PinStatus,
  cid: string,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal: AbortSignal },
): Promise<PinStatus> {
  const { name, endpoint } = api
  let pin = asked
  let waited = 0
  let pauseMs = FIRST_POLL_MS
  while (pin.status !== 'pinned' && pin.status !== 'failed') {
    if (waited >= patienceMs) throw new PinPending(name, endpoint, pin.status, Math.round(waited / 1000))
    await pause(pauseMs, signal)
    waited += pauseMs
    pauseMs = Math.min(2 * pauseMs, LONGEST_POLL_MS)
    const next = await api.ask(pinStatus, `/pins/${encodeURIComponent(asked.requestid)}`, signal)
    if (next === null) throw new PinFailed(name, endpoint, `it forgot the request ${asked.requestid}`)
    pin = next
  }
  if (pin.pin.cid !== cid) throw new ContentAltered(`${name}, request ${pin.requestid}`, cid, pin.pin.cid)
  return pin
}

/**
 * A pinning service. It fetches the blocks by itself, from the origins; what it has is read back through its gateway.
 *
 * @see https://ipfs.github.io/pinning-services-api-spec/
 */
export function openPinningService(options: PinningServiceOptions): PinPlace {
  const api = new PinningApi(options)
  const { name, endpoint, patienceMs = PATIENCE_MS } = options

  /** A pin of an earlier run, or one that this run's first half asked for; asking again would make a second one. */
  async function underWay({ cid, request }: PinWish, signal: AbortSignal): Promise<PinStatus | null> {
    const known = request === null ? null : await api.ask(pinStatus, `/pins/${encodeURIComponent(request)}`, signal)
    if (known !== null && known.status !== 'failed') return known
    const query = new URLSearchParams({ cid, status: 'queued,pinning,pinned' })
    const found = await api.ask(pinResults, `/pins?${query.toString()}`, signal)
    return found?.results.find(({ pin }) => pin.cid === cid) ?? null
  }

  /** @param replaced a request that the new one takes the place of, as the service itself should see to */
  async function wish({ cid, label }: PinWish, replaced: string | null, signal: AbortSignal): Promise<PinStatus> {
    const origins = (await options.origins()).slice(0, MOST_ORIGINS)
    const path = replaced === null ? '/pins' : `/pins/${encodeURIComponent(replaced)}`
    const asked = await api.ask(pinStatus, path, signal, { cid, name: label, origins })
    if (asked === null) throw new PinRefused(name, endpoint, 'it has no /pins')
    return asked
  }

  return {
    name,
    address: endpoint,
    probe: async (signal) => {
      if ((await api.ask(pinResults, '/pins?limit=1', signal)) === null)
        throw new PinRefused(name, endpoint, 'it has no /pins: the endpoint is the address before that')
    },
    pin: async (request, signal) => {
      const known = await underWay(request, signal)
      const again = known === null || request.renew
      const asked = again ? await wish(request, known?.requestid ?? null, signal) : known
      await request.onRequest(asked.requestid)
      const settled = await settle(api, asked, request.cid, { patienceMs, signal })
      if (settled.status === 'pinned') return
      await request.onRequest(null)
      throw new PinFailed(
        name,
        endpoint,
        Object.values(settled.info ?? {})
          .map(String)
          .join('; ') || 'without a reason',
      )
    },
    readBlock: options.readBlock,
  }
}
