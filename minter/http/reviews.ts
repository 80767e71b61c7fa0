import { getAddress } from 'ethers'
import { z } from 'zod'
import type { Hex } from '../domain/digest.ts'
import { reasonName } from '../domain/funnel.ts'
import { UNITS_PER_BIT } from '../domain/rarity.ts'
import type { RankedCandidate } from '../domain/selection.ts'
import type { HttpDeps, OpenReview, ReviewableRun, ReviewDesk, ReviewSheet, Role } from './deps.ts'
import { endpoint, type Endpoint } from './endpoint.ts'
import { HttpProblem } from './problem.ts'
import { keepAudit, privilegedEndpoints, standingsOf } from './privileges.ts'
import * as shape from './review-shapes.ts'
import type { Session, SignIn } from './sign-in.ts'
import type { Visit } from './visit.ts'

const nothing = z.object({})
const runParams = z.object({ run: z.string().regex(/^[0-9a-f]{1,64}$/u) })
const candidateParams = runParams.extend({ index: z.coerce.number().int().min(0).max(65_535) })

/** The addresses of those who look over the candidates before anything is committed. */
export function reviewEndpoints(deps: HttpDeps, desk: ReviewDesk): readonly Endpoint[] {
  return [
    ...signInEndpoints(deps, desk),
    ...sheetEndpoints(desk),
    ...vetoEndpoints(deps, desk),
    ...privilegedEndpoints(deps, desk),
  ]
}

function signInEndpoints(deps: HttpDeps, desk: ReviewDesk): readonly Endpoint[] {
  const { signIn } = deps
  const plain = { params: nothing, query: nothing } as const
  return [
    endpoint({
      ...plain,
      method: 'post',
      path: '/sign-in/challenges',
      summary: 'A message to sign with a wallet (EIP-4361)',
      body: shape.challengeInput,
      answer: shape.challengeShape,
      perMinute: 20,
      handle: async ({ body }) => signIn.challenge(getAddress(body.account.toLowerCase())),
    }),
    endpoint({
      ...plain,
      method: 'post',
      path: '/sign-in',
      summary: 'Signs in by a signed message',
      body: shape.signInInput,
      answer: shape.signedInShape,
      perMinute: 20,
      handle: async ({ body, visit }) =>
        begun(deps, desk, visit.begin(await provenBy(desk, signIn, body)), 'signature'),
    }),
    endpoint({
      ...plain,
      method: 'post',
      path: '/sign-in/tickets',
      summary: 'Signs in by the ticket that the program printed on its own terminal; it works once',
      body: shape.ticketInput,
      answer: shape.signedInShape,
      perMinute: 20,
      handle: async ({ body, visit }) => begun(deps, desk, visit.begin(redeemed(signIn, body.ticket)), 'ticket'),
    }),
    endpoint({
      ...plain,
      method: 'get',
      path: '/sign-in',
      summary: 'Who is signed in, and as what',
      body: nothing,
      answer: shape.signedInShape,
      guarded: true,
      handle: async ({ visit }) => signedIn(deps, desk, visit.account()),
    }),
    endpoint({
      ...plain,
      method: 'delete',
      path: '/sign-in',
      summary: 'Signs out',
      body: nothing,
      answer: nothing,
      handle: async ({ visit }) => {
        visit.end()
        return {}
      },
    }),
  ]
}

function sheetEndpoints(desk: ReviewDesk): readonly Endpoint[] {
  const get = { method: 'get', body: nothing, guarded: true } as const
  return [
    endpoint({
      ...get,
      path: '/reviews',
      summary: 'The runs that the visitor may review, newest first',
      params: nothing,
      query: nothing,
      answer: shape.reviewListShape,
      handle: async ({ visit }) => ({ reviews: await visibleRuns(desk, visit.account()) }),
    }),
    endpoint({
      ...get,
      path: '/reviews/:run',
      summary: 'The candidates of a run by the rank that each would have if it were committed now',
      params: runParams,
      query: shape.sheetQuery,
      answer: shape.sheetShape,
      handle: async ({ params, query, visit }) => {
        const { run, review } = await openFor(desk, visit, params.run)
        return presentSheet(run, await review.sheet(), query)
      },
    }),
    endpoint({
      ...get,
      path: '/reviews/:run/candidates/:index',
      summary: 'One candidate, with what each trait adds to its rarity and the candidates that look most like it',
      params: candidateParams,
      query: nothing,
      answer: shape.reviewedDetailShape,
      handle: async ({ params, visit }) => {
        const { review } = await openFor(desk, visit, params.run)
        return presentDetail(review, params.index)
      },
    }),
  ]
}

function vetoEndpoints(deps: HttpDeps, desk: ReviewDesk): readonly Endpoint[] {
  const post = { method: 'post', query: nothing, guarded: true } as const
  return [
    endpoint({
      ...post,
      path: '/reviews/:run/vetoes',
      summary: 'Puts a candidate behind all that are for sale, with a reason that everybody will read',
      params: runParams,
      body: shape.vetoInput,
      answer: shape.vetoShape,
      perMinute: 120,
      handle: async ({ params, body, visit }) => {
        const { review } = await openFor(desk, visit, params.run)
        const veto = await vetoed(review, { ...body, curator: visit.account() })
        const { index, reason } = veto
        await keepAudit(deps, { account: visit.account(), action: 'veto', subject: { run: params.run, index, reason } })
        return veto
      },
    }),
    endpoint({
      ...post,
      path: '/reviews/:run/candidates',
      summary: 'Always refused: the seeds are drawn, and nobody can add a candidate or lift one up',
      params: runParams,
      body: nothing,
      answer: nothing,
      handle: () => {
        const detail = 'All candidates follow from seeds that nobody chose. A veto can take one away; nothing adds one.'
        return Promise.reject(new HttpProblem('ADDING_IMPOSSIBLE', detail))
      },
    }),
  ]
}

