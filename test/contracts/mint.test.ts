import { expect } from 'chai'
import { network } from 'hardhat'
import type { PhaseStruct, PieceStruct } from '../../types/ethers-contracts/interfaces/IDrop.ts'
import {
  commitmentOf,
  committed,
  DAY,
  deployStudio,
  digest,
  drawn,
  honestFacts,
  Kind,
  live,
  order,
  PRICE,
  publicPhase,
  SIZE,
  State,
  tokenId,
  WINDOW,
} from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

async function liveDrop(changes: Partial<PhaseStruct> = {}) {
  const studio = await studioOf()
  const commitment = await live(studio, { phases: [await publicPhase(studio, changes)] })
  return { ...studio, ...commitment }
}

describe('contracts/Drop: mintPublic', () => {
  it('gives the token, keeps its facts and price beside the owner, and books the proceeds', async () => {
    const { collection, alice, drop, pieces, candidates } = await liveDrop()
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [pieces[2]!], { value: PRICE }))
      .to.emit(collection, 'Transfer')
      .withArgs(ethers.ZeroAddress, alice.address, tokenId(drop, 2))
    const { facts } = candidates[2]!
    const found = await collection.provenanceOf(tokenId(drop, 2))
    expect([
      found.drop,
      found.rank,
      found.index,
      found.score,
      found.rarity,
      found.demand,
      found.priceWei,
    ]).to.deep.equal([drop, 2, facts.index, facts.score, facts.rarity, facts.demand, PRICE].map(BigInt))
    expect(found.artifactDigest).to.equal(pieces[2]!.artifactDigest)
    const info = await collection.dropOf(drop)
    expect([info.minted, info.proceedsWei]).to.deep.equal([1n, PRICE])
  })

  it('mints several at once, to another wallet, and returns what was too much, to the wei', async () => {
    const { collection, alice, bob, drop, pieces } = await liveDrop()
    const mint = collection
      .connect(alice)
      .mintPublic(order(drop, bob), [pieces[0]!, pieces[4]!, pieces[1]!], { value: 3n * PRICE + 12_345n })
    await expect(mint).to.changeEtherBalances(ethers, [alice, collection], [-3n * PRICE, 3n * PRICE])
    expect(await collection.balanceOf(bob.address)).to.equal(3)
    expect(await collection.mintedBitmap(drop, 0)).to.equal(0b10011)
    expect([await collection.isMinted(drop, 4), await collection.isMinted(drop, 3)]).to.deep.equal([true, false])
    expect(await collection.walletCount(drop, 0, alice.address)).to.equal(3)
    expect(await collection.walletCount(drop, 0, bob.address)).to.equal(0)
  })

  it('reverts with Underpaid one wei below the price', async () => {
    const { collection, alice, drop, pieces } = await liveDrop()
    await expect(
      collection.connect(alice).mintPublic(order(drop, alice), pieces.slice(0, 2), { value: 2n * PRICE - 1n }),
    )
      .to.be.revertedWithCustomError(collection, 'Underpaid')
      .withArgs(2n * PRICE - 1n, 2n * PRICE)
  })

  it('reverts with NothingOrdered without pieces', async () => {
    const { collection, alice, drop } = await liveDrop()
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [])).to.be.revertedWithCustomError(
      collection,
      'NothingOrdered',
    )
  })

  it('reverts with TokenAlreadyExists for a rank that is gone, in a batch too', async () => {
    const { collection, alice, drop, pieces } = await liveDrop()
    await expect(
      collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!, pieces[0]!], { value: 2n * PRICE }),
    ).to.be.revertedWithCustomError(collection, 'TokenAlreadyExists')
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await expect(
      collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE }),
    ).to.be.revertedWithCustomError(collection, 'TokenAlreadyExists')
  })

  it('reverts with TransferToZeroAddress for nobody', async () => {
    const { collection, alice, drop, pieces } = await liveDrop()
    const toNobody = order(drop, { address: ethers.ZeroAddress })
    await expect(
      collection.connect(alice).mintPublic(toNobody, [pieces[0]!], { value: PRICE }),
    ).to.be.revertedWithCustomError(collection, 'TransferToZeroAddress')
  })

  it('holds the wallet limit over transactions, and begins anew in the next drop', async () => {
    const studio = await liveDrop({ walletLimit: 2 })
    const { collection, alice, drop, pieces } = studio
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await expect(collection.connect(alice).mintPublic(order(drop, alice), pieces.slice(1, 3), { value: 2n * PRICE }))
      .to.be.revertedWithCustomError(collection, 'WalletLimit')
      .withArgs(alice.address, 3, 2)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE })
    await networkHelpers.time.increase(10 * DAY)
    await collection.close(drop)
    const next = await live(studio, { phases: [await publicPhase(studio, { walletLimit: 2 })] })
    await collection.connect(alice).mintPublic(order(next.drop, alice), next.pieces.slice(0, 2), { value: 2n * PRICE })
    expect(await collection.walletCount(drop, 0, alice.address)).to.equal(0)
    expect(await collection.walletCount(next.drop, 0, alice.address)).to.equal(2)
  })

  it('counts each phase by itself', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const phase = await publicPhase(studio, { walletLimit: 1 })
    const { drop, pieces } = await live(studio, { phases: Array.from({ length: 8 }, () => phase) })
    for (const [rank, phaseNumber] of [0, 7, 3].entries()) {
      const wish = order(drop, alice, { phase: phaseNumber })
      await collection.connect(alice).mintPublic(wish, [pieces[rank]!], { value: PRICE })
      await expect(
        collection.connect(alice).mintPublic(wish, [pieces[4]!], { value: PRICE }),
      ).to.be.revertedWithCustomError(collection, 'WalletLimit')
    }
    const counts = Array.from({ length: 8 }, async (_, i) => collection.walletCount(drop, i, alice.address))
    expect(await Promise.all(counts)).to.deep.equal([1n, 0n, 0n, 1n, 0n, 0n, 0n, 1n])
    expect(await collection.walletCount(drop, 8, alice.address)).to.equal(0)
  })

  it('asks a receiving contract when it should, and only then', async () => {
    const { collection, alice, drop, pieces } = await liveDrop()
    const closed = { address: await (await ethers.deployContract('Closed')).getAddress() }
    const open = { address: await (await ethers.deployContract('Reenterer')).getAddress() }
    const mint = (recipient: { address: string }, rank: number, safe: boolean) =>
      collection.connect(alice).mintPublic(order(drop, recipient, { safe }), [pieces[rank]!], { value: PRICE })
    await expect(mint(closed, 0, true))
      .to.be.revertedWithCustomError(collection, 'ERC721InvalidReceiver')
      .withArgs(closed.address)
    await mint(closed, 0, false)
    await mint(open, 1, true)
    await mint(alice, 2, true)
    expect(await collection.ownerOf(tokenId(drop, 1))).to.equal(open.address)
  })

  it('reverts with PaymentFailed when the payer refuses his change', async () => {
    const { collection, drop, pieces } = await liveDrop()
    const closed = await ethers.deployContract('Closed')
    const address = await closed.getAddress()
    const data = collection.interface.encodeFunctionData('mintPublic', [order(drop, { address }), [pieces[0]!]])
    const target = await collection.getAddress()
    await expect(closed.act(target, data, { value: PRICE + 1n }))
      .to.be.revertedWithCustomError(collection, 'PaymentFailed')
      .withArgs(address, 1)
    await closed.act(target, data, { value: PRICE })
  })
})

