import { expect } from 'chai'
import { computeAddress, id as keccakOfText, SigningKey } from 'ethers'
import * as fc from 'fast-check'
import { network } from 'hardhat'
import { type AllowlistEntry, allowlistTree, verifyAllowlist } from '../../minter/domain/allowlist.ts'
import { directoryCid } from '../../minter/domain/cid.ts'
import type { Hex } from '../../minter/domain/digest.ts'
import { leafHash, packFacts } from '../../minter/domain/leaf.ts'
import { datasetId, modelId } from '../../minter/domain/lineage.ts'
import { rankTree } from '../../minter/domain/merkle.ts'
import { rankKey } from '../../minter/domain/ranking.ts'
import { candidateSeed, masterSeed, saltHash } from '../../minter/domain/seed.ts'
import { sharesTree } from '../../minter/domain/sum-tree.ts'
import { type Voucher, voucherDigest, voucherDomain, voucherTypes } from '../../minter/domain/voucher.ts'
import type { IDrop } from '../../types/ethers-contracts/index.ts'
import type { PhaseStruct } from '../../types/ethers-contracts/interfaces/IDrop.ts'
import { ZERO } from './commitment-reference.ts'
import {
  announcement,
  BOND,
  deployStudio,
  ETH,
  Kind,
  live,
  modelContent,
  order,
  publicPhase,
  tokenId,
} from './collection.ts'

// The contracts and minter/domain, given the same at random, say the same.

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)
const RUNS = { numRuns: 20 }

const word = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`)
  .filter((hex) => BigInt(hex) !== 0n)
const address = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`)
  // Below are the precompiles, some of which take no payment.
  .filter((hex) => BigInt(hex) > 0xffffn)
const u16 = fc.nat({ max: 65_535 })
const metrics = fc.record({ score: u16, rarity: u16, demand: u16 })
const candidate = fc.record({ score: u16, rarity: u16, demand: u16, reason: fc.nat({ max: 7 }) })

interface Run {
  readonly candidates: readonly { score: number; rarity: number; demand: number; reason: number }[]
  readonly thresholds: { score: number; rarity: number; demand: number }
  readonly weights: { score: number; rarity: number; demand: number }
  readonly salt: Hex
  readonly policyDigest: Hex
  readonly directoryDigest: Hex
}

async function announceAndDraw({ candidates, thresholds, weights, salt, policyDigest }: Run) {
  const studio = await studioOf()
  const { collection, operator } = studio
  const terms = await announcement(studio, {
    candidates: candidates.length,
    size: 1,
    policyDigest,
    saltHash: saltHash(salt),
    minScore: thresholds.score,
    minRarity: thresholds.rarity,
    minDemand: thresholds.demand,
    weightScore: weights.score,
    weightRarity: weights.rarity,
    weightDemand: weights.demand,
  })
  await collection.connect(operator).announce(terms, { value: BOND })
  await networkHelpers.mine(3)
  await collection.draw(1, salt)
  return studio
}

async function commitAndCompare(run: Run): Promise<void> {
  const { collection, operator } = await announceAndDraw(run)
  const facts = run.candidates.map((each, index) => ({ ...each, index, drop: 1 }))
  const leaves = facts.map((each) => leafHash(packFacts(each), run.salt, run.policyDigest))
  const { root, proof } = rankTree(leaves)
  await collection.connect(operator).commit(1, root, run.directoryDigest, ZERO)
  for (const [rank, each] of facts.entries()) {
    const packed = packFacts(each)
    const piece = { rank, facts: packed, pixelDigest: run.salt, artifactDigest: run.policyDigest }
    expect(await collection.isCommitted(1, { ...piece, proof: [...proof(rank)] })).to.equal(true)
    expect(await collection.isCommitted(1, { ...piece, facts: packed ^ 1n, proof: [...proof(rank)] })).to.equal(false)
    expect(await collection.rankKey(1, packed)).to.equal(rankKey(each, run))
  }
  expect(await collection.contractURI()).to.equal(`ipfs://${directoryCid(run.directoryDigest)}/contract.json`)
}

const NO_PIECE = { rank: 0, facts: 0, pixelDigest: ZERO, artifactDigest: ZERO, proof: [] }

/** A committed drop whose one phase, for somebody, is open. */
async function openDrop(changes: Partial<PhaseStruct>) {
  const studio = await studioOf()
  const phase = await publicPhase(studio, { priceStart: 0, priceEnd: 0, ...changes })
  const { drop } = await live(studio, { phases: [phase] })
  return { collection: studio.collection.connect(ethers.provider), drop }
}

async function voucherDrop() {
  const signer = new SigningKey(keccakOfText('signer'))
  const gate = ethers.zeroPadValue(computeAddress(signer), 32)
  return { ...(await openDrop({ kind: Kind.Voucher, gate })), signer }
}

