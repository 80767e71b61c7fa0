import { decodePng, encodePng, readSafetensors, joinBytes } from '../../gan/index.ts'
import type { AuditSource, ChainToken } from '../domain/audit-source.ts'
import { type Cid, directoryCid, rawCid } from '../domain/cid.ts'
import { sha256 } from '../domain/digest.ts'
import { manifestJson, parseManifest } from '../domain/manifest.ts'
import { readLeaves } from './content.ts'
import type { BlockClient } from './gateway.ts'
import { cidOfUri } from './source.ts'

export type TamperingKind = 'pixel' | 'score' | 'model'

/** A published object, altered as little as possible. */
export interface Tampering {
  readonly kind: TamperingKind
  /** What an audit calls it. */
  readonly object: string
  /** What was done to it. */
  readonly change: string
  /** The token to audit, where the alteration concerns one; null for the whole drop. */
  readonly tokenId: bigint | null
  /** The blocks to be served in place of the true ones. */
  readonly blocks: ReadonlyMap<Cid, Uint8Array>
}

/**
 * Alters one pixel of a minted piece, one score of the manifest, and one byte of the model.
 *
 * @param client to read the true objects with
 * @returns without the pixel as long as nothing has been minted: no audit looks at pictures that nobody owns
 */
export async function prepareTamperings(source: AuditSource, client: BlockClient): Promise<readonly Tampering[]> {
  const drop = await source.drop()
  const directory = directoryCid(drop.directoryDigest)
  const [token] = await source.minted()
  return [
    ...(token === undefined ? [] : [await alterPixel(client, directory, token)]),
    await alterScore(client, directory, token?.rank ?? 0),
    await alterModel(client, cidOfUri(drop.model.uri)),
  ]
}

async function alterPixel(client: BlockClient, directory: Cid, { rank, tokenId }: ChainToken): Promise<Tampering> {
  const object = `images/${rank}.png`
  const file = joined(await readLeaves(client, directory, object))
  const image = decodePng(file)
  const [x, y] = [image.width >> 1, image.height >> 1]
  image.rgb[(y * image.width + x) * 3]! ^= 1
  return {
    kind: 'pixel',
    object,
    change: `red of pixel (${x}, ${y}) by 1`,
    tokenId,
    blocks: new Map([[rawCid(sha256(file)), encodePng(image)]]),
  }
}

async function alterScore(client: BlockClient, directory: Cid, rank: number): Promise<Tampering> {
  const object = 'manifest.json'
  const leaves = await readLeaves(client, directory, object)
  const manifest = parseManifest(joined(leaves))
  // The lowest bit: no decimal digit more or less, so that the blocks keep their borders.
  const candidates = manifest.candidates.map((row) => (row.rank === rank ? { ...row, score: row.score ^ 1 } : row))
  return {
    kind: 'score',
    object,
    change: `score of rank ${rank} by 1`,
    tokenId: null,
    blocks: changedBlocks(leaves, manifestJson({ ...manifest, candidates })),
  }
}

async function alterModel(client: BlockClient, cid: Cid): Promise<Tampering> {
  const leaves = await readLeaves(client, cid, '', 'the model')
  const file = joined(leaves)
  const tensors = [...readSafetensors(file).tensors.values()]
  const tensor = tensors[tensors.length >> 1]
  const byte = tensor === undefined ? file.length - 1 : tensor.data.byteOffset - file.byteOffset
  const altered = file.slice()
  // The lowest bit of a float32's fraction: the model still loads, and its pictures look the same.
  altered[byte]! ^= 1
  return {
    kind: 'model',
    object: 'the model',
    change: `byte ${byte}, the lowest bit of the first number of ${tensor?.name ?? 'the last tensor'}`,
    tokenId: null,
    blocks: changedBlocks(leaves, altered),
  }
}

function changedBlocks(
  leaves: readonly { readonly cid: Cid; readonly bytes: Uint8Array }[],
  altered: Uint8Array,
): ReadonlyMap<Cid, Uint8Array> {
  const changed = new Map<Cid, Uint8Array>()
  let at = 0
  for (const { cid, bytes } of leaves) {
    const block = altered.slice(at, at + bytes.length)
    if (rawCid(sha256(block)) !== cid) changed.set(cid, block)
    at += bytes.length
  }
  return changed
}

function joined(leaves: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  return joinBytes(leaves.map((leaf) => leaf.bytes))
}