describe('contracts/Drop: what a phase lets through', () => {
  it('nothing before the challenge window is over, whatever the phase says', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const now = await networkHelpers.time.latest()
    const { drop, pieces } = await committed(studio, { phases: [await publicPhase(studio, { start: now })] })
    const { liveAt } = await collection.dropOf(drop)
    const mint = () => collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await networkHelpers.time.setNextBlockTimestamp(liveAt - 1n)
    await expect(mint())
      .to.be.revertedWithCustomError(collection, 'NotLive')
      .withArgs(liveAt - 1n, liveAt)
    await networkHelpers.time.setNextBlockTimestamp(liveAt)
    await mint()
  })

  it('nothing before its first second, nor from its end on', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await committed(studio)
    const [phase] = await collection.phasesOf(drop)
    const { start, end } = phase!
    const mint = (rank: number) =>
      collection.connect(alice).mintPublic(order(drop, alice), [pieces[rank]!], { value: PRICE })
    await networkHelpers.time.setNextBlockTimestamp(start - 1n)
    await expect(mint(0))
      .to.be.revertedWithCustomError(collection, 'PhaseNotOpen')
      .withArgs(start - 1n, start, end)
    await networkHelpers.time.setNextBlockTimestamp(start)
    await mint(0)
    await networkHelpers.time.setNextBlockTimestamp(end - 1n)
    await mint(1)
    await networkHelpers.time.setNextBlockTimestamp(end)
    await expect(mint(2)).to.be.revertedWithCustomError(collection, 'PhaseNotOpen').withArgs(end, start, end)
  })

  it('nothing while the guardian pauses, and all when he resumes', async () => {
    const { collection, alice, guardian, drop, pieces } = await liveDrop()
    const mint = () => collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await expect(collection.connect(guardian).setSalesPaused(drop, true))
      .to.emit(collection, 'SalesPausedChanged')
      .withArgs(drop, true)
    await expect(mint()).to.be.revertedWithCustomError(collection, 'SalesPaused').withArgs(drop)
    await collection.connect(guardian).setSalesPaused(drop, false)
    await mint()
  })

  it('nobody but guardians may pause, and only a drop that exists', async () => {
    const { collection, admin, guardian, drop } = await liveDrop()
    await expect(collection.connect(admin).setSalesPaused(drop, true)).to.be.revertedWithCustomError(
      collection,
      'AccessControlUnauthorizedAccount',
    )
    await expect(collection.connect(guardian).setSalesPaused(9, true)).to.be.revertedWithCustomError(
      collection,
      'WrongState',
    )
  })

  it('only its own kind of order, and only phases there are', async () => {
    const { collection, alice, drop, pieces } = await liveDrop()
    await expect(collection.connect(alice).mintAllowlist(order(drop, alice), 1, 0, [], [pieces[0]!], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'WrongPhaseKind')
      .withArgs(Kind.Allowlist, Kind.Public)
    await expect(collection.connect(alice).mintPublic(order(drop, alice, { phase: 1 }), [pieces[0]!], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'UnknownPhase')
      .withArgs(1, 1)
    await expect(collection.currentPrice(drop, 1)).to.be.revertedWithCustomError(collection, 'UnknownPhase')
  })

  it('no drop that is not committed', async () => {
    const studio = await studioOf()
    const drop = await drawn(studio)
    const { pieces } = commitmentOf(drop, honestFacts(drop))
    const { collection, alice } = studio
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'WrongState')
      .withArgs(drop, State.Drawn, State.Committed)
  })
})

