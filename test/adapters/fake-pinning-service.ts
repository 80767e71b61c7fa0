import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { walkDag } from '../../minter/dag.ts'
import { digestOfCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'

/** How a service may fail or lie; all of it can be changed while it runs. */
export interface Mood {
  /** Answers every request with this status. */
  refuse?: { readonly status: number; readonly retryAfter?: number; readonly times: number }
  /** Gives up on every pin, after the fetch of this many blocks. */
  failAfterBlocks?: number
  /** Leaves pins `queued` for ever. */
  neverStarts?: boolean
  /** Says `pinned` at once, and fetches nothing. */
  pretends?: boolean
  /** Reports the pin under this CID. */
  reports?: string
  /** What its gateway serves in the place of a block. */
  alters?: (cid: string, bytes: Uint8Array) => Uint8Array
}

interface Pin {
  readonly requestid: string
  status: 'queued' | 'pinning' | 'pinned' | 'failed'
  readonly created: string
  readonly pin: { readonly cid: string; readonly name?: string; readonly origins?: readonly string[] }
  readonly delegates: readonly string[]
  info?: Record<string, string>
}

/** A pinning service that keeps blocks in memory, with its gateway, on one free port. */
export interface FakePinningService {
  readonly endpoint: string
  readonly gateway: string
  readonly mood: Mood
  readonly blocks: Map<string, Uint8Array>
  /** Every wish that it was asked for, in order. */
  readonly pins: readonly Pin[]
  close(): Promise<void>
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? null : JSON.parse(text)
}

function urlOf(multiaddr: string): string | null {
  const [, host, port, tls] = /^\/(?:dns|ip4|ip6)\/([^/]+)\/tcp\/(\d+)(\/tls)?\/http$/u.exec(multiaddr) ?? []
  return host === undefined ? null : `http${tls === undefined ? '' : 's'}://${host}:${port}`
}

function say(response: ServerResponse, status: number, value: object): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
}

/**
 * @param token what it wants as bearer token
 * @see https://ipfs.github.io/pinning-services-api-spec/
 */
export async function startFakePinningService(token: string): Promise<FakePinningService> {
  const blocks = new Map<string, Uint8Array>()
  const pins: Pin[] = []
  const mood: Mood = {}
  let refused = 0
  let asked = 0

  async function fetchBlock(cid: string, origins: readonly string[]): Promise<Uint8Array | null> {
    const held = blocks.get(cid)
    if (held !== undefined) return held
    for (const origin of origins.map(urlOf)) {
      const response = await fetch(`${origin}/ipfs/${cid}?format=raw`).catch(() => null)
      if (response === null || !response.ok) continue
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (sha256(bytes) !== digestOfCid(cid)) continue
      blocks.set(cid, bytes)
      return bytes
    }
    return null
  }

  async function fetchAll(pin: Pin): Promise<void> {
    pin.status = 'pinning'
    let fetched = 0
    const read = async (cid: string): Promise<Uint8Array | null> => {
      if (fetched++ === mood.failAfterBlocks) throw new Error('the disk of the service is full')
      return fetchBlock(cid, pin.pin.origins ?? [])
    }
    try {
      for await (const { cid } of walkDag(read, pin.pin.cid)) if (!blocks.has(cid)) throw new Error(`lost ${cid}`)
      pin.status = 'pinned'
    } catch (error) {
      pin.status = 'failed'
      pin.info = { status_details: error instanceof Error ? error.message : String(error) }
    }
  }

  function add(wish: Pin['pin']): Pin {
    const pin: Pin = {
      requestid: `request-${++asked}`,
      status: mood.pretends === true ? 'pinned' : 'queued',
      created: new Date(0).toISOString(),
      pin: { ...wish, ...(mood.reports !== undefined && { cid: mood.reports }) },
      delegates: [],
    }
    pins.push(pin)
    if (pin.status === 'queued' && mood.neverStarts !== true) setTimeout(() => void fetchAll(pin), 5)
    return pin
  }

  async function answerApi(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (mood.refuse !== undefined && refused < mood.refuse.times) {
      refused++
      const { status, retryAfter } = mood.refuse
      if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
      return say(response, status, { error: { reason: 'BUSY', details: 'as the test wants' } })
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      return say(response, 401, { error: { reason: 'UNAUTHORIZED', details: 'Access token is missing or invalid' } })
    }
    await answerPins(request, response, url)
  }

  async function answerPins(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const id = /^\/pins\/([^/]+)$/u.exec(url.pathname)?.[1]
    if (id !== undefined && request.method === 'GET') {
      const pin = pins.find(({ requestid }) => requestid === id)
      return pin === undefined ? say(response, 404, { error: { reason: 'NOT_FOUND' } }) : say(response, 200, pin)
    }
    if (request.method === 'GET') {
      const cids = url.searchParams.get('cid')?.split(',')
      const statuses = (url.searchParams.get('status') ?? 'pinned').split(',')
      const results = pins.filter(({ pin, status }) => (cids?.includes(pin.cid) ?? true) && statuses.includes(status))
      return say(response, 200, { count: results.length, results })
    }
    await answerWish(request, response, id)
  }

  async function answerWish(request: IncomingMessage, response: ServerResponse, id: string | undefined): Promise<void> {
    const wish = (await bodyOf(request)) as Pin['pin'] | null
    if (typeof wish?.cid !== 'string') return say(response, 400, { error: { reason: 'BAD_REQUEST' } })
    const replaced = pins.findIndex(({ requestid }) => requestid === id)
    if (id !== undefined && replaced < 0) return say(response, 404, { error: { reason: 'NOT_FOUND' } })
    if (replaced >= 0) pins.splice(replaced, 1)
    return say(response, 202, add(wish))
  }

  function answerGateway(response: ServerResponse, cid: string): void {
    const bytes = blocks.get(cid)
    if (bytes === undefined) return void response.writeHead(404).end()
    response.setHeader('content-type', 'application/vnd.ipld.raw').end(mood.alters?.(cid, bytes) ?? bytes)
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://service')
    const cid = /^\/ipfs\/([a-z2-7]+)$/u.exec(url.pathname)?.[1]
    if (cid !== undefined) answerGateway(response, cid)
    else answerApi(request, response, url).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    gateway: endpoint,
    mood,
    blocks,
    pins,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
