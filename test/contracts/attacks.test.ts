import { expect } from 'chai'
import { network } from 'hardhat'
import {
  announced,
  BOND,
  committed,
  DAY,
  deployStudio,
  digest,
  ETH,
  Kind,
  live,
  modelContent,
  order,
  PRICE,
  publicPhase,
  SALT,
  State,
  type Studio,
  tokenId,
  WINDOW,
} from './collection.ts'
import * as reference from './commitment-reference.ts'

// One test for each way in which drops, splitters and lists have been robbed before.

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

async function voucherDrop(studio: Studio) {
  const gate = ethers.zeroPadValue(studio.curator.address, 32)
  const phase = await publicPhase(studio, { kind: Kind.Voucher, gate, priceStart: 0, priceEnd: 0 })
  return live(studio, { phases: [phase, phase] })
}

async function signedVoucher(studio: Studio, drop: number, changes: { chainId?: number; contract?: string } = {}) {
  const to = studio.alice.address
  const voucher = { to, drop, phase: 0, rank: 0, priceWei: PRICE, deadline: 2 ** 39 }
  const contract = changes.contract ?? (await studio.collection.getAddress())
  const domain = reference.eip712Domain(changes.chainId ?? 31337, contract)
  return { voucher, signature: await studio.curator.signTypedData(domain, reference.voucherTypes, voucher) }
}

describe('attack: draw the seed again by looking and reverting', () => {
  it('gives the same seed in every block in which the draw is tried', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const drop = await announced(studio)
    const seeds = new Set<string>()
    for (let i = 0; i < 5; i++) {
      await networkHelpers.mine(7)
      const before = await networkHelpers.takeSnapshot()
      await collection.draw(drop, SALT)
      seeds.add((await collection.dropOf(drop)).masterSeed)
      await before.restore()
    }
    expect(seeds.size).to.equal(1)
  })

  it('offers no other salt, and no second draw', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const drop = await announced(studio)
    await networkHelpers.mine(3)
    await expect(collection.draw(drop, digest('better'))).to.be.revertedWithCustomError(collection, 'WrongSalt')
    await collection.draw(drop, SALT)
    await expect(collection.draw(drop, SALT)).to.be.revertedWithCustomError(collection, 'WrongState')
  })

  it('costs the operator the bond to let a seed go, and leaves the gap in the numbers', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    const drop = await announced(studio)
    await networkHelpers.mine(3)
    await collection.draw(drop, SALT)
    await collection.connect(operator).abandon(drop)
    expect(await collection.creditOf(operator.address)).to.equal(0)
    expect([await collection.dropCount(), (await collection.dropOf(drop)).state]).to.deep.equal([1n, State.Void])
  })
})

describe('attack: shift what is sold by the reveal (SeaDrop #61)', () => {
  it('finds nothing to shift: the rank is in the leaf position, and the token id is the rank', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await live(studio)
    await expect(
      collection.connect(alice).mintPublic(order(drop, alice), [{ ...pieces[0]!, rank: 1 }], { value: PRICE }),
    ).to.be.revertedWithCustomError(collection, 'NotCommitted')
  })
})

describe('attack: block everybody’s refund with one that fails (Akutar)', () => {
  it('leaves the others their refunds', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(2, honest[5]!).with(5, honest[2]!))
    await networkHelpers.time.increase(3 * WINDOW)
    const closed = await ethers.deployContract('Closed')
    const recipient = { address: await closed.getAddress() }
    await collection.connect(alice).mintPublic(order(drop, recipient), [pieces[0]!], { value: PRICE })
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE })
    await collection.challengeOrder(drop, pieces[5]!, pieces[2]!)
    const data = collection.interface.encodeFunctionData('refund', [tokenId(drop, 0)])
    await expect(closed.act(collection, data)).to.be.revertedWithCustomError(collection, 'PaymentFailed')
    await expect(collection.connect(alice).refund(tokenId(drop, 1))).to.changeEtherBalance(ethers, alice, PRICE)
  })
})

