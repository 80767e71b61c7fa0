import { FsBlockstore } from 'blockstore-fs'
import { exporter } from 'ipfs-unixfs-exporter'
import { importBytes, importer } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { ContentAltered, ContentMissing, StorageFailed } from '../errors.ts'
import type { Block, ContentStore, NamedFile } from '../ports.ts'

/** CIDv1, raw leaves, chunks of 1 MiB: a file of at most that size is one block whose CID is the file's sha-256. */
const PROFILE = { profile: 'unixfs-v1-2025' } as const

/** Written to see whether the disk takes anything. */
const PROBE = new TextEncoder().encode('latentmint probe')

async function readAll(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : new Uint8Array(Buffer.concat(chunks))
}

/** The disk's refusal by its name; the block store wraps it until only its text is left. */
function named(folder: string, error: unknown): unknown {
  const reason = /\b(ENOSPC|EIO|EDQUOT|EROFS)\b/u.exec(String(error))?.[1]
  return reason === undefined ? error : new StorageFailed(folder, reason, error)
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotFoundError'
}

async function isBlock(cid: string, bytes: Uint8Array): Promise<boolean> {
  return Buffer.compare((await sha256.digest(bytes)).digest, CID.parse(cid).multihash.digest) === 0
}

async function readVerified(blocks: FsBlockstore, folder: string, name: string): Promise<Uint8Array | null> {
  const cid = CID.parse(name)
  try {
    const bytes = await readAll(blocks.get(cid))
    if (!(await isBlock(name, bytes))) {
      throw new ContentAltered(`${name} in ${folder}`, name, String(CID.createV1(cid.code, await sha256.digest(bytes))))
    }
    return bytes
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function* verifiedBlock(blocks: FsBlockstore, folder: string, name: string): AsyncGenerator<Uint8Array> {
  const bytes = await readVerified(blocks, folder, name)
  if (bytes === null) throw new ContentMissing(name, folder)
  yield bytes
}

async function addDirectory(
  blocks: FsBlockstore,
  folder: string,
  files: readonly NamedFile[],
  signal: AbortSignal,
): Promise<string> {
  let root: CID | undefined
  try {
    // The wrapping directory comes last.
    const source = files.map(({ path, content }) => ({ path: `drop/${path}`, content }))
    for await (const entry of importer(source, blocks, PROFILE)) {
      signal.throwIfAborted()
      root = entry.cid
    }
  } catch (error) {
    throw named(folder, error)
  }
  if (root === undefined) throw new ContentMissing('a directory without files', folder)
  return String(root)
}

async function addBlocks(
  blocks: FsBlockstore,
  folder: string,
  source: AsyncIterable<Block>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const { cid, bytes } of source) {
      signal.throwIfAborted()
      if (!(await isBlock(cid, bytes))) throw new ContentAltered(`${cid} on its way to ${folder}`, cid, 'other bytes')
      await blocks.put(CID.parse(cid), bytes)
    }
  } catch (error) {
    throw named(folder, error)
  }
}

/** A block store in a folder: every block a file, written beside its place and then moved into it. */
export async function openIpfsStore(folder: string): Promise<ContentStore> {
  const blocks = new FsBlockstore(folder)
  await blocks.open()
  return {
    name: folder,
    putFile: async (content) => {
      try {
        return String((await importBytes(content, blocks, PROFILE)).cid)
      } catch (error) {
        throw named(folder, error)
      }
    },
    putDirectory: (files, signal) => addDirectory(blocks, folder, files, signal),
    readFile: async (cid, path) => {
      const name = path === undefined ? cid : `${cid}/${path}`
      try {
        const entry = await exporter(name, { get: (key: CID) => verifiedBlock(blocks, folder, String(key)) })
        if (entry.type !== 'file' && entry.type !== 'raw') throw new ContentMissing(`a file ${name}`, folder)
        return await readAll(entry.content())
      } catch (error) {
        throw isMissing(error) ? new ContentMissing(name, folder) : error
      }
    },
    readBlock: (cid) => readVerified(blocks, folder, cid),
    // Nothing is ever collected here, so what is put stays.
    putBlocks: (_root, source, signal) => addBlocks(blocks, folder, source, signal),
    probe: async () => {
      try {
        await importBytes(PROBE, blocks, PROFILE)
      } catch (error) {
        throw named(folder, error)
      }
    },
    close: () => blocks.close(),
  }
}
