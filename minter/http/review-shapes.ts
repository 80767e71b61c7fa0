import { z } from 'zod'
import { ROLES, STANDINGS } from './deps.ts'
import { address, anyAddress, digest, hex, score, shapes, thresholds, traitShape } from './shapes.ts'

/** The shapes of what only those who review get to see. */

export const challengeInput = z.object({ account: anyAddress })

export const challengeShape = z
  .object({ nonce: z.string(), message: z.string().meta({ description: 'to be signed as it is (EIP-191)' }) })
  .register(shapes, { id: 'Challenge' })

const secret = z.string().min(16).max(128)

export const signInInput = z.object({
  nonce: secret,
  signature: hex(
    /^(?:[0-9a-f]{2}){1,10000}$/u,
    'of the message, by the account or, for a contract, as ERC-1271 takes it',
  ),
})
export const ticketInput = z.object({ ticket: secret })

export const signedInShape = z
  .object({ account: address, roles: z.array(z.enum(STANDINGS)) })
  .register(shapes, { id: 'SignedIn' })

const reviewFields = { run: z.string(), name: z.string(), collection: address, drop: z.int(), open: z.boolean() }

const reviewedRunShape = z.object({ ...reviewFields, candidates: z.int(), roles: z.array(z.enum(ROLES)) })

export const reviewListShape = z.object({ reviews: z.array(reviewedRunShape) }).register(shapes, { id: 'ReviewList' })

export const sheetQuery = z.object({
  from: z.coerce.number().int().min(0).max(65_535).default(0),
  count: z.coerce.number().int().min(1).max(500).default(120),
})

const reviewedFields = {
  rank: z.int(),
  index: z.int(),
  score,
  rarity: score,
  rarityBits: z.number(),
  demand: score,
  reason: z.string().nullable().meta({ description: 'why it is out; null when nothing is against it' }),
  resembles: z.int().nullable().meta({ description: 'index of the better candidate that it looks like' }),
}

const vetoFields = { index: z.int().min(0).max(65_534), reason: z.string().min(1).max(2000) }

export const vetoInput = z.object(vetoFields)
export const vetoShape = z.object({ ...vetoFields, curator: z.string() }).register(shapes, { id: 'Veto' })

export const sheetShape = z
  .object({
    ...reviewFields,
    total: z.int(),
    passed: z.int().meta({ description: 'how many reach every threshold with nothing against them' }),
    edition: z.int().meta({ description: 'ranks below this would be for sale' }),
    size: z.int().meta({ description: 'pieces for sale at most, as announced' }),
    thresholds,
    weights: thresholds,
    minDistance: z.int(),
    binding: z.string().nullable(),
    vetoes: z.array(vetoShape),
    candidates: z.array(z.object(reviewedFields)),
  })
  .register(shapes, { id: 'ReviewSheet' })

export const reviewedDetailShape = z
  .object({
    ...reviewedFields,
    pixelDigest: digest,
    traits: z.array(traitShape),
    neighbours: z.array(
      z.object({ index: z.int(), rank: z.int(), distance: z.int().meta({ description: 'squared, in features' }) }),
    ),
  })
  .register(shapes, { id: 'ReviewedCandidate' })

export type SignedIn = z.infer<typeof signedInShape>
export type ReviewedRun = z.infer<typeof reviewedRunShape>
export type Sheet = z.infer<typeof sheetShape>
export type Reviewed = Sheet['candidates'][number]
export type ReviewedDetail = z.infer<typeof reviewedDetailShape>
export type VetoAnswer = z.infer<typeof vetoShape>

export const auditQuery = z.object({
  from: z.coerce.number().int().min(0).default(0),
  count: z.coerce.number().int().min(1).max(1000).default(100),
})

export const auditLogShape = z
  .object({
    entries: z.array(
      z.object({
        position: z.int(),
        previous: digest,
        at: z.int().meta({ description: 'Unix seconds, by the clock of the server' }),
        account: address.nullable(),
        action: z.string(),
        subject: z.record(z.string(), z.union([z.string(), z.number()])),
        digest: digest.meta({ description: 'sha-256 of the other fields as canonical JSON (RFC 8785)' }),
      }),
    ),
  })
  .register(shapes, { id: 'AuditLog' })

export const invitationInput = z.object({ wallet: anyAddress })
export const invitationShape = z.object({ drop: z.int(), wallet: address }).register(shapes, { id: 'Invitation' })
