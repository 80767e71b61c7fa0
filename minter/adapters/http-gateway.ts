import { PlaceUnreachable } from '../errors.ts'

const TIMEOUT_MS = 30_000
/** No block of the profile unixfs-v1-2025 is larger; a gateway must not be able to fill our memory. */
const MOST_BYTES = 2 * 1024 * 1024
/** Milliseconds before a gateway that is busy, or whose connection broke, is asked again. */
const PAUSES_MS = [200, 1000] as const

/** Asks a trustless gateway for single blocks. */
export type GatewayReader = (cid: string, signal: AbortSignal) => Promise<Uint8Array | null>

/**
 * @param gateway an origin, `https://gateway.example.org`
 * @returns what reads a block as it is served; null when the gateway has none
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export function gatewayReader(place: string, gateway: string): GatewayReader {
  return async (cid, signal) => {
    for (let tried = 0; ; tried++) {
      const answer = await attempt(`${gateway.replace(/\/+$/u, '')}/ipfs/${cid}?format=raw`, signal)
      if (typeof answer !== 'string') return answer
      const pauseMs = PAUSES_MS[tried]
      if (pauseMs === undefined) throw new PlaceUnreachable(place, gateway, answer)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** @returns the bytes, null where there are none, or in words what is wrong with the gateway */
async function attempt(url: string, signal: AbortSignal): Promise<Uint8Array | null | string> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/vnd.ipld.raw' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (response.ok) return await bounded(response)
    await response.body?.cancel()
    const { status } = response
    return status === 404 || status === 410 ? null : `it answers HTTP ${status}`
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Error)) return String(error)
    return error.cause instanceof Error ? error.cause.message || error.message : error.message
  }
}

async function bounded(response: Response): Promise<Uint8Array | string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > MOST_BYTES) return `it sends more than ${MOST_BYTES} bytes for one block`
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
