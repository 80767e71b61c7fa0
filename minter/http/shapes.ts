import { z } from 'zod'
import { ENGAGEMENTS } from '../domain/engagement.ts'
import { DROP_STAGES } from './deps.ts'

/** The shapes that cross the wire; each has a name under which /openapi.json lists it. */
export const shapes = z.registry<{ id: string }>()

export const hex = (digits: RegExp, what: string): z.ZodTemplateLiteral<`0x${string}`> =>
  z.templateLiteral(['0x', z.string().regex(digits)]).meta({ description: what })

export const digest = hex(/^[0-9a-f]{64}$/u, '32 bytes, lower-case hex')
export const address = hex(/^[0-9a-f]{40}$/u, 'an address, lower-case hex')
const wei = z.string().regex(/^\d+$/u).meta({ description: 'wei, decimal' })
const seconds = z.int().meta({ description: 'Unix seconds, by the clock of the chain' })
export const score = z.int().min(0).max(65_535)

/** An address in any case, as wallets give it. */
export const anyAddress = hex(/^[0-9a-fA-F]{40}$/u, 'an address')

export const dropParams = z.object({ drop: z.coerce.number().int().min(1).max(0xffff_ffff) })
export const rankParam = z.coerce.number().int().min(0).max(65_535)

const headShape = z.object({ number: z.int(), time: seconds })

export const healthShape = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    chain: z.object({ chainId: z.int(), block: z.int(), time: seconds }).nullable(),
  })
  .register(shapes, { id: 'Health' })

export const readyShape = z
  .object({
    ready: z.literal(true),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  })
  .register(shapes, { id: 'Ready' })

export const networkShape = z
  .object({
    chainId: z.int(),
    name: z.string(),
    rpcUrl: z.string(),
    currency: z.string(),
    explorerUrl: z.string().nullable(),
    gateways: z.array(z.string()),
    confirmations: z.int().meta({ description: 'what makes a transaction final where no block is finalised' }),
    unlocked: z.boolean().meta({ description: 'the node signs for accounts of its own that hold play money' }),
  })
  .register(shapes, { id: 'Network' })

export const phaseShape = z
  .object({
    phase: z.int(),
    name: z.string(),
    kind: z.enum(['public', 'allowlist', 'voucher']),
    state: z.enum(['upcoming', 'open', 'over']),
    startsAt: seconds,
    endsAt: seconds,
    limit: z.int().meta({ description: 'pieces per wallet, 0 for no limit' }),
    price: z.object({ startWei: wei, endWei: wei }),
    priceWei: wei.nullable().meta({ description: 'the price now; null when each wallet has its own' }),
  })
  .register(shapes, { id: 'Phase' })

const summaryFields = {
  drop: z.int(),
  name: z.string(),
  collection: address,
  stage: z.enum(DROP_STAGES),
  edition: z.int(),
  candidates: z.int(),
  minted: z.int(),
  remaining: z.int(),
}

export const dropSummaryShape = z.object(summaryFields).register(shapes, { id: 'DropSummary' })
export const dropListShape = z.object({ drops: z.array(dropSummaryShape) }).register(shapes, { id: 'DropList' })

export const thresholds = z.object({ score, rarity: score, demand: score })

const modelShape = z.object({
  id: digest,
  name: z.string(),
  bundleDigest: digest,
  recipeDigest: digest,
  cid: z.string().nullable(),
})

export const dropShape = z
  .object({
    ...summaryFields,
    story: z.string(),
    liveAt: seconds.nullable(),
    paused: z.boolean(),
    head: headShape,
    network: networkShape,
    phases: z.array(phaseShape),
    thresholds,
    weights: thresholds,
    royaltyBps: z.int(),
    licence: z.string(),
    aiMade: z.literal(true),
    contributors: z.array(z.object({ name: z.string(), account: address, files: z.int(), shares: z.int() })),
    model: modelShape,
    dataset: z.object({ id: digest, root: digest, files: z.int(), name: z.string() }),
    policyDigest: digest,
    masterSeed: digest.nullable(),
    seedBlock: z.int().nullable(),
    root: digest.nullable(),
    directory: z.string().nullable(),
    funnel: z
      .object({
        candidates: z.int(),
        steps: z.array(z.object({ filter: z.string(), fell: z.int(), left: z.int() })),
      })
      .nullable(),
    pieceSize: z.object({ width: z.int(), height: z.int() }),
  })
  .register(shapes, { id: 'Drop' })

export const traitShape = z.object({
  name: z.string(),
  value: z.string(),
  share: z.number().meta({ description: 'of all candidates, 0 to 1' }),
  bits: z.number().meta({ description: 'how much the trait adds to the rarity' }),
})

const pieceFields = {
  rank: z.int(),
  tokenId: z.string(),
  index: z.int(),
  score,
  rarity: score,
  rarityBits: z.number().meta({ description: 'bits of surprise against all candidates' }),
  demand: score,
  traits: z.array(traitShape),
  image: z.string(),
  owner: address.nullable(),
}

export const pieceShape = z.object(pieceFields).register(shapes, { id: 'Piece' })
export const pieceListShape = z.object({ pieces: z.array(pieceShape) }).register(shapes, { id: 'PieceList' })

const transferFields = { rank: z.int(), from: address, to: address, transaction: digest, block: z.int(), time: seconds }

