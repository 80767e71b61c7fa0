import { expect } from 'chai'
import { network } from 'hardhat'
import {
  announcement,
  BOND,
  committed,
  deployStudio,
  digest,
  ETH,
  live,
  modelContent,
  order,
  PRICE,
  publicPhase,
  type Studio,
  tokenId,
  WINDOW,
} from './collection.ts'
import * as reference from './commitment-reference.ts'

// Attacks by contracts, tokens and signatures that are not the collection's own.

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

const misordered = (honest: readonly reference.Facts[]) => honest.with(2, honest[5]!).with(5, honest[2]!)

/** A model whose contributors are one contract alone. */
async function modelOf(studio: Studio, account: string): Promise<string> {
  const { lineage, registrant, dataset } = studio
  const content = { ...modelContent(dataset), sharesRoot: reference.sumTree([{ account, shares: 1_000_000 }]).root }
  await lineage.connect(registrant).registerModel(content)
  return reference.modelId(content, registrant.address)
}

describe('attack: leave a contract more than it wants (selfdestruct)', () => {
  it('changes nothing in what a collection owes, and a drop closes as if nothing had come', async () => {
    const studio = await studioOf()
    const { collection, attribution, alice, operator, model } = studio
    const { drop, pieces } = await live(studio, { size: 1 })
    for (const heir of [collection, attribution]) await ethers.deployContract('Bequest', [heir], { value: 77n })
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await collection.close(drop)
    expect(await attribution.totalOf(model, ETH)).to.equal(PRICE)
    expect(await collection.creditOf(operator.address)).to.equal(BOND)
    expect(await ethers.provider.getBalance(collection)).to.equal(BOND + 77n)
    expect(await ethers.provider.getBalance(attribution)).to.equal(PRICE + 77n)
  })

  it('feeds a royalty port, which passes everything on', async () => {
    const { attribution, model } = await studioOf()
    await ethers.deployContract('Bequest', [await attribution.portOf(model)], { value: 77n })
    await attribution.collect(model, ETH)
    expect(await attribution.totalOf(model, ETH)).to.equal(77n)
  })
})

describe('attack: answer a payment with a megabyte', () => {
  it('costs whoever asks for the refund a payment like any other', async () => {
    const studio = await studioOf()
    const { collection, alice } = studio
    const { drop, pieces } = await committed(studio, {}, misordered)
    await networkHelpers.time.increase(3 * WINDOW)
    const chatterbox = await ethers.deployContract('Chatterbox')
    const recipient = { address: await chatterbox.getAddress() }
    await collection.connect(alice).mintPublic(order(drop, recipient), [pieces[0]!], { value: PRICE })
    await collection.challengeOrder(drop, pieces[5]!, pieces[2]!)
    const refund = collection.interface.encodeFunctionData('refund', [tokenId(drop, 0)])
    await chatterbox.act(collection, refund)
    expect(await ethers.provider.getBalance(chatterbox)).to.equal(PRICE)
  })
})

describe('attack: use a pause to trap or take', () => {
  it('stops neither a transfer, nor a challenge, nor a refund', async () => {
    const studio = await studioOf()
    const { collection, guardian, alice, bob } = studio
    const { drop, pieces } = await committed(studio, {}, misordered)
    await networkHelpers.time.increase(3 * WINDOW)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    await collection.connect(guardian).setSalesPaused(drop, true)
    await collection.connect(alice).transferFrom(alice, bob, tokenId(drop, 0))
    await collection.connect(bob).challengeOrder(drop, pieces[5]!, pieces[2]!)
    await collection.settle(drop)
    await expect(collection.connect(bob).refund(tokenId(drop, 0))).to.changeEtherBalance(ethers, bob, PRICE)
    await expect(collection.connect(bob).withdrawCredit(bob)).to.changeEtherBalance(ethers, bob, BOND / 2n)
  })
})

async function signed(studio: Studio, changes: { chainId?: number; contract?: string } = {}) {
  const finding = {
    auditor: studio.carol.address,
    drop: 1,
    tokenId: 0,
    verdict: 2,
    evidenceDigest: digest('report'),
    issuedAt: 1,
  }
  const contract = changes.contract ?? (await studio.collection.getAddress())
  const domain = reference.eip712Domain(changes.chainId ?? 31337, contract)
  return { finding, signature: await studio.carol.signTypedData(domain, reference.attestationTypes, finding) }
}

describe('attack: say again what an auditor took back', () => {
  it('with the signature of then reverts with AlreadyAttested', async () => {
    const studio = await studioOf()
    const { collection, carol } = studio
    await committed(studio)
    const { finding, signature } = await signed(studio)
    await collection.attest(finding, signature)
    await collection.connect(carol).revokeAttestation(1, 0, 0)
    await expect(collection.attest(finding, signature)).to.be.revertedWithCustomError(collection, 'AlreadyAttested')
    const { r, s, yParity } = ethers.Signature.from(signature)
    const order256 = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const flipped = ethers.concat([r, ethers.toBeHex(order256 - BigInt(s), 32), yParity === 0 ? '0x1c' : '0x1b'])
    await expect(collection.attest(finding, flipped)).to.be.revertedWithCustomError(collection, 'AlreadyAttested')
    expect([...(await collection.attestationCount(1, 0))]).to.deep.equal([1n, 0n])
  })

  for (const [where, changes] of [
    ['on another chain', { chainId: 1 }],
    ['about another collection', { contract: digest('other').slice(0, 42) }],
  ] as const) {
    it(`${where} reverts with AttestationNotSigned`, async () => {
      const studio = await studioOf()
      await committed(studio)
      const { finding, signature } = await signed(studio, changes)
      await expect(studio.collection.attest(finding, signature)).to.be.revertedWithCustomError(
        studio.collection,
        'AttestationNotSigned',
      )
    })
  }
})

