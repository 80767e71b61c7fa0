import { expect } from 'chai'
import * as fc from 'fast-check'
import { network } from 'hardhat'
import { deployStudio, digest, ETH, modelContent, type Studio } from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

function claimOf(studio: Studio, account: string) {
  const position = studio.contributors.findIndex((contributor) => contributor.account === account)
  const { shares } = studio.contributors[position]!
  return { shares, position, siblings: [...studio.shares.proof(position)] }
}

async function claim(studio: Studio, account: string, asset: string = ETH, id = studio.model) {
  const { shares, position, siblings } = claimOf(studio, account)
  return studio.attribution.claim(id, asset, account, shares, position, siblings)
}

describe('contracts/Attribution: claim', () => {
  it('pays each contributor his share, whoever calls', async () => {
    const studio = await studioOf()
    const { attribution, model, alice, bob } = studio
    await attribution.deposit(model, { value: 1_000_000n })
    await expect(claim(studio, alice.address)).to.changeEtherBalances(
      ethers,
      [attribution, alice],
      [-600_000n, 600_000n],
    )
    await expect(claim(studio, bob.address))
      .to.emit(attribution, 'Claimed')
      .withArgs(model, ETH, bob.address, bob.address, 333_333n)
    expect(await attribution.claimedBy(model, ETH, bob.address)).to.equal(333_333n)
  })

  it('is cumulative: one claim covers every deposit since the last', async () => {
    const studio = await studioOf()
    const { attribution, model, alice } = studio
    await attribution.deposit(model, { value: 10n })
    await claim(studio, alice.address)
    for (const value of [7n, 11n, 5n]) await attribution.deposit(model, { value })
    expect(await attribution.due(model, ETH, alice.address, 600_000)).to.equal((33n * 6n) / 10n - 6n)
    await expect(claim(studio, alice.address)).to.changeEtherBalance(ethers, alice, (33n * 6n) / 10n - 6n)
  })

  it('reverts with NothingDue when everything was paid', async () => {
    const studio = await studioOf()
    const { attribution, model, alice } = studio
    await attribution.deposit(model, { value: 10n })
    await claim(studio, alice.address)
    await expect(claim(studio, alice.address))
      .to.be.revertedWithCustomError(attribution, 'NothingDue')
      .withArgs(model, alice.address)
    expect(await attribution.due(model, ETH, alice.address, 600_000)).to.equal(0)
  })

  it('claimTo pays another address, at the word of the contributor', async () => {
    const studio = await studioOf()
    const { attribution, model, alice, bob, admin } = studio
    await attribution.deposit(model, { value: 10n })
    const { shares, position, siblings } = claimOf(studio, alice.address)
    await expect(
      attribution.connect(alice).claimTo(model, ETH, admin.address, shares, position, siblings),
    ).to.changeEtherBalance(ethers, admin, 6n)
    await expect(
      attribution.connect(bob).claimTo(model, ETH, bob.address, shares, position, siblings),
    ).to.be.revertedWithCustomError(attribution, 'SharesNotProven')
    await expect(
      attribution.connect(alice).claimTo(model, ETH, ETH, shares, position, siblings),
    ).to.be.revertedWithCustomError(attribution, 'ZeroRecipient')
  })

  it('reverts with SharesNotProven for more shares, another place or another sibling', async () => {
    const studio = await studioOf()
    const { attribution, model, contributors } = studio
    // The first, since its sibling is another contributor, and not padding.
    const { account } = contributors[0]!
    await attribution.deposit(model, { value: 10n })
    const { shares, position, siblings } = claimOf(studio, account)
    const [first, ...rest] = siblings
    const fewer = [{ ...first!, sum: first!.sum - 1 }, ...rest]
    for (const args of [
      [shares + 1, position, siblings],
      [shares, position ^ 1, siblings],
      [shares + 1, position, fewer],
      [shares, position, rest],
    ] as const) {
      const [count, place, nodes] = args
      await expect(attribution.claim(model, ETH, account, count, place, [...nodes])).to.be.revertedWithCustomError(
        attribution,
        'SharesNotProven',
      )
    }
  })

  it('reverts with UnknownBeneficiary where nothing was ever deposited', async () => {
    const studio = await studioOf()
    await expect(claim(studio, studio.alice.address)).to.be.revertedWithCustomError(
      studio.attribution,
      'UnknownBeneficiary',
    )
  })

  it('reverts with PaymentFailed when the contributor refuses', async () => {
    const studio = await studioOf()
    const { attribution, lineage, dataset, registrant } = studio
    const account = await (await ethers.deployContract('Closed')).getAddress()
    const tree = reference.sumTree([{ account, shares: 1_000_000 }])
    const content = { ...modelContent(dataset), sharesRoot: tree.root }
    await lineage.connect(registrant).registerModel(content)
    const id = reference.modelId(content, registrant.address)
    await attribution.deposit(id, { value: 5n })
    await expect(attribution.claim(id, ETH, account, 1_000_000, 0, []))
      .to.be.revertedWithCustomError(attribution, 'PaymentFailed')
      .withArgs(account, 5n)
  })

  it('leaves less than one wei for each contributor, whatever is deposited and in whatever order they claim', async () => {
    const studio = await studioOf()
    const { attribution, model, contributors } = studio
    const step = fc.oneof(
      fc.record({ deposit: fc.bigInt({ min: 1n, max: 10n ** 20n }) }),
      fc.record({ claim: fc.nat({ max: contributors.length - 1 }) }),
    )
    const settle = async (account: string) => {
      const { shares } = claimOf(studio, account)
      if ((await attribution.due(model, ETH, account, shares)) > 0n) await claim(studio, account)
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const before = await networkHelpers.takeSnapshot()
        await attribution.deposit(model, { value: 1n })
        for (const each of steps) {
          if ('deposit' in each) await attribution.deposit(model, { value: each.deposit })
          else await settle(contributors[each.claim]!.account)
        }
        for (const { account } of contributors) await settle(account)
        const left = await ethers.provider.getBalance(attribution)
        await before.restore()
        expect(left < BigInt(contributors.length), `${left} wei left`).to.equal(true)
      }),
      { numRuns: 25 },
    )
  })
})

