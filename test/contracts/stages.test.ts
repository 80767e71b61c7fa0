import { anyValue } from '@nomicfoundation/hardhat-ethers-chai-matchers/withArgs'
import { expect } from 'chai'
import { network } from 'hardhat'
import {
  announced,
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

  it('believes nothing but 32 bytes where something else answers for EIP-2935', async () => {
    const studio = await studioOf()
    const drop = await announced(studio)
    const { seedBlock } = await studio.collection.dropOf(drop)
    // Returns 64 bytes, of which the first 32 are ones.
    await networkHelpers.setCode(HISTORY, '0x5f195f5260405ff3')
    await networkHelpers.mineUpTo(seedBlock + 300n)
    await expect(studio.collection.draw(drop, SALT)).to.be.revertedWithCustomError(studio.collection, 'SeedBlockGone')
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

  it('lets anyone void a drop as soon as the chain has no hash of its seed block', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const drop = await announced(studio)
    const { seedBlock } = await collection.dropOf(drop)
    await networkHelpers.setCode(HISTORY, '0x')
    await networkHelpers.mineUpTo(seedBlock + 255n)
    await expect(collection.connect(alice).voidOverdue(drop))
      .to.be.revertedWithCustomError(collection, 'TooEarly')
      .withArgs(seedBlock + 256n, seedBlock + 8191n)
    await networkHelpers.mine(1)
    await expect(collection.draw(drop, SALT)).to.be.revertedWithCustomError(collection, 'SeedBlockGone')
    await collection.connect(alice).voidOverdue(drop)
    expect((await collection.dropOf(drop)).state).to.equal(State.Void)
  })

  it('lets nobody void a drop that can still be drawn, with however little gas', async () => {
    const studio = await studioOf()
    const { collection, alice, ethers } = studio
    const drop = await announced(studio)
    const { seedBlock } = await collection.dropOf(drop)
    await networkHelpers.mine(3)
    const beacon = (await ethers.provider.getBlock(Number(seedBlock)))!.hash!
    await networkHelpers.setCode(HISTORY, HISTORY_CODE)
    await networkHelpers.setStorageAt(HISTORY, seedBlock % 8191n, beacon)
    await networkHelpers.mineUpTo(seedBlock + 5000n)
    for (let gasLimit = 25_000; gasLimit < 60_000; gasLimit += 250) {
      await expect(collection.connect(alice).voidOverdue.staticCall(drop, { gasLimit })).to.be.revert(ethers)
    }
    await networkHelpers.mineUpTo(seedBlock + 8190n)
    await expect(collection.connect(alice).voidOverdue(drop))
      .to.be.revertedWithCustomError(collection, 'TooEarly')
      .withArgs(seedBlock + 8191n, seedBlock + 8191n)
    await networkHelpers.mine(1)
    await collection.connect(alice).voidOverdue(drop)
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

  it('waits for the challenge window where that outlasts the sale', async () => {
    const studio = await studioOf()
    const end = (await networkHelpers.time.latest()) + DAY
    const phases = [await publicPhase(studio, { end })]
    const { drop } = await committed(studio, { challengeWindow: 5 * DAY, phases })
    const { liveAt } = await studio.collection.dropOf(drop)
    await networkHelpers.time.setNextBlockTimestamp(liveAt - 1n)
    await expect(studio.collection.close(drop))
      .to.be.revertedWithCustomError(studio.collection, 'TooEarly')
      .withArgs(liveAt - 1n, liveAt)
    await networkHelpers.time.setNextBlockTimestamp(liveAt)
    await studio.collection.close(drop)
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
