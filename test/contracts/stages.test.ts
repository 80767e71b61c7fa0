import { anyValue } from '@nomicfoundation/hardhat-ethers-chai-matchers/withArgs'
import { expect } from 'chai'
import { network } from 'hardhat'
import {
  announced,
  announcement,
  BOND,
  commit,
  commitmentOf,
  committed,
  DAY,
  deployStudio,
  digest,
  drawn,
  ETH,
  honestFacts,
  Kind,
  live,
  order,
  PRICE,
  publicPhase,
  SALT,
  SIZE,
  State,
  tokenId,
  WINDOW,
} from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

/** The history contract of EIP-2935, which Hardhat's own chain does not have, and its code from the EIP. */
const HISTORY = '0x0000F90827F1C53a10cb7A02335B175320002935'
const HISTORY_CODE =
  '0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff814303116042' +
  '57611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500'

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

describe('contracts/Drop: draw', () => {
  it('makes the master seed from the seed block, the salt and the drop, as the reference does', async () => {
    const studio = await studioOf()
    const { collection, ethers, bob } = studio
    const drop = await announced(studio)
    const { seedBlock } = await collection.dropOf(drop)
    await networkHelpers.mine(5)
    const beacon = (await ethers.provider.getBlock(Number(seedBlock)))!.hash!
    const master = reference.masterSeed({
      beacon,
      salt: SALT,
      chainId: 31337,
      collection: await collection.getAddress(),
      drop,
      policyDigest: digest('policy'),
    })
    await expect(collection.connect(bob).draw(drop, SALT))
      .to.emit(collection, 'SeedDrawn')
      .withArgs(drop, master, beacon, SALT)
    expect(await collection.seedOf(drop, 7)).to.equal(reference.candidateSeed(master, 7))
  })

  it('still works up to 8,191 blocks later where the chain has EIP-2935, and then no more', async () => {
    const studio = await studioOf()
    const { collection, ethers } = studio
    const drop = await announced(studio)
    const { seedBlock } = await collection.dropOf(drop)
    await networkHelpers.mine(3)
    const beacon = (await ethers.provider.getBlock(Number(seedBlock)))!.hash!
    await networkHelpers.setCode(HISTORY, HISTORY_CODE)
    await networkHelpers.setStorageAt(HISTORY, seedBlock % 8191n, beacon)
    await networkHelpers.mineUpTo(seedBlock + 8190n)
    const last = await networkHelpers.takeSnapshot()
    await expect(collection.draw(drop, SALT)).to.emit(collection, 'SeedDrawn').withArgs(drop, anyValue, beacon, SALT)
    await last.restore()
    await networkHelpers.mine(1)
    await expect(collection.draw(drop, SALT))
      .to.be.revertedWithCustomError(collection, 'SeedBlockGone')
      .withArgs(seedBlock)
  })

  it('reverts with SeedBlockGone after 256 blocks where something else answers for EIP-2935', async () => {
    const studio = await studioOf()
    const drop = await announced(studio)
    const { seedBlock } = await studio.collection.dropOf(drop)
    await networkHelpers.mineUpTo(seedBlock + 255n)
    const last = await networkHelpers.takeSnapshot()
    await studio.collection.draw(drop, SALT)
    await last.restore()
    await networkHelpers.mine(1)
    await expect(studio.collection.draw(drop, SALT))
      .to.be.revertedWithCustomError(studio.collection, 'SeedBlockGone')
      .withArgs(seedBlock)
  })

  it('reverts with SeedBlockAhead until the seed block is behind', async () => {
    const studio = await studioOf()
    const drop = await announced(studio)
    await expect(studio.collection.draw(drop, SALT)).to.be.revertedWithCustomError(studio.collection, 'SeedBlockAhead')
  })

  it('reverts with WrongSalt for another salt', async () => {
    const studio = await studioOf()
    const drop = await announced(studio)
    await networkHelpers.mine(3)
    await expect(studio.collection.draw(drop, digest('other'))).to.be.revertedWithCustomError(
      studio.collection,
      'WrongSalt',
    )
  })

  it('reverts with WrongState the second time', async () => {
    const studio = await studioOf()
    const drop = await drawn(studio)
    await expect(studio.collection.draw(drop, SALT))
      .to.be.revertedWithCustomError(studio.collection, 'WrongState')
      .withArgs(drop, State.Drawn, State.Announced)
  })

  it('gives no seeds before, and none beyond the candidates', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const drop = await announced(studio)
    await expect(collection.seedOf(drop, 0)).to.be.revertedWithCustomError(collection, 'WrongState')
    await networkHelpers.mine(3)
    await collection.draw(drop, SALT)
    await expect(collection.seedOf(drop, 16))
      .to.be.revertedWithCustomError(collection, 'TermOutOfBounds')
      .withArgs(bytes32('index'), 16, 16)
  })
})

