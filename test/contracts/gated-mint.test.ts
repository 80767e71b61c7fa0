import { expect } from 'chai'
import { network } from 'hardhat'
import type { PhaseStruct, VoucherStruct } from '../../types/ethers-contracts/interfaces/IDrop.ts'
import { deployStudio, digest, Kind, live, order, PRICE, publicPhase, type Studio, tokenId } from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

async function listed(changes: Partial<PhaseStruct> = {}) {
  const studio = await studioOf()
  const { alice, bob, carol } = studio
  const leaves = [
    reference.allowlistLeaf(alice.address, 2, PRICE),
    reference.allowlistLeaf(bob.address, 5, 0n),
    reference.allowlistLeaf(carol.address, 0, 0n),
  ]
  const list = reference.allowlistTree(leaves)
  const phase = { kind: Kind.Allowlist, gate: list.root, priceStart: 0, priceEnd: 0, ...changes }
  const commitment = await live(studio, { phases: [await publicPhase(studio, phase)] })
  return { ...studio, ...commitment, proofs: leaves.map((leaf) => [...list.proof(leaf)]) }
}

describe('contracts/Drop: mintAllowlist', () => {
  it('takes the price and the limit of the leaf', async () => {
    const { collection, alice, drop, pieces, proofs } = await listed()
    const mint = (count: number) =>
      collection
        .connect(alice)
        .mintAllowlist(order(drop, alice), 2, PRICE, proofs[0]!, pieces.slice(0, count), { value: 3n * PRICE })
    await expect(mint(3)).to.be.revertedWithCustomError(collection, 'WalletLimit').withArgs(alice.address, 3, 2)
    await expect(mint(2)).to.changeEtherBalance(ethers, alice, -2n * PRICE)
  })

  it('takes the limit of the phase where that is the lower one', async () => {
    const { collection, bob, drop, pieces, proofs } = await listed({ walletLimit: 1 })
    await expect(collection.connect(bob).mintAllowlist(order(drop, bob), 5, 0, proofs[1]!, pieces.slice(0, 2)))
      .to.be.revertedWithCustomError(collection, 'WalletLimit')
      .withArgs(bob.address, 2, 1)
  })

  it('gives nothing for a leaf of nothing', async () => {
    const { collection, carol, drop, pieces, proofs } = await listed()
    await expect(
      collection.connect(carol).mintAllowlist(order(drop, carol), 0, 0, proofs[2]!, [pieces[0]!]),
    ).to.be.revertedWithCustomError(collection, 'WalletLimit')
  })

  it('lets the listed wallet have another one receive, without lifting its limit', async () => {
    const { collection, alice, carol, drop, pieces, proofs } = await listed()
    const mint = (recipient: { address: string }, rank: number) =>
      collection
        .connect(alice)
        .mintAllowlist(order(drop, recipient), 2, PRICE, proofs[0]!, [pieces[rank]!], { value: PRICE })
    await mint(carol, 0)
    await mint(alice, 1)
    await expect(mint({ address: digest('new').slice(0, 42) }, 2)).to.be.revertedWithCustomError(
      collection,
      'WalletLimit',
    )
    expect(await collection.ownerOf(tokenId(drop, 0))).to.equal(carol.address)
  })

  it('reverts with NotAllowlisted for another wallet, limit or price', async () => {
    const { collection, alice, carol, drop, pieces, proofs } = await listed()
    for (const [wallet, limit, price] of [
      [carol, 2, PRICE],
      [alice, 3, PRICE],
      [alice, 2, 0n],
    ] as const) {
      await expect(
        collection.connect(wallet).mintAllowlist(order(drop, wallet), limit, price, proofs[0]!, [pieces[0]!]),
      )
        .to.be.revertedWithCustomError(collection, 'NotAllowlisted')
        .withArgs(wallet.address)
    }
  })

  it('reverts with BelowFloor when a leaf undercuts the phase', async () => {
    const floor = 2n * PRICE
    const { collection, alice, drop, pieces, proofs } = await listed({ priceStart: floor, priceEnd: floor })
    await expect(
      collection.connect(alice).mintAllowlist(order(drop, alice), 2, PRICE, proofs[0]!, [pieces[0]!], { value: PRICE }),
    )
      .to.be.revertedWithCustomError(collection, 'BelowFloor')
      .withArgs(PRICE, floor)
  })
})

async function codeOfAccount(owner: string): Promise<string> {
  return ethers.provider.getCode(await ethers.deployContract('SmartAccount', [owner]))
}

async function vouched(changes: Partial<PhaseStruct> = {}, signer?: string) {
  const studio = await studioOf()
  const gate = ethers.zeroPadValue(signer ?? studio.curator.address, 32)
  const phase = { kind: Kind.Voucher, gate, priceStart: 0, priceEnd: 0, ...changes }
  const commitment = await live(studio, { phases: [await publicPhase(studio, phase)] })
  return { ...studio, ...commitment }
}

