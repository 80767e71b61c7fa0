import { BaseContract, type ContractRunner, getAddress, id, Interface, toBeHex, ZeroAddress, ZeroHash } from 'ethers'
import type { IAttribution } from '../../types/ethers-contracts/interfaces/IAttribution.ts'
import type { AnnouncementStruct, DropInfoStructOutput, IDrop } from '../../types/ethers-contracts/interfaces/IDrop.ts'
import type { IDropFactory } from '../../types/ethers-contracts/interfaces/IDropFactory.ts'
import type { ILineage } from '../../types/ethers-contracts/interfaces/ILineage.ts'
import { contractInterface, type ContractName } from '../artifacts.ts'
import { type Hex, lowerCaseHex } from '../domain/digest.ts'
import type { DatasetRecord, ModelRecord } from '../domain/lineage.ts'
import type { PhaseTerms } from '../domain/phase-terms.ts'
import type { RankProof } from '../domain/proof.ts'
import { CallReverted, ChainMismatch } from '../errors.ts'
import {
  type Address,
  type Announcement,
  type ChainAccess,
  type ChainEvent,
  type CollectionTerms,
  DROP_STATES,
  type DropChain,
  type DropCommitment,
  type DropHistory,
  type DropOnChain,
  type House,
  type ModelOnChain,
  type OpenQuestion,
  type TokenOnChain,
  type TransactionOutcome,
  type TransferOnChain,
} from '../ports.ts'

const RANK_BITS = 16n
const RANK_MASK = 0xffffn
const TRANSFER_TOPIC = id('Transfer(address,address,uint256)')
const COLLECTION_TOPIC = id('CollectionCreated(address,address,address,string)')
const ASKED_TOPIC = id('PositionAsked(uint256,uint256,address,uint256)')
const ANSWERED_TOPIC = id('PositionAnswered(uint256,uint256,address,uint256,bytes32,bytes32)')

/** OpenZeppelin's access control, which the interfaces of the house do not repeat. */
const ROLE_READS = new Interface(['function hasRole(bytes32 role, address account) view returns (bool)'])

interface RoleReads {
  hasRole(role: string, account: string): Promise<boolean>
}

/** The address in an event's topic. */
function addressOf(topic: string | undefined): Address {
  return lowerCaseHex(`0x${(topic ?? ZeroHash).slice(-40)}`)
}

function announcementStruct(terms: Announcement): AnnouncementStruct {
  return {
    model: terms.model,
    policyDigest: terms.policyDigest,
    saltHash: terms.saltHash,
    candidates: terms.candidates,
    size: terms.size,
    minScore: terms.thresholds.score,
    minRarity: terms.thresholds.rarity,
    minDemand: terms.thresholds.demand,
    weightScore: terms.weights.score,
    weightRarity: terms.weights.rarity,
    weightDemand: terms.weights.demand,
    seedDelay: terms.seedDelay,
    challengeWindow: terms.challengeWindow,
    phases: terms.phases.map(({ priceStartWei, priceEndWei, ...phase }) => ({
      ...phase,
      priceStart: priceStartWei,
      priceEnd: priceEndWei,
    })),
  }
}

function dropOnChain(info: DropInfoStructOutput): DropOnChain {
  return {
    state: DROP_STATES[Number(info.state)] ?? 'none',
    model: lowerCaseHex(info.model),
    policyDigest: lowerCaseHex(info.policyDigest),
    masterSeed: lowerCaseHex(info.masterSeed),
    root: lowerCaseHex(info.root),
    directoryDigest: lowerCaseHex(info.directoryDigest),
    minted: Number(info.minted),
    paused: info.paused,
    seedBlock: Number(info.seedBlock),
    liveAt: Number(info.liveAt),
    closableAt: Number(info.closableAt),
    questions: Number(info.questions),
    salesEnd: Number(info.salesEnd),
    proceedsWei: info.proceedsWei,
  }
}

class EthersChain implements DropChain {
  private readonly access: ChainAccess
  private readonly runner: ContractRunner
  private readonly prices = new Map<string, bigint>()

  constructor(access: ChainAccess) {
    this.access = access
    this.runner = {
      provider: null,
      // Contracts are made with a plain address, so that is what comes back.
      call: ({ to, data }) => access.call(lowerCaseHex(typeof to === 'string' ? to : ZeroAddress), data ?? '0x'),
    }
  }

