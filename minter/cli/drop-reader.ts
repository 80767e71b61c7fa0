import { composePiece } from '../../gan/index.ts'
import { type AllowlistEntry, allowlistTree } from '../domain/allowlist.ts'
import { describeFunnel, type Funnel } from '../domain/funnel.ts'
import type { Hex } from '../domain/digest.ts'
import { type Manifest, manifestEdition, manifestTree, parseManifest } from '../domain/manifest.ts'
import type { RankTree } from '../domain/merkle.ts'
import { phaseTime } from '../domain/phase-terms.ts'
import type { Phase } from '../domain/policy.ts'
import { shareForAWhile } from '../http/sharing.ts'
import type { Allowance, DropReader, DropRecord, PhaseRecord } from '../http/deps.ts'
import type { RunStore } from '../pipeline/runs.ts'
import type { Announced, Committed, Drawn, DropWork, Registered } from '../pipeline/tools.ts'

/** How long one reading of the runs serves all who ask. */
const TOGETHER_MS = 200

/** A drop that was announced, with everything that is kept of it. */
export interface KeptDrop {
  readonly work: DropWork
  readonly registered: Registered
  readonly announced: Announced
  readonly drawn: Drawn | null
  readonly committed: Committed | null
  /** Null before the commit, since until then nothing in it is settled. */
  readonly manifest: Manifest | null
  readonly tree: RankTree | null
}

/** Finds the runs of one collection by their drop numbers. */
export interface KeptDrops {
  list(): Promise<readonly KeptDrop[]>
  find(drop: number): Promise<KeptDrop | null>
}

async function keptDrop(runs: RunStore, work: DropWork): Promise<KeptDrop | null> {
  const { id } = work.run
  const registered = await runs.outputs<Registered>(id, 'register')
  const announced = await runs.outputs<Announced>(id, 'announce')
  if (registered === null || announced === null) return null
  const drawn = await runs.outputs<Drawn>(id, 'draw')
  const committed = await runs.outputs<Committed>(id, 'commit')
  const bytes = committed === null ? null : await runs.document(id, 'manifest.json')
  const manifest = bytes === null ? null : parseManifest(bytes)
  const tree = manifest === null ? null : manifestTree(manifest.candidates, manifest.drop)
  return { work, registered, announced, drawn, committed, manifest, tree }
}

/**
 * @param loadWork opens a run's policy and model
 * @returns the drops of the collection that the newest announced run belongs to
 */
export function keptDrops(runs: RunStore, loadWork: (id: string) => Promise<DropWork>): KeptDrops {
  // What is committed never changes, and parsing a manifest of a thousand rows for every request would be felt.
  const settled = new Map<string, KeptDrop>()

  async function read(id: string): Promise<KeptDrop | null> {
    const known = settled.get(id)
    if (known !== undefined) return known
    const found = await keptDrop(runs, await loadWork(id))
    if (found?.manifest) settled.set(id, found)
    return found
  }

  // A page asks several times in one breath, and a crowd does so at once.
  const share = shareForAWhile<readonly KeptDrop[]>(() => performance.now(), TOGETHER_MS)
  const list = (): Promise<readonly KeptDrop[]> => share('', readAll)

  async function readAll(): Promise<readonly KeptDrop[]> {
    const all = await Promise.all((await runs.list()).map(({ id }) => read(id)))
    const announced = all.filter((kept) => kept !== null)
    const collection = announced[0]?.registered.collection
    return announced
      .filter(({ registered }) => registered.collection === collection)
      .toSorted((a, b) => a.announced.drop - b.announced.drop)
  }
  return {
    list,
    find: async (drop) => (await list()).find(({ announced }) => announced.drop === drop) ?? null,
  }
}

function phaseRecord(phase: Phase, number: number, announcedAt: number): PhaseRecord {
  return {
    phase: number,
    name: phase.name,
    kind: phase.kind,
    startsAt: phaseTime(phase.start, announcedAt),
    endsAt: phaseTime(phase.end, announcedAt),
    limit: phase.limit,
    price: { startWei: BigInt(phase.price.startWei), endWei: BigInt(phase.price.endWei) },
  }
}

function funnelOf({ work, manifest }: KeptDrop): Funnel | null {
  return manifest === null ? null : describeFunnel(manifest.candidates, work.policy, manifestEdition(manifest))
}

function pieceSize({ model }: DropWork): DropRecord['pieceSize'] {
  const side = model.bundle.description.G.img_resolution
  const { width, height } = composePiece(new Uint8Array(side * side * 3), side, model.recipe)
  return { width, height }
}

function dropRecord(kept: KeptDrop): DropRecord {
  const { work, registered, announced, drawn, committed, manifest } = kept
  const { policy, model } = work
  return {
    drop: announced.drop,
    collection: registered.collection,
    name: policy.name,
    story: policy.story,
    candidates: policy.candidates,
    edition: manifest === null ? policy.edition : manifestEdition(manifest),
    thresholds: policy.thresholds,
    weights: policy.weights,
    phases: policy.phases.map((phase, number) => phaseRecord(phase, number, announced.announcedAt)),
    royaltyBps: policy.royalty.bps,
    licence: model.bundle.description.licence,
    contributors: model.dataset.contributors.map(({ name, address, files, shares }) => ({
      name,
      account: address,
      files,
      shares,
    })),
    model: {
      id: registered.modelId,
      name: model.bundle.description.name,
      bundleDigest: model.bundleDigest,
      recipeDigest: model.recipeDigest,
      cid: registered.bundleCid,
    },
    dataset: {
      id: registered.datasetId,
      root: model.datasetRoot,
      files: model.dataset.files.length,
      name: model.dataset.name,
    },
    policyDigest: work.run.policyDigest,
    masterSeed: drawn?.masterSeed ?? null,
    seedBlock: announced.seedBlock,
    root: committed?.root ?? null,
    directory: committed?.directory ?? null,
    funnel: funnelOf(kept),
    pieceSize: pieceSize(work),
  }
}

function inWei({ priceWei, ...entry }: Phase['allowlist'][number]): AllowlistEntry {
  return { ...entry, priceWei: BigInt(priceWei) }
}

type Allowances = (phase: Phase | undefined, wallet: Hex) => Allowance | null

/** Builds each phase's tree when the first of its list asks. */
function allowanceReader(): Allowances {
  const trees = new WeakMap<Phase, ReturnType<typeof allowlistTree>>()
  return (phase, wallet) => {
    const listed = phase?.allowlist.find((one) => one.wallet === wallet)
    if (phase === undefined || listed === undefined) return null
    const tree = trees.get(phase) ?? allowlistTree(phase.allowlist.map(inWei))
    trees.set(phase, tree)
    const entry = inWei(listed)
    return { limit: entry.limit, priceWei: entry.priceWei, proof: tree.proof(entry) ?? [] }
  }
}

/** What the site knows of drops without asking the chain. */
export function dropReader(drops: KeptDrops): DropReader {
  const allowanceOf = allowanceReader()
  return {
    list: async () => (await drops.list()).map(dropRecord),
    find: async (drop) => {
      const kept = await drops.find(drop)
      return kept === null ? null : dropRecord(kept)
    },
    candidates: async (drop) => (await drops.find(drop))?.manifest?.candidates ?? [],
    proof: async (drop, rank) => (await drops.find(drop))?.tree?.proof(rank) ?? [],
    allowance: async (drop, phase, wallet) => {
      const kept = await drops.find(drop)
      return allowanceOf(kept?.work.policy.phases[phase], wallet)
    },
  }
}
