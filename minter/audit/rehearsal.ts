import { auditDrop, auditToken } from '../domain/audit.ts'
import type { AuditLinkResult, AuditSource } from '../domain/audit-source.ts'
import type { Collection } from './chain.ts'
import { lookCloser } from './close-look.ts'
import { createBlockClient } from './gateway.ts'
import { startLyingGateway } from './lying-gateway.ts'
import { createSource, type RecordingSource } from './source.ts'
import { prepareTamperings, type Tampering, type TamperingKind } from './tampering.ts'

/** One altered copy, and what the audit said to it. */
export interface RehearsalCase {
  readonly tampering: TamperingKind
  readonly object: string
  readonly change: string
  /** Whether the audit came out broken and named the object. */
  readonly caught: boolean
  /** The first link that broke. */
  readonly link: string | null
  /** What the audit says was changed. */
  readonly detail: string
}

export interface RehearsalInput {
  readonly collection: Collection
  readonly drop: number
  readonly gateways: readonly string[]
}

/**
 * Shows that the audit notices: three gateways that each serve one object altered, each audited as if it were the only one.
 *
 * The alterations are made here, so an audit that finds nothing is at fault itself.
 *
 * @yields one case for each altered object, as soon as it has been audited
 */
export async function* rehearse({ collection, drop, gateways }: RehearsalInput): AsyncGenerator<RehearsalCase> {
  const client = createBlockClient(gateways)
  const truth = createSource({ collection, drop, client })
  try {
    for (const tampering of await prepareTamperings(truth, client)) {
      const liar = await startLyingGateway(gateways[0] ?? '', tampering.blocks)
      try {
        const source = createSource({ collection, drop, client: createBlockClient([liar.url]), engine: truth.engine })
        yield await auditTampered(source, truth, tampering)
      } finally {
        await liar.close()
      }
    }
  } finally {
    await truth.dispose()
  }
}

async function auditTampered(
  source: RecordingSource,
  truth: AuditSource,
  { kind, object, change, tokenId }: Tampering,
): Promise<RehearsalCase> {
  const broken = await firstBroken(tokenId === null ? auditDrop(source, { sample: 0 }) : auditToken(source, tokenId))
  const named = source.alterations.find(({ what }) => what.startsWith(`${object} `))
  const closer = named === undefined ? null : await lookCloser(named, truth)
  return {
    tampering: kind,
    object,
    change,
    caught: broken !== null && named !== undefined,
    link: broken?.link ?? null,
    detail: closer ?? named?.message ?? 'the audit noticed nothing',
  }
}

/** The link that shows the alteration; what depends on it need not be walked. */
async function firstBroken(walk: AsyncGenerator<AuditLinkResult>): Promise<AuditLinkResult | null> {
  for await (const result of walk) if (result.state === 'broken') return result
  return null
}
