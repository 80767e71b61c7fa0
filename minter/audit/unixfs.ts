import { decode } from '@ipld/dag-pb'
import { DomainError } from '../domain/errors.ts'

/** One link of a node: to a part of a file, or to an entry of a directory. */
interface UnixFsLink {
  readonly name: string
  readonly cid: string
}

/** What a dag-pb block says about files and directories. */
export interface UnixFsNode {
  readonly kind: 'directory' | 'sharded-directory' | 'file'
  readonly links: readonly UnixFsLink[]
}

/** A block that a directory leads to is none of the kinds a drop consists of. */
export class UnixFsInvalid extends DomainError {
  readonly code = 'AUDIT_UNIXFS_INVALID'
}

const KINDS: ReadonlyMap<number, UnixFsNode['kind']> = new Map([
  [1, 'directory'],
  [2, 'file'],
  [5, 'sharded-directory'],
])

/**
 * Reads a dag-pb block as UnixFS.
 *
 * @param block whose hash has been compared already
 * @throws {UnixFsInvalid} when it is not one
 * @see https://specs.ipfs.tech/unixfs/
 */
export function readUnixFsNode(block: Uint8Array): UnixFsNode {
  let node: ReturnType<typeof decode>
  try {
    node = decode(block)
  } catch (cause) {
    throw new UnixFsInvalid('the block is no dag-pb node', { cause })
  }
  if (node.Data === undefined) throw new UnixFsInvalid('the dag-pb node carries no UnixFS data')
  const type = typeOf(node.Data)
  const kind = KINDS.get(type)
  if (kind === undefined) throw new UnixFsInvalid(`the node is of UnixFS type ${type}, neither file nor directory`)
  return { kind, links: node.Links.map(({ Name, Hash }) => ({ name: Name ?? '', cid: Hash.toString() })) }
}

/**
 * Field 1 of the UnixFS protobuf. Nothing else is needed: under the profile unixfs-v1-2025 the bytes of a file stand in
 * raw leaves, and it is these that are hashed.
 */
function typeOf(data: Uint8Array): number {
  const [key, type] = data
  if (key !== 0x08 || type === undefined || type >= 0x80) throw new UnixFsInvalid('the UnixFS data names no type')
  return type
}