describe('contracts/Drop: commit', () => {
  it('opens the challenge window and freezes the metadata', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    const drop = await drawn(studio)
    const { root } = commitmentOf(drop, honestFacts(drop))
    await expect(collection.connect(operator).commit(drop, root, digest('directory'), reference.ZERO))
      .to.emit(collection, 'BatchMetadataUpdate')
      .withArgs(tokenId(drop, 0), tokenId(drop, SIZE - 1))
      .and.to.emit(collection, 'ContractURIUpdated')
    const info = await collection.dropOf(drop)
    const now = BigInt(await networkHelpers.time.latest())
    expect([info.state, info.root, info.directoryDigest, info.liveAt]).to.deep.equal([
      State.Committed,
      root,
      digest('directory'),
      now + BigInt(WINDOW),
    ])
  })

  it('is for operators, once, after the draw', async () => {
    const studio = await studioOf()
    const { collection, alice, operator } = studio
    const commitment = await committed(studio)
    const args = [commitment.drop, commitment.root, digest('other'), reference.ZERO] as const
    await expect(collection.connect(alice).commit(...args)).to.be.revertedWithCustomError(
      collection,
      'AccessControlUnauthorizedAccount',
    )
    await expect(collection.connect(operator).commit(...args))
      .to.be.revertedWithCustomError(collection, 'WrongState')
      .withArgs(commitment.drop, State.Committed, State.Drawn)
  })

  it('reverts with EmptyCommitment without a root or a directory', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    const drop = await drawn(studio)
    for (const [root, directory] of [
      [reference.ZERO, digest('directory')],
      [digest('root'), reference.ZERO],
    ] as const) {
      await expect(
        collection.connect(operator).commit(drop, root, directory, reference.ZERO),
      ).to.be.revertedWithCustomError(collection, 'EmptyCommitment')
    }
  })

  it('reverts with TooLate after thirty days', async () => {
    const studio = await studioOf()
    const drop = await drawn(studio)
    await networkHelpers.time.increase(30 * DAY + 1)
    await expect(commit(studio, commitmentOf(drop, honestFacts(drop)))).to.be.revertedWithCustomError(
      studio.collection,
      'TooLate',
    )
  })

  it("must name the curator's vetoes, no others and not none", async () => {
    const studio = await studioOf()
    const { collection, operator, curator } = studio
    const drop = await drawn(studio)
    await expect(collection.connect(curator).recordVetoes(drop, digest('vetoes')))
      .to.emit(collection, 'VetoesRecorded')
      .withArgs(drop, curator.address, digest('vetoes'))
    for (const vetoes of [reference.ZERO, digest('other')]) {
      await expect(collection.connect(operator).commit(drop, digest('root'), digest('directory'), vetoes))
        .to.be.revertedWithCustomError(collection, 'VetoesDiffer')
        .withArgs(vetoes, digest('vetoes'))
    }
    await collection.connect(operator).commit(drop, digest('root'), digest('directory'), digest('vetoes'))
    expect((await collection.dropOf(drop)).vetoDigest).to.equal(digest('vetoes'))
  })

  it('leaves vetoes to curators, and to the time before', async () => {
    const studio = await studioOf()
    const { collection, operator, curator } = studio
    const { drop } = await committed(studio)
    await expect(collection.connect(operator).recordVetoes(drop, digest('v'))).to.be.revertedWithCustomError(
      collection,
      'AccessControlUnauthorizedAccount',
    )
    await expect(collection.connect(curator).recordVetoes(drop, digest('v'))).to.be.revertedWithCustomError(
      collection,
      'WrongState',
    )
  })
})

