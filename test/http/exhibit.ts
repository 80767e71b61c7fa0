import { randomBytes } from 'node:crypto'
import { importer, type WritableStorage } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { type Recipe, renderArtifact } from '../../gan/index.ts'
import { SIDE } from '../../minter/dataset/cloth.ts'
import { ikatFamily, renderIkat } from '../../minter/dataset/ikat.ts'
import { digestOfCid } from '../../minter/domain/cid.ts'
import { type Hex, sha256 } from '../../minter/domain/digest.ts'
import { leafHash, packFacts } from '../../minter/domain/leaf.ts'
import { rankTree } from '../../minter/domain/merkle.ts'
import { rarityTable } from '../../minter/domain/rarity.ts'
import { candidateSeed } from '../../minter/domain/seed.ts'
import type {
  Allowance,
  BlockReader,
  CandidateRecord,
  DropRecord,
  HttpDeps,
  PhaseRecord,
  PieceHold,
  TokenOnChain,
} from '../../minter/http/deps.ts'
import { createSignIn } from '../../minter/http/sign-in.ts'

export const COLLECTOR: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
export const STRANGER: Hex = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
export const START = 1_800_000_000
const ETHER = 10n ** 18n
const SITE = 'http://127.0.0.1:8787'

const RECIPE: Recipe = {
  version: 1,
  engine: { name: 'tfjs-backend-wasm', version: '4.22.0', wasmDigest: sha256(new Uint8Array([1])) },
  psi: '0.8',
  cutoff: null,
  noiseMode: 'const',
  mirror: 'quadrant',
  upscale: { factor: 4, kernel: 'catmull-rom' },
  png: 1,
}

/** A drop that hangs without a chain or a database; what the chain would say can be set while it hangs. */
export interface Exhibit {
  readonly deps: HttpDeps
  readonly drop: DropRecord
  readonly candidates: readonly CandidateRecord[]
  /** What the fake chain says next. */
  readonly state: {
    time: number
    tokens: TokenOnChain[]
    balanceWei: bigint
    minted: number[]
    questions: number
    holds: PieceHold[]
    /** Who comes to hold a piece after it was seen to be free. */
    late: PieceHold | null
    unreachable: boolean
  }
  readonly blocks: Map<string, Uint8Array>
}

export interface ExhibitTerms {
  readonly candidates: number
  readonly edition: number
  readonly pagesDir?: string | null
  readonly phases?: readonly PhaseRecord[]
}

const PHASES: readonly PhaseRecord[] = [
  {
    phase: 0,
    name: 'Early list',
    kind: 'allowlist',
    startsAt: START,
    endsAt: START + 3600,
    limit: 2,
    price: { startWei: 0n, endWei: 0n },
  },
  {
    phase: 1,
    name: 'Everyone',
    kind: 'public',
    startsAt: START + 3600,
    endsAt: START + 90_000,
    limit: 3,
    price: { startWei: ETHER / 10n, endWei: ETHER / 50n },
  },
  {
    phase: 2,
    name: 'Friends of the house',
    kind: 'voucher',
    startsAt: START + 3600,
    endsAt: START + 90_000,
    limit: 0,
    price: { startWei: 0n, endWei: 0n },
  },
]

/** What every site of the tests has alike: nobody watches, signs in by a role, or is counted. */
export function plainSite(publicUrl: string) {
  return {
    reviews: null,
    signIn: createSignIn({ publicUrl, chainId: 31_337, now: Date.now, random: randomWord }),
    proxies: 0,
    auditors: [],
    audit: { append: () => Promise.resolve(), read: () => Promise.resolve([]) },
    invite: () => Promise.resolve(),
    readiness: () => Promise.resolve([]),
    gauges: () => Promise.resolve([]),
    perMinute: null,
    log: { debug: () => undefined, info: () => undefined, error: () => undefined },
    publicUrl,
    version: '0.1.0',
  } satisfies Partial<HttpDeps>
}

/** A secret as the program makes them. */
function randomWord(): string {
  return randomBytes(24).toString('hex')
}

