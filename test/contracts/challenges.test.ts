import { expect } from 'chai'
import { network } from 'hardhat'
import type { PieceStruct } from '../../types/ethers-contracts/interfaces/IDrop.ts'
import {
  BOND,
  CANDIDATES,
  commit,
  commitmentOf,
  committed,
  DAY,
  deployStudio,
  digest,
  drawn,
  honestFacts,
  order,
  PRICE,
  publicPhase,
  State,
  type Studio,
  treeOver,
  WINDOW,
} from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)
const bytes32 = (text: string): string => ethers.encodeBytes32String(text)

const misordered = (honest: readonly reference.Facts[]) => honest.with(2, honest[5]!).with(5, honest[2]!)

async function expectVoid({ collection, alice }: Studio, drop: number, why: string, challenge: Promise<unknown>) {
  await expect(challenge).to.emit(collection, 'DropVoided').withArgs(drop, alice.address, bytes32(why))
  expect((await collection.dropOf(drop)).state).to.equal(State.Void)
}

describe('contracts/Drop: challengeOrder', () => {
  it('voids a drop whose better piece has the worse rank', async () => {
    const studio = await studioOf()
    const swapped = await committed(studio, {}, misordered)
    const { drop, pieces } = swapped
    await expectVoid(
      studio,
      drop,
      'order',
      studio.collection.connect(studio.alice).challengeOrder(drop, pieces[5]!, pieces[2]!),
    )
  })

  it('finds a rejected piece before one that passed, and one below a threshold before one above', async () => {
    for (const changes of [{ reason: 1 }, { score: 0, rarity: 65_535, demand: 65_535 }]) {
      const studio = await studioOf()
      const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(0, { ...honest[0]!, ...changes }))
      await expectVoid(
        studio,
        drop,
        'order',
        studio.collection.connect(studio.alice).challengeOrder(drop, pieces[1]!, pieces[0]!),
      )
    }
  })

  it('finds equal pieces whose higher index comes first', async () => {
    const studio = await studioOf()
    const alike = { score: 60_000, rarity: 60_000 }
    const { drop, pieces } = await committed(studio, {}, (honest) => {
      const [low, high] = [2, 5].map((index) => ({ ...honest.find((facts) => facts.index === index)!, ...alike }))
      return [high!, low!, ...honest.filter(({ index }) => index !== 2 && index !== 5)]
    })
    await expectVoid(
      studio,
      drop,
      'order',
      studio.collection.connect(studio.alice).challengeOrder(drop, pieces[1]!, pieces[0]!),
    )
  })

  it('reverts with NothingWrong for every pair of an honest drop', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const { drop, pieces } = await committed(studio)
    for (const [i, one] of pieces.entries()) {
      for (const other of pieces.slice(i)) {
        for (const [better, worse] of [
          [one, other],
          [other, one],
        ] as const) {
          await expect(collection.challengeOrder.staticCall(drop, better, worse))
            .to.be.revertedWithCustomError(collection, 'NothingWrong')
            .withArgs(drop)
        }
      }
    }
  })

  it('reverts with NotCommitted for made-up pieces, and with WrongDepth for made-up proofs', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const { drop, pieces } = await committed(studio)
    const madeUp = { ...pieces[5]!, facts: BigInt(pieces[0]!.facts) + 1n }
    const short = { ...pieces[5]!, proof: [] }
    await expect(collection.challengeOrder(drop, madeUp, pieces[0]!)).to.be.revertedWithCustomError(
      collection,
      'NotCommitted',
    )
    await expect(collection.challengeOrder(drop, pieces[0]!, madeUp)).to.be.revertedWithCustomError(
      collection,
      'NotCommitted',
    )
    await expect(collection.challengeOrder(drop, short, pieces[0]!)).to.be.revertedWithCustomError(
      collection,
      'WrongDepth',
    )
  })

  it('works during the sale, and no more once the drop is closed', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await committed(studio, {}, misordered)
    await networkHelpers.time.increase(3 * WINDOW)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await collection.challengeOrder.staticCall(drop, pieces[5]!, pieces[2]!)
    await networkHelpers.time.increase(10 * DAY)
    await collection.close(drop)
    await expect(collection.challengeOrder(drop, pieces[5]!, pieces[2]!)).to.be.revertedWithCustomError(
      collection,
      'WrongState',
    )
  })
})

