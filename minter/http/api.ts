import { z } from 'zod'
import type { Hex } from '../domain/digest.ts'
import type { Allowance, CandidateRecord, HttpDeps, PhaseRecord, PieceHold, WalletOnChain } from './deps.ts'
import { heldReason, ineligibility } from './eligibility.ts'
import { endpoint, type Endpoint } from './endpoint.ts'
import { engagementEndpoints } from './engagement.ts'
import { encodeMint } from './mint-call.ts'
import {
  type PieceContext,
  presentDrop,
  presentEvents,
  presentPiece,
  presentPieceDetail,
  presentProvenance,
  presentSummary,
} from './present.ts'
import { HttpProblem } from './problem.ts'
import { reviewEndpoints } from './reviews.ts'
import * as shape from './shapes.ts'
import { shareForAWhile } from './sharing.ts'
import { type Gallery, reachChain, type Snapshot } from './snapshot.ts'

/** How long a wallet's reading at a block is believed. */
const SETTLED_MS = 30_000
/** How long it is believed when blocks come faster: at an opening every mint makes one, and everybody asks at each. */
const BRIEFLY_MS = 3000

const nothing = z.object({})
const pieceParams = shape.dropParams.extend({ rank: shape.rankParam })

/** Every address below /api/v1, in the order in which the documentation lists them. */
export function apiEndpoints(deps: HttpDeps, gallery: Gallery): readonly Endpoint[] {
  const reviews = deps.reviews === null ? [] : reviewEndpoints(deps, deps.reviews)
  return [
    ...healthEndpoints(deps),
    ...dropEndpoints(deps, gallery),
    ...pieceEndpoints(deps, gallery),
    ...mintingEndpoints(deps, gallery),
    ...engagementEndpoints(deps, gallery),
    ...reviews,
  ]
}

/** What everybody who asks within the same reading of the chain is told. */
function piecesTeller(): (gallery: Gallery, snapshot: Snapshot) => Promise<z.infer<typeof shape.pieceListShape>> {
  const told = new WeakMap<Snapshot, ReturnType<ReturnType<typeof piecesTeller>>>()
  return (gallery, snapshot) => {
    const answer = told.get(snapshot) ?? readPieces(gallery, snapshot)
    told.set(snapshot, answer)
    return answer
  }
}

async function readPieces(gallery: Gallery, snapshot: Snapshot): Promise<z.infer<typeof shape.pieceListShape>> {
  const { rows, context } = await gallery.pieces(snapshot)
  return { pieces: rows.map((row) => presentPiece(row, context)) }
}

function healthEndpoints(deps: HttpDeps): readonly Endpoint[] {
  const get = { method: 'get', query: nothing, body: nothing } as const
  return [
    endpoint({
      ...get,
      path: '/health',
      summary: 'Whether this server is up and reads the chain',
      params: nothing,
      answer: shape.healthShape,
      handle: () => health(deps),
    }),
    endpoint({
      ...get,
      path: '/ready',
      summary: 'Whether database, chain and store work; 503 with what does not',
      params: nothing,
      answer: shape.readyShape,
      handle: () => readiness(deps),
    }),
  ]
}

