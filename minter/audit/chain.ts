import { Interface } from 'ethers'
import type { ChainDrop, ChainToken, EarlierDrop } from '../domain/audit-source.ts'
import type { Hex } from '../domain/digest.ts'
import type { DatasetRecord, ModelRecord } from '../domain/lineage.ts'
import type { PhaseTerms } from '../domain/phase-terms.ts'
import { DROP_ABI, LINEAGE_ABI } from './abi.ts'
import { type Chain, type Fields, fieldsOf, lowerHex } from './rpc.ts'

const DROP = new Interface(DROP_ABI)
const LINEAGE = new Interface(LINEAGE_ABI)

/** DropState in IDrop.sol. */
const NONE = 0
const DRAWN = 2
const CLOSED = 4
/** The draw has to follow the seed block within these, or it can never happen (EIP-2935). */
const DRAW_WINDOW = 8191

/** The collection has no drop of this number. */
export class DropUnknown extends Error {
  readonly code = 'AUDIT_DROP_UNKNOWN'

  constructor(collection: string, drop: number) {
    super(`${collection} has no drop ${drop}`)
  }
}

/** What a collection says about its drops. */
export interface Collection {
  drop(drop: number): Promise<ChainDrop>
  minted(drop: number): Promise<readonly ChainToken[]>
  earlier(drop: number): Promise<readonly EarlierDrop[]>
}

/** Reads a collection through any node; nothing is asked of the operator. */
export function openCollection(chain: Chain, address: string): Collection {
  const contract: Contract = { chain, address: lowerHex(address) }
  return {
    async drop(drop) {
      const [info, lineage] = await Promise.all([infoOf(contract, drop), lineageOf(contract)])
      const [salt, beacon, model, phases] = await Promise.all([
        saltOf(contract, drop, info),
        beaconOf(chain, info),
        modelOf(chain, lineage, info.hex('model')),
        ask(contract, 'phasesOf', drop),
      ])
      return {
        ...termsOf(info),
        chainId: chain.chainId,
        collection: contract.address,
        drop,
        phases: Array.isArray(phases) ? Array.from(phases, phaseOf) : [],
        salt,
        beacon,
        model,
        dataset: await datasetOf(chain, lineage, model.dataset),
      }
    },
    async minted(drop) {
      const ranks = await mintedRanks(contract, drop, await infoOf(contract, drop))
      // Asked at once, so that they travel together.
      return Promise.all(ranks.map((rank) => tokenOf(contract, drop, rank)))
    },
    async earlier(before) {
      const lineage = await lineageOf(contract)
      const drops: EarlierDrop[] = []
      for (let drop = 1; drop < before; drop++) {
        const info = await infoOf(contract, drop)
        if (info.int('state') === CLOSED) drops.push(await closedDrop(contract, lineage, drop, info))
      }
      return drops
    },
  }
}

/** A collection, and the chain on which it stands. */
interface Contract {
  readonly chain: Chain
  readonly address: Hex
}

function ask({ chain, address }: Contract, name: string, ...args: readonly unknown[]): Promise<unknown> {
  return chain.call(DROP, address, name, args)
}

async function lineageOf(contract: Contract): Promise<Hex> {
  return lowerHex(await ask(contract, 'lineage'))
}

async function infoOf(contract: Contract, drop: number): Promise<Fields> {
  const info = fieldsOf(await ask(contract, 'dropOf', drop))
  if (info.int('state') === NONE) throw new DropUnknown(contract.address, drop)
  return info
}

async function mintedRanks(contract: Contract, drop: number, info: Fields): Promise<readonly number[]> {
  const ranks: number[] = []
  for (let word = 0; word * 256 < info.int('size'); word++) {
    const bits = BigInt(String(await ask(contract, 'mintedBitmap', drop, word)))
    for (let bit = 0; bit < 256; bit++) {
      if ((bits >> BigInt(bit)) & 1n) ranks.push(word * 256 + bit)
    }
  }
  return ranks
}

async function tokenOf(contract: Contract, drop: number, rank: number): Promise<ChainToken> {
  const tokenId = (BigInt(drop) << 16n) | BigInt(rank)
  const [provenance, owner] = await Promise.all([
    ask(contract, 'provenanceOf', tokenId),
    ask(contract, 'ownerOf', tokenId),
  ])
  const facts = fieldsOf(provenance)
  return {
    tokenId,
    rank: facts.int('rank'),
    index: facts.int('index'),
    score: facts.int('score'),
    rarity: facts.int('rarity'),
    demand: facts.int('demand'),
    artifactDigest: facts.hex('artifactDigest'),
    owner: lowerHex(owner),
  }
}

