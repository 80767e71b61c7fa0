import { joinBytes } from '../../gan/index.ts'
import { ContentAltered, ContentUnreachable } from '../domain/audit-source.ts'
import { type Cid, isRawCid } from '../domain/cid.ts'
import type { Alteration, BlockClient } from './gateway.ts'
import { readUnixFsNode, UnixFsInvalid, type UnixFsNode } from './unixfs.ts'

/** A part of a file, under the name that its own bytes have. */
export interface Leaf {
  readonly cid: Cid
  readonly bytes: Uint8Array
}

/**
 * Reads a file by CID, and believes no byte that does not hash to its name.
 *
 * @param path below a directory, `images/3.png`; empty for the CID itself
 * @param object what it is called in messages
 * @throws {ContentUnreachable} when no gateway has it
 * @throws {ContentAltered} when none has the true bytes, and one at least served others
 */
export async function readContent(
  client: BlockClient,
  cid: Cid,
  path: string = '',
  object: string = path === '' ? cid : path,
): Promise<Uint8Array> {
  return joinBytes((await readLeaves(client, cid, path, object)).map((leaf) => leaf.bytes))
}

/** The same, as the raw blocks that the file consists of, in their order. */
export async function readLeaves(
  client: BlockClient,
  cid: Cid,
  path: string = '',
  object: string = path === '' ? cid : path,
): Promise<readonly Leaf[]> {
  const file = await resolve(client, cid, path, object)
  const leaves: Leaf[] = []
  const alterations: Alteration[] = []
  for await (const part of partsOf(client, file, object)) {
    const { bytes, alteration } = await client.block(part, object)
    leaves.push({ cid: part, bytes })
    if (alteration !== null) alterations.push(alteration)
  }
  const [first] = alterations
  if (first !== undefined) throw altered(object, first, joinBytes(leaves.map((leaf) => leaf.bytes)))
  return leaves
}

async function resolve(client: BlockClient, cid: Cid, path: string, object: string): Promise<Cid> {
  let at = cid
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next = await entryOf(client, at, name, object)
    if (next === null) throw new ContentUnreachable(object, [`the directory ${cid}, which does not list it`])
    at = next
  }
  return at
}

async function entryOf(client: BlockClient, cid: Cid, name: string, object: string): Promise<Cid | null> {
  const { kind, links } = await nodeOf(client, cid, object)
  if (kind === 'directory') return links.find((link) => link.name === name)?.cid ?? null
  if (kind !== 'sharded-directory') return null
  // The names in a shard begin with its two digits; walking all shards spares us their hash function.
  const entry = links.find((link) => link.name.length > 2 && link.name.slice(2) === name)
  if (entry !== undefined) return entry.cid
  for (const shard of links.filter((link) => link.name.length === 2)) {
    const found = await entryOf(client, shard.cid, name, object)
    if (found !== null) return found
  }
  return null
}

async function* partsOf(client: BlockClient, cid: Cid, object: string): AsyncGenerator<Cid> {
  if (isRawCid(cid)) {
    yield cid
    return
  }
  const { kind, links } = await nodeOf(client, cid, object)
  if (kind !== 'file') throw new ContentUnreachable(object, [`${cid}, which is a directory and no file`])
  if (links.length === 0) throw new UnixFsInvalid(`${object} keeps its bytes within a node, not in raw leaves`)
  for (const link of links) yield* partsOf(client, link.cid, object)
}

async function nodeOf(client: BlockClient, cid: Cid, object: string): Promise<UnixFsNode> {
  const { bytes, alteration } = await client.block(cid, object)
  // The links of an altered node lead anywhere, so they are not followed.
  if (alteration !== null) throw altered(object, alteration, null)
  return readUnixFsNode(bytes)
}

function altered(object: string, alteration: Alteration, bytes: Uint8Array | null): ContentAltered {
  return new ContentAltered(`${object} from ${alteration.gateway}`, alteration.expected, alteration.actual, bytes)
}
