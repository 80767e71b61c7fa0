import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { RequestLog } from './deps.ts'

/** What is wrong, for machines to key on; stable and public, like the codes of every other error here. */
const PROBLEM_CODES = [
  'HTTP_BAD_REQUEST',
  'SIGN_IN_NEEDED',
  'SIGN_IN_REFUSED',
  'ROLE_MISSING',
  'FOREIGN_ORIGIN',
  'VOUCHER_REFUSED',
  'ADDING_IMPOSSIBLE',
  'VETO_INVALID',
  'VETO_TOO_LATE',
  'RUN_NOT_FOUND',
  'CANDIDATE_NOT_FOUND',
  'HTTP_NOT_FOUND',
  'DROP_NOT_FOUND',
  'PIECE_NOT_FOUND',
  'PHASE_NOT_FOUND',
  'CONTENT_NOT_FOUND',
  'NOT_ELIGIBLE',
  'TOO_MANY_REQUESTS',
  'HTTP_INTERNAL',
  'CHAIN_UNREACHABLE',
  'NOT_READY',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

const TITLES = {
  HTTP_BAD_REQUEST: [400, 'The request does not have the shape that this address takes'],
  SIGN_IN_NEEDED: [401, 'Only those who signed in are answered here'],
  SIGN_IN_REFUSED: [401, 'This does not sign you in'],
  ROLE_MISSING: [403, 'This account has no part in the drop'],
  FOREIGN_ORIGIN: [403, 'Another site may not act here'],
  VOUCHER_REFUSED: [403, 'No voucher for this wallet and piece'],
  ADDING_IMPOSSIBLE: [405, 'Nobody can add a candidate'],
  VETO_INVALID: [400, 'This is no veto'],
  VETO_TOO_LATE: [409, 'The commit has begun, and the order can change no more'],
  RUN_NOT_FOUND: [404, 'No such run to review'],
  CANDIDATE_NOT_FOUND: [404, 'No such candidate in this run'],
  HTTP_NOT_FOUND: [404, 'Nothing lives at this address'],
  DROP_NOT_FOUND: [404, 'No such drop'],
  PIECE_NOT_FOUND: [404, 'No such piece in this drop'],
  PHASE_NOT_FOUND: [404, 'No such phase in this drop'],
  CONTENT_NOT_FOUND: [404, 'This node does not hold the content'],
  NOT_ELIGIBLE: [409, 'This piece cannot be minted by this wallet now'],
  TOO_MANY_REQUESTS: [429, 'Too many requests'],
  HTTP_INTERNAL: [500, 'Something broke on our side'],
  CHAIN_UNREACHABLE: [503, 'The chain cannot be read at the moment'],
  NOT_READY: [503, 'Something that this server needs does not work'],
} as const satisfies Record<ProblemCode, readonly [status: number, title: string]>

/** RFC 9457, with our code and whatever facts belong to it. */
export const problemShape = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(PROBLEM_CODES),
})

/** An answer other than the one asked for, thrown by a handler and sent as application/problem+json. */
export class HttpProblem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly facts: Readonly<Record<string, unknown>>

  constructor(code: ProblemCode, detail: string, facts: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(detail, { cause })
    this.code = code
    this.status = TITLES[code][0]
    this.facts = facts
  }

  toJSON(): z.infer<typeof problemShape> {
    const { code, status, message } = this
    return {
      ...this.facts,
      type: `urn:latentmint:problem:${code}`,
      title: TITLES[code][1],
      status,
      detail: message,
      code,
    }
  }
}

/** A handler that takes its time; what it throws goes to {@link problems}. */
export function answering(answer: (request: Request, response: Response) => Promise<void>): RequestHandler {
  return (request, response, next) => {
    answer(request, response).catch(next)
  }
}

/** Answers whatever no route took. */
export const notFound: RequestHandler = (request) => {
  throw new HttpProblem('HTTP_NOT_FOUND', `Nothing answers ${request.method} ${request.path}`)
}

/** The last handler: every failure leaves as a problem document, and only unexpected ones are logged with their stack. */
export function problems(log: RequestLog): ErrorRequestHandler {
  // Four parameters make it Express' handler for errors.
  return (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      // An answer that broke half way must not look whole.
      log.error({ err: error, path: request.path }, 'broke off')
      response.destroy()
      return
    }
    const problem = problemOf(error)
    if (problem.status >= 500) log.error({ err: problem.cause ?? problem, path: request.path }, problem.message)
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
  }
}

function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error
  // body-parser and the router mark the client's mistakes (broken JSON, a bad % in the path) with a 4xx status.
  if (error instanceof Error && 'status' in error && error.status !== undefined && Number(error.status) < 500) {
    if (error.status === 404) return new HttpProblem('HTTP_NOT_FOUND', 'Nothing lies at this path', {}, error)
    return new HttpProblem('HTTP_BAD_REQUEST', error.message, {}, error)
  }
  return new HttpProblem('HTTP_INTERNAL', 'The server log says more', {}, error)
}