  async registerDataset(house: House, dataset: DatasetRecord): Promise<Hex> {
    const lineage = this.lineage(house)
    const known = lowerCaseHex(await lineage.datasetId(dataset))
    if (await lineage.isDataset(known)) return known
    await this.change(`dataset:${known}`, lineage.registerDataset.populateTransaction(dataset))
    return known
  }

  async registerModel(house: House, model: ModelRecord): Promise<Hex> {
    const lineage = this.lineage(house)
    const known = lowerCaseHex(await lineage.modelId(model, this.access.account))
    if (await lineage.isModel(known)) return known
    await this.change(`model:${known}`, lineage.registerModel.populateTransaction(model))
    return known
  }

  async openCollection(house: House, terms: CollectionTerms, model: Hex): Promise<Address> {
    const factory = this.factory(house)
    const { account } = this.access
    const collection = lowerCaseHex(await factory.predictCollection(account, terms.salt))
    if (!(await factory.isCollection(collection))) {
      const roles = { admin: account, operator: account, curator: account, guardian: account }
      const { name, symbol, royaltyBps } = terms
      const call = factory.createCollection.populateTransaction({ name, symbol, royaltyBps, ...roles }, terms.salt)
      await this.change(`collection:${collection}`, call)
    }
    const lineage = this.lineage(house)
    if (!(await lineage.isAuthorised(model, collection))) {
      const call = lineage.setAuthorised.populateTransaction(model, collection, true)
      await this.change(`authorise:${model}:${collection}`, call)
    }
    return collection
  }

  async announce(collection: Address, intent: string, terms: Announcement, bondWei: bigint): Promise<number> {
    const drop = this.drop(collection)
    const call = drop.announce.populateTransaction(announcementStruct(terms), { value: bondWei })
    const outcome = await this.change(`announce:${collection}:${intent}`, call, bondWei)
    return Number(this.eventArgument(outcome, 'IDrop', 'DropAnnounced', 'drop'))
  }

  async draw(collection: Address, drop: number, salt: Hex): Promise<Hex> {
    const before = await this.dropOf(collection, drop)
    // Anyone who knows the salt may draw, and the outcome is the same.
    if (before.state === 'announced') {
      await this.change(`draw:${collection}:${drop}`, this.drop(collection).draw.populateTransaction(drop, salt))
    }
    return (await this.dropOf(collection, drop)).masterSeed
  }

  async commit(collection: Address, drop: number, commitment: DropCommitment): Promise<void> {
    const before = await this.dropOf(collection, drop)
    const contract = this.drop(collection)
    const { root, directoryDigest, vetoDigest } = commitment
    if (before.state !== 'drawn') {
      if (before.root === root && before.directoryDigest === directoryDigest) return
      throw new CallReverted('commit', 'WrongState', [String(drop), before.state, 'drawn'])
    }
    if (BigInt(vetoDigest) !== 0n) {
      await this.change(`vetoes:${collection}:${drop}`, contract.recordVetoes.populateTransaction(drop, vetoDigest))
    }
    const call = contract.commit.populateTransaction(drop, root, directoryDigest, vetoDigest)
    await this.change(`commit:${collection}:${drop}`, call)
  }

  async questionsOf(collection: Address, drop: number): Promise<readonly OpenQuestion[]> {
    const { seedBlock, questions } = await this.dropOf(collection, drop)
    if (questions === 0) return []
    const [asked, answered] = await Promise.all(
      [ASKED_TOPIC, ANSWERED_TOPIC].map((topic) =>
        this.access.events(collection, [topic, toBeHex(drop, 32)], seedBlock),
      ),
    )
    const shown = new Set(answered?.map(({ topics }) => Number(topics[2])))
    return (asked ?? [])
      .map(({ topics, data }) => ({ rank: Number(topics[2]), deadline: Number(data) }))
      .filter(({ rank }) => !shown.has(rank))
      .toSorted((a, b) => a.deadline - b.deadline)
  }

