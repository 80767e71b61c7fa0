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

/** `0-15`, `3,5,8`, a chain's seed of 32 bytes in hex, or any of these with commas between. */
export function parseSeeds(text: string): readonly (number | Hex)[] {
  const seeds = text.split(',').flatMap((part): readonly (number | Hex)[] => {
    if (/^0x[0-9a-fA-F]{64}$/u.test(part)) return [parseSalt(part)]
    const [first, last] = rangeOf(part, 0xffff_ffff)
    if (last - first > 9999) throw new InvalidArgumentError('expected at most 10,000 seeds in a range')
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  return seeds
}

/** Numbers of layers or directions: `2-5`, `0,3` or both. */
export function parseNumbers(text: string): readonly number[] {
  const numbers = text.split(',').flatMap((part) => {
    const [first, last] = rangeOf(part, 1023)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  return [...new Set(numbers)]
}

function rangeOf(part: string, most: number): readonly [first: number, last: number] {
  const [, first, last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/u.exec(part) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || to < from || to > most) {
    throw new InvalidArgumentError(`expected numbers such as 0-15 or 3,5,8, at most ${most}, but "${part}" is not`)
  }
  return [from, to]
}

/** A class by its number, or several with what each counts for: `2`, or `0:0.7,2:0.3`. */
export function parseClass(text: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const part of text.split(',')) {
    const [, label, weight = '1'] = /^([^:]{1,100})(?::(\d+(?:\.\d+)?))?$/u.exec(part.trim()) ?? []
    if (label === undefined || weights.has(label)) {
      throw new InvalidArgumentError('expected one class such as 2, or several with weights such as 0:0.7,2:0.3')
    }
    weights.set(label, Number(weight))
  }
  return weights
}

/** A range of decimals, such as -2..2; one number is a range of its own. */
export function parseStrength(text: string): readonly [from: number, to: number] {
  const [, from, to = from] = /^(-?\d+(?:\.\d+)?)(?:\.\.(-?\d+(?:\.\d+)?))?$/u.exec(text) ?? []
  if (from === undefined) throw new InvalidArgumentError('expected a range such as -2..2')
  return [Number(from), Number(to)]
}

/** A whole number within bounds, for options that count. */
export function parseWhole(least: number, most: number): (text: string) => number {
  return (text) => whole(text, least, most)
}

/** Above zero. */
export function parsePositive(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('expected a number above zero')
}

/** Truncation, as the recipe keeps it. */
export function parsePsi(text: string): string {
  const value = Number(text)
  if (!/^-?\d+(\.\d+)?$/u.test(text) || Math.abs(value) > 4) {
    throw new InvalidArgumentError('expected a decimal from -4 to 4, such as 0.7')
  }
  return String(value)
}