/** The error that a call ends with; none of these is to go through. */
async function errorOf(collection: IDrop, call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    const { data } = error as { readonly data?: string }
    return collection.interface.parseError(data ?? '0x')?.name
  }
}

async function refusalOf(collection: IDrop, voucher: Voucher, signature: string): Promise<string | undefined> {
  const piece = { ...NO_PIECE, rank: voucher.rank }
  return errorOf(collection, collection.mintVoucher.staticCall(voucher, signature, piece, voucher.to, false))
}

async function listRefusal(collection: IDrop, drop: number, entry: AllowlistEntry, proof: readonly Hex[]) {
  const { wallet, limit, priceWei } = entry
  const wish = order(drop, { address: wallet })
  const from = { from: wallet }
  return errorOf(collection, collection.mintAllowlist.staticCall(wish, limit, priceWei, [...proof], [NO_PIECE], from))
}

describe('minter/domain and contracts', () => {
  it('draw the same seeds', async () => {
    const draw = fc.record({ salt: word, policyDigest: word, index: fc.nat({ max: 3 }) })
    await fc.assert(
      fc.asyncProperty(draw, async ({ salt, policyDigest, index }) => {
        const some = { score: 1, rarity: 1, demand: 1 }
        const candidates = Array.from({ length: 4 }, () => ({ ...some, reason: 0 }))
        const run = { candidates, thresholds: some, weights: some, salt, policyDigest, directoryDigest: salt }
        const { collection } = await announceAndDraw(run)
        const info = await collection.dropOf(1)
        const block = await ethers.provider.getBlock(Number(info.seedBlock))
        const address20 = (await collection.getAddress()) as Hex
        const origin = {
          beacon: block!.hash as Hex,
          salt,
          chainId: 31337n,
          collection: address20,
          drop: 1,
          policyDigest,
        }
        const master = masterSeed(origin)
        expect(info.masterSeed).to.equal(master)
        expect(await collection.seedOf(1, index)).to.equal(candidateSeed(master, index))
      }),
      RUNS,
    )
  })

  it('build the same tree of leaves, rank by the same key, and name the same directory', async () => {
    const run = fc.record({
      candidates: fc.array(candidate, { minLength: 1, maxLength: 9 }),
      thresholds: metrics,
      weights: metrics,
      salt: word,
      policyDigest: word,
      directoryDigest: word,
    })
    await fc.assert(fc.asyncProperty(run, commitAndCompare), RUNS)
  })

  it('give the same content the same id', async () => {
    const { lineage } = await studioOf()
    const dataset = fc.record({
      root: word,
      items: fc.nat(),
      sharesRoot: word,
      licence: fc.string({ unit: 'grapheme' }),
      uri: fc.string({ unit: 'grapheme' }),
    })
    const model = fc.record({
      bundleDigest: word,
      recipeDigest: word,
      dataset: word,
      parent: word,
      sharesRoot: word,
      cap: fc.nat(),
      licence: fc.string({ unit: 'grapheme' }),
      uri: fc.string({ unit: 'grapheme' }),
    })
    await fc.assert(
      fc.asyncProperty(dataset, model, address, async (someDataset, someModel, registrant) => {
        expect(await lineage.datasetId(someDataset)).to.equal(datasetId(someDataset))
        expect(await lineage.modelId(someModel, registrant)).to.equal(modelId(someModel, registrant))
      }),
      { numRuns: 100 },
    )
  })

  it('share in the same proportions, proven by the same tree', async () => {
    const accounts = fc.uniqueArray(address, { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(accounts, fc.nat({ max: 900_000 }), async (all, first) => {
        const { lineage, attribution, registrant, dataset } = await studioOf()
        const rest = 1_000_000 - first
        const shares = all.map((account, i) => ({ account, shares: i === 0 ? first : Math.floor(rest / all.length) }))
        const missing = 1_000_000 - shares.reduce((sum, each) => sum + each.shares, 0)
        const entries = shares.map((each, i) => (i === 0 ? { ...each, shares: each.shares + missing } : each))
        const tree = sharesTree(entries)
        const content = { ...modelContent(dataset), sharesRoot: tree.root }
        await lineage.connect(registrant).registerModel(content)
        const id = await lineage.modelId(content, registrant.address)
        await attribution.deposit(id, { value: 1_000_000n })
        for (const entry of entries) {
          const { position, siblings } = tree.proof(entry.account)
          await attribution.claim(id, ETH, entry.account, entry.shares, position, [...siblings])
          expect(await attribution.claimedBy(id, ETH, entry.account)).to.equal(BigInt(entry.shares))
        }
      }),
      RUNS,
    )
  })

  it('let the same wallets through, and sign the same voucher', async () => {
    const studio = await studioOf()
    const { collection, operator, alice, curator } = studio
    const limits = [1, 2, 3, 4, 5]
    const entries = limits.map((limit) => ({ wallet: alice.address, limit, priceWei: BigInt(limit) * 10n ** 12n }))
    const list = allowlistTree(entries)
    const free = { priceStart: 0, priceEnd: 0 }
    const gated = await publicPhase(studio, { ...free, kind: Kind.Allowlist, gate: list.root })
    const gate = ethers.zeroPadValue(curator.address, 32)
    const signed = await publicPhase(studio, { ...free, kind: Kind.Voucher, gate })
    const run = { score: 0, rarity: 0, demand: 0 }
    const terms = await announcement(studio, {
      candidates: 8,
      minScore: 0,
      minRarity: 0,
      minDemand: 0,
      phases: [gated, signed],
    })
    await collection.connect(operator).announce({ ...terms, saltHash: saltHash(list.root) }, { value: BOND })
    await networkHelpers.mine(3)
    await collection.draw(1, list.root)
    const facts = Array.from({ length: 8 }, (_, index) => packFacts({ ...run, index, reason: 0, drop: 1 }))
    const tree = rankTree(facts.map((packed) => leafHash(packed, list.root, list.root)))
    await collection.connect(operator).commit(1, tree.root, list.root, ZERO)
    await networkHelpers.time.increaseTo(gated.start)
    const pieceAt = (rank: number) => {
      const digests = { pixelDigest: list.root, artifactDigest: list.root }
      return { rank, facts: facts[rank]!, ...digests, proof: [...tree.proof(rank)] }
    }
    for (const [rank, entry] of entries.entries()) {
      const proof = list.proof(entry)!
      expect(verifyAllowlist(list.root, entry, proof)).to.equal(true)
      await collection
        .connect(alice)
        .mintAllowlist(order(1, alice), entry.limit, entry.priceWei, [...proof], [pieceAt(rank)], {
          value: entry.priceWei,
        })
    }
    const voucher = { to: alice.address, drop: 1, phase: 1, rank: 6, priceWei: 10n ** 15n, deadline: 2 ** 39 }
    const domain = voucherDomain(31337n, await collection.getAddress())
    const signature = await curator.signTypedData(domain, { Voucher: [...voucherTypes.Voucher] }, voucher)
    expect(ethers.recoverAddress(voucherDigest(domain, voucher), signature)).to.equal(curator.address)
    await collection.mintVoucher(voucher, signature, pieceAt(6), alice.address, false, { value: voucher.priceWei })
    expect(await collection.ownerOf(tokenId(1, 6))).to.equal(alice.address)
  })

  it('hash any voucher alike, and no other one the same', async () => {
    const { collection, drop, signer } = await voucherDrop()
    const domain = voucherDomain(31337n, await collection.getAddress())
    const rights = fc.record({
      to: address,
      rank: fc.nat(),
      priceWei: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
      deadline: fc.integer({ min: 2 ** 40, max: 2 ** 48 }),
    })
    await fc.assert(
      fc.asyncProperty(rights, fc.constantFrom('to', 'priceWei', 'deadline'), async (right, field) => {
        const voucher = { ...right, drop, phase: 0 }
        const signature = signer.sign(voucherDigest(domain, voucher)).serialized
        const other = {
          to: keccakOfText('other').slice(0, 42),
          priceWei: right.priceWei ^ 1n,
          deadline: right.deadline + 1,
        }
        expect(await refusalOf(collection, voucher, signature)).to.not.equal('VoucherNotSigned')
        expect(await refusalOf(collection, { ...voucher, [field]: other[field] }, signature)).to.equal(
          'VoucherNotSigned',
        )
      }),
      { numRuns: 60 },
    )
  })

  it('know the same lists: every entry of any list is on it, and an altered one is not', async () => {
    const entry = fc.record({ wallet: address, limit: fc.nat({ max: 2 ** 40 }), units: fc.nat({ max: 2 ** 31 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 9 }), fc.nat(), async (all, chosen) => {
        const entries = all.map(({ wallet, limit, units }) => ({ wallet, limit, priceWei: BigInt(units) * 10n ** 12n }))
        const list = allowlistTree(entries)
        const { collection, drop } = await openDrop({ kind: Kind.Allowlist, gate: list.root })
        const mine = entries[chosen % entries.length]!
        const proof = list.proof(mine)!
        expect(await listRefusal(collection, drop, mine, proof)).to.not.equal('NotAllowlisted')
        const altered = { ...mine, limit: mine.limit + 1 }
        expect(verifyAllowlist(list.root, altered, proof)).to.equal(false)
        expect(await listRefusal(collection, drop, altered, proof)).to.equal('NotAllowlisted')
      }),
      RUNS,
    )
  })
})
