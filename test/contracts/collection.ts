import type { HardhatEthers, HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types'
import type { NetworkHelpers } from '@nomicfoundation/hardhat-network-helpers/types'
import { id, parseEther, sha256, toUtf8Bytes, ZeroAddress } from 'ethers'
import type {
  AnnouncementStruct,
  MintOrderStruct,
  PhaseStruct,
  PieceStruct,
} from '../../types/ethers-contracts/interfaces/IDrop.ts'
import type { CollectionTermsStruct } from '../../types/ethers-contracts/interfaces/IDropFactory.ts'
import type { Attribution, DropFactory, IDrop, Lineage } from '../../types/ethers-contracts/index.ts'
import * as reference from './commitment-reference.ts'

/** A fresh chain, as `network.create()` gives it. */
export interface Chain {
  readonly ethers: HardhatEthers
  readonly networkHelpers: NetworkHelpers
}

export const State = { None: 0n, Announced: 1n, Drawn: 2n, Committed: 3n, Closed: 4n, Void: 5n } as const
export const Kind = { Public: 0, Allowlist: 1, Voucher: 2 } as const

export const BOND = parseEther('1')
export const PRICE = parseEther('0.05')
export const SALT = id('salt')
export const WINDOW = 3600
export const DAY = 86400

export const digest = (text: string): string => sha256(toUtf8Bytes(text))

/** Who shares what the model earns, sorted by address. */
export interface Contributor {
  readonly account: string
  readonly shares: number
}

export interface Accounts {
  readonly admin: HardhatEthersSigner
  readonly operator: HardhatEthersSigner
  readonly curator: HardhatEthersSigner
  readonly guardian: HardhatEthersSigner
  readonly registrant: HardhatEthersSigner
  readonly alice: HardhatEthersSigner
  readonly bob: HardhatEthersSigner
  readonly carol: HardhatEthersSigner
}

/** Everything deployed: the registry, one model, and one collection that may use it. */
export interface Studio extends Chain, Accounts {
  readonly lineage: Lineage
  readonly attribution: Attribution
  readonly factory: DropFactory
  readonly collection: IDrop
  readonly model: string
  readonly dataset: string
  readonly contributors: readonly Contributor[]
  readonly shares: reference.SumTree
}

async function accountsOf({ ethers }: Chain): Promise<Accounts> {
  const [admin, operator, curator, guardian, registrant, alice, bob, carol] = await ethers.getSigners()
  return { admin, operator, curator, guardian, registrant, alice, bob, carol } as Accounts
}

export function collectionTerms(accounts: Accounts): CollectionTermsStruct {
  return {
    name: 'Ikat',
    symbol: 'IKAT',
    admin: accounts.admin.address,
    operator: accounts.operator.address,
    curator: accounts.curator.address,
    guardian: accounts.guardian.address,
    royaltyBps: 500,
  }
}

export function datasetContent(sharesRoot: string): reference.DatasetContent {
  return { root: digest('dataset'), items: 2048, sharesRoot, licence: 'CC0-1.0', uri: 'ipfs://dataset' }
}

export function modelContent(dataset: string): reference.ModelContent {
  return {
    bundleDigest: digest('bundle'),
    recipeDigest: digest('recipe'),
    dataset,
    parent: reference.ZERO,
    sharesRoot: reference.ZERO,
    cap: 1000,
    licence: 'CC0-1.0',
    uri: 'ipfs://bundle',
  }
}

/** Deploys everything; a function of the chain alone, so that loadFixture can go back to it. */
export async function deployStudio(chain: Chain): Promise<Studio> {
  const { ethers } = chain
  const accounts = await accountsOf(chain)
  const lineage = await ethers.deployContract('Lineage')
  const attribution = await ethers.deployContract('Attribution', [lineage])
  const desk = await ethers.deployContract('DropDesk', [lineage, attribution])
  const drop = await ethers.deployContract('Drop', [desk, lineage, attribution])
  const factory = await ethers.deployContract('DropFactory', [drop])

  const contributors = [
    { account: accounts.alice.address, shares: 600_000 },
    { account: accounts.bob.address, shares: 333_333 },
    { account: accounts.carol.address, shares: 66_667 },
  ].toSorted((a, b) => (a.account.toLowerCase() < b.account.toLowerCase() ? -1 : 1))
  const shares = reference.sumTree(contributors)
  const dataset = datasetContent(shares.root)
  await lineage.registerDataset(dataset)
  const model = modelContent(reference.datasetId(dataset))
  await lineage.connect(accounts.registrant).registerModel(model)
  const modelId = reference.modelId(model, accounts.registrant.address)

  const salt = id('collection')
  await factory.createCollection(collectionTerms(accounts), salt)
  const address = await factory.predictCollection(accounts.admin.address, salt)
  await lineage.connect(accounts.registrant).setAuthorised(modelId, address, true)
  const collection = await ethers.getContractAt('IDrop', address)
  return {
    ...chain,
    ...accounts,
    lineage,
    attribution,
    factory,
    collection,
    model: modelId,
    dataset: reference.datasetId(dataset),
    contributors,
    shares,
  }
}

export const RANKING: reference.Ranking = {
  minScore: 10_000,
  minRarity: 500,
  minDemand: 1,
  weightScore: 2,
  weightRarity: 1,
  weightDemand: 1,
}

export const CANDIDATES = 16
export const SIZE = 8

export async function publicPhase(chain: Chain, changes: Partial<PhaseStruct> = {}): Promise<PhaseStruct> {
  const now = await chain.networkHelpers.time.latest()
  return {
    kind: Kind.Public,
    start: now + 2 * WINDOW,
    end: now + 10 * DAY,
    walletLimit: 0,
    priceStart: PRICE,
    priceEnd: PRICE,
    gate: reference.ZERO,
    ...changes,
  }
}

/** An announcement with one public phase at a fixed price. */
export async function announcement(
  studio: Studio,
  changes: Partial<AnnouncementStruct> = {},
): Promise<AnnouncementStruct> {
  return {
    model: studio.model,
    policyDigest: digest('policy'),
    saltHash: reference.hash(['bytes32'], [SALT]),
    candidates: CANDIDATES,
    size: SIZE,
    ...RANKING,
    seedDelay: 2,
    challengeWindow: WINDOW,
    phases: [await publicPhase(studio)],
    ...changes,
  }
}

export async function announced(studio: Studio, changes: Partial<AnnouncementStruct> = {}): Promise<number> {
  const { collection, operator } = studio
  await collection.connect(operator).announce(await announcement(studio, changes), { value: BOND })
  return Number(await collection.dropCount())
}

export async function drawn(studio: Studio, changes: Partial<AnnouncementStruct> = {}): Promise<number> {
  const drop = await announced(studio, changes)
  await studio.networkHelpers.mine(Number(changes.seedDelay ?? 2) + 1)
  await studio.collection.draw(drop, SALT)
  return drop
}

/** A candidate as it stands in the tree. */
export interface Candidate {
  readonly rank: number
  readonly facts: reference.Facts
  readonly piece: PieceStruct
}

/** A drop whose commitment is known leaf by leaf. */
export interface Committed {
  readonly drop: number
  readonly root: string
  readonly candidates: readonly Candidate[]
  readonly pieces: readonly PieceStruct[]
}

/** Facts of candidate `index`; some fall below a threshold, every seventh is rejected. */
function factsOf(drop: number, index: number): reference.Facts {
  return {
    score: 9000 + ((index * 7919) % 50_000),
    rarity: 400 + ((index * 104_729) % 40_000),
    demand: 32_768,
    index,
    reason: index % 7 === 6 ? 3 : 0,
    drop,
  }
}

export type Leaf = readonly [facts: bigint, pixelDigest: string, artifactDigest: string]

/** The leaves that an honest operator commits, by rank. */
export function honestFacts(drop: number, count: number = CANDIDATES): readonly reference.Facts[] {
  return Array.from({ length: count }, (_, index) => factsOf(drop, index)).toSorted((a, b) =>
    reference.rankKey(a, RANKING) > reference.rankKey(b, RANKING) ? -1 : 1,
  )
}

/** Builds the tree over facts in the given order, honest or not. */
export function commitmentOf(drop: number, byRank: readonly reference.Facts[], size: number = SIZE): Committed {
  const leaves: readonly Leaf[] = byRank.map((facts, rank) => [
    reference.packFacts(facts),
    digest(`pixels ${facts.index}`),
    rank < size ? digest(`artifact ${facts.index} at ${rank}`) : reference.ZERO,
  ])
  return treeOver(drop, byRank, leaves)
}

export function treeOver(drop: number, byRank: readonly reference.Facts[], leaves: readonly Leaf[]): Committed {
  const tree = reference.rankTree(leaves.map((leaf) => reference.leafHash(...leaf)))
  const pieces = leaves.map(([facts, pixelDigest, artifactDigest], rank) => {
    return { rank, facts, pixelDigest, artifactDigest, proof: [...tree.proof(rank)] }
  })
  const candidates = pieces.map((piece, rank) => ({ rank, facts: byRank[rank]!, piece }))
  return { drop, root: tree.root, candidates, pieces }
}

/** Draws a drop and commits to the given order. */
export async function committed(
  studio: Studio,
  changes: Partial<AnnouncementStruct> = {},
  arrange: (honest: readonly reference.Facts[]) => readonly reference.Facts[] = (honest) => honest,
): Promise<Committed> {
  const drop = await drawn(studio, changes)
  const count = Number(changes.candidates ?? CANDIDATES)
  const commitment = commitmentOf(drop, arrange(honestFacts(drop, count)), Number(changes.size ?? SIZE))
  await commit(studio, commitment)
  return commitment
}

export async function commit({ collection, operator }: Studio, { drop, root }: Committed): Promise<void> {
  await collection.connect(operator).commit(drop, root, digest('directory'), reference.ZERO)
}

/** A committed drop whose public phase has begun. */
export async function live(studio: Studio, changes: Partial<AnnouncementStruct> = {}): Promise<Committed> {
  const commitment = await committed(studio, changes)
  const [phase] = await studio.collection.phasesOf(commitment.drop)
  const { liveAt } = await studio.collection.dropOf(commitment.drop)
  const start = phase!.start > liveAt ? phase!.start : liveAt
  await studio.networkHelpers.time.increaseTo(start)
  return commitment
}

export function order(drop: number, recipient: { readonly address: string }, changes: Partial<MintOrderStruct> = {}) {
  return { drop, phase: 0, recipient: recipient.address, safe: false, ...changes }
}

export const tokenId = (drop: number, rank: number): bigint => (BigInt(drop) << 16n) | BigInt(rank)

export const ETH = ZeroAddress
