import type { CandidateRecord, ChainHead, DropOnChain, DropRecord, HttpDeps, TokenOnChain } from './deps.ts'
import { type RarityTable, rarityTable } from '../domain/rarity.ts'
import type { PieceContext } from './present.ts'
import { phaseState } from './price.ts'
import { HttpProblem } from './problem.ts'
import { shareForAWhile } from './sharing.ts'

/** A drop with everything that the chain says about it at one head. */
export interface Snapshot {
  readonly drop: DropRecord
  readonly head: ChainHead
  readonly onChain: DropOnChain
  readonly tokens: ReadonlyMap<number, TokenOnChain>
  readonly prices: ReadonlyMap<number, bigint>
}

/** What the routes read from: one reading of the chain a second, however many visitors ask. */
export interface Gallery {
  drops(): Promise<readonly Snapshot[]>
  /** @throws {HttpProblem} DROP_NOT_FOUND */
  snapshot(drop: number): Promise<Snapshot>
  /** The pieces for sale, by rank, and what all of them share. */
  pieces(snapshot: Snapshot): Promise<{ readonly rows: readonly CandidateRecord[]; readonly context: PieceContext }>
}

export function openGallery(deps: HttpDeps): Gallery {
  const share = shareForAWhile<Snapshot>(deps.now)
  const snapshot = (number: number): Promise<Snapshot> => share(String(number), () => findSnapshot(deps, number))
  const editions = new Map<string, Promise<Edition>>()

  return {
    snapshot,
    drops: async () => {
      const records = await deps.drops.list()
      return Promise.all(records.map(({ drop }) => snapshot(drop)))
    },
    pieces: async ({ drop, tokens }) => {
      if (drop.root === null) return { rows: [], context: { drop, tokens, rarity: rarityTable([]) } }
      // A committed selection never changes, so that its root is a key for good.
      const edition = editions.get(drop.root) ?? readEdition(deps, drop)
      editions.set(drop.root, edition)
      edition.catch(() => editions.delete(drop.root ?? ''))
      const { rows, rarity } = await edition
      return { rows, context: { drop, tokens, rarity } }
    },
  }
}

interface Edition {
  readonly rows: readonly CandidateRecord[]
  readonly rarity: RarityTable
}

async function readEdition(deps: HttpDeps, drop: DropRecord): Promise<Edition> {
  const candidates = await deps.drops.candidates(drop.drop)
  const rows = candidates.filter(({ rank }) => rank < drop.edition)
  return { rows, rarity: rarityTable(candidates.map(({ traits }) => traits)) }
}

async function findSnapshot(deps: HttpDeps, number: number): Promise<Snapshot> {
  const drop = await deps.drops.find(number)
  if (drop === null) throw new HttpProblem('DROP_NOT_FOUND', `There is no drop ${number}`)
  return readSnapshot(deps, drop)
}

async function readSnapshot({ chain }: HttpDeps, drop: DropRecord): Promise<Snapshot> {
  return reachChain(async () => {
    const [head, onChain, tokens] = await Promise.all([chain.head(), chain.drop(drop.drop), chain.tokens(drop.drop)])
    // An allowlist's price is each wallet's own, and nothing can be asked before the drop stands on the chain.
    const priced = drop.phases.filter((phase) => phase.kind === 'public' && phaseState(phase, head.time) === 'open')
    const prices = priced.map(async ({ phase }) => [phase, await chain.priceWei(drop.drop, phase)] as const)
    const byRank = new Map(tokens.map((token) => [token.rank, token]))
    return { drop, head, onChain, tokens: byRank, prices: new Map(await Promise.all(prices)) }
  })
}

/** Reads from the chain; that it can't be reached is the visitor's to know, and not a bug of ours. */
export async function reachChain<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new HttpProblem('CHAIN_UNREACHABLE', 'The node that we read the chain from does not answer', {}, cause)
  }
}
