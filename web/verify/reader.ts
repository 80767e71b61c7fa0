import { type AuditReader, ContentAltered } from '../../minter/domain/audit-source.ts'
import { connectChain, createBlockClient, openCollection, readContent } from './auditor.ts'
import type { Order } from './order.ts'

/** Tells who watches what is being read, and what came of it. */
export interface Watcher {
  doing(what: string): void
  read?(path: string, bytes: Uint8Array): void
  /** Somebody served other bytes under this path, and nobody the true ones. */
  altered?(path: string, bytes: Uint8Array): void
}

/** Chain and gateways as a browser has them; the address names the node and the gateways, nobody else does. */
export async function openReader(
  { rpc, contract, token, gateways }: Order,
  watcher: Watcher,
): Promise<{ readonly reader: AuditReader; readonly chainId: number }> {
  watcher.doing('Reading the chain')
  const chain = await connectChain(rpc)
  const collection = openCollection(chain, contract)
  const client = createBlockClient(gateways)
  const drop = Number(BigInt(token) >> 16n)
  const told = once(() => collection.drop(drop))
  const reader: AuditReader = {
    drop: told,
    minted: once(() => collection.minted(drop)),
    earlier: once(() => collection.earlier(drop)),
    async read(cid, path = '') {
      const { model, dataset } = await told()
      const names = [
        [model.uri, 'the network'],
        [dataset.uri, 'the list of training pictures'],
      ] as const
      const name = path === '' ? (names.find(([uri]) => uri === `ipfs://${cid}`)?.[1] ?? cid) : path
      watcher.doing(`Fetching ${name}`)
      try {
        const bytes = await readContent(client, cid, path, name)
        watcher.read?.(path, bytes)
        return bytes
      } catch (error) {
        if (error instanceof ContentAltered && error.bytes !== null) watcher.altered?.(path, error.bytes)
        throw error
      }
    },
  }
  return { reader, chainId: Number(chain.chainId) }
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null
  return () => (answer ??= ask())
}
