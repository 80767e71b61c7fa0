import type { Request, Response } from 'express'
import type { Hex } from '../domain/digest.ts'
import { HttpProblem } from './problem.ts'
import type { Session, SignIn } from './sign-in.ts'

export const SESSION_COOKIE = 'latentmint_session'

/** One request by somebody who may have signed in. */
export interface Visit {
  /** Null for strangers. */
  readonly session: Session | null
  /** @throws {HttpProblem} SIGN_IN_NEEDED for strangers */
  account(): Hex
  /** Signs the visitor in. */
  begin(account: Hex): Session
  end(): void
}

/**
 * @param publicUrl where this server's own pages are; a browser that sends something with a session from any other page
 *   is refused, on top of what the cookie's SameSite rule keeps out
 */
export function visitOf(request: Request, response: Response, signIn: SignIn, publicUrl: string): Visit {
  const secret = cookieOf(request)
  const session = secret === null ? null : signIn.find(secret)
  const options = {
    httpOnly: true,
    sameSite: 'strict',
    secure: publicUrl.startsWith('https:'),
    path: '/',
  } as const
  if (session !== null && isFromElsewhere(request, publicUrl)) {
    throw new HttpProblem('FOREIGN_ORIGIN', `A page of ${request.headers.origin} may not act for who signed in here`)
  }
  return {
    session,
    account: () => {
      if (session === null) throw new HttpProblem('SIGN_IN_NEEDED', 'Sign in with the wallet of an operator or curator')
      return session.account
    },
    begin: (account) => {
      const begun = signIn.begin(account)
      response.cookie(SESSION_COOKIE, begun.secret, { ...options, expires: new Date(begun.session.expiresAt) })
      return begun.session
    },
    end: () => {
      if (secret !== null) signIn.end(secret)
      response.clearCookie(SESSION_COOKIE, options)
    },
  }
}

function cookieOf(request: Request): string | null {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === SESSION_COOKIE)?.[1] ?? null
}

function isFromElsewhere({ method, headers }: Request, publicUrl: string): boolean {
  if (method === 'GET' || headers.origin === undefined) return false
  return headers.origin !== new URL(publicUrl).origin
}
