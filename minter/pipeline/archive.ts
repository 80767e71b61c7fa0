import { createHash } from 'node:crypto'
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { walkDag, writeCar } from '../dag.ts'
import { bytesToHex, type Hex } from '../domain/digest.ts'
import { StorageFailed } from '../errors.ts'
import type { Block, ContentStore } from '../ports.ts'
import type { PinnedRoot } from './pins.ts'

/** One file with everything that an auditor needs of a drop besides the chain. */
export interface Archive {
  readonly path: string
  /** sha-256 of the file. */
  readonly digest: Hex
  readonly bytes: number
}

/** What goes into an archive. */
export interface ArchiveContent {
  /** The directory first; all below each goes in. */
  readonly roots: readonly [PinnedRoot, ...PinnedRoot[]]
  /** Directories of earlier drops, of which an audit reads the manifest alone. */
  readonly earlier: readonly string[]
}

/** @yields everything below the roots, one root after the other, then the earlier manifests; each block once */
async function* blocksOf(store: ContentStore, { roots, earlier }: ArchiveContent): AsyncGenerator<Block> {
  const seen = new Set<string>()
  const read = (cid: string): Promise<Uint8Array | null> => store.readBlock(cid)
  const walks = [
    ...roots.map(({ cid }) => walkDag(read, cid)),
    ...earlier.map((cid) => walkDag(read, cid, (path) => path === 'manifest.json')),
  ]
  for (const walk of walks) {
    for await (const block of walk) {
      if (seen.has(block.cid)) continue
      seen.add(block.cid)
      yield block
    }
  }
}

/**
 * Writes a CAR (version 1) whose roots are the drop's directory, the model, the dataset and the verify page, so that whoever
 * imports it keeps all of them; the same content gives the same bytes. Earlier drops' manifests are found in it by their CIDs.
 *
 * @throws {StorageFailed} when the disk refuses; nothing half-written stands under the file's name
 */
export async function writeArchive(
  store: ContentStore,
  content: ArchiveContent,
  place: { readonly folder: string; readonly name: string },
  signal: AbortSignal,
): Promise<Archive> {
  const path = join(place.folder, place.name)
  const draft = `${path}.tmp`
  const hash = createHash('sha256')
  const cids = content.roots.map(({ cid }) => cid)
  let bytes = 0
  try {
    await mkdir(place.folder, { recursive: true })
    const file = await open(draft, 'w')
    try {
      for await (const part of writeCar(cids, blocksOf(store, content))) {
        signal.throwIfAborted()
        hash.update(part)
        bytes += part.length
        await file.write(part)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    const reason = error instanceof Error ? /^E[A-Z]+$/u.exec(String(Reflect.get(error, 'code')))?.[0] : undefined
    throw reason === undefined ? error : new StorageFailed(path, reason, error)
  }
  return { path, digest: bytesToHex(new Uint8Array(hash.digest())), bytes }
}