describe('contracts/Attribution: deposit', () => {
  it('takes a dataset as well as a model, and nothing else', async () => {
    const { attribution, dataset, alice } = await studioOf()
    await expect(attribution.connect(alice).deposit(dataset, { value: 7n }))
      .to.emit(attribution, 'Deposited')
      .withArgs(dataset, ETH, alice.address, 7n, 7n)
    await expect(attribution.deposit(digest('nobody'), { value: 7n }))
      .to.be.revertedWithCustomError(attribution, 'UnknownBeneficiary')
      .withArgs(digest('nobody'))
    await expect(attribution.deposit(dataset)).to.be.revertedWithCustomError(attribution, 'EmptyDeposit')
  })

  it('counts what arrived of a token that keeps a fee, and pays it out', async () => {
    for (const [keeps, arrived] of [
      [false, 1000n],
      [true, 900n],
    ] as const) {
      const studio = await studioOf()
      const { attribution, model, alice } = studio
      const coin = await ethers.deployContract('Coin', [keeps])
      const asset = await coin.getAddress()
      await coin.approve(attribution, 1000n)
      await attribution.depositToken(model, asset, 1000n)
      expect(await attribution.totalOf(model, asset)).to.equal(arrived)
      await claim(studio, alice.address, asset)
      expect(await coin.balanceOf(attribution)).to.equal(arrived - (arrived * 6n) / 10n)
    }
  })
})

describe('contracts/Attribution: royalty ports', () => {
  it('gather coin and tokens before and after they are deployed, also from those who send 2,300 gas', async () => {
    const studio = await studioOf()
    const { attribution, model, alice } = studio
    const port = await attribution.portOf(model)
    const market = await ethers.deployContract('Marketplace')
    const coin = await ethers.deployContract('Coin', [false])
    await alice.sendTransaction({ to: port, value: 5n })
    await attribution.collect(model, ETH)
    expect(await ethers.provider.getCode(port)).to.not.equal('0x')
    await market.payRoyalty(port, { value: 7n })
    await coin.transfer(port, 11n)
    await attribution.collect(model, ETH)
    await attribution.collect(model, await coin.getAddress())
    expect(await attribution.totalOf(model, ETH)).to.equal(12n)
    expect(await attribution.totalOf(model, coin)).to.equal(11n)
    expect(await ethers.provider.getBalance(port)).to.equal(0)
  })

  it('have nothing to give when nothing came', async () => {
    const { attribution, model } = await studioOf()
    const coin = await ethers.deployContract('Coin', [false])
    await attribution.collect(model, ETH)
    await attribution.collect(model, coin)
    expect(await attribution.totalOf(model, ETH)).to.equal(0)
  })
})