function dropEndpoints(deps: HttpDeps, gallery: Gallery): readonly Endpoint[] {
  const get = { method: 'get', query: nothing, body: nothing } as const
  const piecesOf = piecesTeller()
  return [
    endpoint({
      ...get,
      path: '/drops',
      summary: 'All drops, oldest first',
      params: nothing,
      answer: shape.dropListShape,
      handle: async () => ({
        drops: (await gallery.drops()).map(({ drop, onChain }) => presentSummary(drop, onChain)),
      }),
    }),
    endpoint({
      ...get,
      path: '/drops/:drop',
      summary: 'A drop: its story, phases, prices, lineage, and how its edition was selected',
      params: shape.dropParams,
      answer: shape.dropShape,
      handle: async ({ params }) => {
        const { drop, onChain, head, prices } = await gallery.snapshot(params.drop)
        return presentDrop(drop, onChain, head, deps.network, prices)
      },
    }),
    endpoint({
      ...get,
      path: '/drops/:drop/pieces',
      summary: 'The pieces of the edition by rank, with traits, scores and owners',
      params: shape.dropParams,
      answer: shape.pieceListShape,
      handle: async ({ params }) => piecesOf(gallery, await gallery.snapshot(params.drop)),
    }),
    endpoint({
      ...get,
      path: '/drops/:drop/events',
      summary: 'What happened to the pieces of a drop, oldest first',
      params: shape.dropParams,
      query: shape.eventsQuery,
      answer: shape.eventListShape,
      handle: async ({ params, query }) => {
        const { head } = await gallery.snapshot(params.drop)
        const transfers = await reachChain(() => deps.chain.history(params.drop, null))
        return presentEvents(transfers, head, query)
      },
    }),
  ]
}

function pieceEndpoints(deps: HttpDeps, gallery: Gallery): readonly Endpoint[] {
  const get = { method: 'get', query: nothing, body: nothing, params: pieceParams } as const
  return [
    endpoint({
      ...get,
      path: '/drops/:drop/pieces/:rank',
      summary: 'One piece, with its seed, digests, Merkle proof and history',
      answer: shape.pieceDetailShape,
      handle: ({ params }) => pieceDetail(deps, gallery, params),
    }),
    endpoint({
      ...get,
      path: '/drops/:drop/pieces/:rank/provenance',
      summary: 'Everything that a piece follows from; what counts is the same on the chain (provenanceOf)',
      answer: shape.provenanceShape,
      handle: async ({ params }) => {
        const { row, context } = await findPiece(gallery, params)
        return presentProvenance(row, context, deps.network, await deps.drops.proof(params.drop, row.rank))
      },
    }),
  ]
}

function mintingEndpoints(deps: HttpDeps, gallery: Gallery): readonly Endpoint[] {
  const dropOnly = { params: shape.dropParams, query: nothing }
  const share = shareForAWhile<shape.Eligibility>(deps.now)
  const ask: Eligibilities = { deps, holderOf: holderReader(deps), heldOf: holdsReader(deps) }
  return [
    endpoint({
      method: 'get',
      path: '/drops/:drop/eligibility',
      summary: 'Whether a wallet may mint, phase by phase, with every reason why not',
      params: shape.dropParams,
      query: shape.eligibilityQuery,
      body: nothing,
      answer: shape.eligibilityShape,
      handle: ({ params, query }) => {
        const [wallet, rank] = [lowerCase(query.wallet), query.rank ?? null]
        return share(`${params.drop} ${wallet} ${rank}`, async () => {
          return eligibility(ask, await gallery.snapshot(params.drop), wallet, rank)
        })
      },
    }),
    endpoint({
      ...dropOnly,
      method: 'post',
      path: '/drops/:drop/mints',
      summary: 'The unsigned transaction that mints a piece, with its proofs; nothing is sent from here',
      body: shape.mintInput,
      answer: shape.mintShape,
      perMinute: 60,
      handle: async ({ params, body }) => {
        const wallet = lowerCase(body.wallet)
        return mintTransaction(ask, gallery, await gallery.snapshot(params.drop), { ...body, wallet })
      },
    }),
    endpoint({
      ...dropOnly,
      method: 'post',
      path: '/drops/:drop/vouchers',
      summary: 'A signed right to one piece, where a voucher phase is open and grants it',
      body: shape.voucherInput,
      answer: shape.voucherShape,
      perMinute: 20,
      handle: async ({ params, body }) => {
        const { drop, head } = await gallery.snapshot(params.drop)
        const open = drop.phases.find(({ kind, endsAt }) => kind === 'voucher' && head.time < endsAt)
        if (open === undefined) throw new HttpProblem('VOUCHER_REFUSED', 'This drop has no voucher phase to come')
        return voucher(deps, params.drop, open, lowerCase(body.wallet), body.rank)
      },
    }),
  ]
}