describe('attack: block everybody’s share with a contributor who refuses (Art Blocks #463)', () => {
  it('leaves the others their shares, and the drop its close', async () => {
    const studio = await studioOf()
    const { lineage, attribution, registrant, dataset, alice } = studio
    const closed = await (await ethers.deployContract('Closed')).getAddress()
    const entries = [
      { account: closed, shares: 500_000 },
      { account: alice.address, shares: 500_000 },
    ].toSorted((a, b) => (a.account.toLowerCase() < b.account.toLowerCase() ? -1 : 1))
    const tree = reference.sumTree(entries)
    const content = { ...modelContent(dataset), sharesRoot: tree.root }
    await lineage.connect(registrant).registerModel(content)
    const model = reference.modelId(content, registrant.address)
    await lineage.connect(registrant).setAuthorised(model, await studio.collection.getAddress(), true)
    const { drop, pieces } = await live({ ...studio, model })
    await studio.collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await networkHelpers.time.increase(10 * DAY)
    await studio.collection.close(drop)
    const position = entries.findIndex(({ account }) => account === alice.address)
    await expect(
      attribution.claim(model, ETH, alice.address, 500_000, position, [...tree.proof(position)]),
    ).to.changeEtherBalance(ethers, alice, PRICE / 2n)
  })
})

describe('attack: forge a proof', () => {
  it('by an inner node shown as a leaf: a leaf has 96 bytes and the depth is exact', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const { drop, pieces } = await live(studio)
    const piece = pieces[0]!
    const parent = { ...piece, proof: piece.proof.slice(1) }
    await expect(collection.challengeOutOfRange(drop, parent)).to.be.revertedWithCustomError(collection, 'WrongDepth')
    const padded = { ...piece, proof: [...piece.proof.slice(1), reference.ZERO] }
    expect(await collection.isCommitted(drop, padded)).to.equal(false)
  })

  it('by a sum node shown as a share: a node has 128 bytes, a leaf 64', async () => {
    const studio = await studioOf()
    const { attribution, model, shares } = studio
    await attribution.deposit(model, { value: 100n })
    const [sibling, top] = shares.proof(0)
    const account = ethers.dataSlice(sibling!.hash, 12)
    await expect(attribution.claim(model, ETH, account, 1_000_000 - top!.sum, 0, [top!])).to.be.revertedWithCustomError(
      attribution,
      'SharesNotProven',
    )
  })

  it('by sums that wrap around', async () => {
    const studio = await studioOf()
    const { attribution, model } = studio
    await attribution.deposit(model, { value: 100n })
    const siblings = [{ hash: reference.ZERO, sum: ethers.MaxUint256 }]
    await expect(attribution.claim(model, ETH, studio.alice.address, 1_000_001, 0, siblings)).to.be.revertedWithPanic(
      0x11,
    )
  })

  it('by an allowlist node shown as an entry: entries are hashed twice', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const leaves = [1, 2].map((limit) => reference.allowlistLeaf(alice.address, limit, 0n))
    const list = reference.allowlistTree(leaves)
    const phase = await publicPhase(studio, { kind: Kind.Allowlist, gate: list.root, priceStart: 0, priceEnd: 0 })
    const { drop, pieces } = await live(studio, { phases: [phase] })
    const [left, right] = leaves.toSorted().map((leaf) => BigInt(leaf))
    await expect(
      collection.connect(alice).mintAllowlist(order(drop, alice), left!, right!, [], [pieces[0]!]),
    ).to.be.revertedWithCustomError(collection, 'NotAllowlisted')
  })
})

describe('attack: use a voucher elsewhere', () => {
  for (const [where, changes] of [
    ['on another chain', { chainId: 1 }],
    ['in another collection', { contract: digest('other').slice(0, 42) }],
  ] as const) {
    it(`${where} reverts with VoucherNotSigned`, async () => {
      const studio = await studioOf()
      const { collection, alice } = studio
      const { drop, pieces } = await voucherDrop(studio)
      const { voucher, signature } = await signedVoucher(studio, drop, changes)
      await expect(
        collection.connect(alice).mintVoucher(voucher, signature, pieces[0]!, alice.address, false, { value: PRICE }),
      ).to.be.revertedWithCustomError(collection, 'VoucherNotSigned')
    })
  }

  it('in another phase or drop reverts with VoucherNotSigned', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const first = await voucherDrop(studio)
    const { voucher, signature } = await signedVoucher(studio, first.drop)
    const mint = (changed: typeof voucher, piece: (typeof first.pieces)[number]) =>
      collection.connect(alice).mintVoucher(changed, signature, piece, alice.address, false, { value: PRICE })
    await expect(mint({ ...voucher, phase: 1 }, first.pieces[0]!)).to.be.revertedWithCustomError(
      collection,
      'VoucherNotSigned',
    )
    await networkHelpers.time.increase(10 * DAY)
    await collection.close(first.drop)
    const second = await voucherDrop(studio)
    await expect(mint({ ...voucher, drop: second.drop }, second.pieces[0]!)).to.be.revertedWithCustomError(
      collection,
      'VoucherNotSigned',
    )
    await expect(mint(voucher, second.pieces[0]!)).to.be.revertedWithCustomError(collection, 'WrongState')
  })

  it('with the high half of the curve reverts with VoucherNotSigned', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await voucherDrop(studio)
    const { voucher, signature } = await signedVoucher(studio, drop)
    const { r, s, yParity } = ethers.Signature.from(signature)
    const order256 = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const flipped = ethers.concat([r, ethers.toBeHex(order256 - BigInt(s), 32), yParity === 0 ? '0x1c' : '0x1b'])
    await expect(
      collection.connect(alice).mintVoucher(voucher, flipped, pieces[0]!, alice.address, false, { value: PRICE }),
    ).to.be.revertedWithCustomError(collection, 'VoucherNotSigned')
  })
})

