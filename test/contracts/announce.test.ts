import { expect } from 'chai'
import { network } from 'hardhat'
import {
  announced,
  announcement,
  BOND,
  DAY,
  deployStudio,
  digest,
  Kind,
  PRICE,
  publicPhase,
  SIZE,
  State,
} from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

const bytes32 = (text: string): string => chain.ethers.encodeBytes32String(text)

describe('contracts/Drop: announce', () => {
  it('fixes the terms, takes the bond and reserves from the cap of the model', async () => {
    const studio = await studioOf()
    const { collection, operator, lineage, model } = studio
    const terms = await announcement(studio)
    await expect(collection.connect(operator).announce(terms, { value: BOND })).to.emit(collection, 'DropAnnounced')
    const info = await collection.dropOf(1)
    expect([info.state, info.bondHolder, info.model, info.bondWei]).to.deep.equal([
      State.Announced,
      operator.address,
      model,
      BOND,
    ])
    expect([info.candidates, info.size, info.minScore, info.weightScore]).to.deep.equal([16n, 8n, 10_000n, 2n])
    expect(info.seedBlock).to.equal((await networkHelpers.time.latestBlock()) + 2)
    expect(await lineage.reservedBy(model, await collection.getAddress())).to.equal(SIZE)
  })

  it('returns the phases as they were announced', async () => {
    const studio = await studioOf()
    const phase = await publicPhase(studio, { walletLimit: 3, priceStart: 5n * PRICE, priceEnd: PRICE })
    const drop = await announced(studio, { phases: [phase, { ...phase, kind: Kind.Allowlist, gate: digest('list') }] })
    const [first, second] = await studio.collection.phasesOf(drop)
    expect([
      first!.kind,
      first!.start,
      first!.end,
      first!.walletLimit,
      first!.priceStart,
      first!.priceEnd,
    ]).to.deep.equal([0n, BigInt(phase.start), BigInt(phase.end), 3n, 5n * PRICE, PRICE])
    expect([second!.kind, second!.gate]).to.deep.equal([1n, digest('list')])
  })

  it('is for operators', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    await expect(
      collection.connect(alice).announce(await announcement(studio), { value: BOND }),
    ).to.be.revertedWithCustomError(collection, 'AccessControlUnauthorizedAccount')
  })

  it('reverts with NoBond without a bond', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    await expect(collection.connect(operator).announce(await announcement(studio))).to.be.revertedWithCustomError(
      collection,
      'NoBond',
    )
  })

  it('reverts with DropUnderway while another drop is not over', async () => {
    const studio = await studioOf()
    const drop = await announced(studio)
    const { collection, operator } = studio
    await expect(collection.connect(operator).announce(await announcement(studio), { value: BOND }))
      .to.be.revertedWithCustomError(collection, 'DropUnderway')
      .withArgs(drop, State.Announced)
  })

  it('reverts with NotAuthorised for a model that the collection may not use', async () => {
    const studio = await studioOf()
    const { collection, operator, lineage, registrant, model } = studio
    await lineage.connect(registrant).setAuthorised(model, await collection.getAddress(), false)
    await expect(
      collection.connect(operator).announce(await announcement(studio), { value: BOND }),
    ).to.be.revertedWithCustomError(lineage, 'NotAuthorised')
  })

  it('reverts with CapExceeded beyond the lifetime cap of the model', async () => {
    const studio = await studioOf()
    const { collection, operator, lineage, model } = studio
    const terms = await announcement(studio, { candidates: 2000, size: 1001 })
    await expect(collection.connect(operator).announce(terms, { value: BOND }))
      .to.be.revertedWithCustomError(lineage, 'CapExceeded')
      .withArgs(model, 1000, 1001)
  })

  for (const [term, changes, had, wanted] of [
    ['candidates', { candidates: 0 }, 0, 1],
    ['size', { size: 0 }, 0, 1],
    ['size', { size: 17 }, 17, 16],
    ['seedDelay', { seedDelay: 0 }, 0, 1],
    ['seedDelay', { seedDelay: 100_001 }, 100_001, 100_000],
    ['challengeWindow', { challengeWindow: 30 * DAY + 1 }, 30 * DAY + 1, 30 * DAY],
    ['phases', { phases: [] }, 0, 1],
  ] as const) {
    it(`reverts with TermOutOfBounds when ${term} is ${had}`, async () => {
      const studio = await studioOf()
      const { collection, operator } = studio
      const terms = await announcement(studio, changes as object)
      await expect(collection.connect(operator).announce(terms, { value: BOND }))
        .to.be.revertedWithCustomError(collection, 'TermOutOfBounds')
        .withArgs(bytes32(term), had, wanted)
    })
  }

  it('takes eight phases and no ninth', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    const phase = await publicPhase(studio)
    const nine = await announcement(studio, { phases: Array.from({ length: 9 }, () => phase) })
    await expect(collection.connect(operator).announce(nine, { value: BOND }))
      .to.be.revertedWithCustomError(collection, 'TermOutOfBounds')
      .withArgs(bytes32('phases'), 9, 8)
    const drop = await announced(studio, { phases: Array.from({ length: 8 }, () => phase) })
    expect(await collection.phasesOf(drop)).to.have.length(8)
  })

  for (const [what, changes] of [
    ['ends before it starts', (start: number) => ({ end: start })],
    ['is over', () => ({ start: 1, end: 2 })],
    ['lasts longer than a year', (start: number) => ({ end: start + 400 * DAY })],
    ['rises in price', () => ({ priceStart: PRICE, priceEnd: 2n * PRICE })],
    ['is public with a gate', () => ({ gate: digest('gate') })],
    ['is an allowlist without a root', () => ({ kind: Kind.Allowlist })],
    ['is for vouchers without a signer', () => ({ kind: Kind.Voucher })],
    ['is for vouchers of something longer than an address', () => ({ kind: Kind.Voucher, gate: digest('gate') })],
  ] as const) {
    it(`reverts with PhaseInvalid when a phase ${what}`, async () => {
      const studio = await studioOf()
      const { collection, operator } = studio
      const good = await publicPhase(studio)
      const bad = await publicPhase(studio, changes(Number(good.start)))
      const terms = await announcement(studio, { phases: [good, bad] })
      await expect(collection.connect(operator).announce(terms, { value: BOND }))
        .to.be.revertedWithCustomError(collection, 'PhaseInvalid')
        .withArgs(1)
    })
  }

  for (const priceStart of [PRICE + 1n, 2n ** 32n * 10n ** 12n]) {
    it(`reverts with PriceNotInUnits at ${priceStart} wei`, async () => {
      const studio = await studioOf()
      const { collection, operator } = studio
      const terms = await announcement(studio, { phases: [await publicPhase(studio, { priceStart })] })
      await expect(collection.connect(operator).announce(terms, { value: BOND }))
        .to.be.revertedWithCustomError(collection, 'PriceNotInUnits')
        .withArgs(priceStart)
    })
  }

  it('reverts with EmptyCommitment without policy or salt hash', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    for (const changes of [{ policyDigest: reference.ZERO }, { saltHash: reference.ZERO }]) {
      const terms = await announcement(studio, changes)
      await expect(collection.connect(operator).announce(terms, { value: BOND })).to.be.revertedWithCustomError(
        collection,
        'EmptyCommitment',
      )
    }
  })
})
