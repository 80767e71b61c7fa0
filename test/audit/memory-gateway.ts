import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MemoryBlockstore } from 'blockstore-core'
import { importer } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'

/** Blocks by CID, as importing files makes them. */
export class Blocks {
  readonly store = new MemoryBlockstore()
  readonly content = new Map<string, Uint8Array>()

  /** @returns the CID of the file, or of the directory when there are several */
  async add(
    files: readonly { readonly path: string; readonly content: Uint8Array }[],
    options: { readonly shardSplitThresholdBytes?: number } = {},
  ): Promise<string> {
    const store = this.store
    let root: CID | undefined
    const [only] = files
    const source = files.length === 1 && only?.path === '' ? { content: only.content } : files
    // A source without a path is one file; with paths, the last entry is the directory that wraps them.
    const entries = importer(Array.isArray(source) ? source : [source], store, {
      profile: 'unixfs-v1-2025',
      wrapWithDirectory: Array.isArray(source),
      ...options,
    })
    for await (const entry of entries) root = entry.cid
    if (root === undefined) throw new Error('nothing was imported')
    for await (const { cid, bytes } of store.getAll()) {
      const parts: Uint8Array[] = []
      for await (const part of bytes) parts.push(part)
      this.content.set(cid.toV1().toString(), Buffer.concat(parts))
    }
    // The store keeps blocks by multihash and calls all of them raw; the gateway looks them up in the same way.
    return root.toString()
  }

  /** The block that a CID of either codec names. */
  find(cid: string): Uint8Array | undefined {
    const raw = CID.createV1(0x55, CID.parse(cid).multihash).toString()
    return this.content.get(cid) ?? this.content.get(raw)
  }
}

export interface TestGateway {
  readonly url: string
  /** CIDs asked for, in order. */
  readonly asked: string[]
  close(): Promise<void>
}

/**
 * Serves blocks as a trustless gateway does.
 *
 * @param altered blocks that are served in place of the true ones
 * @param broken how many connections are closed before the first answer
 */
export async function serveBlocks(
  blocks: Blocks,
  altered: ReadonlyMap<string, Uint8Array> = new Map(),
  broken: number = 0,
): Promise<TestGateway> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const [, cid = ''] = /^\/ipfs\/([a-z2-7]+)\?format=raw$/u.exec(request.url ?? '') ?? []
    asked.push(cid)
    if (asked.length <= broken) {
      request.socket.destroy()
      return
    }
    const bytes = cid === '' ? undefined : (altered.get(cid) ?? blocks.find(cid))
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
