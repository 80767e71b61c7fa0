import { exporter, type UnixFSEntry } from 'ipfs-unixfs-exporter'
import { CID } from 'multiformats/cid'
import { BlockMissing } from '../dag.ts'
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
