import { BlockMissing, walkDag } from '../dag.ts'
import { ContentMissing, MinterError } from '../errors.ts'
import type { Block, ContentStore, NamedFile, PinPlace } from '../ports.ts'
import { readChecked } from './pins.ts'

/** What fetching stands on. */
export interface FetchTools {
  readonly store: ContentStore
  readonly places: readonly PinPlace[]
  readonly signal: AbortSignal
}

async function holdsAll(store: ContentStore, root: string): Promise<boolean> {
  try {
    for await (const _ of walkDag((cid) => store.readBlock(cid), root));
    return true
  } catch (error) {
    if (error instanceof BlockMissing) return false
    throw error
  }
}

/**
 * Has our store hold everything below a CID, from whichever place still has it; every block is hashed on the way.
 *
 * @throws {ContentMissing} naming what each place said
 */
export async function fetchRoot({ store, places, signal }: FetchTools, root: string): Promise<void> {
  if (await holdsAll(store, root)) return
  const reasons: string[] = []
  for (const place of places) {
    try {
      const blocks: AsyncIterable<Block> = walkDag((cid) => readChecked(place, cid, '', signal), root)
      await store.putBlocks(root, blocks, signal)
      return
    } catch (error) {
      if (!(error instanceof MinterError)) throw error
      reasons.push(`${place.name}: ${error.message}`)
    }
  }
  throw new ContentMissing(root, reasons.join('; '))
}

/** Every file of a directory that our store holds, in the order of the directory. */
export async function readFiles(store: ContentStore, directory: string): Promise<readonly NamedFile[]> {
  const paths = new Set<string>()
  for await (const { path } of walkDag((cid) => store.readBlock(cid), directory)) paths.add(path)
  const folders = new Set([...paths].map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))))
  const files = [...paths].filter((path) => path !== '' && !folders.has(path))
  return Promise.all(files.map(async (path) => ({ path, content: await store.readFile(directory, path) })))
}