async function health({ chain, network, version }: HttpDeps): Promise<z.infer<typeof shape.healthShape>> {
  try {
    const head = await chain.head()
    return { status: 'ok', version, chain: { chainId: network.chainId, block: head.number, time: head.time } }
  } catch {
    // That the chain is away is what health is asked for: an answer, not a failure.
    return { status: 'degraded', version, chain: null }
  }
}

async function readiness(deps: HttpDeps): Promise<z.infer<typeof shape.readyShape>> {
  const checks = (await deps.readiness()).map((check) => ({ ...check }))
  const broken = checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)
  if (broken.length > 0) throw new HttpProblem('NOT_READY', broken.join('; '), { checks })
  return { ready: true, checks }
}

export async function pieceDetail(
  deps: HttpDeps,
  gallery: Gallery,
  params: z.infer<typeof pieceParams>,
): Promise<shape.PieceDetail> {
  const { row, context } = await findPiece(gallery, params)
  const minted = context.tokens.has(row.rank)
  const history = minted ? await reachChain(() => deps.chain.history(params.drop, row.rank)) : []
  return presentPieceDetail(row, context, await deps.drops.proof(params.drop, row.rank), history)
}

async function findPiece(
  gallery: Gallery,
  { drop, rank }: z.infer<typeof pieceParams>,
): Promise<{ readonly row: CandidateRecord; readonly context: PieceContext }> {
  const { rows, context } = await gallery.pieces(await gallery.snapshot(drop))
  const row = rows.find((one) => one.rank === rank)
  if (row === undefined) throw new HttpProblem('PIECE_NOT_FOUND', `Drop ${drop} has no piece of rank ${rank}`)
  return { row, context }
}

/** What a wallet holds as of a block. */
type HolderReader = (block: number, drop: number, wallet: Hex) => Promise<WalletOnChain>

/**
 * A crowd that polls costs the node one reading per wallet and block: within a block, nothing that it says can change.
 * Only for a moment even so, since a chain that is reorganised comes to the same height again with another block.
 */
function holderReader({ chain, now }: HttpDeps): HolderReader {
  const briefly = shareForAWhile<WalletOnChain>(now, BRIEFLY_MS)
  const share = shareForAWhile<WalletOnChain>(now, SETTLED_MS)
  return (block, drop, wallet) => {
    return briefly(`${drop} ${wallet}`, () => {
      return share(`${block} ${drop} ${wallet}`, () => reachChain(() => chain.wallet(drop, wallet)))
    })
  }
}

/** What a wallet's rights are asked through. */
interface Eligibilities {
  readonly deps: HttpDeps
  readonly holderOf: HolderReader
  /** Seconds for which another wallet holds the piece, or null. */
  readonly heldOf: (drop: number, rank: number | null, wallet: Hex) => Promise<number | null>
}

function holdsReader({ holds, now }: HttpDeps): Eligibilities['heldOf'] {
  const share = shareForAWhile<readonly PieceHold[]>(now)
  return async (drop, rank, wallet) => {
    const held = await share(String(drop), () => holds.list(drop))
    return held.find((hold) => hold.rank === rank && hold.wallet !== wallet)?.seconds ?? null
  }
}