describe('contracts/Drop: challengeTwice', () => {
  it('voids a drop with one candidate at two ranks', async () => {
    const studio = await studioOf()
    const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(3, honest[2]!))
    await expectVoid(
      studio,
      drop,
      'twice',
      studio.collection.connect(studio.alice).challengeTwice(drop, pieces[3]!, pieces[2]!),
    )
  })

  it('voids a drop with one artifact at two ranks', async () => {
    const studio = await studioOf()
    const drop = await drawn(studio)
    const facts = honestFacts(drop)
    const leaves = commitmentOf(drop, facts).pieces.map(
      ({ facts: packed, pixelDigest, artifactDigest }, rank) =>
        [BigInt(packed), String(pixelDigest), rank < 2 ? digest('same') : String(artifactDigest)] as const,
    )
    const { root, pieces, candidates } = treeOver(drop, facts, leaves)
    await commit(studio, { drop, root, pieces, candidates })
    await expectVoid(
      studio,
      drop,
      'twice',
      studio.collection.connect(studio.alice).challengeTwice(drop, pieces[0]!, pieces[1]!),
    )
  })

  it('reverts with NothingWrong for two pieces without artifact, and for a piece and itself', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const { drop, pieces } = await committed(studio)
    for (const [one, other] of [
      [pieces[14]!, pieces[15]!],
      [pieces[0]!, pieces[0]!],
    ] as const) {
      await expect(collection.challengeTwice(drop, one, other)).to.be.revertedWithCustomError(
        collection,
        'NothingWrong',
      )
    }
  })
})

describe('contracts/Drop: challengeOutOfRange', () => {
  for (const [what, facts] of [
    ['an index beyond the candidates', { index: CANDIDATES }],
    ['the number of another drop', { drop: 2 }],
  ] as const) {
    it(`voids a drop with ${what}`, async () => {
      const studio = await studioOf()
      const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(4, { ...honest[4]!, ...facts }))
      await expectVoid(
        studio,
        drop,
        'range',
        studio.collection.connect(studio.alice).challengeOutOfRange(drop, pieces[4]!),
      )
    })
  }

  it('voids a drop with bits that mean nothing', async () => {
    const studio = await studioOf()
    const drop = await drawn(studio)
    const facts = honestFacts(drop)
    const leaves = facts.map((each, rank) => {
      const packed = reference.packFacts(each) | (rank === 9 ? 1n << 104n : 0n)
      return [packed, digest(`${rank}`), reference.ZERO] as const
    })
    const commitment = treeOver(drop, facts, leaves)
    await commit(studio, commitment)
    await expectVoid(
      studio,
      drop,
      'range',
      studio.collection.connect(studio.alice).challengeOutOfRange(drop, commitment.pieces[9]!),
    )
  })

  it('voids a drop with a leaf behind the last candidate', async () => {
    const studio = await studioOf()
    const drop = await drawn(studio, { candidates: 13, size: 4 })
    const commitment = commitmentOf(drop, honestFacts(drop, 14), 4)
    await commit(studio, commitment)
    await expectVoid(
      studio,
      drop,
      'range',
      studio.collection.connect(studio.alice).challengeOutOfRange(drop, commitment.pieces[13]!),
    )
  })

  it('voids a drop with a leaf behind the last candidate whose index is in range', async () => {
    const studio = await studioOf()
    const drop = await drawn(studio, { candidates: 13, size: 4 })
    const facts = honestFacts(drop, 13)
    const commitment = commitmentOf(drop, [...facts, facts[12]!], 4)
    await commit(studio, commitment)
    expect(await studio.collection.isCommitted(drop, commitment.pieces[13]!)).to.equal(false)
    await expectVoid(
      studio,
      drop,
      'range',
      studio.collection.connect(studio.alice).challengeOutOfRange(drop, commitment.pieces[13]!),
    )
  })

  it('reverts with NothingWrong for every piece of an honest drop', async () => {
    const studio = await studioOf()
    const { drop, pieces } = await committed(studio)
    for (const piece of pieces) {
      await expect(studio.collection.challengeOutOfRange.staticCall(drop, piece)).to.be.revertedWithCustomError(
        studio.collection,
        'NothingWrong',
      )
    }
  })

  it('reverts when a rank beyond the tree walks the path of another', async () => {
    const studio = await studioOf()
    const { drop, pieces } = await committed(studio)
    await expect(studio.collection.challengeOutOfRange(drop, { ...pieces[1]!, rank: 17 }))
      .to.be.revertedWithCustomError(studio.collection, 'RankNotForSale')
      .withArgs(17, 16)
  })
})