/** Makes an exhibit out of dyed cloths: real pictures, digests, proofs and blocks, and a chain that is made up. */
export async function hang(terms: ExhibitTerms): Promise<Exhibit> {
  const { candidates, files } = paint(terms)
  const { blocks, root: directory } = await store(files)
  const leaves = candidates.map((row) => leafHash(packFacts({ ...row, drop: 1 }), row.pixelDigest, row.artifactDigest))
  const tree = rankTree(leaves)
  const drop = describeDrop(terms, candidates.length, tree.root, directory)
  const state: Exhibit['state'] = {
    time: START + 3700,
    tokens: [],
    balanceWei: ETHER,
    minted: [0, 0, 0],
    questions: 0,
    holds: [],
    late: null,
    unreachable: false,
  }
  const allowance: Allowance = { limit: 1, priceWei: ETHER / 100n, proof: [tree.root] }
  const reach = <T>(value: T): Promise<T> =>
    state.unreachable ? Promise.reject(new Error('connection refused')) : Promise.resolve(value)

  const deps: HttpDeps = {
    ...plainSite(SITE),
    network: {
      chainId: 31_337,
      name: 'Loom',
      rpcUrl: 'http://127.0.0.1:8545',
      currency: 'ETH',
      explorerUrl: null,
      gateways: [],
      confirmations: 1,
      unlocked: false,
    },
    drops: {
      list: () => Promise.resolve([drop]),
      find: (number) => Promise.resolve(number === 1 ? drop : null),
      candidates: () => Promise.resolve(candidates),
      proof: (_drop, rank) => Promise.resolve(tree.proof(rank)),
      allowance: (_drop, _phase, wallet) => Promise.resolve(wallet === COLLECTOR ? allowance : null),
    },
    chain: {
      head: () => reach({ number: 812, time: state.time }),
      drop: () =>
        reach({
          stage: 'live',
          minted: state.tokens.length,
          liveAt: START - 60,
          paused: false,
          questions: state.questions,
        }),
      tokens: () => reach(state.tokens),
      wallet: () => reach({ balanceWei: state.balanceWei, mintedInPhase: state.minted }),
      priceWei: (_drop, phase) => reach(priceAt(drop.phases[phase], state.time)),
      history: (_drop, rank) =>
        reach(
          state.tokens
            .filter((token) => rank === null || token.rank === rank)
            .map(({ rank: minted, owner }, i) => {
              const from: Hex = `0x${'0'.repeat(40)}`
              return { rank: minted, from, to: owner, transaction: tree.root, block: 800 + i, time: START + 3650 }
            }),
        ),
    },
    vouchers: {
      priceWei: (_drop, _phase, to) => Promise.resolve(to === COLLECTOR ? ETHER / 200n : null),
      sign: (number, phase, to, rank) =>
        Promise.resolve(
          to === COLLECTOR
            ? {
                to,
                drop: number,
                phase,
                rank,
                priceWei: ETHER / 200n,
                deadline: START + 90_000,
                signature: `0x${'11'.repeat(65)}`,
              }
            : null,
        ),
    },
    blocks: readerOf(blocks),
    engagement: { count: () => Promise.resolve() },
    holds: {
      list: () => Promise.resolve(state.holds),
      take: (_drop, rank) => Promise.resolve(state.late ?? state.holds.find((hold) => hold.rank === rank) ?? null),
    },
    pagesDir: terms.pagesDir ?? null,
    now: () => Date.now(),
  }
  return { deps, drop, candidates, state, blocks }
}

function readerOf(blocks: ReadonlyMap<string, Uint8Array>): BlockReader {
  return { get: (cid) => Promise.resolve(blocks.get(CID.parse(cid).toString()) ?? null) }
}

/** Puts files into blocks as the drop's directory is put. */
async function store(
  files: ReadonlyMap<string, Uint8Array>,
): Promise<{ readonly blocks: Map<string, Uint8Array>; readonly root: string }> {
  const blocks = new Map<string, Uint8Array>()
  const blockstore: WritableStorage = {
    put: (cid, bytes) => {
      if (!(bytes instanceof Uint8Array)) throw new TypeError('the importer hands over whole blocks')
      blocks.set(cid.toString(), bytes)
      return cid
    },
  }
  const entries = [...files].map(([path, content]) => ({ path: `drop/${path}`, content }))
  let root = ''
  for await (const { cid } of importer(entries, blockstore, { profile: 'unixfs-v1-2025' })) root = cid.toString()
  return { blocks, root }
}

