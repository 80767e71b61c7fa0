import { bytesToHex, type Hex, hexToBytes } from './digest.ts'
import { DomainError } from './errors.ts'

/** A content identifier as text: CIDv1, base32 without padding. */
export type Cid = string

/** A text is not a CID of the two kinds that a drop consists of. */
export class CidInvalid extends DomainError {
  readonly code = 'CID_INVALID'

  constructor(text: string) {
    super(`"${text}" is no CIDv1 in base32 with a sha-256 digest (bafkrei... for a file, bafybei... for a directory)`)
  }
}

const VERSION = 1
const RAW = 0x55
const DAG_PB = 0x70
const SHA2_256 = 0x12
const DIGEST_BYTES = 32
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * The CID of a file that is one raw leaf, which every file up to 1 MiB is under the profile unixfs-v1-2025.
 *
 * @param digest sha-256 of the file
 * @returns 'bafkrei' and more
 */
export function rawCid(digest: Hex): Cid {
  return cidOf(RAW, digest)
}

/**
 * The CID of a directory, or of a file of several blocks.
 *
 * @param digest sha-256 of its dag-pb root block, which is what the chain records
 * @returns 'bafybei' and more
 */
export function directoryCid(digest: Hex): Cid {
  return cidOf(DAG_PB, digest)
}

/**
 * The sha-256 inside a CID of either kind.
 *
 * @throws {CidInvalid} for any other version, base, codec or hash
 */
export function digestOfCid(cid: Cid): Hex {
  const bytes = fromBase32(cid)
  const codec = bytes[1]
  const known = bytes[0] === VERSION && (codec === RAW || codec === DAG_PB)
  if (!known || bytes[2] !== SHA2_256 || bytes[3] !== DIGEST_BYTES || bytes.length !== 4 + DIGEST_BYTES) {
    throw new CidInvalid(cid)
  }
  return bytesToHex(bytes.subarray(4))
}

/** Whether the CID names one raw leaf, whose digest is therefore that of the file itself. */
export function isRawCid(cid: Cid): boolean {
  return fromBase32(cid)[1] === RAW
}

function cidOf(codec: number, digest: Hex): Cid {
  return `b${toBase32(Uint8Array.of(VERSION, codec, SHA2_256, DIGEST_BYTES, ...hexToBytes(digest, DIGEST_BYTES)))}`
}

/** @see RFC 4648, section 6; lower case and without padding, as multibase 'b' has it */
function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31)
  }
  return bits > 0 ? text + ALPHABET.charAt((held << (5 - bits)) & 31) : text
}

function fromBase32(cid: Cid): Uint8Array {
  if (!/^b[a-z2-7]+$/.test(cid)) throw new CidInvalid(cid)
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const letter of cid.slice(1)) {
    held = ((held << 5) | ALPHABET.indexOf(letter)) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((held >> bits) & 0xff)
    }
  }
  // A whole letter to spare, or spare bits other than zero, would let two texts name the same content.
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) throw new CidInvalid(cid)
  return Uint8Array.from(bytes)
}
