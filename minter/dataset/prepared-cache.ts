import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'
import { bytesToHex, type Hex, hexToBytes, sha256 } from '../domain/digest.ts'
import { StorageFailed } from '../errors.ts'
import type { PreparedPicture } from './ingest.ts'

const DIGEST_BYTES = 32
const SIDE_BYTES = 4
/** Digest of the file, digest of the pixels, width and height of the file; then the pixels. */
const HEADER_BYTES = 2 * DIGEST_BYTES + 2 * SIDE_BYTES

/** Pictures that were prepared by a run that was stopped. */
export interface PreparedCache {
  readonly known: number
  /** The picture of that digest: as it was kept, or prepared now and kept. */
  readonly through: (digest: Hex, prepare: () => Promise<PreparedPicture>) => Promise<PreparedPicture>
  /** All is done; the file goes. */
  readonly drop: () => void
}

/**
 * Keeps prepared pictures in a file of records of one size, by the sha-256 of the files that they come from. A record that
 * was cut short by the end of a run is taken off; one that is not what was written is not used.
 *
 * @param size side of a prepared picture
 */
export function openPreparedCache(file: string, size: number): PreparedCache {
  const kept = existsSync(file) ? readRecords(file, size) : new Map<Hex, PreparedPicture>()
  return {
    known: kept.size,
    through: async (digest, prepare) => {
      const found = kept.get(digest)
      if (found !== undefined) return found
      const prepared = await prepare()
      append(file, recordOf(digest, prepared))
      return prepared
    },
    drop: () => rmSync(file, { force: true }),
  }
}

function readRecords(file: string, size: number): ReadonlyMap<Hex, PreparedPicture> {
  const record = HEADER_BYTES + 3 * size * size
  const bytes = new Uint8Array(readFileSync(file))
  const whole = bytes.length - (bytes.length % record)
  truncateSync(file, whole)
  const kept = new Map<Hex, PreparedPicture>()
  for (let at = 0; at < whole; at += record) {
    const view = new DataView(bytes.buffer, at, HEADER_BYTES)
    const digestAt = (from: number) => bytesToHex(bytes.subarray(at + from, at + from + DIGEST_BYTES))
    const rgb = bytes.slice(at + HEADER_BYTES, at + record)
    if (sha256(rgb) !== digestAt(DIGEST_BYTES)) continue
    const [width, height] = [view.getUint32(2 * DIGEST_BYTES), view.getUint32(2 * DIGEST_BYTES + SIDE_BYTES)]
    kept.set(digestAt(0), { width, height, rgb })
  }
  return kept
}

function recordOf(digest: Hex, { width, height, rgb }: PreparedPicture): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + rgb.length)
  const view = new DataView(bytes.buffer)
  bytes.set(hexToBytes(digest, DIGEST_BYTES))
  bytes.set(hexToBytes(sha256(rgb), DIGEST_BYTES), DIGEST_BYTES)
  view.setUint32(2 * DIGEST_BYTES, width)
  view.setUint32(2 * DIGEST_BYTES + SIDE_BYTES, height)
  bytes.set(rgb, HEADER_BYTES)
  return bytes
}

function append(file: string, bytes: Uint8Array): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    appendFileSync(file, bytes)
  } catch (error) {
    throw new StorageFailed(file, error instanceof Error && 'code' in error ? String(error.code) : String(error), error)
  }
}
