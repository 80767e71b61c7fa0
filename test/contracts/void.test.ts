import { expect } from 'chai'
import { network } from 'hardhat'
import { BOND, committed, DAY, deployStudio, ETH, live, order, PRICE, State, tokenId, WINDOW } from './collection.ts'
import type * as reference from './commitment-reference.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

const misordered = (honest: readonly reference.Facts[]) => honest.with(2, honest[5]!).with(5, honest[2]!)

describe('contracts/Drop: reclaimStake', () => {
  it('reverts with NotAsked, in a void drop, for what was answered and what nobody asked for', async () => {
    const studio = await studioOf()
    const { collection, bob, carol } = studio
    const { drop, pieces } = await committed(studio)
    for (const rank of [0, 1]) await collection.connect(bob).ask(drop, rank, { value: BOND / 100n })
    await collection.connect(carol).answer(drop, pieces[0]!)
    await networkHelpers.time.increase(WINDOW + 1)
    await collection.voidUnanswered(drop, 1)
    for (const rank of [0, 2]) {
      await expect(collection.reclaimStake(drop, rank))
        .to.be.revertedWithCustomError(collection, 'NotAsked')
        .withArgs(drop, rank)
    }
    await collection.reclaimStake(drop, 1)
    expect(await collection.creditOf(bob.address)).to.equal(BOND / 100n)
  })
})

async function voided() {
  const studio = await studioOf()
  const { collection, alice, bob } = studio
  const { drop, pieces } = await committed(studio, {}, misordered)
  await networkHelpers.time.increase(3 * WINDOW)
  await collection.connect(alice).mintPublic(order(drop, alice), pieces.slice(0, 2), { value: 2n * PRICE })
  await collection.connect(bob).mintPublic(order(drop, bob), [pieces[3]!], { value: PRICE })
  await collection.connect(alice).challengeOrder(drop, pieces[5]!, pieces[2]!)
  return { ...studio, drop, pieces }
}

describe('contracts/Drop: a void drop', () => {
  it('pays half of the bond to the challenger and half to the contributors, once', async () => {
    const { collection, alice, attribution, lineage, model, drop } = await voided()
    await expect(collection.settle(drop))
      .to.emit(collection, 'BondSettled')
      .withArgs(drop, alice.address, BOND / 2n, BOND / 2n)
    expect(await collection.creditOf(alice.address)).to.equal(BOND / 2n)
    expect(await attribution.totalOf(model, ETH)).to.equal(BOND / 2n)
    expect(await lineage.reservedOf(model)).to.equal(3)
    await expect(collection.settle(drop)).to.be.revertedWithCustomError(collection, 'AlreadySettled').withArgs(drop)
  })

  it('refunds each token exactly what it cost, to its owner, and burns it', async () => {
    const { collection, alice, bob, carol, drop } = await voided()
    await collection.connect(alice).transferFrom(alice, carol, tokenId(drop, 1))
    const refund = collection.connect(carol).refund(tokenId(drop, 1))
    await expect(refund).to.changeEtherBalances(ethers, [collection, carol], [-PRICE, PRICE])
    await expect(refund).to.emit(collection, 'Refunded').withArgs(tokenId(drop, 1), carol.address, PRICE)
    await collection.connect(bob).refund(tokenId(drop, 3))
    expect((await collection.dropOf(drop)).proceedsWei).to.equal(PRICE)
    expect(await collection.balanceOf(carol.address)).to.equal(0)
    await expect(collection.connect(carol).refund(tokenId(drop, 1))).to.be.revertedWithCustomError(
      collection,
      'TokenDoesNotExist',
    )
  })

  it('lets an approved account ask for the refund, which goes to the owner; nobody else', async () => {
    const { collection, alice, bob, carol, drop } = await voided()
    await expect(collection.connect(carol).refund(tokenId(drop, 0))).to.be.revertedWithCustomError(
      collection,
      'NotOwnerNorApproved',
    )
    await collection.connect(alice).approve(carol, tokenId(drop, 0))
    await expect(collection.connect(carol).refund(tokenId(drop, 0))).to.changeEtherBalances(
      ethers,
      [alice, bob],
      [PRICE, 0n],
    )
  })

  it('mints nothing any more, and is never closed', async () => {
    const { collection, alice, drop, pieces } = await voided()
    await expect(
      collection.connect(alice).mintPublic(order(drop, alice), [pieces[4]!], { value: PRICE }),
    ).to.be.revertedWithCustomError(collection, 'WrongState')
    await networkHelpers.time.increase(20 * DAY)
    await expect(collection.close(drop)).to.be.revertedWithCustomError(collection, 'WrongState')
  })

  it('is the only kind that refunds, and that settles', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await live(studio)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await expect(collection.connect(alice).refund(tokenId(drop, 0)))
      .to.be.revertedWithCustomError(collection, 'WrongState')
      .withArgs(drop, State.Committed, State.Void)
    await expect(collection.settle(drop)).to.be.revertedWithCustomError(collection, 'WrongState')
  })
})
