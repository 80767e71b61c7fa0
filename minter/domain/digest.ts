import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { HexInvalid, OutOfRange } from './errors.ts'

/** Bytes as text: '0x' and lower-case hex digits. A digest, a commitment or a seed has 64 of them, an address 40. */
export type Hex = `0x${string}`

/** 32 zero bytes: a missing leaf, or the artifact digest of a candidate that is not for sale. */
export const ZERO_DIGEST: Hex = `0x${'0'.repeat(64)}`

const WORD_BYTES = 32
const WORD_LIMIT = 1n << 256n
const DIGITS = '0123456789abcdef'
/** More than two digits can make. */
const NO_DIGIT = 0x100
/** What a character counts; trees over thousands of digests ask often, so it is looked up. */
const VALUES = Uint16Array.from({ length: 128 }, (_, code) => {
  const value = DIGITS.indexOf(String.fromCharCode(code).toLowerCase())
  return value === -1 ? NO_DIGIT : value
})

/** The sha-256 of raw bytes, as it is registered on the chain and contained in a CID. */
export function sha256(bytes: Uint8Array): Hex {
  return bytesToHex(nobleSha256(bytes))
}

/** Ethereum's hash: the commitments on the chain are made of it. */
export function keccak256(bytes: Uint8Array): Hex {
  return bytesToHex(keccak_256(bytes))
}

/** Lower-case hex digits after '0x'. */
export function bytesToHex(bytes: Uint8Array): Hex {
  let text = ''
  for (const byte of bytes) text += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15)
  return `0x${text}`
}

/**
 * @param text '0x' and an even number of hex digits, of either case
 * @param length how many bytes it must hold, where that is known
 * @throws {HexInvalid} when it does not
 */
export function hexToBytes(text: string, length: number | null = null): Uint8Array {
  const count = (text.length - 2) / 2
  if (!text.startsWith('0x') || !Number.isInteger(count) || count !== (length ?? count)) {
    throw new HexInvalid(text, length)
  }
  const bytes = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const byte = (valueAt(text, 2 + 2 * i) << 4) | valueAt(text, 3 + 2 * i)
    if (byte > 0xff) throw new HexInvalid(text, length)
    bytes[i] = byte
  }
  return bytes
}

function valueAt(text: string, at: number): number {
  return VALUES[text.charCodeAt(at)] ?? NO_DIGIT
}

/** The same bytes in the one spelling that is compared: lower case. @throws {HexInvalid} when it is no hex */
export function lowerCaseHex(text: string): Hex {
  return bytesToHex(hexToBytes(text))
}

/**
 * One 32-byte word of Solidity's `abi.encode`: uint256, or any shorter unsigned integer.
 *
 * @throws {OutOfRange} when it is negative, or more than 256 bits
 */
export function uintWord(value: bigint | number): Uint8Array {
  const number = BigInt(value)
  if (number < 0n || number >= WORD_LIMIT) throw new OutOfRange('a uint256', number, 0, WORD_LIMIT - 1n)
  return hexToBytes(`0x${number.toString(16).padStart(2 * WORD_BYTES, '0')}`)
}

/** A bytes32 as `abi.encode` writes it: itself. */
export function bytes32Word(value: Hex): Uint8Array {
  return hexToBytes(value, WORD_BYTES)
}

/** An address as `abi.encode` writes it: twelve zero bytes before its twenty. */
export function addressWord(value: string): Uint8Array {
  const word = new Uint8Array(WORD_BYTES)
  word.set(hexToBytes(value, 20), 12)
  return word
}

/** Keccak over the parts one after the other, which for 32-byte words is `keccak256(abi.encode(...))`. */
export function keccakOf(...parts: readonly Uint8Array[]): Hex {
  return keccak256(concatBytes(...parts))
}
