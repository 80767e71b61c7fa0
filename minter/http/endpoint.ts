import type { Request, RequestHandler, Router } from 'express'
import type { z } from 'zod'
import { answering, HttpProblem } from './problem.ts'
import { type Visit, visitOf } from './visit.ts'
import type { SignIn } from './sign-in.ts'

type Method = 'get' | 'post' | 'delete'

/** One address of the API: what it takes, what it gives, and how; the router and /openapi.json are made from these. */
export interface Endpoint {
  readonly method: Method
  /** Express path below /api/v1. */
  readonly path: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly body: z.ZodObject
  readonly answer: z.ZodType
  /** Seconds for which a shared cache may keep the answer; the ETag makes asking again cheap after that. */
  readonly maxAge: number
  /** Requests that one visitor may make in a minute; null for as many as to any address. */
  readonly perMinute: number | null
  /** Whether only those who signed in are answered. */
  readonly guarded: boolean
  readonly handle: (input: Input) => Promise<unknown>
}

interface Input {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly visit: Visit
}

/** An endpoint as it is written: the handler sees its input typed by the shapes. */
interface EndpointSpec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject, A extends z.ZodType> {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly answer: A
  readonly maxAge?: number
  readonly perMinute?: number
  readonly guarded?: boolean
  handle(input: { params: z.infer<P>; query: z.infer<Q>; body: z.infer<B>; visit: Visit }): Promise<z.infer<A>>
}

export function endpoint<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject, A extends z.ZodType>(
  spec: EndpointSpec<P, Q, B, A>,
): Endpoint {
  const { params, query, body } = spec
  return {
    ...spec,
    maxAge: spec.maxAge ?? 0,
    perMinute: spec.perMinute ?? null,
    guarded: spec.guarded ?? false,
    handle: (input) => {
      const [path, search] = [check(params, input.params, 'path'), check(query, input.query, 'query')]
      return spec.handle({
        params: path,
        query: search,
        body: check(body, input.body, 'body'),
        visit: input.visit,
      })
    },
  }
}

function check<S extends z.ZodObject>(shape: S, value: unknown, where: string): z.infer<S> {
  const result = shape.safeParse(value ?? {})
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => ({ in: where, at: path.join('.'), message }))
  const detail = problems.map(({ at, message }) => `${where} ${at}: ${message}`).join('; ')
  throw new HttpProblem('HTTP_BAD_REQUEST', detail, { problems })
}

/** What guards the addresses. */
export interface Guards {
  readonly now: () => number
  readonly signIn: SignIn
  /** For addresses without a limit of their own. */
  readonly perMinute: number | null
  /** The only place from which a browser may send anything with a session. */
  readonly publicUrl: string
}

/** Adds an endpoint's route, guarded by its limit, and by a session where it asks for one. */
export function mount(router: Router, spec: Endpoint, { now, signIn, publicUrl, perMinute }: Guards): void {
  const handler = answering(async (request, response) => {
    const visit = visitOf(request, response, signIn, publicUrl)
    // Asked before the input is looked at: strangers learn nothing from what is wrong with it.
    if (spec.guarded) visit.account()
    const { params, query, body } = request
    const answer = await spec.handle({ params, query, body, visit })
    response.set('Cache-Control', spec.maxAge > 0 ? `public, max-age=${spec.maxAge}` : 'no-cache').json(answer)
  })
  const limit = spec.perMinute ?? perMinute
  const guards = limit === null ? [] : [limitPerMinute(limit, now)]
  router[spec.method](spec.path, ...guards, handler)
}

/** A fixed window per visitor: small, exact enough against a flood, and forgotten every minute. */
export function limitPerMinute(limit: number, now: () => number): RequestHandler {
  const seen = new Map<string, number>()
  let minute = 0
  return (request: Request, response, next) => {
    const current = Math.floor(now() / 60_000)
    if (current !== minute) seen.clear()
    minute = current
    const visitor = request.ip ?? ''
    const count = (seen.get(visitor) ?? 0) + 1
    seen.set(visitor, count)
    if (count > limit) {
      response.set('Retry-After', String(60 - Math.floor((now() / 1000) % 60)))
      throw new HttpProblem('TOO_MANY_REQUESTS', `This address answers ${limit} times a minute`)
    }
    next()
  }
}
