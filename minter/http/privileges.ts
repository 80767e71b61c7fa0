import { z } from 'zod'
import type { Hex } from '../domain/digest.ts'
import type { AuditEvent, HttpDeps, ReviewDesk, Standing } from './deps.ts'
import { endpoint, type Endpoint } from './endpoint.ts'
import { HttpProblem } from './problem.ts'
import * as review from './review-shapes.ts'
import * as shape from './shapes.ts'
import type { Visit } from './visit.ts'

/** Who may do what beyond looking at what everybody sees; docs/operations.md has the same table. */
const MAY = {
  invite: ['operator'],
  'read-audit-log': ['operator', 'auditor'],
} as const satisfies Record<string, readonly Standing[]>

/** What an account is here: by the contracts of the collections that can be reviewed, and an auditor by the settings. */
export async function standingsOf(desk: ReviewDesk, auditors: readonly Hex[], account: Hex): Promise<Standing[]> {
  const collections = [...new Set((await desk.list()).map(({ collection }) => collection))]
  const roles = (await Promise.all(collections.map((collection) => desk.roles(collection, account)))).flat()
  return [...new Set<Standing>([...roles, ...(auditors.includes(account) ? (['auditor'] as const) : [])])]
}

/** Keeps what a privileged visitor does, and what one tried that is not theirs to do. */
export async function keepAudit(
  { audit, log, now }: Pick<HttpDeps, 'audit' | 'log' | 'now'>,
  event: Omit<AuditEvent, 'at'>,
): Promise<void> {
  await audit.append({ at: Math.floor(now() / 1000), ...event })
  log.info({ audit: true, account: event.account, ...event.subject }, event.action)
}

/** @throws {HttpProblem} ROLE_MISSING unless the visitor is one of those who may */
async function requireStanding(deps: HttpDeps, desk: ReviewDesk, visit: Visit, right: keyof typeof MAY): Promise<Hex> {
  const account = visit.account()
  const standings = await standingsOf(desk, deps.auditors, account)
  if (MAY[right].some((wanted) => standings.includes(wanted))) return account
  // Strangers are told the same and leave no trace: the log is not theirs to fill.
  if (standings.length > 0) await keepAudit(deps, { account, action: 'refused', subject: { right } })
  throw new HttpProblem('ROLE_MISSING', `${account} is no ${MAY[right].join(' or ')}`)
}

/** Addresses for operators and auditors. */
export function privilegedEndpoints(deps: HttpDeps, desk: ReviewDesk): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/audit-log',
      summary: 'What privileged visitors did, oldest first; each entry is bound to the one before it',
      params: z.object({}),
      query: review.auditQuery,
      body: z.object({}),
      answer: review.auditLogShape,
      guarded: true,
      perMinute: 60,
      handle: async ({ query, visit }) => {
        await requireStanding(deps, desk, visit, 'read-audit-log')
        const entries = await deps.audit.read(query.from, query.count)
        return { entries: entries.map((entry) => ({ ...entry, subject: { ...entry.subject } })) }
      },
    }),
    endpoint({
      method: 'post',
      path: '/drops/:drop/invitations',
      summary: 'Lets a wallet have vouchers in the voucher phases of a drop',
      params: shape.dropParams,
      query: z.object({}),
      body: review.invitationInput,
      answer: review.invitationShape,
      guarded: true,
      perMinute: 120,
      handle: async ({ params, body, visit }) => {
        const account = await requireStanding(deps, desk, visit, 'invite')
        if ((await deps.drops.find(params.drop)) === null) {
          throw new HttpProblem('DROP_NOT_FOUND', `There is no drop ${params.drop}`)
        }
        const wallet: Hex = `0x${body.wallet.slice(2).toLowerCase()}`
        await deps.invite(params.drop, wallet)
        await keepAudit(deps, { account, action: 'invite', subject: { drop: params.drop, wallet } })
        return { drop: params.drop, wallet }
      },
    }),
  ]
}
