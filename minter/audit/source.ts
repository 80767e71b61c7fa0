import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Bundle, type Recipe, selfTest } from '../../gan/index.ts'
import { type AuditSource, ContentAltered } from '../domain/audit-source.ts'
import type { Collection } from './chain.ts'
import { readContent } from './content.ts'
import type { BlockClient } from './gateway.ts'
import { createRenderEngine, type RenderEngine } from './render-threads.ts'

const WASM_FOLDER = '@tensorflow/tfjs-backend-wasm/dist'

export interface SourceOptions {
  readonly collection: Collection
  readonly drop: number
  readonly client: BlockClient
  /** A copy of the model's file at hand, so that it need not be fetched; hashed like any other. */
  readonly bundle?: Uint8Array | undefined
  /** On how many threads candidates are rendered; 1 when left out. */
  readonly threads?: number | undefined
  /** Another source's engine, where both have the same model; whose it is disposes of it. */
  readonly engine?: RecordingSource['engine'] | undefined
}

/** The world as an auditor sees it, with what was served altered on the way. */
export interface RecordingSource extends AuditSource {
  readonly alterations: readonly ContentAltered[]
  readonly engine: (bundle: Bundle, recipe: Recipe) => Promise<RenderEngine>
  /** Gives the engine's memory back. */
  dispose(): Promise<void>
}

/** Chain, gateways and engine of an audit: nothing here belongs to the operator of the drop. */
export function createSource(options: SourceOptions): RecordingSource {
  const { collection, drop, client, bundle, threads = 1 } = options
  const alterations: ContentAltered[] = []
  const told = once(() => collection.drop(drop))
  let engine: Promise<RenderEngine> | null = null
  return {
    alterations,
    drop: told,
    minted: once(() => collection.minted(drop)),
    earlier: once(() => collection.earlier(drop)),
    async read(cid, path = '') {
      const { model, dataset } = await told()
      if (bundle !== undefined && cid === cidOfUri(model.uri)) return bundle
      const names = new Map([
        [cidOfUri(dataset.uri), 'the dataset manifest'],
        [cidOfUri(model.uri), 'the model'],
      ])
      try {
        return await readContent(client, cid, path, path === '' ? (names.get(cid) ?? cid) : path)
      } catch (error) {
        if (error instanceof ContentAltered) alterations.push(error)
        throw error
      }
    },
    // A source belongs to one drop, and a drop to one model, so one engine is all that it ever needs.
    engine: options.engine ?? ((weights, recipe) => (engine ??= createEngine(weights, recipe, threads))),
    async dispose() {
      await engine?.then(
        (made) => made.dispose(),
        () => undefined,
      )
      engine = null
    },
  }
}

/** The CID in `ipfs://…`; empty when it is another kind of address. */
export function cidOfUri(uri: string): string {
  return /^ipfs:\/\/([a-z2-7]+)/u.exec(uri)?.[1] ?? ''
}

/**
 * The canonical engine with the wasm binary of the auditor's own installation; the recipe says what it must hash to.
 *
 * @throws {EngineUnfit} when this machine does not reproduce the known answer, so that it must not judge others
 */
async function createEngine(bundle: Bundle, recipe: Recipe, threads: number): Promise<RenderEngine> {
  const path = createRequire(import.meta.url).resolve(`${WASM_FOLDER}/tfjs-backend-wasm-simd.wasm`)
  const wasm = await readFile(path)
  await selfTest(wasm)
  return createRenderEngine({ bundle, recipe, wasm }, threads)
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null
  return () => (answer ??= ask())
}
