import { ask } from '../gallery/api.ts'
import type { Challenge, ReviewedDetail, ReviewedRun, Sheet, SignedIn, Veto } from './answers.ts'

export const readSignedIn = (): Promise<SignedIn> => ask('/sign-in')
export const readReviews = (): Promise<{ reviews: readonly ReviewedRun[] }> => ask('/reviews')
export const askChallenge = (account: string): Promise<Challenge> => send('/sign-in/challenges', { account })
export const redeemTicket = (ticket: string): Promise<SignedIn> => send('/sign-in/tickets', { ticket })
export const signOut = (): Promise<object> => ask('/sign-in', { method: 'DELETE' })

export function signInWith(nonce: string, signature: string): Promise<SignedIn> {
  return send('/sign-in', { nonce, signature })
}

export function readSheet(run: string, from: number, count: number): Promise<Sheet> {
  return ask(`/reviews/${run}?from=${from}&count=${count}`)
}

export function readDetail(run: string, index: number): Promise<ReviewedDetail> {
  return ask(`/reviews/${run}/candidates/${index}`)
}

export function giveVeto(run: string, index: number, reason: string): Promise<Veto> {
  return send(`/reviews/${run}/vetoes`, { index, reason })
}

export function pictureOf(run: string, index: number): string {
  return `/api/v1/reviews/${run}/candidates/${index}/picture.png`
}

function send<T>(path: string, body: object): Promise<T> {
  return ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
