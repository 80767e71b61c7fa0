import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'
import { bytesToHex, type Hex, hexToBytes } from '../domain/digest.ts'
import { StorageFailed } from '../errors.ts'
import type { PreparedPicture } from './ingest.ts'

const DIGEST_BYTES = 32
const SIDE_BYTES = 4

/** Pictures that were prepared by a run that was stopped. */
export interface PreparedCache {
  readonly known: number
  /** The picture of that digest: as it was kept, or prepared now and kept. */
  readonly through: (digest: Hex, prepare: () => Promise<PreparedPicture>) => Promise<PreparedPicture>
  /** All is done; the file goes. */
  readonly drop: () => void
}

/**
 * Keeps prepared pictures in a file of records of one size, by the sha-256 of the files that they come from: a record
 * that was cut short by the end of a run is taken off.
 *
 * @param size side of a prepared picture
 */
export function openPreparedCache(file: string, size: number): PreparedCache {
  const header = DIGEST_BYTES + 2 * SIDE_BYTES
  const record = header + 3 * size * size
  const kept = new Map<string, PreparedPicture>()
  if (existsSync(file)) {
    const bytes = new Uint8Array(readFileSync(file))
    const view = new DataView(bytes.buffer)
    const whole = Math.floor(bytes.length / record)
    for (let at = 0; at < whole * record; at += record) {
      const digest = bytesToHex(bytes.subarray(at, at + DIGEST_BYTES))
      const [width, height] = [view.getUint32(at + DIGEST_BYTES), view.getUint32(at + DIGEST_BYTES + SIDE_BYTES)]
      kept.set(digest, { width, height, rgb: bytes.slice(at + header, at + record) })
    }
    truncateSync(file, whole * record)
  }
  return {
    known: kept.size,
    through: async (digest, prepare) => {
      const found = kept.get(digest)
      if (found !== undefined) return found
      const prepared = await prepare()
      const bytes = new Uint8Array(record)
      const view = new DataView(bytes.buffer)
      bytes.set(hexToBytes(digest, DIGEST_BYTES))
      view.setUint32(DIGEST_BYTES, prepared.width)
      view.setUint32(DIGEST_BYTES + SIDE_BYTES, prepared.height)
      bytes.set(prepared.rgb, header)
      append(file, bytes)
      return prepared
    },
    drop: () => rmSync(file, { force: true }),
  }
}

function append(file: string, bytes: Uint8Array): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    appendFileSync(file, bytes)
  } catch (error) {
    throw new StorageFailed(file, error instanceof Error && 'code' in error ? String(error.code) : String(error), error)
  }
}
