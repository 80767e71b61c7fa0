import { CarWriter } from '@ipld/car'
import type { BlockWriter } from '@ipld/car/writer'
import * as dagPb from '@ipld/dag-pb'
import { exporter, type UnixFSEntry } from 'ipfs-unixfs-exporter'
import { CID } from 'multiformats/cid'
import type { BlockReader } from './deps.ts'

/** A file or a directory, found under a CID and a path. */
export type Content =
  | {
      readonly kind: 'file'
      readonly cid: string
      readonly size: number
      read(range?: ByteRange): AsyncIterable<Uint8Array>
    }
  | { readonly kind: 'directory'; readonly cid: string; entries(): Promise<readonly DirectoryEntry[]> }

export interface DirectoryEntry {
  readonly name: string
  readonly cid: string
}

/** In bytes, both ends included, as HTTP counts. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** A block that this node does not hold. */
export class BlockMissing extends Error {
  readonly code = 'BLOCK_MISSING'
  readonly cid: string

  constructor(cid: string) {
    super(`block ${cid} is not held here`)
    this.cid = cid
  }
}

/** @throws {SyntaxError} when the text is no CID */
export function parseCid(text: string): CID {
  try {
    return CID.parse(text)
  } catch (cause) {
    throw new SyntaxError(`${text} is not a CID`, { cause })
  }
}

/** Walks from a CID along the names; null when the path leads nowhere or a block is missing on the way. */
export async function findContent(blocks: BlockReader, cid: CID, names: readonly string[]): Promise<Content | null> {
  try {
    // The exporter takes slashes and percent signs in its path apart, so that each name is escaped on its own.
    const path = [cid.toString(), ...names.map(encodeURIComponent)].join('/')
    return contentOf(await exporter(path, storageOf(blocks)))
  } catch (error) {
    if (isAbsence(error)) return null
    throw error
  }
}

function contentOf(entry: UnixFSEntry): Content | null {
  const cid = entry.cid.toString()
  switch (entry.type) {
    case 'file':
    case 'raw':
    case 'identity':
      return {
        kind: 'file',
        cid,
        size: Number(entry.size),
        read: (range) =>
          range === undefined
            ? entry.content({ blockReadConcurrency: 1 })
            : entry.content({ offset: range.first, length: range.last - range.first + 1, blockReadConcurrency: 1 }),
      }
    case 'directory':
      return {
        kind: 'directory',
        cid,
        entries: async () => {
          const entries: DirectoryEntry[] = []
          for await (const child of entry.entries()) entries.push({ name: child.name, cid: child.cid.toString() })
          return entries
        },
      }
    case 'object':
    default:
      // Codecs that are not UnixFS; nothing of ours uses them.
      return null
  }
}

/** @yields every block under a CID, parents before children and in the order of their links, each once */
async function* walkBlocks(blocks: BlockReader, root: CID): AsyncIterable<{ cid: CID; bytes: Uint8Array }> {
  const seen = new Set<string>()
  const pending = [root]
  for (let cid = pending.pop(); cid !== undefined; cid = pending.pop()) {
    const name = cid.toString()
    if (seen.has(name)) continue
    seen.add(name)
    const bytes = await readBlock(blocks, name)
    yield { cid, bytes }
    if (cid.code !== dagPb.code) continue
    pending.push(
      ...dagPb
        .decode(bytes)
        .Links.map((link) => link.Hash)
        .toReversed(),
    )
  }
}

/** @yields a CAR of everything under a CID, made while it is sent */
export async function* writeCar(blocks: BlockReader, root: CID): AsyncIterable<Uint8Array> {
  const { writer, out } = CarWriter.create([root])
  // A block that is missing half way must break the download off: a truncated CAR that ends well would look whole.
  const filled = fill(writer, walkBlocks(blocks, root))
  yield* out
  const failure = await filled
  if (failure !== null) throw failure
}

/** @returns what went wrong; the writer is closed in any case, since its reader waits for that */
async function fill(
  writer: BlockWriter,
  blocks: AsyncIterable<{ cid: CID; bytes: Uint8Array }>,
): Promise<Error | null> {
  try {
    for await (const block of blocks) await writer.put(block)
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error('the blocks could not be read', { cause: error })
  } finally {
    await writer.close()
  }
}

function storageOf(blocks: BlockReader): Parameters<typeof exporter>[1] {
  return {
    async *get(cid) {
      yield await readBlock(blocks, cid.toString())
    },
  }
}

async function readBlock(blocks: BlockReader, cid: string): Promise<Uint8Array> {
  const bytes = await blocks.get(cid)
  if (bytes === null) throw new BlockMissing(cid)
  return bytes
}

function isAbsence(error: unknown): boolean {
  if (error instanceof BlockMissing) return true
  const absences = ['NotFoundError', 'NoPropError', 'NotUnixFSError']
  return error instanceof Error && absences.includes(error.name)
}
