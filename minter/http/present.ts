import { rawCid } from '../domain/cid.ts'
import type { Hex } from '../domain/digest.ts'
import { leafHash, packFacts } from '../domain/leaf.ts'
import { type RarityTable, UNITS_PER_BIT } from '../domain/rarity.ts'
import type {
  CandidateRecord,
  ChainHead,
  DropOnChain,
  DropRecord,
  Network,
  PhaseRecord,
  TokenOnChain,
  TransferOnChain,
} from './deps.ts'
import { phaseState } from './price.ts'
import type { Drop, DropSummary, EventList, NetworkAnswer, Phase, Piece, PieceDetail, Provenance } from './shapes.ts'

export function presentSummary(drop: DropRecord, onChain: DropOnChain): DropSummary {
  return {
    drop: drop.drop,
    name: drop.name,
    collection: drop.collection,
    stage: onChain.stage,
    edition: drop.edition,
    candidates: drop.candidates,
    minted: onChain.minted,
    remaining: Math.max(0, drop.edition - onChain.minted),
  }
}

/** @param prices the price of each phase now, by its number; a phase that is missing has none to tell */
export function presentDrop(
  drop: DropRecord,
  onChain: DropOnChain,
  head: ChainHead,
  network: Network,
  prices: ReadonlyMap<number, bigint>,
): Drop {
  const { model, dataset, funnel, contributors } = drop
  return {
    ...presentSummary(drop, onChain),
    story: drop.story,
    liveAt: onChain.liveAt,
    paused: onChain.paused,
    head,
    network: presentNetwork(network),
    phases: drop.phases.map((phase) => presentPhase(phase, head, prices.get(phase.phase))),
    thresholds: drop.thresholds,
    weights: drop.weights,
    royaltyBps: drop.royaltyBps,
    licence: drop.licence,
    aiMade: true,
    contributors: contributors.map(({ name, account, files, shares }) => ({ name, account, files, shares })),
    model,
    dataset,
    policyDigest: drop.policyDigest,
    masterSeed: drop.masterSeed,
    seedBlock: drop.seedBlock,
    root: drop.root,
    directory: drop.directory,
    funnel: funnel && { candidates: funnel.candidates, steps: [...funnel.steps] },
    pieceSize: drop.pieceSize,
  }
}

function presentNetwork(network: Network): NetworkAnswer {
  return { ...network, gateways: [...network.gateways] }
}

function presentPhase(phase: PhaseRecord, head: ChainHead, price: bigint | undefined): Phase {
  const { startWei, endWei } = phase.price
  return {
    phase: phase.phase,
    name: phase.name,
    kind: phase.kind,
    state: phaseState(phase, head.time),
    startsAt: phase.startsAt,
    endsAt: phase.endsAt,
    limit: phase.limit,
    price: { startWei: String(startWei), endWei: String(endWei) },
    priceWei: price === undefined ? null : String(price),
  }
}

/** What the pieces of one drop have in common when they are shown. */
export interface PieceContext {
  readonly drop: DropRecord
  /** Over all candidates, not only the edition: rarity is surprise against everything that was drawn. */
  readonly rarity: RarityTable
  readonly tokens: ReadonlyMap<number, TokenOnChain>
}

export function presentPiece(row: CandidateRecord, context: PieceContext): Piece {
  const { drop, rarity, tokens } = context
  return {
    rank: row.rank,
    tokenId: tokenIdOf(drop.drop, row.rank),
    index: row.index,
    score: row.score,
    rarity: row.rarity,
    rarityBits: row.rarityBits / UNITS_PER_BIT,
    demand: row.demand,
    traits: rarity.perTrait(row.traits).map(({ trait, value, count, bits }) => {
      return { name: trait, value, share: count / rarity.of, bits: bits / UNITS_PER_BIT }
    }),
    image: `/ipfs/${drop.directory}/images/${row.rank}.png`,
    owner: tokens.get(row.rank)?.owner ?? null,
  }
}

export function presentPieceDetail(
  row: CandidateRecord,
  context: PieceContext,
  proof: readonly Hex[],
  history: readonly TransferOnChain[],
): PieceDetail {
  const facts = packFacts({ ...row, drop: context.drop.drop })
  const token = context.tokens.get(row.rank)
  return {
    ...presentPiece(row, context),
    seed: row.seed,
    facts: `0x${facts.toString(16).padStart(64, '0')}`,
    pixelDigest: row.pixelDigest,
    artifactDigest: row.artifactDigest,
    artifactCid: rawCid(row.artifactDigest),
    leaf: leafHash(facts, row.pixelDigest, row.artifactDigest),
    proof: [...proof],
    tokenUri: `ipfs://${context.drop.directory}/metadata/${row.rank}.json`,
    priceWei: token === undefined ? null : String(token.priceWei),
    history: [...history],
  }
}

/** All that a piece follows from, in one place, for those who want to follow it by hand. */
export function presentProvenance(
  row: CandidateRecord,
  { drop, tokens }: PieceContext,
  network: Network,
  proof: readonly Hex[],
): Provenance {
  const facts = packFacts({ ...row, drop: drop.drop })
  return {
    chainId: network.chainId,
    contract: drop.collection,
    tokenId: tokenIdOf(drop.drop, row.rank),
    minted: tokens.has(row.rank),
    drop: drop.drop,
    rank: row.rank,
    index: row.index,
    seed: row.seed,
    masterSeed: drop.masterSeed,
    seedBlock: drop.seedBlock,
    policyDigest: drop.policyDigest,
    model: { ...drop.model },
    dataset: { id: drop.dataset.id, root: drop.dataset.root },
    score: row.score,
    rarity: row.rarity,
    demand: row.demand,
    thresholds: drop.thresholds,
    pixelDigest: row.pixelDigest,
    artifactDigest: row.artifactDigest,
    artifactCid: rawCid(row.artifactDigest),
    leaf: leafHash(facts, row.pixelDigest, row.artifactDigest),
    proof: [...proof],
    root: drop.root,
    directory: drop.directory,
  }
}

/** @param query which blocks, and how many events at most; a whole block is given or none of it */
export function presentEvents(
  transfers: readonly TransferOnChain[],
  head: ChainHead,
  { fromBlock, count }: { readonly fromBlock: number; readonly count: number },
): EventList {
  const wanted = transfers.filter(({ block }) => block >= fromBlock)
  const last = wanted[count - 1]?.block
  const events = last === undefined ? wanted : wanted.filter(({ block }) => block <= last)
  const more = events.length < wanted.length
  return {
    events: events.map((transfer) => ({ kind: kindOf(transfer), ...transfer })),
    next: more && last !== undefined ? last + 1 : null,
    head,
  }
}

const NOBODY: Hex = `0x${'0'.repeat(40)}`

function kindOf({ from, to }: TransferOnChain): EventList['events'][number]['kind'] {
  if (from === NOBODY) return 'mint'
  return to === NOBODY ? 'refund' : 'transfer'
}

/** Drop in the high bits, rank in the low sixteen, as the contract packs it. */
function tokenIdOf(drop: number, rank: number): string {
  return String((BigInt(drop) << 16n) | BigInt(rank))
}