async function planned(studio: Studio, call: (self: string) => string) {
  const attacker = await ethers.deployContract('Reenterer')
  const self = await attacker.getAddress()
  await attacker.plan(studio.collection, call(self))
  return { attacker, self }
}

describe('attack: come back in the middle', () => {
  it('through onERC721Received reverts with ReentrancyGuardReentrantCall, and gains nothing', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const phase = await publicPhase(studio, { priceStart: 0, priceEnd: 0, walletLimit: 1 })
    const { drop, pieces } = await live(studio, { phases: [phase] })
    const mint = (self: string, rank: number) =>
      collection.interface.encodeFunctionData('mintPublic', [
        order(drop, { address: self }, { safe: true }),
        [pieces[rank]!],
      ])
    const { attacker, self } = await planned(studio, (address) => mint(address, 1))
    await attacker.act(collection, mint(self, 0))
    expect(await attacker.tried()).to.equal(true)
    expect(await attacker.answer()).to.equal(collection.interface.encodeErrorResult('ReentrancyGuardReentrantCall'))
    expect(await collection.balanceOf(self)).to.equal(1)
  })

  it('through the change of a mint reverts too', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const { drop, pieces } = await live(studio)
    const mint = (self: string, rank: number) =>
      collection.interface.encodeFunctionData('mintPublic', [order(drop, { address: self }), [pieces[rank]!]])
    const { attacker, self } = await planned(studio, (address) => mint(address, 1))
    await attacker.act(collection, mint(self, 0), { value: 2n * PRICE })
    expect(await attacker.tried()).to.equal(true)
    expect(await collection.balanceOf(self)).to.equal(1)
  })

  it('through a refund or a withdrawal pays once', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(2, honest[5]!).with(5, honest[2]!))
    await networkHelpers.time.increase(3 * WINDOW)
    const refund = collection.interface.encodeFunctionData('refund', [tokenId(drop, 0)])
    const { attacker, self } = await planned(studio, () => refund)
    await collection.connect(alice).mintPublic(order(drop, { address: self }), [pieces[0]!], { value: PRICE })
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[1]!], { value: PRICE })
    await collection.challengeOrder(drop, pieces[5]!, pieces[2]!)
    await attacker.act(collection, refund)
    expect(await attacker.tried()).to.equal(true)
    expect(await ethers.provider.getBalance(self)).to.equal(PRICE)
  })

  it('through a claim pays once', async () => {
    const studio = await studioOf()
    const { lineage, attribution, registrant, dataset, model: other } = studio
    const attacker = await ethers.deployContract('Reenterer')
    const self = await attacker.getAddress()
    const tree = reference.sumTree([{ account: self, shares: 1_000_000 }])
    const content = { ...modelContent(dataset), sharesRoot: tree.root }
    await lineage.connect(registrant).registerModel(content)
    const model = reference.modelId(content, registrant.address)
    await attribution.deposit(other, { value: 1000n })
    await attribution.deposit(model, { value: 1000n })
    const claim = attribution.interface.encodeFunctionData('claim', [model, ETH, self, 1_000_000, 0, []])
    await attacker.plan(attribution, claim)
    await attribution.claim(model, ETH, self, 1_000_000, 0, [])
    expect(await attacker.tried()).to.equal(true)
    expect(await ethers.provider.getBalance(self)).to.equal(1000n)
  })
})