describe('contracts/Drop: what a piece must be', () => {
  it('within the size of the drop', async () => {
    const { collection, alice, drop, pieces } = await liveDrop()
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [pieces[SIZE]!], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'RankNotForSale')
      .withArgs(SIZE, SIZE)
  })

  const alterations: readonly (readonly [string, (piece: PieceStruct) => Partial<PieceStruct>])[] = [
    ['score', (piece) => ({ facts: BigInt(piece.facts) + 1n })],
    ['index', (piece) => ({ facts: BigInt(piece.facts) ^ (1n << 48n) })],
    ['pixels', () => ({ pixelDigest: digest('others') })],
    ['artifact', () => ({ artifactDigest: digest('others') })],
    ['rank', () => ({ rank: 1 })],
    ['sibling', (piece) => ({ proof: piece.proof.with(2, digest('others')) })],
  ]
  for (const [what, alter] of alterations) {
    it(`in the committed tree: another ${what} reverts with NotCommitted`, async () => {
      const { collection, alice, drop, pieces } = await liveDrop()
      const altered = { ...pieces[0]!, ...alter(pieces[0]!) }
      await expect(collection.connect(alice).mintPublic(order(drop, alice), [altered], { value: PRICE }))
        .to.be.revertedWithCustomError(collection, 'NotCommitted')
        .withArgs(drop, altered.rank)
      expect(await collection.isCommitted(drop, altered)).to.equal(false)
    })
  }

  it('proven at the exact depth', async () => {
    const { collection, alice, drop, pieces } = await liveDrop()
    const short = { ...pieces[0]!, proof: pieces[0]!.proof.slice(1) }
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [short], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'WrongDepth')
      .withArgs(3, 4)
    expect(await collection.isCommitted(drop, short)).to.equal(false)
  })

  for (const [metric, facts, had, wanted] of [
    ['score', { score: 9999 }, 9999, 10_000],
    ['rarity', { rarity: 499 }, 499, 500],
    ['demand', { demand: 0 }, 0, 1],
  ] as const) {
    it(`not below the threshold of ${metric}`, async () => {
      const studio = await studioOf()
      const { collection, alice } = studio
      const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(1, { ...honest[1]!, ...facts }))
      await networkHelpers.time.increase(3 * WINDOW)
      await expect(collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE }))
        .to.be.revertedWithCustomError(collection, 'BelowThreshold')
        .withArgs(ethers.encodeBytes32String(metric), had, wanted)
    })
  }

  it('not rejected, with the reason in the error', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(1, { ...honest[1]!, reason: 4 }))
    await networkHelpers.time.increase(3 * WINDOW)
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'Rejected')
      .withArgs(1, 4)
  })

  it('of this drop', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(1, { ...honest[1]!, drop: 77 }))
    await networkHelpers.time.increase(3 * WINDOW)
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'WrongDrop')
      .withArgs(77, drop)
  })

  it('with an artifact', async () => {
    const studio = await studioOf()
    const { collection, alice, operator } = studio
    const drop = await drawn(studio)
    const { root, pieces } = commitmentOf(drop, honestFacts(drop), 1)
    await collection.connect(operator).commit(drop, root, digest('directory'), reference.ZERO)
    await networkHelpers.time.increase(3 * WINDOW)
    await expect(collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'NoArtifact')
      .withArgs(1)
  })
})

