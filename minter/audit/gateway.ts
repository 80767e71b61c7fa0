import { joinBytes } from '../../gan/index.ts'
import { ContentUnreachable } from '../domain/audit-source.ts'
import { type Cid, digestOfCid } from '../domain/cid.ts'
import { bytesToHex, type Hex, sha256 } from '../domain/digest.ts'

/** A block as a gateway gave it, and how it differs from its CID, which is accepted only where no gateway had better. */
interface Block {
  readonly bytes: Uint8Array
  readonly alteration: Alteration | null
}

export interface Alteration {
  readonly gateway: string
  readonly expected: Hex
  readonly actual: Hex
}

/** Finds single blocks. */
export interface BlockClient {
  /** Gateways that served altered bytes for something that another one had unaltered. */
  readonly liars: ReadonlySet<string>
  /**
   * @param object what the block belongs to, for messages
   * @throws {ContentUnreachable} when no gateway has it
   */
  block(cid: Cid, object: string): Promise<Block>
}

/** Blocks at hand, which are believed as little as any gateway's. */
export interface Shelf {
  /** What it is called in messages. */
  readonly name: string
  readonly blocks: ReadonlyMap<Cid, Uint8Array>
}

/** No block of the profile unixfs-v1-2025 is larger than 1 MiB of file; directories stay below 2 MiB everywhere. */
const MOST_BLOCK_BYTES = 2 * 1024 * 1024
const KEPT_BLOCKS = 64
/** Milliseconds before a broken connection is tried again: a gateway under load drops some, and is there all the same. */
const PAUSES_MS = [100, 400] as const

/**
 * A client of trustless gateways: it asks for single blocks, one gateway after the other, until one is true.
 *
 * A connection that breaks is tried again; a gateway of which no connection held is asked once from then on.
 *
 * @param gateways origins, `http://127.0.0.1:8787`
 * @param timeoutMs for each request
 * @param shelf is asked before any gateway
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export function createBlockClient(
  gateways: readonly string[],
  timeoutMs: number = 15_000,
  shelf: Shelf | null = null,
): BlockClient {
  const kept = new Map<Cid, Uint8Array>()
  const liars = new Set<string>()
  const remote = createRequest(timeoutMs)
  const sources = shelf === null ? gateways : [shelf.name, ...gateways]
  const request: Request = async (source, cid) =>
    source === shelf?.name ? (shelf.blocks.get(cid) ?? 'does not hold it') : remote(source, cid)
  const search = async (cid: Cid): Promise<Block | readonly string[]> => {
    const expected = digestOfCid(cid)
    const failures: string[] = []
    const altered: { bytes: Uint8Array; alteration: Alteration }[] = []
    for (const gateway of sources) {
      const answer = await request(gateway, cid)
      if (typeof answer === 'string') {
        failures.push(`${gateway}: ${answer}`)
        continue
      }
      const actual = await digestOf(answer)
      if (actual !== expected) {
        altered.push({ bytes: answer, alteration: { gateway, expected, actual } })
        continue
      }
      for (const { alteration } of altered) liars.add(alteration.gateway)
      keep(kept, cid, answer)
      return { bytes: answer, alteration: null }
    }
    return altered[0] ?? failures
  }
  const underWay = new Map<Cid, ReturnType<typeof search>>()
  return {
    liars,
    async block(cid, object) {
      const known = kept.get(cid)
      if (known !== undefined) return { bytes: known, alteration: null }
      // Files that are read at once lie in the same directory, whose block is asked for once.
      const asked = underWay.get(cid) ?? search(cid).finally(() => underWay.delete(cid))
      underWay.set(cid, asked)
      const found = await asked
      if ('bytes' in found) return found
      throw new ContentUnreachable(object, found)
    },
  }
}

/** By the browser's or Node's own code, where there is some: pages of insecure origins are not given it. */
async function digestOf(bytes: Uint8Array): Promise<Hex> {
  const { buffer, byteOffset, byteLength } = bytes
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- its type knows secure origins only
  if (crypto.subtle === undefined || !(buffer instanceof ArrayBuffer)) return sha256(bytes)
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(buffer, byteOffset, byteLength))
  return bytesToHex(new Uint8Array(digest))
}

type Request = (gateway: string, cid: string) => Promise<Uint8Array | string>

/** What asks for a block's bytes, or says why there are none; it remembers which gateways are dead. */
function createRequest(timeoutMs: number): Request {
  const dead = new Set<string>()
  return async (gateway, cid) => {
    const url = `${gateway.replace(/\/+$/u, '')}/ipfs/${cid}?format=raw`
    for (let tried = 0; ; tried++) {
      try {
        const answer = await attempt(url, timeoutMs)
        dead.delete(gateway)
        return answer
      } catch (error) {
        const pauseMs = dead.has(gateway) ? undefined : PAUSES_MS[tried]
        if (!isBrokenConnection(error)) return reasonOf(error)
        if (pauseMs === undefined) {
          dead.add(gateway)
          return reasonOf(error)
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
  }
}

async function attempt(url: string, timeoutMs: number): Promise<Uint8Array | string> {
  const response = await fetch(url, {
    headers: { accept: 'application/vnd.ipld.raw' },
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.ok) return bounded(response)
  await response.body?.cancel()
  return `answered ${response.status}`
}

/** Browsers and Node alike throw a TypeError when the network fails, and another error when the time is over. */
function isBrokenConnection(error: unknown): boolean {
  return error instanceof TypeError
}

/** Reads no more than a block may have: a gateway must not be able to fill the auditor's memory. */
async function bounded(response: Response): Promise<Uint8Array | string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > MOST_BLOCK_BYTES) return `sent more than ${MOST_BLOCK_BYTES} bytes for one block`
    parts.push(part)
  }
  return joinBytes(parts)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}

function keep(kept: Map<string, Uint8Array>, cid: string, bytes: Uint8Array): void {
  kept.set(cid, bytes)
  if (kept.size > KEPT_BLOCKS) kept.delete(kept.keys().next().value!)
}