function paint({ candidates: count, edition }: ExhibitTerms): {
  candidates: CandidateRecord[]
  files: Map<string, Uint8Array>
} {
  const files = new Map<string, Uint8Array>()
  const master = sha256(new TextEncoder().encode('exhibit'))
  const traits = Array.from({ length: count }, (_, index) => ({
    family: ikatFamily(index),
    ground: ['indigo', 'madder', 'walnut', 'undyed'][(index * 7) % 4] ?? 'undyed',
    density: ['sparse', 'even', 'dense'][(index * 5) % 3] ?? 'even',
  }))
  const table = rarityTable(traits)
  const candidates = traits.map((own, rank): CandidateRecord => {
    const seed = candidateSeed(master, rank)
    const sold = rank < edition
    const rgb = sold ? renderIkat(rank) : new Uint8Array([rank & 255, rank >> 8])
    const provenance = { model: master, recipeDigest: master, seed }
    const png = sold ? renderArtifact(rgb, SIDE, RECIPE, provenance) : null
    if (png !== null) files.set(`images/${rank}.png`, png)
    if (png !== null) files.set(`metadata/${rank}.json`, new TextEncoder().encode(`{"name":"No. ${rank + 1}"}`))
    const bits = table.bits(own)
    return {
      rank,
      index: (rank * 37) % count,
      seed,
      pixelDigest: sha256(rgb),
      artifactDigest: png === null ? `0x${'0'.repeat(64)}` : sha256(png),
      score: Math.floor(65_000 - (rank / count) * 60_000),
      rarity: Math.min(65_535, bits),
      rarityBits: bits,
      demand: 32_768,
      reason: 0,
      traits: own,
    }
  })
  return { candidates, files }
}

function describeDrop(terms: ExhibitTerms, candidates: number, root: Hex, directory: string): DropRecord {
  const digest = digestOfCid(directory)
  const left = Math.round(candidates / 5)
  return {
    drop: 1,
    collection: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
    name: 'The Unwoven Loom',
    story:
      'Ikat is drawn before it is woven. The dyer binds the threads, dips them, unties them, binds them again; the ' +
      'picture exists as stained yarn long before there is any cloth, and its edges blur where thread and dye disagree.' +
      '\n\nThis drop asks a network to do the same: to hold a pattern in a state where it is not yet an image, and to ' +
      'let it run. What you see are the cloths it would have woven.',
    candidates,
    edition: terms.edition,
    thresholds: { score: 36_000, rarity: 4000, demand: 0 },
    weights: { score: 3, rarity: 2, demand: 1 },
    phases: terms.phases ?? PHASES,
    royaltyBps: 500,
    licence: 'CC0-1.0',
    contributors: [
      { name: 'Atlas Dye House', account: COLLECTOR, files: 1800, shares: 600_000 },
      { name: 'Studio Warp', account: STRANGER, files: 1200, shares: 400_000 },
    ],
    model: { id: digest, name: 'looms-64', bundleDigest: digest, recipeDigest: digest, cid: null },
    dataset: { id: digest, root: digest, files: 3000, name: 'Dyed cloths' },
    policyDigest: digest,
    masterSeed: sha256(new TextEncoder().encode('exhibit')),
    seedBlock: 401,
    root,
    directory,
    funnel: {
      candidates,
      steps: [
        { filter: 'broken image', fell: 3, left: candidates - 3 },
        { filter: 'exact duplicate', fell: 0, left: candidates - 3 },
        { filter: 'score', fell: candidates - 3 - left, left },
        { filter: 'rarity', fell: Math.round(left / 3), left: left - Math.round(left / 3) },
        { filter: 'near duplicate', fell: 5, left: left - Math.round(left / 3) - 5 },
        { filter: 'edition size', fell: left - Math.round(left / 3) - 5 - terms.edition, left: terms.edition },
      ],
    },
    pieceSize: { width: 512, height: 512 },
  }
}

function priceAt(phase: PhaseRecord | undefined, time: number): bigint {
  if (phase === undefined) return 0n
  const { startWei, endWei } = phase.price
  const past = BigInt(Math.max(0, time - phase.startsAt))
  return startWei - ((startWei - endWei) * past) / BigInt(phase.endsAt - phase.startsAt)
}