describe('contracts/Drop: Dutch price', () => {
  it('falls linearly, is never below the line, and ends at the end price', async () => {
    const { collection, drop } = await liveDrop({ priceStart: 10n * PRICE, priceEnd: PRICE })
    const [phase] = await collection.phasesOf(drop)
    const { start, end } = phase!
    const unit = 10n ** 12n
    for (const at of [start + 1n, start + 12_345n, (start + end) / 2n, end - 1n, end, end + 5n]) {
      await networkHelpers.time.increaseTo(at)
      const exact = at >= end ? PRICE : 10n * PRICE - (9n * PRICE * (at - start)) / (end - start)
      const price = await collection.currentPrice(drop, 0)
      expect(price % unit).to.equal(0n)
      expect(price >= exact && price - exact < unit, `${price} for ${exact}`).to.equal(true)
    }
  })

  it('is its first price before it begins, and the floor in a phase for others', async () => {
    const studio = await studioOf()
    const falling = { priceStart: 10n * PRICE, priceEnd: PRICE }
    const phases = [
      await publicPhase(studio, falling),
      await publicPhase(studio, { ...falling, kind: Kind.Allowlist, gate: digest('list') }),
    ]
    const { drop } = await committed(studio, { phases })
    expect(await studio.collection.currentPrice(drop, 0)).to.equal(10n * PRICE)
    expect(await studio.collection.currentPrice(drop, 1)).to.equal(PRICE)
  })

  it('takes the price of the block, and gives the rest back', async () => {
    const { collection, alice, drop, pieces } = await liveDrop({ priceStart: 10n * PRICE, priceEnd: PRICE })
    const [phase] = await collection.phasesOf(drop)
    await networkHelpers.time.setNextBlockTimestamp((phase!.start + phase!.end) / 2n)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: 10n * PRICE })
    expect((await collection.provenanceOf(tokenId(drop, 0))).priceWei).to.equal((11n * PRICE) / 2n)
    expect(await ethers.provider.getBalance(collection)).to.equal((11n * PRICE) / 2n + 10n ** 18n)
  })
})