async function closedDrop(contract: Contract, lineage: Hex, drop: number, info: Fields): Promise<EarlierDrop> {
  const { bundleDigest } = await modelOf(contract.chain, lineage, info.hex('model'))
  return {
    drop,
    bundleDigest,
    root: info.hex('root'),
    directoryDigest: info.hex('directoryDigest'),
    minted: await mintedRanks(contract, drop, info),
  }
}

type Terms = Omit<ChainDrop, 'chainId' | 'collection' | 'drop' | 'phases' | 'salt' | 'beacon' | 'model' | 'dataset'>

function termsOf(info: Fields): Terms {
  return {
    modelId: info.hex('model'),
    policyDigest: info.hex('policyDigest'),
    candidates: info.int('candidates'),
    size: info.int('size'),
    thresholds: { score: info.int('minScore'), rarity: info.int('minRarity'), demand: info.int('minDemand') },
    weights: { score: info.int('weightScore'), rarity: info.int('weightRarity'), demand: info.int('weightDemand') },
    challengeWindow: info.int('challengeWindow'),
    saltHash: info.hex('saltHash'),
    seedBlock: info.int('seedBlock'),
    masterSeed: info.hex('masterSeed'),
    root: info.hex('root'),
    directoryDigest: info.hex('directoryDigest'),
    vetoDigest: info.hex('vetoDigest'),
  }
}

function phaseOf(phase: unknown): PhaseTerms {
  const terms = fieldsOf(phase)
  return {
    kind: terms.int('kind'),
    start: terms.int('start'),
    end: terms.int('end'),
    walletLimit: terms.int('walletLimit'),
    priceStartWei: terms.big('priceStart'),
    priceEndWei: terms.big('priceEnd'),
    gate: terms.hex('gate'),
  }
}

/** The salt stands in the event of the draw, which happened at most 8,191 blocks after the seed block. */
async function saltOf({ chain, address }: Contract, drop: number, info: Fields): Promise<Hex | null> {
  if (info.int('state') < DRAWN || /^0x0*$/u.test(info.hex('masterSeed'))) return null
  const from = info.int('seedBlock')
  const logs = await chain.provider.getLogs({
    address,
    topics: DROP.encodeFilterTopics('SeedDrawn', [drop]),
    fromBlock: from,
    toBlock: Math.min(from + DRAW_WINDOW, await chain.provider.getBlockNumber()),
  })
  const [log] = logs
  if (log === undefined) return null
  return lowerHex(DROP.decodeEventLog('SeedDrawn', log.data, log.topics)['salt'])
}

async function beaconOf(chain: Chain, info: Fields): Promise<Hex | null> {
  const block = await chain.provider.getBlock(info.int('seedBlock'))
  return block?.hash === undefined || block.hash === null ? null : lowerHex(block.hash)
}

async function modelOf(chain: Chain, lineage: Hex, id: Hex): Promise<ModelRecord & { readonly registrant: string }> {
  const [record, registrant] = await Promise.all([
    chain.call(LINEAGE, lineage, 'modelOf', [id]),
    chain.call(LINEAGE, lineage, 'registrantOf', [id]),
  ])
  const model = fieldsOf(record)
  return {
    bundleDigest: model.hex('bundleDigest'),
    recipeDigest: model.hex('recipeDigest'),
    dataset: model.hex('dataset'),
    parent: model.hex('parent'),
    sharesRoot: model.hex('sharesRoot'),
    cap: model.int('cap'),
    licence: model.text('licence'),
    uri: model.text('uri'),
    registrant: lowerHex(registrant),
  }
}

async function datasetOf(chain: Chain, lineage: Hex, id: Hex): Promise<DatasetRecord> {
  const dataset = fieldsOf(await chain.call(LINEAGE, lineage, 'datasetOf', [id]))
  return {
    root: dataset.hex('root'),
    items: dataset.int('items'),
    sharesRoot: dataset.hex('sharesRoot'),
    licence: dataset.text('licence'),
    uri: dataset.text('uri'),
  }
}
