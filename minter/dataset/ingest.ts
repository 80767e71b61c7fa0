import type { Hex } from '../domain/digest.ts'
import { sha256 } from '../domain/digest.ts'
import { MinterError } from '../errors.ts'
import type { BroughtPicture, BroughtPictures } from './picture-source.ts'
import { createHashIndex, differenceHash, type HashIndex } from './similarity.ts'
import { type Giver, readGiver } from './terms.ts'

/** Why a picture is not in the dataset. */
export type RejectionReason =
  | 'unlicensed'
  | 'no-source'
  | 'no-contributor'
  | 'no-class'
  | 'unreadable'
  | 'broken'
  | 'too-small'
  | 'duplicate'
  | 'similar'

/** A picture that was left out. */
export interface Rejection {
  readonly path: string
  readonly reason: RejectionReason
  readonly detail: string
}

/** A picture that is in. */
export interface TakenPicture {
  readonly path: string
  /** Of the file as it was brought. */
  readonly sha256: Hex
  readonly licence: string
  readonly source: string
  readonly giver: Giver
  readonly class: string | undefined
  /** [size, size, 3] */
  readonly rgb: Uint8Array
  /** sha-256 of `rgb`. */
  readonly pixels: Hex
}

/** A picture of any size, brought to that of the network. */
export interface PreparedPicture {
  /** Of the file, in pixels. */
  readonly width: number
  readonly height: number
  /** [size, size, 3] */
  readonly rgb: Uint8Array
}

export interface IngestOptions {
  /** Side in pixels of what the network is shown. */
  readonly size: number
  /** The shorter side that a picture must have. */
  readonly smallest: number
  /** SPDX identifiers that are taken. */
  readonly licences: readonly string[]
  /** In how many of 256 bits the hashes of two pictures must differ at least, less one. */
  readonly similar: number
  /** Decodes, and fits; throws for what is no whole picture. */
  readonly prepare: (bytes: Uint8Array, digest: Hex, path: string) => Promise<PreparedPicture>
  /** How many are read and decoded at once. */
  readonly atOnce: number
  readonly onPicture?: (taken: number, rejected: number) => void
  readonly signal?: AbortSignal
}

/** What became of everything that was brought. */
export interface Ingested {
  /** Ascending by the sha-256 of the file. */
  readonly taken: readonly TakenPicture[]
  readonly rejected: readonly Rejection[]
}

/** A picture that was decoded, or why not. */
type Examined = Omit<TakenPicture, 'pixels'> | Rejection

/**
 * Looks at every picture and takes those that may be learnt from. One that cannot be read is left out like any other;
 * of two alike the first by its path stays.
 */
export async function ingestPictures(brought: BroughtPictures, options: IngestOptions): Promise<Ingested> {
  const taken: TakenPicture[] = []
  const rejected: Rejection[] = []
  const alike = createAlike(options.similar)
  const isLabelled = brought.pictures.some(({ terms }) => terms.class !== undefined)
  for (let from = 0; from < brought.pictures.length; from += options.atOnce) {
    options.signal?.throwIfAborted()
    const batch = brought.pictures.slice(from, from + options.atOnce)
    const examined = await Promise.all(
      batch.map((picture) => examine(picture, isLabelled, brought.contributors, options)),
    )
    // Which of two alike is kept must not depend on which was decoded first.
    for (const one of examined) {
      const result = 'reason' in one ? one : alike(one, options.size)
      if ('reason' in result) rejected.push(result)
      else taken.push(result)
      options.onPicture?.(taken.length, rejected.length)
    }
  }
  return { taken: taken.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1)), rejected }
}

async function examine(
  picture: BroughtPicture,
  isLabelled: boolean,
  known: readonly Giver[],
  options: IngestOptions,
): Promise<Examined> {
  const { path, terms } = picture
  const reject = (reason: RejectionReason, detail: string): Rejection => ({ path, reason, detail })
  const { licence, source } = terms
  if (licence === undefined) return reject('unlicensed', 'no licence is named')
  if (!options.licences.includes(licence)) return reject('unlicensed', `${licence} is not among those that are taken`)
  if (source === undefined) return reject('no-source', 'nobody says where it comes from')
  if (terms.contributor === undefined) return reject('no-contributor', 'nobody says whose it is')
  if (isLabelled && terms.class === undefined) return reject('no-class', 'others have a class, this one has none')
  const giver = readGiver(terms.contributor, known, path)

  let bytes: Uint8Array
  try {
    bytes = await picture.read()
  } catch (error) {
    return reject('unreadable', messageOf(error))
  }
  const digest = sha256(bytes)
  try {
    const { width, height, rgb } = await options.prepare(bytes, digest, path)
    if (Math.min(width, height) < options.smallest) {
      return reject('too-small', `${width} x ${height}, expected ${options.smallest} on the shorter side`)
    }
    return { path, sha256: digest, licence, source, giver, class: terms.class, rgb }
  } catch (error) {
    // A full disk or a missing decoder is not the picture's fault.
    if (error instanceof MinterError) throw error
    return reject('broken', messageOf(error))
  }
}

/** Knows what was taken so far, and refuses what is the same or nearly so. */
function createAlike(reach: number): (picture: Omit<TakenPicture, 'pixels'>, size: number) => TakenPicture | Rejection {
  const files = new Map<Hex, string>()
  const seen = new Map<Hex, string>()
  const index: HashIndex = createHashIndex(reach)
  return (picture, size) => {
    const { path, rgb } = picture
    const pixels = sha256(rgb)
    const same = files.get(picture.sha256)
    if (same !== undefined) return { path, reason: 'duplicate', detail: `the same bytes as ${same}` }
    const twin = seen.get(pixels)
    if (twin !== undefined) return { path, reason: 'duplicate', detail: `the same pixels as ${twin}` }
    const hash = differenceHash({ width: size, height: size, rgb })
    const near = index.find(hash)
    if (near !== null) {
      return { path, reason: 'similar', detail: `its hash differs in ${near.distance} bits from that of ${near.name}` }
    }
    files.set(picture.sha256, path)
    seen.set(pixels, path)
    index.add(path, hash)
    return { ...picture, pixels }
  }
}

/** One line: a decoder may say the same many times. */
function messageOf(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return first
}
