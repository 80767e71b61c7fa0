import wasmAddress from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { type Bundle, type CanonicalEngine, createCanonicalEngine, type Recipe, selfTest } from '../../gan/index.ts'
import { type AuditSource, ContentAltered } from '../../minter/domain/audit-source.ts'
import { connectChain, createBlockClient, openCollection, readContent } from './auditor.ts'
import type { Order } from './order.ts'

/** Tells who watches what is being read, and what was made of it. */
export interface Watcher {
  doing(what: string): void
  read?(path: string, bytes: Uint8Array): void
  /** Somebody served other bytes under this path, and nobody the true ones. */
  altered?(path: string, bytes: Uint8Array): void
  rendered?(seed: Uint8Array, rgb: Uint8Array, recipe: Recipe): void
}

/** Chain, gateways and engine as a browser has them; the address names the node and the gateways, nobody else does. */
export async function openSource(
  { rpc, contract, token, gateways }: Order,
  watcher: Watcher,
): Promise<{ readonly source: AuditSource; readonly chainId: number }> {
  watcher.doing('Reading the chain')
  const chain = await connectChain(rpc)
  const collection = openCollection(chain, contract)
  const client = createBlockClient(gateways)
  const drop = Number(BigInt(token) >> 16n)
  const told = once(() => collection.drop(drop))
  const source: AuditSource = {
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
    engine: (bundle, recipe) => openEngine(bundle, recipe, watcher),
  }
  return { source, chainId: Number(chain.chainId) }
}

/**
 * The engine in this very thread; its binary comes with the page, and the recipe says what it must hash to.
 *
 * @throws {EngineUnfit} when this browser does not reproduce the known answers, so that it must not judge others
 */
async function openEngine(bundle: Bundle, recipe: Recipe, watcher: Watcher): Promise<CanonicalEngine> {
  watcher.doing('Starting the engine')
  const response = await fetch(wasmAddress)
  const wasm = new Uint8Array(await response.arrayBuffer())
  await selfTest(wasm)
  const engine = await createCanonicalEngine({ bundle, recipe, wasm })
  return {
    resolution: engine.resolution,
    dispose: () => engine.dispose(),
    async render(seeds) {
      watcher.doing(seeds.length === 1 ? 'Making the picture again' : `Making ${seeds.length} pictures again`)
      const rendered = await engine.render(seeds)
      for (const [i, seed] of seeds.entries()) {
        const made = rendered[i]
        if (typeof seed !== 'number' && made !== undefined) watcher.rendered?.(seed, made.rgb, recipe)
      }
      return rendered
    },
  }
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null
  return () => (answer ??= ask())
}