  async answer(collection: Address, { drop, rank, ...shown }: RankProof): Promise<true> {
    const { facts, pixelDigest, artifactDigest, proof } = shown
    const piece = { rank, facts, pixelDigest, artifactDigest, proof: [...proof] }
    await this.change(
      `answer:${collection}:${drop}:${rank}`,
      this.drop(collection).answer.populateTransaction(drop, piece),
    )
    return true
  }

  async close(collection: Address, drop: number): Promise<void> {
    const { state } = await this.dropOf(collection, drop)
    if (state === 'closed') return
    await this.change(`close:${collection}:${drop}`, this.drop(collection).close.populateTransaction(drop))
  }

  async claim(...[house, beneficiary, intent, claim]: Parameters<DropChain['claim']>): Promise<bigint> {
    const attribution = this.attribution(house)
    const due = await attribution.due(beneficiary, ZeroAddress, claim.account, claim.shares)
    if (due === 0n) return 0n
    const siblings = claim.siblings.map(({ hash, sum }) => ({ hash, sum }))
    const { account, shares, position } = claim
    const call = attribution.claim.populateTransaction(beneficiary, ZeroAddress, account, shares, position, siblings)
    await this.change(`claim:${intent}:${account}`, call)
    return due
  }

  async collectionsOf(house: House): Promise<readonly Address[]> {
    const creator = toBeHex(this.access.account, 32)
    const made = await this.access.events(house.factory, [COLLECTION_TOPIC, null, creator], 0)
    return made.map(({ topics }) => addressOf(topics[1]))
  }

  async lineageOf(house: House, model: Hex): Promise<ModelOnChain> {
    const lineage = this.lineage(house)
    const { bundleDigest, dataset, uri } = await lineage.modelOf(model)
    const datasetUri = (await lineage.datasetOf(dataset)).uri
    return { bundleDigest: lowerCaseHex(bundleDigest), datasetId: lowerCaseHex(dataset), bundleUri: uri, datasetUri }
  }

  async historyOf(collection: Address, drop: number): Promise<DropHistory> {
    const decoder = contractInterface('IDrop')
    const [announced, drawn] = await Promise.all(
      ['DropAnnounced', 'SeedDrawn'].map(async (name) => {
        const [topic = null] = decoder.encodeFilterTopics(name, []).flat()
        const [event] = await this.access.events(collection, [topic, toBeHex(drop, 32)], 0)
        if (event === undefined) return null
        return { time: event.time, args: decoder.decodeEventLog(name, event.data, [...event.topics]) }
      }),
    )
    if (!announced) throw new ChainMismatch(`drop ${drop} was never announced`, collection)
    return {
      announcedAt: announced.time,
      saltHash: lowerCaseHex(String(announced.args['saltHash'])),
      salt: drawn ? lowerCaseHex(String(drawn.args['salt'])) : null,
    }
  }

  async dropOf(collection: Address, drop: number): Promise<DropOnChain> {
    return dropOnChain(await this.drop(collection).dropOf(drop))
  }

  async phasesOf(collection: Address, drop: number): Promise<readonly PhaseTerms[]> {
    const phases = await this.drop(collection).phasesOf(drop)
    return phases.map((phase) => ({
      kind: Number(phase.kind),
      start: Number(phase.start),
      end: Number(phase.end),
      walletLimit: Number(phase.walletLimit),
      priceStartWei: phase.priceStart,
      priceEndWei: phase.priceEnd,
      gate: lowerCaseHex(phase.gate),
    }))
  }

  async priceWei(collection: Address, drop: number, phase: number): Promise<bigint> {
    return this.drop(collection).currentPrice(drop, phase)
  }

  async tokensOf(collection: Address, drop: number): Promise<readonly TokenOnChain[]> {
    const { seedBlock } = await this.dropOf(collection, drop)
    const minted = new Map<bigint, { readonly mint: ChainEvent; readonly owner: Address }>()
    for (const event of await this.access.events(collection, [TRANSFER_TOPIC], seedBlock)) {
      const tokenId = BigInt(event.topics[3] ?? 0)
      if (Number(tokenId >> RANK_BITS) !== drop) continue
      const owner = addressOf(event.topics[2])
      // A token of a drop that was voided ceases to be when its price is paid back.
      if (owner === ZeroAddress) minted.delete(tokenId)
      else minted.set(tokenId, { mint: minted.get(tokenId)?.mint ?? event, owner })
    }
    const tokens = [...minted].map(async ([tokenId, { mint, owner }]): Promise<TokenOnChain> => {
      const priceWei = await this.pricePaid(collection, tokenId, mint)
      return { rank: Number(tokenId & RANK_MASK), owner, priceWei, mintedAt: mint.time }
    })
    return (await Promise.all(tokens)).toSorted((a, b) => a.rank - b.rank)
  }

