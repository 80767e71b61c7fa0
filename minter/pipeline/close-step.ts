import { datasetShares } from '../domain/dataset-manifest.ts'
import {
  type DemandSnapshot,
  type OfferedPiece,
  snapshotDigest,
  snapshotJson,
  updateSnapshot,
} from '../domain/demand.ts'
import { type Attention, NO_ATTENTION } from '../domain/engagement.ts'
import type { Manifest } from '../domain/manifest.ts'
import { sharesTree } from '../domain/sum-tree.ts'
import { readEngagement } from './engagement.ts'
import type { TokenOnChain } from '../ports.ts'
import type { Announced, Closed, DropTools, DropWork, Registered } from './tools.ts'

/** The document under which a run leaves the demand snapshot for the next drop. */
export const NEXT_DEMAND_DOCUMENT = 'demand-next.json'

/** Pays every contributor; anyone may do this for them, and it can be repeated without harm. */
async function payContributors(tools: DropTools, work: DropWork, registered: Registered): Promise<Closed['claims']> {
  const entries = datasetShares(work.model.dataset)
  const tree = sharesTree(entries)
  const paid: { account: `0x${string}`; wei: string }[] = []
  for (const { account, shares } of entries) {
    const claim = { account: asAddress(account), shares, ...tree.proof(account) }
    const wei = await tools.chain.claim(registered.house, registered.modelId, work.run.id, claim)
    paid.push({ account: claim.account, wei: wei.toString() })
  }
  return paid
}

function asAddress(account: string): `0x${string}` {
  return `0x${account.slice(2).toLowerCase()}`
}

/** What the chain and the pages tell of a sale, by rank. */
interface Heard {
  readonly sold: ReadonlyMap<number, TokenOnChain>
  readonly attention: ReadonlyMap<number, Attention>
  readonly liveAt: number
}

/** What was looked at and what sold when, by rank. */
function offeredPieces(manifest: Manifest, edition: number, { sold, attention, liveAt }: Heard): OfferedPiece[] {
  return manifest.candidates.slice(0, edition).map(({ traits }, rank) => {
    const token = sold.get(rank)
    const sale = token === undefined ? null : { seconds: Math.max(0, token.mintedAt - liveAt), collector: token.owner }
    return { traits, sale, attention: attention.get(rank) ?? NO_ATTENTION }
  })
}

/** Ends the sale when its last phase is over: proceeds to the contributors, and what was learned to the next drop. */
export async function closeDrop(
  tools: DropTools,
  work: DropWork,
  done: { readonly registered: Registered; readonly announced: Announced; readonly edition: number },
  learned: { readonly manifest: Manifest; readonly snapshot: DemandSnapshot },
): Promise<Closed> {
  const { registered, announced } = done
  const { collection } = registered
  const before = await tools.chain.dropOf(collection, announced.drop)
  // Sold out is what was announced, even when fewer candidates passed than that.
  if (before.state === 'committed') {
    const soldOut = before.minted >= work.policy.edition
    const earliest = soldOut ? before.closableAt : Math.max(before.salesEnd, before.closableAt)
    await tools.access.waitForTime(earliest, tools.signal)
  }
  const tokens = await tools.chain.tokensOf(collection, announced.drop)
  await tools.chain.close(collection, announced.drop)
  const claims = await payContributors(tools, work, registered)
  await tools.access.settle(tools.signal)
  const heard = {
    sold: new Map(tokens.map((token) => [token.rank, token])),
    attention: await readEngagement(tools.database, work.run.id),
    liveAt: before.liveAt,
  }
  const next = updateSnapshot(learned.snapshot, {
    drop: announced.drop,
    seconds: Math.max(1, before.salesEnd - before.liveAt),
    pieces: offeredPieces(learned.manifest, done.edition, heard),
  })
  await tools.runs.putDocument(work.run.id, NEXT_DEMAND_DOCUMENT, snapshotJson(next))
  return {
    proceedsWei: tokens.reduce((sum, { priceWei }) => sum + priceWei, 0n).toString(),
    minted: tokens.map(({ rank }) => rank),
    claims,
    demandDigest: snapshotDigest(next),
  }
}