export const pieceDetailShape = z
  .object({
    ...pieceFields,
    seed: digest,
    facts: digest,
    pixelDigest: digest,
    artifactDigest: digest,
    artifactCid: z.string(),
    leaf: digest,
    proof: z.array(digest),
    tokenUri: z.string(),
    priceWei: wei.nullable().meta({ description: 'what the first owner paid' }),
    history: z.array(z.object(transferFields)),
  })
  .register(shapes, { id: 'PieceDetail' })

export const provenanceShape = z
  .object({
    chainId: z.int(),
    contract: address,
    tokenId: z.string(),
    minted: z.boolean(),
    drop: z.int(),
    rank: z.int(),
    index: z.int(),
    seed: digest.meta({ description: 'keccak256 of master seed and index' }),
    masterSeed: digest.nullable(),
    seedBlock: z.int().nullable(),
    policyDigest: digest,
    model: modelShape,
    dataset: z.object({ id: digest, root: digest }),
    score,
    rarity: score,
    demand: score,
    thresholds,
    pixelDigest: digest,
    artifactDigest: digest,
    artifactCid: z.string(),
    leaf: digest,
    proof: z.array(digest),
    root: digest.nullable(),
    directory: z.string().nullable(),
  })
  .register(shapes, { id: 'Provenance' })

export const eventsQuery = z.object({
  fromBlock: z.coerce.number().int().min(0).default(0),
  count: z.coerce.number().int().min(1).max(1000).default(200),
})

export const eventListShape = z
  .object({
    events: z.array(z.object({ kind: z.enum(['mint', 'transfer', 'refund']), ...transferFields })),
    next: z.int().nullable().meta({ description: 'the block to go on from; null when this was all' }),
    head: headShape,
  })
  .register(shapes, { id: 'EventList' })

export const reasonShape = z
  .object({
    code: z.enum([
      'DROP_NOT_COMMITTED',
      'CHALLENGE_WINDOW',
      'SALES_PAUSED',
      'QUESTION_OPEN',
      'DROP_CLOSED',
      'DROP_VOIDED',
      'PHASE_NOT_OPEN',
      'PHASE_OVER',
      'SOLD_OUT',
      'PIECE_TAKEN',
      'PIECE_HELD',
      'PIECE_NOT_FOR_SALE',
      'NOT_ON_LIST',
      'NOT_INVITED',
      'LIMIT_REACHED',
      'FUNDS_MISSING',
    ]),
    message: z.string(),
    until: seconds.optional().meta({ description: 'when the reason goes away by itself' }),
    missingWei: wei.optional(),
  })
  .register(shapes, { id: 'Reason' })

export const eligibilityShape = z
  .object({
    wallet: address,
    rank: z.int().nullable(),
    balanceWei: wei,
    head: headShape,
    phases: z.array(
      z.object({
        phase: z.int(),
        name: z.string(),
        kind: z.enum(['public', 'allowlist', 'voucher']),
        eligible: z.boolean(),
        minted: z.int().meta({ description: 'pieces that the wallet has minted in this phase' }),
        priceWei: wei.nullable(),
        reasons: z.array(reasonShape),
      }),
    ),
  })
  .register(shapes, { id: 'Eligibility' })

export const mintInput = z.object({
  wallet: anyAddress,
  rank: z.int().min(0).max(65_535),
  phase: z.int().min(0).max(255),
})

export const mintShape = z
  .object({
    to: address,
    data: hex(/^[0-9a-f]+$/u, 'the call, ABI-encoded'),
    value: wei.meta({ description: 'what to send along; a falling price refunds what is over' }),
    chainId: z.int(),
    priceWei: wei,
  })
  .register(shapes, { id: 'MintTransaction' })

export const eligibilityQuery = z.object({ wallet: anyAddress, rank: rankParam.optional() })

export const voucherInput = z.object({ wallet: anyAddress, rank: z.int().min(0).max(65_535) })

export const voucherShape = z
  .object({
    to: address,
    drop: z.int(),
    phase: z.int(),
    rank: z.int(),
    priceWei: wei,
    deadline: seconds,
    signature: hex(/^[0-9a-f]+$/u, 'by the voucher signer, EIP-712'),
  })
  .register(shapes, { id: 'Voucher' })

/** Strict: a page that sends more than is asked, such as a wallet, is told so and nothing is kept. */
export const engagementInput = z.strictObject({
  acts: z
    .array(z.strictObject({ rank: z.int().min(0).max(65_535), act: z.enum(ENGAGEMENTS) }))
    .min(1)
    .max(64),
})

export const engagementShape = z
  .object({ counted: z.int().meta({ description: 'acts with pieces of the edition while it is not over' }) })
  .register(shapes, { id: 'Engagement' })

export type Drop = z.infer<typeof dropShape>
export type DropSummary = z.infer<typeof dropSummaryShape>
export type Phase = z.infer<typeof phaseShape>
export type Piece = z.infer<typeof pieceShape>
export type Provenance = z.infer<typeof provenanceShape>
export type EventList = z.infer<typeof eventListShape>
export type PieceDetail = z.infer<typeof pieceDetailShape>
export type Reason = z.infer<typeof reasonShape>
export type Eligibility = z.infer<typeof eligibilityShape>
export type MintTransaction = z.infer<typeof mintShape>
export type NetworkAnswer = z.infer<typeof networkShape>
export type Voucher = z.infer<typeof voucherShape>