async function eligibility(
  { deps, holderOf, heldOf }: Eligibilities,
  { drop, head, onChain, tokens, prices }: Snapshot,
  wallet: Hex,
  rank: number | null,
): Promise<shape.Eligibility> {
  const holder = await holderOf(head.number, drop.drop, wallet)
  const heldFor = await heldOf(drop.drop, rank, wallet)
  const known = { drop, head, onChain, wallet: holder, rank, taken: rank !== null && tokens.has(rank), heldFor }
  const phases = drop.phases.map(async (phase) => {
    const allowance = await allowanceIn(deps, drop.drop, phase, wallet)
    const voucherWei = phase.kind === 'voucher' ? await deps.vouchers.priceWei(drop.drop, phase.phase, wallet) : null
    const priceWei = voucherWei ?? priceIn(phase, prices, allowance)
    const invited = voucherWei !== null
    const reasons = [...ineligibility({ ...known, phase, allowance, invited, priceWei })]
    return {
      phase: phase.phase,
      name: phase.name,
      kind: phase.kind,
      eligible: reasons.length === 0,
      minted: holder.mintedInPhase[phase.phase] ?? 0,
      priceWei: priceWei === null ? null : String(priceWei),
      reasons,
    }
  })
  return { wallet, rank, balanceWei: String(holder.balanceWei), head, phases: await Promise.all(phases) }
}

async function mintTransaction(
  ask: Eligibilities,
  gallery: Gallery,
  snapshot: Snapshot,
  input: { readonly wallet: Hex; readonly rank: number; readonly phase: number },
): Promise<shape.MintTransaction> {
  const { deps } = ask
  const { drop, prices } = snapshot
  const { wallet, rank } = input
  const phase = drop.phases.find((candidate) => candidate.phase === input.phase)
  if (phase === undefined) throw new HttpProblem('PHASE_NOT_FOUND', `Drop ${drop.drop} has no phase ${input.phase}`)
  const { row: piece } = await findPiece(gallery, { drop: drop.drop, rank })

  const { phases } = await eligibility(ask, snapshot, wallet, rank)
  const verdict = phases.find((candidate) => candidate.phase === phase.phase)
  if (verdict?.eligible !== true) throw notEligible(verdict?.reasons ?? [])
  const hold = await deps.holds.take(drop.drop, rank, wallet)
  if (hold !== null && hold.wallet !== wallet) throw notEligible([heldReason(snapshot.head, hold.seconds)])

  const allowance = await allowanceIn(deps, drop.drop, phase, wallet)
  const signed = phase.kind === 'voucher' ? await voucher(deps, drop.drop, phase, wallet, rank) : null
  const price = signed === null ? priceIn(phase, prices, allowance) : BigInt(signed.priceWei)
  if (price === null) throw new HttpProblem('PHASE_NOT_FOUND', `Phase ${phase.phase} has no price`)
  const proof = await deps.drops.proof(drop.drop, rank)
  const data = encodeMint({ drop: drop.drop, phase: phase.phase, wallet, piece, proof, allowance, voucher: signed })
  const [priceWei, value] = [String(price), String(price)]
  return { to: drop.collection, data, value, chainId: deps.network.chainId, priceWei }
}

function notEligible(reasons: readonly shape.Reason[]): HttpProblem {
  return new HttpProblem('NOT_ELIGIBLE', reasons.map(({ message }) => message).join(' '), { reasons })
}

async function voucher(
  { vouchers }: HttpDeps,
  drop: number,
  phase: PhaseRecord,
  wallet: Hex,
  rank: number,
): Promise<shape.Voucher> {
  const signed = await vouchers.sign(drop, phase.phase, wallet, rank)
  if (signed === null)
    throw new HttpProblem('VOUCHER_REFUSED', `Phase “${phase.name}” grants this wallet no such piece`)
  return { ...signed, priceWei: String(signed.priceWei) }
}

async function allowanceIn(deps: HttpDeps, drop: number, phase: PhaseRecord, wallet: Hex): Promise<Allowance | null> {
  return phase.kind === 'allowlist' ? deps.drops.allowance(drop, phase.phase, wallet) : null
}

/** Before a phase opens its first price stands in, so that a collector can see whether the funds will do. */
function priceIn(phase: PhaseRecord, prices: ReadonlyMap<number, bigint>, allowance: Allowance | null): bigint | null {
  if (phase.kind === 'public') return prices.get(phase.phase) ?? phase.price.startWei
  return allowance?.priceWei ?? null
}

function lowerCase(wallet: Hex): Hex {
  return `0x${wallet.slice(2).toLowerCase()}`
}
