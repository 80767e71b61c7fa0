import { CarWriter } from '@ipld/car'
import type { BlockWriter } from '@ipld/car/writer'
import * as dagPb from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import type { Block } from './ports.ts'

/** A block, and which file or directory below the root it belongs to; empty for the root itself. */
export interface PlacedBlock extends Block {
  readonly path: string
}

/** A block that is not held where it was looked for. */
export class BlockMissing extends Error {
  readonly code = 'BLOCK_MISSING'
  readonly cid: string

  constructor(cid: string) {
    super(`block ${cid} is not held here`)
    this.cid = cid
  }
}

/**
 * @param read one block, or null when it is not there
 * @param follow whether to go on to what is at a path below the root; everywhere when left out
 * @yields every block under a CID, parents before children and in the order of their links, each once
 * @throws {BlockMissing}
 */
export async function* walkDag(
  read: (cid: string) => Promise<Uint8Array | null>,
  root: string,
  follow: (path: string) => boolean = () => true,
): AsyncGenerator<PlacedBlock> {
  const seen = new Set<string>()
  const pending = [{ cid: root, path: '' }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { cid, path } = next
    if (seen.has(cid)) continue
    seen.add(cid)
    const bytes = await read(cid)
    if (bytes === null) throw new BlockMissing(cid)
    yield { cid, bytes, path }
    if (CID.parse(cid).code !== dagPb.code) continue
    const links = dagPb.decode(bytes).Links.map(({ Name = '', Hash }) => ({
      cid: Hash.toString(),
      // The parts of a file have no names of their own.
      path: Name === '' ? path : `${path}${path === '' ? '' : '/'}${Name}`,
    }))
    pending.push(...links.filter((link) => follow(link.path)).toReversed())
  }
}

/**
 * @yields a CAR (version 1), made while it is read
 * @see https://ipld.io/specs/transport/car/carv1/
 */
export async function* writeCar(roots: readonly string[], blocks: AsyncIterable<Block>): AsyncGenerator<Uint8Array> {
  const { writer, out } = CarWriter.create(roots.map((root) => CID.parse(root)))
  // A block that is missing half way must break it off: a truncated CAR that ends well would look whole.
  const filled = fill(writer, blocks)
  yield* out
  const failure = await filled
  if (failure !== null) throw failure
}

/** @returns what went wrong; the writer is closed in any case, since its reader waits for that */
async function fill(writer: BlockWriter, blocks: AsyncIterable<Block>): Promise<Error | null> {
  try {
    for await (const { cid, bytes } of blocks) await writer.put({ cid: CID.parse(cid), bytes })
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error('the blocks could not be read', { cause: error })
  } finally {
    await writer.close()
  }
}
