import { CarReader } from '@ipld/car/reader'
import { DomainError } from '../domain/errors.ts'
import type { Shelf } from './gateway.ts'

/** A file that should be a CAR is none, or ends too early. */
export class CarInvalid extends DomainError {
  readonly code = 'AUDIT_CAR_INVALID'
}

/**
 * Reads the blocks of an archive; none is compared with its CID before it is used.
 *
 * @param name of the file, for messages
 * @throws {CarInvalid}
 * @see https://ipld.io/specs/transport/car/carv1/
 */
export async function readCar(bytes: Uint8Array, name: string): Promise<Shelf> {
  const blocks = new Map<string, Uint8Array>()
  try {
    const reader = await CarReader.fromBytes(bytes)
    for await (const block of reader.blocks()) blocks.set(block.cid.toString(), block.bytes)
  } catch (cause) {
    throw new CarInvalid(`${name} is no whole CAR: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
  return { name, blocks }
}