function redeemed(signIn: SignIn, ticket: string): Hex {
  const account = signIn.redeem(ticket)
  if (account === null) throw new HttpProblem('SIGN_IN_REFUSED', 'This link was used already, or is too old')
  return account
}

async function provenBy(
  desk: ReviewDesk,
  signIn: SignIn,
  { nonce, signature }: { readonly nonce: string; readonly signature: Hex },
): Promise<Hex> {
  const challenge = signIn.take(nonce)
  if (challenge === null) throw new HttpProblem('SIGN_IN_REFUSED', 'That message was used already, or is too old')
  const { account, message } = challenge
  if (!(await desk.hasSigned(account, message, signature))) {
    throw new HttpProblem('SIGN_IN_REFUSED', `The signature is not by ${account}`)
  }
  return account
}

async function signedIn({ auditors }: HttpDeps, desk: ReviewDesk, account: Hex): Promise<shape.SignedIn> {
  return { account, roles: await standingsOf(desk, auditors, account) }
}

/** Strangers may sign in, and leave no trace in the log. */
async function begun(deps: HttpDeps, desk: ReviewDesk, { account }: Session, by: string): Promise<shape.SignedIn> {
  const visitor = await signedIn(deps, desk, account)
  if (visitor.roles.length > 0) await keepAudit(deps, { account, action: 'sign-in', subject: { by } })
  return visitor
}

async function visibleRuns(desk: ReviewDesk, account: Hex): Promise<shape.ReviewedRun[]> {
  const runs = await desk.list()
  const visible = runs.map(async (run) => ({ ...run, roles: [...(await desk.roles(run.collection, account))] }))
  return (await Promise.all(visible)).filter(({ roles }) => roles.length > 0)
}

/** @throws {HttpProblem} ROLE_MISSING when the visitor has no role in the run's collection, as of now */
async function openFor(
  desk: ReviewDesk,
  visit: Visit,
  id: string,
): Promise<{ readonly run: ReviewableRun; readonly roles: readonly Role[]; readonly review: OpenReview }> {
  const account = visit.account()
  const run = (await desk.list()).find((one) => one.run === id)
  const review = run === undefined ? null : await desk.open(id)
  if (run === undefined || review === null) throw new HttpProblem('RUN_NOT_FOUND', `There is no run ${id} to review`)
  const roles = await desk.roles(run.collection, account)
  if (roles.length === 0) {
    throw new HttpProblem('ROLE_MISSING', `${account} is neither operator nor curator of ${run.collection}`)
  }
  return { run, roles, review }
}

function presentSheet(
  { run, name, collection, drop }: ReviewableRun,
  { open, policy, selection, vetoes }: ReviewSheet,
  { from, count }: z.infer<typeof shape.sheetQuery>,
): shape.Sheet {
  const { ranked, passed, edition, funnel } = selection
  return {
    run,
    name,
    collection,
    drop,
    open,
    total: ranked.length,
    passed,
    edition,
    size: policy.edition,
    thresholds: policy.thresholds,
    weights: policy.weights,
    minDistance: policy.qa.minDistance,
    binding: funnel.binding,
    vetoes: vetoes.map((veto) => ({ ...veto })),
    candidates: ranked.slice(from, from + count).map(presentCandidate),
  }
}

function presentCandidate(candidate: RankedCandidate): shape.Reviewed {
  const { rank, index, score, rarity, rarityBits, demand, reason, resembles } = candidate
  return {
    rank,
    index,
    score,
    rarity,
    rarityBits: rarityBits / UNITS_PER_BIT,
    demand,
    reason: reason === 0 ? null : reasonName(reason),
    resembles,
  }
}

async function presentDetail(review: OpenReview, index: number): Promise<shape.ReviewedDetail> {
  const { selection } = await review.sheet()
  const byIndex = new Map(selection.ranked.map((candidate) => [candidate.index, candidate]))
  const candidate = byIndex.get(index)
  if (candidate === undefined) throw new HttpProblem('CANDIDATE_NOT_FOUND', `There is no candidate ${index}`)
  const { rarity } = selection
  return {
    ...presentCandidate(candidate),
    pixelDigest: candidate.pixelDigest,
    traits: rarity.perTrait(candidate.traits).map(({ trait, value, count, bits }) => {
      return { name: trait, value, share: count / rarity.of, bits: bits / UNITS_PER_BIT }
    }),
    neighbours: (await review.neighbours(index)).map((near) => {
      return { ...near, rank: byIndex.get(near.index)?.rank ?? 0 }
    }),
  }
}

/** What the pipeline refuses is an answer here. */
async function vetoed(review: OpenReview, given: Parameters<OpenReview['veto']>[0]): Promise<shape.VetoAnswer> {
  try {
    return { ...(await review.veto(given)) }
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code')
    if ((code === 'VETO_INVALID' || code === 'VETO_TOO_LATE') && error instanceof Error) {
      throw new HttpProblem(code, error.message, {}, error)
    }
    throw error
  }
}

/** Who may see the picture of a candidate, and the picture. */
export async function reviewedPicture(desk: ReviewDesk, visit: Visit, params: unknown): Promise<Uint8Array> {
  const parsed = candidateParams.safeParse(params)
  if (!parsed.success) throw new HttpProblem('HTTP_BAD_REQUEST', 'a run and the index of a candidate are needed')
  const { review } = await openFor(desk, visit, parsed.data.run)
  const picture = await review.picture(parsed.data.index)
  if (picture === null) throw new HttpProblem('CANDIDATE_NOT_FOUND', `There is no candidate ${parsed.data.index}`)
  return picture
}