describe('attack: pay once for many (msg.value in a loop)', () => {
  it('reverts with Underpaid: a batch is settled once, for all', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await live(studio)
    await expect(collection.connect(alice).mintPublic(order(drop, alice), pieces.slice(0, 5), { value: PRICE }))
      .to.be.revertedWithCustomError(collection, 'Underpaid')
      .withArgs(PRICE, 5n * PRICE)
  })
})

describe('attack: numbers that do not fit', () => {
  it('the highest price there is comes back from the token and the head as it went in', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const price = (2n ** 32n - 1n) * 10n ** 12n
    await networkHelpers.setBalance(alice.address, 10n * price)
    const { drop, pieces } = await live(studio, {
      phases: [await publicPhase(studio, { priceStart: price, priceEnd: price })],
    })
    await collection.connect(alice).mintPublic(order(drop, alice), pieces.slice(0, 3), { value: 3n * price })
    expect((await collection.provenanceOf(tokenId(drop, 1))).priceWei).to.equal(price)
    const info = await collection.dropOf(drop)
    expect([info.proceedsWei, info.minted, info.size, info.candidates]).to.deep.equal([3n * price, 3n, 8n, 16n])
  })

  it('the highest facts there are come back as they went in', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const most = { score: 65_535, rarity: 65_535, demand: 65_535 }
    const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(0, { ...honest[0]!, ...most }))
    await networkHelpers.time.increase(3 * WINDOW)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    const found = await collection.provenanceOf(tokenId(drop, 0))
    expect([found.score, found.rarity, found.demand, found.priceWei]).to.deep.equal([65_535n, 65_535n, 65_535n, PRICE])
  })
})

describe('attack: bury the operator under challenges', () => {
  it('a false challenge costs its sender gas and changes nothing', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const { drop, pieces } = await committed(studio)
    await expect(collection.challengeOrder(drop, pieces[1]!, pieces[0]!)).to.be.revertedWithCustomError(
      collection,
      'NothingWrong',
    )
    expect((await collection.dropOf(drop)).state).to.equal(State.Committed)
  })

  it('asking for every position pays whoever answers, and delays nothing once they are answered', async () => {
    const studio = await studioOf()
    const { collection, bob, operator } = studio
    const { drop, pieces } = await committed(studio)
    const { liveAt: before } = await collection.dropOf(drop)
    const stake = await collection.askStake(drop)
    for (const { rank } of pieces) await collection.connect(bob).ask(drop, rank, { value: stake })
    for (const piece of pieces) await collection.connect(operator).answer(drop, piece)
    expect(await collection.creditOf(operator.address)).to.equal(stake * BigInt(pieces.length))
    const { liveAt, questions } = await collection.dropOf(drop)
    expect(questions).to.equal(0)
    expect(liveAt).to.equal(before)
  })

  it('an operator who challenges himself loses half of the bond', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    const { drop, pieces } = await committed(studio, {}, (honest) => honest.with(2, honest[5]!).with(5, honest[2]!))
    await collection.connect(operator).challengeOrder(drop, pieces[5]!, pieces[2]!)
    await collection.settle(drop)
    expect(await collection.creditOf(operator.address)).to.equal(BOND / 2n)
  })
})

describe('attack: roles against a committed drop', () => {
  it('none can change, stop or empty it', async () => {
    const studio = await studioOf()
    const { collection, admin, operator, curator, guardian, alice } = studio
    const { drop, root, pieces } = await committed(studio)
    const before = await collection.dropOf(drop)
    await expect(
      collection.connect(operator).commit(drop, root, digest('other'), reference.ZERO),
    ).to.be.revertedWithCustomError(collection, 'WrongState')
    await expect(collection.connect(operator).abandon(drop)).to.be.revertedWithCustomError(collection, 'WrongState')
    await expect(collection.connect(curator).recordVetoes(drop, digest('v'))).to.be.revertedWithCustomError(
      collection,
      'WrongState',
    )
    await expect(collection.connect(guardian).abandon(drop)).to.be.revertedWithCustomError(
      collection,
      'AccessControlUnauthorizedAccount',
    )
    await expect(collection.connect(admin).withdrawCredit(admin)).to.be.revertedWithCustomError(collection, 'NoCredit')
    expect(await collection.dropOf(drop)).to.deep.equal(before)
    await networkHelpers.time.increase(3 * WINDOW)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
  })
})
