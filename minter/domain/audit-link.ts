import { EngineError, EngineUnfit } from '../../gan/index.ts'
import { type AuditLinkResult, ContentAltered, ContentUnreachable } from './audit-source.ts'
import { DomainError } from './errors.ts'

/** Whether a link holds, without its name. */
type Outcome = Omit<AuditLinkResult, 'link'>

/** What a link found, and what later links may build on; null when they may not. */
export interface Found<T> {
  readonly outcome: Outcome
  readonly value: T | null
}

/** A link needs something that an earlier one did not yield. */
class NotAtHand extends DomainError {
  readonly code = 'AUDIT_NOT_AT_HAND'
}

/** The value, or an end to this link: it cannot be checked without. */
export function need<T>(value: T | null, what: string): T {
  if (value === null) throw new NotAtHand(`cannot be checked without ${what}`)
  return value
}

/**
 * Starts to walk a link, long before its turn to be told may come, and turns every way in which it can fail into an answer.
 *
 * What nobody has leaves the link unchecked; what is there but wrong breaks it. Anything else is a bug, and thrown to
 * whoever asks for the answer.
 */
export function beginLink<T>(walk: () => Promise<Found<T>> | Found<T>): Promise<Found<T>> {
  return unheard(settle(walk))
}

/** A promise that may fail before anybody asks, and perhaps nobody will: an earlier link can end the audit. */
export function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

/**
 * Waits for a link and tells it.
 *
 * @yields the link's result
 * @returns what the link found, for the links that depend on it
 */
export async function* tellLink<T>(link: string, begun: Promise<Found<T>>): AsyncGenerator<AuditLinkResult, T | null> {
  const { outcome, value } = await begun
  yield { link, ...outcome }
  return value
}

/** Walks a link and tells it, for links that have nothing to wait for. */
export function walkLink<T>(
  link: string,
  walk: () => Promise<Found<T>> | Found<T>,
): AsyncGenerator<AuditLinkResult, T | null> {
  return tellLink(link, settle(walk))
}

async function settle<T>(walk: () => Promise<Found<T>> | Found<T>): Promise<Found<T>> {
  try {
    return await walk()
  } catch (error) {
    return { outcome: outcomeOf(error), value: null }
  }
}

/** The link holds. */
export function holds<T>(value: T, detail: string): Found<T> {
  return { outcome: { state: 'ok', detail }, value }
}

/** The link does not hold; nothing is built on what it found. */
export function breaks<T>(detail: string, expected: string, actual: string): Found<T> {
  return { outcome: { state: 'broken', detail, expected, actual }, value: null }
}

/** The link cannot be decided here. */
export function leaves<T>(detail: string): Found<T> {
  return { outcome: { state: 'unchecked', detail }, value: null }
}

/** One comparison of something published with something recomputed. */
export interface Comparison {
  readonly what: string
  readonly expected: string | number | bigint
  readonly actual: string | number | bigint
}

/** Holds when all pairs are equal; otherwise names the first that is not. */
export function agree<T>(value: T, detail: string, comparisons: readonly Comparison[]): Found<T> {
  const different = comparisons.find(({ expected, actual }) => expected !== actual)
  if (different === undefined) return holds(value, detail)
  return breaks(`${different.what} differs`, String(different.expected), String(different.actual))
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof ContentUnreachable || error instanceof NotAtHand) {
    return { state: 'unchecked', detail: error.message }
  }
  if (error instanceof ContentAltered) {
    return { state: 'broken', detail: error.message, expected: error.expected, actual: error.actual }
  }
  // An engine that fails its known answers says something about this machine, and nothing about the drop.
  if (error instanceof EngineUnfit) return { state: 'unchecked', detail: error.message }
  if (error instanceof DomainError || error instanceof EngineError) return { state: 'broken', detail: error.message }
  throw error
}
