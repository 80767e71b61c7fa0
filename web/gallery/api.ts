import { useEffect, useState } from 'preact/hooks'
import type { Eligibility, Head, MintTransaction } from './answers.ts'
import { setByHead } from './chain-clock.ts'

/** The server said no, and why. */
export class ApiProblem extends Error {
  readonly code: string

  constructor(code: string, detail: string) {
    super(detail)
    this.code = code
  }
}

/** Paths below the API of what the pages show. */
export const paths = {
  drops: '/drops',
  drop: (drop: number) => `/drops/${drop}`,
  pieces: (drop: number) => `/drops/${drop}/pieces`,
  piece: (drop: number, rank: number) => `/drops/${drop}/pieces/${rank}`,
} as const

export function readEligibility(drop: number, wallet: string, rank: number): Promise<Eligibility> {
  return ask(`/drops/${drop}/eligibility?wallet=${wallet}&rank=${rank}`)
}

export function prepareMint(
  drop: number,
  order: { readonly wallet: string; readonly rank: number; readonly phase: number },
): Promise<MintTransaction> {
  const headers = { 'content-type': 'application/json' }
  return ask(`/drops/${drop}/mints`, { method: 'POST', headers, body: JSON.stringify(order) })
}

/** @throws {ApiProblem} when the server says no, and why */
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/api/v1${path}`, init)
  if (!response.ok) {
    const problem: { code: string; detail: string } = await response.json()
    throw new ApiProblem(problem.code, problem.detail)
  }
  const answer: T = await response.json()
  return answer
}

/** What a page shows while it waits, when it has its answer, and when it gets none. */
export interface Asked<T> {
  readonly answer: T | null
  readonly problem: string | null
  /** Asks again now. */
  readonly refresh: () => void
}

/** The last answer for each question: what a visitor goes back to is there at once. */
const known = new Map<string, unknown>()
/** What came with the page itself, and need not be asked for again just yet. */
const fresh = new Set<string>()

/** Takes up the answers that the server has put into the page, by their paths. */
export function takeEmbeddedAnswers(): void {
  const text = document.querySelector('#answers')?.textContent ?? '{}'
  const embedded: Record<string, object> = JSON.parse(text)
  for (const [path, answer] of Object.entries(embedded)) {
    keep(path, answer)
    fresh.add(path)
  }
}

/** Remembers an answer, and sets the clock by the block that it was read at, before anything is drawn with it. */
function keep(key: string, answer: object): void {
  known.set(key, answer)
  if (hasHead(answer)) setByHead(answer.head.time)
}

function hasHead(answer: object): answer is { readonly head: Head } {
  return 'head' in answer
}

interface Asking {
  /** When it changes, the answer has too and is asked for again. */
  readonly version?: string
  /** Asks again so often, as long as the page is looked at. */
  readonly everyMs?: number | null
}

/** What the API answers to a path, now and then again. */
export function useApi<T extends object>(path: string, asking: Asking = {}): Asked<T> {
  return useAnswer(path, () => ask<T>(path), asking)
}

/**
 * Asks once, and again as told.
 *
 * @param key what the question depends on; another key is another question, and the same one has the same answer
 */
export function useAnswer<T extends object>(
  key: string,
  read: () => Promise<T>,
  { version = '', everyMs = null }: Asking = {},
): Asked<T> {
  const [problem, setProblem] = useState<string | null>(null)
  const [round, setRound] = useState(0)
  const [, shown] = useState(0)
  useEffect(() => {
    let current = true
    const load = async (): Promise<void> => {
      try {
        keep(key, await read())
        if (!current) return
        setProblem(null)
        shown((count) => count + 1)
      } catch (error) {
        // What was shown stays: an old price with a word that it is old beats an empty page.
        if (current) setProblem(error instanceof Error ? error.message : String(error))
      }
    }
    if (!fresh.delete(key)) void load()
    const timer = everyMs === null ? undefined : setInterval(() => document.hidden || void load(), everyMs)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [key, version, everyMs, round])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- under a key stands what its own reader brought
  const answer = (known.get(key) ?? null) as T | null
  return { answer, problem, refresh: () => setRound((count) => count + 1) }
}
