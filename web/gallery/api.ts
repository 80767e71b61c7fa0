import { useEffect, useState } from 'preact/hooks'
import type { Drop, DropSummary, Eligibility, MintTransaction, Piece, PieceDetail } from './answers.ts'

/** The server said no, and why. */
export class ApiProblem extends Error {
  readonly code: string

  constructor(code: string, detail: string) {
    super(detail)
    this.code = code
  }
}

export const readDrops = (): Promise<{ drops: DropSummary[] }> => ask('/drops')
export const readDrop = (drop: number): Promise<Drop> => ask(`/drops/${drop}`)
export const readPieces = (drop: number): Promise<{ pieces: Piece[] }> => ask(`/drops/${drop}/pieces`)
export const readPiece = (drop: number, rank: number): Promise<PieceDetail> => ask(`/drops/${drop}/pieces/${rank}`)

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

/**
 * Asks once, and again every few seconds where `everyMs` is given, as long as the page is looked at.
 *
 * @param key what the question depends on; another key is another question
 */
export function useAnswer<T>(key: string, read: () => Promise<T>, everyMs: number | null = null): Asked<T> {
  const [state, setState] = useState<{ answer: T | null; problem: string | null }>({ answer: null, problem: null })
  const [round, setRound] = useState(0)
  useEffect(() => {
    let current = true
    const load = async (): Promise<void> => {
      try {
        const answer = await read()
        if (current) setState({ answer, problem: null })
      } catch (error) {
        // What was shown stays: an old price with a word that it is old beats an empty page.
        const problem = error instanceof Error ? error.message : String(error)
        if (current) setState(({ answer }) => ({ answer, problem }))
      }
    }
    void load()
    const timer = everyMs === null ? undefined : setInterval(() => document.hidden || void load(), everyMs)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [key, everyMs, round])
  return { ...state, refresh: () => setRound((count) => count + 1) }
}