  /** What a token cost does not change as long as its mint stands where it stands, so that it is asked for once. */
  private async pricePaid(collection: Address, tokenId: bigint, { transaction, block }: ChainEvent): Promise<bigint> {
    const key = `${collection} ${tokenId} ${transaction} ${block}`
    const known = this.prices.get(key)
    if (known !== undefined) return known
    const { priceWei } = await this.drop(collection).provenanceOf(tokenId)
    this.prices.set(key, priceWei)
    return priceWei
  }

  async transfersOf(collection: Address, drop: number, rank: number | null): Promise<readonly TransferOnChain[]> {
    const tokenId = rank === null ? null : toBeHex((BigInt(drop) << RANK_BITS) | BigInt(rank), 32)
    const { seedBlock } = await this.dropOf(collection, drop)
    const events = await this.access.events(collection, [TRANSFER_TOPIC, null, null, tokenId], seedBlock)
    return events
      .filter(({ topics }) => Number(BigInt(topics[3] ?? 0) >> RANK_BITS) === drop)
      .map(({ topics, transaction, block, time }) => ({
        rank: Number(BigInt(topics[3] ?? 0) & RANK_MASK),
        from: addressOf(topics[1]),
        to: addressOf(topics[2]),
        transaction,
        block,
        time,
      }))
  }

  async hasRole(collection: Address, role: 'operator' | 'curator', account: Address): Promise<boolean> {
    return this.roles(collection).hasRole(id(`${role.toUpperCase()}_ROLE`), getAddress(account))
  }

  async mintedInPhases(collection: Address, drop: number, phases: number, wallet: Address): Promise<readonly number[]> {
    const contract = this.drop(collection)
    const counts = Array.from({ length: phases }, (_, phase) => contract.walletCount(drop, phase, wallet))
    return (await Promise.all(counts)).map(Number)
  }

  private drop(collection: Address): BaseContract & Omit<IDrop, keyof BaseContract> {
    return BaseContract.from<IDrop>(getAddress(collection), contractInterface('IDrop'), this.runner)
  }

  private roles(collection: Address): BaseContract & RoleReads {
    return BaseContract.from<RoleReads>(getAddress(collection), ROLE_READS, this.runner)
  }

  private lineage(house: House): BaseContract & Omit<ILineage, keyof BaseContract> {
    return BaseContract.from<ILineage>(getAddress(house.lineage), contractInterface('Lineage'), this.runner)
  }

  private factory(house: House): BaseContract & Omit<IDropFactory, keyof BaseContract> {
    return BaseContract.from<IDropFactory>(getAddress(house.factory), contractInterface('DropFactory'), this.runner)
  }

  private attribution(house: House): BaseContract & Omit<IAttribution, keyof BaseContract> {
    return BaseContract.from<IAttribution>(getAddress(house.attribution), contractInterface('Attribution'), this.runner)
  }

  private async change(
    intent: string,
    call: Promise<{ to?: unknown; data?: string }>,
    valueWei = 0n,
  ): Promise<TransactionOutcome> {
    const { to, data } = await call
    return this.access.send({ intent, to: lowerCaseHex(String(to)), data: data ?? '0x', valueWei })
  }

  private eventArgument(outcome: TransactionOutcome, name: ContractName, event: string, argument: string): unknown {
    const decoder = contractInterface(name)
    for (const log of outcome.logs) {
      const parsed = decoder.parseLog({ topics: [...log.topics], data: log.data })
      if (parsed?.name === event) return parsed.args.getValue(argument)
    }
    throw new ChainMismatch(`the transaction has no ${event} in it`, outcome.hash)
  }
}

/** The four contracts behind the port, over any access to a chain. */
export function openDropChain(access: ChainAccess): DropChain {
  return new EthersChain(access)
}