describe('contracts/Drop: ask and answer', () => {
  const STAKE = BOND / 100n

  async function asked(rank = 3) {
    const studio = await studioOf()
    const commitment = await committed(studio)
    await studio.collection.connect(studio.bob).ask(commitment.drop, rank, { value: STAKE })
    return { ...studio, ...commitment }
  }

  it('an answer publishes the leaf and earns the stake', async () => {
    const { collection, alice, drop, pieces } = await asked()
    const piece: PieceStruct = pieces[3]!
    await expect(collection.connect(alice).answer(drop, piece))
      .to.emit(collection, 'PositionAnswered')
      .withArgs(drop, 3, alice.address, piece.facts, piece.pixelDigest, piece.artifactDigest)
    expect(await collection.creditOf(alice.address)).to.equal(STAKE)
    expect((await collection.dropOf(drop)).questions).to.equal(0)
  })

  it('no answer within the window voids the drop, and gives the asker his stake back', async () => {
    const { collection, alice, bob, drop } = await asked()
    await expect(collection.connect(alice).voidUnanswered(drop, 3)).to.be.revertedWithCustomError(
      collection,
      'TooEarly',
    )
    await networkHelpers.time.increase(WINDOW + 1)
    await expect(collection.connect(alice).voidUnanswered(drop, 3))
      .to.emit(collection, 'DropVoided')
      .withArgs(drop, bob.address, bytes32('missing'))
    await collection.reclaimStake(drop, 3)
    await collection.settle(drop)
    expect(await collection.creditOf(bob.address)).to.equal(STAKE + BOND / 2n)
    await expect(collection.reclaimStake(drop, 3)).to.be.revertedWithCustomError(collection, 'NotAsked')
  })

  it('an answer comes too late after the window', async () => {
    const { collection, drop, pieces } = await asked()
    await networkHelpers.time.increase(WINDOW + 1)
    await expect(collection.answer(drop, pieces[3]!)).to.be.revertedWithCustomError(collection, 'TooLate')
  })

  it('holds the sale back while an answer is due, and not a second longer', async () => {
    const studio = await studioOf()
    const { collection, alice, bob } = studio
    const { drop, pieces } = await committed(studio)
    const { liveAt: before } = await collection.dropOf(drop)
    await networkHelpers.time.setNextBlockTimestamp(before - 10n)
    await collection.connect(bob).ask(drop, 0, { value: STAKE })
    const [phase] = await collection.phasesOf(drop)
    await networkHelpers.time.increaseTo(phase!.start)
    const mint = () => collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE })
    await expect(mint()).to.be.revertedWithCustomError(collection, 'QuestionsOpen').withArgs(drop, 1)
    await networkHelpers.time.increase(10 * DAY)
    await expect(collection.close(drop)).to.be.revertedWithCustomError(collection, 'QuestionsOpen').withArgs(drop, 1)
  })

  it('leaves a window between the last answer and the close of a drop that is sold out', async () => {
    const studio = await studioOf()
    const { collection, alice, bob, carol } = studio
    const now = await networkHelpers.time.latest()
    const phases = [await publicPhase(studio, { start: now })]
    const { drop, pieces } = await committed(studio, { size: 1, phases }, misordered)
    const { liveAt } = await collection.dropOf(drop)
    await networkHelpers.time.setNextBlockTimestamp(liveAt - 1n)
    await collection.connect(bob).ask(drop, 2, { value: STAKE })
    const { liveAt: still, closableAt } = await collection.dropOf(drop)
    expect([still, closableAt]).to.deep.equal([liveAt, liveAt - 1n + 2n * BigInt(WINDOW)])
    await networkHelpers.time.setNextBlockTimestamp(liveAt - 1n + BigInt(WINDOW))
    await collection.connect(carol).answer(drop, pieces[2]!)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await networkHelpers.time.setNextBlockTimestamp(closableAt - 1n)
    await expect(collection.close(drop))
      .to.be.revertedWithCustomError(collection, 'TooEarly')
      .withArgs(closableAt - 1n, closableAt)
    await collection.challengeOrder.staticCall(drop, pieces[5]!, pieces[2]!)
  })

  it('each position can be asked for once, for the stake, within the first window, if it exists', async () => {
    const { collection, bob, drop, pieces } = await asked()
    const ask = (rank: number, value: bigint) => collection.connect(bob).ask(drop, rank, { value })
    await expect(ask(3, STAKE)).to.be.revertedWithCustomError(collection, 'AlreadyAsked').withArgs(drop, 3)
    await collection.answer(drop, pieces[3]!)
    await expect(ask(3, STAKE)).to.be.revertedWithCustomError(collection, 'AlreadyAsked').withArgs(drop, 3)
    await expect(ask(4, STAKE - 1n))
      .to.be.revertedWithCustomError(collection, 'WrongStake')
      .withArgs(STAKE - 1n, STAKE)
    await expect(ask(CANDIDATES, STAKE)).to.be.revertedWithCustomError(collection, 'RankNotForSale')
    const { liveAt } = await collection.dropOf(drop)
    await networkHelpers.time.increaseTo(liveAt)
    await expect(ask(5, STAKE)).to.be.revertedWithCustomError(collection, 'TooLate')
    expect(await collection.askStake(drop)).to.equal(STAKE)
  })

  it('reverts with NotAsked for what nobody asked for, or was answered', async () => {
    const { collection, drop, pieces } = await asked()
    await expect(collection.answer(drop, pieces[4]!)).to.be.revertedWithCustomError(collection, 'NotAsked')
    await expect(collection.voidUnanswered(drop, 4)).to.be.revertedWithCustomError(collection, 'NotAsked')
    await collection.answer(drop, pieces[3]!)
    await expect(collection.answer(drop, pieces[3]!)).to.be.revertedWithCustomError(collection, 'NotAsked')
    await expect(collection.voidUnanswered(drop, 3)).to.be.revertedWithCustomError(collection, 'NotAsked')
    await expect(collection.reclaimStake(drop, 3)).to.be.revertedWithCustomError(collection, 'WrongState')
  })
})