describe('attack: rounding', () => {
  it('of a price gives a collector nothing: the price never lies below its line, nor off its unit', async () => {
    const studio = await studioOf()
    const { collection } = studio
    const unit = 10n ** 12n
    const { drop } = await live(studio, {
      phases: [await publicPhase(studio, { priceStart: 7n * unit, priceEnd: 3n * unit })],
    })
    const [phase] = await collection.phasesOf(drop)
    const { start, end } = phase!
    for (let part = 1n; part < 20n; part++) {
      const at = start + ((end - start) * part) / 20n
      await networkHelpers.time.increaseTo(at)
      const price = await collection.currentPrice(drop, 0)
      expect(price * (end - start) >= 7n * unit * (end - start) - 4n * unit * (at - start)).to.equal(true)
      expect([price % unit, price >= 3n * unit]).to.deep.equal([0n, true])
    }
  })

  it('of a royalty gives the seller at most one wei', async () => {
    const studio = await studioOf()
    await committed(studio)
    for (const sale of [1n, 19n, 20n, 999_999_999_999_999_999n, ethers.MaxUint256]) {
      const [, amount] = await studio.collection.royaltyInfo(tokenId(1, 0), sale)
      expect(amount).to.equal((sale * 500n) / 10_000n)
    }
  })
})

describe('attack: numbers that do not fit, on the way in', () => {
  for (const [what, changes] of [
    ['a price of 2^32 units', { priceStart: 2n ** 32n * 10n ** 12n, priceEnd: 0 }],
    ['a price of 2^128 - 1 wei', { priceStart: 2n ** 128n - 1n, priceEnd: 0 }],
    ['a floor off its unit', { priceEnd: PRICE - 1n }],
  ] as const) {
    it(`${what} is refused, and not cut`, async () => {
      const studio = await studioOf()
      const { collection, operator } = studio
      const terms = await announcement(studio, { phases: [await publicPhase(studio, changes)] })
      await expect(collection.connect(operator).announce(terms, { value: BOND })).to.be.revertedWithCustomError(
        collection,
        'PriceNotInUnits',
      )
    })
  }

  it('a bond beyond 96 bits is refused', async () => {
    const studio = await studioOf()
    const { collection, operator } = studio
    const desk = await ethers.getContractAt('DropDesk', await collection.getAddress())
    await networkHelpers.setBalance(operator.address, 2n ** 100n)
    await expect(
      collection.connect(operator).announce(await announcement(studio), { value: 2n ** 96n }),
    ).to.be.revertedWithCustomError(desk, 'SafeCastOverflowedUintDowncast')
  })
})

describe('attack: tokens that are not what they seem', () => {
  it('one that returns nothing is taken and paid out', async () => {
    const { attribution, model, contributors, shares } = await studioOf()
    const coin = await ethers.deployContract('OldCoin')
    await coin.approve(attribution, 1000n)
    await attribution.depositToken(model, coin, 1000n)
    await coin.transfer(await attribution.portOf(model), 1000n)
    await attribution.collect(model, coin)
    const { account, shares: own } = contributors[0]!
    await attribution.claim(model, coin, account, own, 0, [...shares.proof(0)])
    expect(await coin.balanceOf(account)).to.equal((2000n * BigInt(own)) / 1_000_000n)
  })

  it('one that says no instead of reverting is not credited', async () => {
    const { attribution, model } = await studioOf()
    const coin = await ethers.deployContract('RefusingCoin')
    await coin.approve(attribution, 1000n)
    await expect(attribution.depositToken(model, coin, 1000n)).to.be.revertedWithCustomError(
      attribution,
      'SafeERC20FailedOperation',
    )
    expect(await attribution.totalOf(model, coin)).to.equal(0)
  })

  it('no token at all is not credited', async () => {
    const { attribution, model, bob } = await studioOf()
    for (const asset of [ETH, bob.address]) {
      await expect(attribution.depositToken(model, asset, 1000n)).to.be.revert(ethers)
    }
  })

  it('one that calls back in the middle of a deposit cannot have it counted twice', async () => {
    const studio = await studioOf()
    const { attribution, alice } = studio
    const depositor = await ethers.deployContract('Reenterer')
    const coin = await ethers.deployContract('HookCoin', [depositor])
    const model = await modelOf(studio, alice.address)
    const deposit = attribution.interface.encodeFunctionData('depositToken', [model, await coin.getAddress(), 100n])
    await depositor.act(coin, coin.interface.encodeFunctionData('approve', [await attribution.getAddress(), 200n]))
    await depositor.plan(attribution, deposit)
    await depositor.act(attribution, deposit)
    expect(await depositor.tried()).to.equal(true)
    expect(await depositor.answer()).to.equal(attribution.interface.encodeErrorResult('ReentrancyGuardReentrantCall'))
    expect([await attribution.totalOf(model, coin), await coin.balanceOf(attribution)]).to.deep.equal([100n, 100n])
  })

  it('one that calls back in the middle of a claim pays once', async () => {
    const studio = await studioOf()
    const { attribution, admin } = studio
    const claimant = await ethers.deployContract('Reenterer')
    const coin = await ethers.deployContract('HookCoin', [admin])
    const model = await modelOf(studio, await claimant.getAddress())
    await coin.approve(attribution, 300n)
    await attribution.depositToken(model, coin, 300n)
    const claim = attribution.interface.encodeFunctionData('claim', [
      model,
      await coin.getAddress(),
      await claimant.getAddress(),
      1_000_000,
      0,
      [],
    ])
    await claimant.plan(attribution, claim)
    await claimant.act(attribution, claim)
    expect(await claimant.tried()).to.equal(true)
    expect(await coin.balanceOf(claimant)).to.equal(300n)
  })
})