describe('contracts/Drop: abandon and voidOverdue', () => {
  it('abandon gives the whole bond to the contributors, and the reserved tokens back', async () => {
    const studio = await studioOf()
    const { collection, operator, attribution, lineage, model } = studio
    for (const reach of [announced, drawn]) {
      const drop = await reach(studio)
      await expect(collection.connect(operator).abandon(drop)).to.emit(collection, 'DropVoided')
      expect((await collection.dropOf(drop)).state).to.equal(State.Void)
    }
    expect(await attribution.totalOf(model, ETH)).to.equal(2n * BOND)
    expect(await lineage.reservedOf(model)).to.equal(0)
    expect(await collection.creditOf(operator.address)).to.equal(0)
  })

  it('abandon is for operators, before the commit', async () => {
    const studio = await studioOf()
    const { collection, operator, alice } = studio
    const { drop } = await committed(studio)
    await expect(collection.connect(alice).abandon(drop)).to.be.revertedWithCustomError(
      collection,
      'AccessControlUnauthorizedAccount',
    )
    await expect(collection.connect(operator).abandon(drop))
      .to.be.revertedWithCustomError(collection, 'WrongState')
      .withArgs(drop, State.Committed, State.Drawn)
  })

  it('lets anyone void a drop that was not drawn within 8,191 blocks, for half of the bond', async () => {
    const studio = await studioOf()
    const { collection, alice, attribution, model } = studio
    const drop = await announced(studio)
    await expect(collection.connect(alice).voidOverdue(drop)).to.be.revertedWithCustomError(collection, 'TooEarly')
    await networkHelpers.mine(8194)
    await collection.connect(alice).voidOverdue(drop)
    expect((await collection.dropOf(drop)).state).to.equal(State.Void)
    expect(await collection.creditOf(alice.address)).to.equal(BOND / 2n)
    expect(await attribution.totalOf(model, ETH)).to.equal(BOND / 2n)
  })

  it('lets anyone void a drop that was not committed within thirty days', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const drop = await drawn(studio)
    await expect(collection.connect(alice).voidOverdue(drop)).to.be.revertedWithCustomError(collection, 'TooEarly')
    await networkHelpers.time.increase(30 * DAY + 1)
    await collection.connect(alice).voidOverdue(drop)
    expect(await collection.creditOf(alice.address)).to.equal(BOND / 2n)
  })

  it('leaves a committed drop alone', async () => {
    const studio = await studioOf()
    const { drop } = await committed(studio)
    await networkHelpers.time.increase(60 * DAY)
    await expect(studio.collection.voidOverdue(drop)).to.be.revertedWithCustomError(studio.collection, 'WrongState')
  })

  it('makes way for the next drop', async () => {
    const studio = await studioOf()
    await studio.collection.connect(studio.operator).abandon(await announced(studio))
    expect(await announced(studio)).to.equal(2)
  })
})

describe('contracts/Drop: close', () => {
  it('pays the contributors the proceeds and the operator his bond', async () => {
    const studio = await studioOf()
    const { collection, alice, operator, attribution, lineage, model } = studio
    const { drop, pieces } = await live(studio)
    await collection.connect(alice).mintPublic(order(drop, alice), pieces.slice(0, 3), { value: 3n * PRICE })
    await networkHelpers.time.increase(10 * DAY)
    await expect(collection.close(drop))
      .to.emit(collection, 'DropClosed')
      .withArgs(drop, 3, 3n * PRICE)
    expect(await attribution.totalOf(model, ETH)).to.equal(3n * PRICE)
    expect(await collection.creditOf(operator.address)).to.equal(BOND)
    expect(await lineage.reservedOf(model)).to.equal(3)
    await expect(collection.connect(operator).withdrawCredit(alice.address)).to.changeEtherBalances(
      chain.ethers,
      [collection, alice],
      [-BOND, BOND],
    )
  })

  it('may come early when everything is sold', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, candidates, pieces } = await live(studio, { size: 4 })
    expect(candidates.slice(0, 4).every(({ facts }) => facts.reason === 0)).to.equal(true)
    await collection.connect(alice).mintPublic(order(drop, alice), pieces.slice(0, 4), { value: 4n * PRICE })
    await collection.close(drop)
    expect((await collection.dropOf(drop)).state).to.equal(State.Closed)
  })

  it('reverts with TooEarly while the sale runs', async () => {
    const studio = await studioOf()
    const { drop } = await live(studio)
    await expect(studio.collection.close(drop)).to.be.revertedWithCustomError(studio.collection, 'TooEarly')
  })

  it('reverts with WrongState the second time', async () => {
    const studio = await studioOf()
    const { drop } = await live(studio)
    await networkHelpers.time.increase(10 * DAY)
    await studio.collection.close(drop)
    await expect(studio.collection.close(drop)).to.be.revertedWithCustomError(studio.collection, 'WrongState')
  })

  it('works while the sale is paused', async () => {
    const studio = await studioOf()
    const { drop } = await live(studio)
    await studio.collection.connect(studio.guardian).setSalesPaused(drop, true)
    await networkHelpers.time.increase(10 * DAY)
    await expect(studio.collection.close(drop)).to.emit(studio.collection, 'DropClosed')
  })

  it('reverts with NoCredit when there is nothing to withdraw', async () => {
    const { collection, alice } = await studioOf()
    await expect(collection.connect(alice).withdrawCredit(alice.address))
      .to.be.revertedWithCustomError(collection, 'NoCredit')
      .withArgs(alice.address)
    await expect(collection.connect(alice).withdrawCredit(ETH)).to.be.revertedWithCustomError(collection, 'ZeroAddress')
  })
})