describe('contracts/Drop: mintVoucher', () => {
  const UNTIL = 2 ** 39

  async function sign(studio: Studio, drop: number, rank: number, changes: Partial<VoucherStruct> = {}) {
    const to = studio.alice.address
    const voucher = { to, drop, phase: 0, rank, priceWei: PRICE, deadline: UNTIL, ...changes }
    const domain = reference.eip712Domain(31337, await studio.collection.getAddress())
    return { voucher, signature: await studio.curator.signTypedData(domain, reference.voucherTypes, voucher) }
  }

  it('gives the piece that was signed, at the price that was signed', async () => {
    const studio = await vouched()
    const { collection, alice, drop, pieces } = studio
    const { voucher, signature } = await sign(studio, drop, 3)
    const value = 2n * PRICE
    await expect(
      collection.connect(alice).mintVoucher(voucher, signature, pieces[3]!, alice.address, true, { value }),
    ).to.changeEtherBalance(ethers, alice, -PRICE)
    expect(await collection.ownerOf(tokenId(drop, 3))).to.equal(alice.address)
  })

  it('lets anyone pay for its holder, but only the holder name another recipient', async () => {
    const studio = await vouched()
    const { collection, alice, bob, carol, drop, pieces } = studio
    const [first, second] = [await sign(studio, drop, 0), await sign(studio, drop, 1)]
    await expect(
      collection
        .connect(bob)
        .mintVoucher(first.voucher, first.signature, pieces[0]!, bob.address, false, { value: PRICE }),
    )
      .to.be.revertedWithCustomError(collection, 'NotVoucherHolder')
      .withArgs(bob.address, alice.address)
    await collection
      .connect(bob)
      .mintVoucher(first.voucher, first.signature, pieces[0]!, alice.address, false, { value: PRICE })
    await collection
      .connect(alice)
      .mintVoucher(second.voucher, second.signature, pieces[1]!, carol.address, false, { value: PRICE })
    expect(await collection.ownerOf(tokenId(drop, 1))).to.equal(carol.address)
    expect(await collection.walletCount(drop, 0, alice.address)).to.equal(2)
  })

  it('reverts with TokenAlreadyExists the second time', async () => {
    const studio = await vouched()
    const { collection, alice, drop, pieces } = studio
    const { voucher, signature } = await sign(studio, drop, 0)
    const mint = () =>
      collection.connect(alice).mintVoucher(voucher, signature, pieces[0]!, alice.address, false, { value: PRICE })
    await mint()
    await expect(mint()).to.be.revertedWithCustomError(collection, 'TokenAlreadyExists')
  })

  it('reverts with VoucherExpired after its last second', async () => {
    const studio = await vouched()
    const { collection, alice, drop, pieces } = studio
    const deadline = (await networkHelpers.time.latest()) + 100
    const { voucher, signature } = await sign(studio, drop, 0, { deadline })
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1)
    await expect(
      collection.connect(alice).mintVoucher(voucher, signature, pieces[0]!, alice.address, false, { value: PRICE }),
    )
      .to.be.revertedWithCustomError(collection, 'VoucherExpired')
      .withArgs(deadline)
  })

  it('reverts with VoucherForAnotherRank for another piece', async () => {
    const studio = await vouched()
    const { collection, alice, drop, pieces } = studio
    const { voucher, signature } = await sign(studio, drop, 4)
    await expect(
      collection.connect(alice).mintVoucher(voucher, signature, pieces[0]!, alice.address, false, { value: PRICE }),
    )
      .to.be.revertedWithCustomError(collection, 'VoucherForAnotherRank')
      .withArgs(0, 4)
  })

  for (const [what, changes] of [
    ['collector', { to: digest('other').slice(0, 42) }],
    ['price', { priceWei: 0 }],
    ['deadline', { deadline: UNTIL + 1 }],
  ] as const) {
    it(`reverts with VoucherNotSigned when the ${what} was changed`, async () => {
      const studio = await vouched()
      const { collection, alice, curator, drop, pieces } = studio
      const { voucher, signature } = await sign(studio, drop, 0)
      const changed = { ...voucher, ...changes }
      await expect(
        collection.connect(alice).mintVoucher(changed, signature, pieces[0]!, changed.to, false, { value: PRICE }),
      )
        .to.be.revertedWithCustomError(collection, 'VoucherNotSigned')
        .withArgs(curator.address)
    })
  }

  it('keeps the floor of the phase, whoever holds the key', async () => {
    const studio = await vouched({ priceStart: PRICE, priceEnd: PRICE })
    const { collection, alice, drop, pieces } = studio
    const { voucher, signature } = await sign(studio, drop, 0, { priceWei: 10n ** 12n })
    await expect(
      collection.connect(alice).mintVoucher(voucher, signature, pieces[0]!, alice.address, false, { value: PRICE }),
    )
      .to.be.revertedWithCustomError(collection, 'BelowFloor')
      .withArgs(10n ** 12n, PRICE)
  })

  it('reverts with PriceNotInUnits for a price that cannot be kept', async () => {
    const studio = await vouched()
    const { collection, alice, drop, pieces } = studio
    for (const priceWei of [PRICE + 1n, 2n ** 32n * 10n ** 12n]) {
      const { voucher, signature } = await sign(studio, drop, 0, { priceWei })
      await expect(
        collection
          .connect(alice)
          .mintVoucher(voucher, signature, pieces[0]!, alice.address, false, { value: 2n * PRICE }),
      )
        .to.be.revertedWithCustomError(collection, 'PriceNotInUnits')
        .withArgs(priceWei)
    }
  })

  it('believes a smart account that its owner signed for (ERC-1271)', async () => {
    const { curator } = await studioOf()
    const account = await ethers.deployContract('SmartAccount', [curator])
    // loadFixture goes back before the account, so it is deployed anew at the same address.
    const studio = await vouched({}, await account.getAddress())
    await studio.networkHelpers.setCode(await account.getAddress(), await codeOfAccount(curator.address))
    const { collection, alice, drop, pieces } = studio
    const { voucher, signature } = await sign(studio, drop, 0)
    await collection.connect(alice).mintVoucher(voucher, signature, pieces[0]!, alice.address, false, { value: PRICE })
    expect(await collection.ownerOf(tokenId(drop, 0))).to.equal(alice.address)
  })
})
