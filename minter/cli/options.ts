import { InvalidArgumentError } from 'commander'
import type { Hex } from '../domain/digest.ts'

function whole(text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/u.test(text) || value < least || value > most) {
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`)
  }
  return value
}

/** A TCP port; 0 takes any free one. */
export function parsePort(text: string): number {
  return whole(text, 0, 65_535)
}

/** How many reverse proxies. */
export function parseProxies(text: string): number {
  return whole(text, 0, 16)
}

/** An address of the web without a path; returned without a slash at its end. */
export function parsePublicUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/u.test(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw new InvalidArgumentError('expected an address such as https://drops.example.org')
  }
  return url.origin
}

/** The number of a chain, as EIP-155 has it. */
export function parseChainId(text: string): bigint {
  return BigInt(whole(text, 1, Number.MAX_SAFE_INTEGER))
}

/** How many rendering workers. */
export function parseWorkers(text: string): number {
  return whole(text, 1, 256)
}

/** How many images a run makes. */
export function parseBatch(text: string): number {
  return whole(text, 1, 1024)
}

/** Unix seconds. */
export function parseTime(text: string): number {
  return whole(text, 1, 4_000_000_000)
}

/** The number of a drop, a candidate or a sample. */
export function parseCount(text: string): number {
  return whole(text, 0, 0xffff_ffff)
}

/** 32 bytes in hex. */
export function parseSalt(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/u.test(text)) throw new InvalidArgumentError("expected '0x' and 64 hex digits")
  return `0x${text.slice(2).toLowerCase()}`
}

/** An address in hex. */
export function parseAddress(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{40}$/u.test(text)) throw new InvalidArgumentError("expected '0x' and 40 hex digits")
  return `0x${text.slice(2).toLowerCase()}`
}

/** `0-15`, `3,5,8` or both. */
export function parseSeeds(text: string): readonly number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/u.exec(part) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === undefined || to < from || to > 0xffff_ffff || to - from > 9999) {
      throw new InvalidArgumentError('expected seeds such as 0-15 or 3,5,8, at most 10,000 of them, below 2^32')
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
  return seeds
}

/** Truncation, as the recipe keeps it. */
export function parsePsi(text: string): string {
  const value = Number(text)
  if (!/^-?\d+(\.\d+)?$/u.test(text) || Math.abs(value) > 4) {
    throw new InvalidArgumentError('expected a decimal from -4 to 4, such as 0.7')
  }
  return String(value)
}
