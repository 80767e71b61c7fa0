import { create } from 'kubo-rpc-client'
import { CID } from 'multiformats/cid'
import { writeCar } from '../dag.ts'
import { ContentAltered, ContentMissing, PinRefused } from '../errors.ts'
import type { Block, ContentStore, NamedFile } from '../ports.ts'

// The same cuts as profile unixfs-v1-2025; Kubo's own defaults give files above 256 KiB other CIDs.
const PROFILE = { cidVersion: 1, rawLeaves: true, chunker: 'size-1048576', pin: true } as const
const TIMEOUT_MS = 30_000
/** What the daemon itself has: asked for anything else it would search the network. */
const LOCAL: { timeout: number; offline: boolean } = { timeout: TIMEOUT_MS, offline: true }
const PROBE_MS = 5000

async function readAll(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return new Uint8Array(Buffer.concat(chunks))
}

/** Where other nodes of the network reach the daemon, as multiaddrs. */
export async function kuboAddresses(url: string): Promise<readonly string[]> {
  const { addresses } = await create({ url, timeout: PROBE_MS }).id()
  return addresses.map(String)
}

/** A Kubo daemon (or anything that speaks its RPC) at `url`, e.g. http://127.0.0.1:5001/api/v0. */
export function openKuboStore(url: string): ContentStore {
  const client = create({ url, timeout: TIMEOUT_MS })

  async function missingOr<T>(what: string, work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      // The daemon answers 500 for anything; a connection that fails is another matter and keeps its own error.
      throw error instanceof Error && error.name === 'HTTPError' ? new ContentMissing(what, url) : error
    }
  }

  async function addDirectory(files: readonly NamedFile[], signal: AbortSignal): Promise<string> {
    let root: CID | undefined
    const source = files.map(({ path, content }) => ({ path: `drop/${path}`, content }))
    for await (const entry of client.addAll(source, { ...PROFILE, signal })) {
      if (entry.path === 'drop') root = entry.cid
    }
    if (root === undefined) throw new ContentMissing('a directory without files', url)
    return String(root)
  }

  async function importBlocks(root: string, blocks: AsyncIterable<Block>, signal: AbortSignal): Promise<void> {
    const car = writeCar([root], blocks)
    for await (const { root: found } of client.dag.import(car, { pinRoots: true, signal })) {
      if (found.cid.toString() !== root) throw new ContentAltered(url, root, found.cid.toString())
      if (found.pinErrorMsg !== undefined && found.pinErrorMsg !== '')
        throw new PinRefused('kubo', url, found.pinErrorMsg)
      return
    }
    throw new PinRefused('kubo', url, 'it answers nothing to dag/import')
  }

  return {
    name: url,
    putFile: async (content, signal) => String((await client.add(content, { ...PROFILE, signal })).cid),
    putDirectory: addDirectory,
    readFile: (cid, path) => {
      const name = path === undefined ? cid : `${cid}/${path}`
      return missingOr(name, readAll(client.cat(name, { timeout: TIMEOUT_MS })))
    },
    readBlock: async (cid) => {
      try {
        return await missingOr(cid, client.block.get(CID.parse(cid), LOCAL))
      } catch (error) {
        if (error instanceof ContentMissing) return null
        throw error
      }
    },
    putBlocks: (root, blocks, signal) => importBlocks(root, blocks, signal),
    probe: async (signal) => {
      await client.id({ signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]) })
    },
    close: async () => {},
  }
}
