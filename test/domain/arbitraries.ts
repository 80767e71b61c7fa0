import * as fc from 'fast-check'
import { bytesToHex, type Hex } from '../../minter/domain/digest.ts'

/** Any hex text of so many bytes. */
function hexOf(bytes: number): fc.Arbitrary<Hex> {
  return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(bytesToHex)
}

export const digests = hexOf(32)
export const addresses = hexOf(20)
export const uint16s = fc.integer({ min: 0, max: 0xffff })
