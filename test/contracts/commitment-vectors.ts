import { sha256, toUtf8Bytes, TypedDataEncoder, Wallet } from 'ethers'
import * as reference from './commitment-reference.ts'

// One small example of every format, the content of test/vectors/commitment.json. `node test/contracts/write-vectors.ts`
// writes it anew; a change there is a change of format, and breaks every token minted before.

const digest = (text: string): string => sha256(toUtf8Bytes(text))
const account = (byte: string): string => `0x${byte.repeat(20)}`

const COLLECTION = account('c0')
const CHAIN_ID = 31337
const DROP = 3

const draw: reference.Draw = {
  beacon: digest('beacon'),
  salt: digest('salt'),
  chainId: CHAIN_ID,
  collection: COLLECTION,
  drop: DROP,
  policyDigest: digest('policy'),
}

const ranking: reference.Ranking = {
  minScore: 20000,
  minRarity: 1000,
  minDemand: 5,
  weightScore: 3,
  weightRarity: 2,
  weightDemand: 1,
}

/** Eleven candidates: five pass, four stay below a threshold (one of them with the best key), two are rejected. */
const measured: readonly Omit<reference.Facts, 'drop'>[] = [
  { index: 0, score: 41000, rarity: 9000, demand: 32768, reason: 0 },
  { index: 1, score: 65535, rarity: 65535, demand: 4, reason: 0 },
  { index: 2, score: 20000, rarity: 1000, demand: 5, reason: 0 },
  { index: 3, score: 19999, rarity: 40000, demand: 32768, reason: 0 },
  { index: 4, score: 41000, rarity: 9000, demand: 32768, reason: 0 },
  { index: 5, score: 60000, rarity: 999, demand: 32768, reason: 0 },
  { index: 6, score: 65535, rarity: 65535, demand: 65535, reason: 7 },
  { index: 7, score: 0, rarity: 0, demand: 0, reason: 0 },
  { index: 8, score: 52000, rarity: 30000, demand: 100, reason: 0 },
  { index: 9, score: 30000, rarity: 30000, demand: 30000, reason: 2 },
  { index: 10, score: 33333, rarity: 22222, demand: 11111, reason: 0 },
]
const SIZE = 6

function rankedCandidates(): readonly object[] {
  const byRank = measured
    .map((facts) => ({ ...facts, drop: DROP }))
    .toSorted((a, b) => (reference.rankKey(a, ranking) > reference.rankKey(b, ranking) ? -1 : 1))
    .map((facts, rank) => {
      const packed = reference.packFacts(facts)
      const pixelDigest = digest(`pixels ${facts.index}`)
      const artifactDigest = rank < SIZE ? digest(`artifact ${facts.index}`) : reference.ZERO
      return {
        rank,
        ...facts,
        rankKey: reference.rankKey(facts, ranking).toString(),
        facts: packed.toString(),
        pixelDigest,
        artifactDigest,
        leaf: reference.leafHash(packed, pixelDigest, artifactDigest),
      }
    })
  const tree = reference.rankTree(byRank.map(({ leaf }) => leaf))
  return byRank.map((candidate) => ({ ...candidate, proof: tree.proof(candidate.rank) }))
}

function treeOf(candidates: readonly object[]): object {
  const leaves = candidates.map((candidate) => (candidate as { leaf: string }).leaf)
  const { root, depth } = reference.rankTree(leaves)
  const smaller = [1, 2, 3, 4, 5, 8].map((count) => ({ count, root: reference.rankTree(leaves.slice(0, count)).root }))
  return { depth, root, ofTheFirst: smaller }
}

function allowlist(): object {
  const entries = [
    { wallet: account('a1'), limit: 2, priceWei: 10n ** 16n },
    { wallet: account('b2'), limit: 1, priceWei: 0n },
    { wallet: account('c3'), limit: 10, priceWei: 5n * 10n ** 17n },
    { wallet: account('d4'), limit: 3, priceWei: 10n ** 12n },
    { wallet: account('e5'), limit: 4, priceWei: 10n ** 18n },
  ]
  const leaves = entries.map(({ wallet, limit, priceWei }) => reference.allowlistLeaf(wallet, limit, priceWei))
  const tree = reference.allowlistTree(leaves)
  return {
    root: tree.root,
    entries: entries.map((entry, i) => ({
      ...entry,
      priceWei: entry.priceWei.toString(),
      leaf: leaves[i],
      proof: tree.proof(leaves[i]!),
    })),
  }
}

function shares(): { readonly root: string; readonly [key: string]: unknown } {
  const entries = [
    { account: account('11'), shares: 500000 },
    { account: account('22'), shares: 333333 },
    { account: account('33'), shares: 1 },
    { account: account('44'), shares: 100000 },
    { account: account('55'), shares: 66666 },
  ]
  const tree = reference.sumTree(entries)
  return {
    total: 1000000,
    root: tree.root,
    entries: entries.map((entry, position) => ({ ...entry, position, siblings: tree.proof(position) })),
    single: reference.sumTree([{ account: account('11'), shares: 1000000 }]).root,
  }
}

function lineage(sharesRoot: string): object {
  const dataset = {
    root: digest('dataset'),
    items: 4096,
    sharesRoot,
    licence: 'CC0-1.0',
    uri: 'ipfs://bafkreidataset',
  }
  const datasetId = reference.datasetId(dataset)
  const model = {
    bundleDigest: digest('bundle'),
    recipeDigest: digest('recipe'),
    dataset: datasetId,
    parent: reference.ZERO,
    sharesRoot: reference.ZERO,
    cap: 10000,
    licence: 'CC0-1.0',
    uri: 'ipfs://bafkreibundle — é',
  }
  const registrant = account('7e')
  return { dataset, datasetId, model, registrant, modelId: reference.modelId(model, registrant) }
}

/** Signed by the key that is 32 bytes of 0x42, which is no secret. */
function voucher(): object {
  const signer = new Wallet(`0x${'42'.repeat(32)}`)
  const domain = reference.eip712Domain(CHAIN_ID, COLLECTION)
  const message = {
    to: account('a1'),
    drop: DROP,
    phase: 2,
    rank: 4,
    priceWei: '70000000000000000',
    deadline: 1900000000,
  }
  const digestToSign = TypedDataEncoder.hash(domain, reference.voucherTypes, message)
  return {
    domain,
    message,
    signer: signer.address.toLowerCase(),
    digest: digestToSign,
    signature: signer.signingKey.sign(digestToSign).serialized,
  }
}

/** The content of test/vectors/commitment.json. */
export function commitmentVectors(): object {
  const master = reference.masterSeed(draw)
  const candidates = rankedCandidates()
  const sharesVector = shares()
  const directoryDigest = digest('directory')
  return {
    draw: {
      ...draw,
      saltHash: reference.hash(['bytes32'], [draw.salt]),
      masterSeed: master,
      seeds: [0, 1, 2, 10, 65534].map((index) => ({ index, seed: reference.candidateSeed(master, index) })),
    },
    ranking: { ...ranking, size: SIZE },
    candidates,
    tree: treeOf(candidates),
    allowlist: allowlist(),
    shares: sharesVector,
    lineage: lineage(sharesVector.root),
    voucher: voucher(),
    directory: { digest: directoryDigest, cid: reference.directoryCid(directoryDigest) },
  }
}
