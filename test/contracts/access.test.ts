import { expect } from 'chai'
import { id } from 'ethers'
import { network } from 'hardhat'
import { announced, collectionTerms, DAY, deployStudio } from './collection.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

describe('contracts/DropFactory: createCollection', () => {
  it('puts the collection where it said it would, and knows it for its own', async () => {
    const studio = await studioOf()
    const { factory, bob } = studio
    const address = await factory.predictCollection(bob.address, id('b'))
    await expect(factory.connect(bob).createCollection(collectionTerms(studio), id('b')))
      .to.emit(factory, 'CollectionCreated')
      .withArgs(address, bob.address, studio.admin.address, 'Ikat')
    expect(await factory.isCollection(address)).to.equal(true)
    expect(await factory.isCollection(bob.address)).to.equal(false)
    const collection = await ethers.getContractAt('IDrop', address)
    expect([await collection.name(), await collection.symbol()]).to.deep.equal(['Ikat', 'IKAT'])
  })

  it('reverts when the same creator uses a salt twice; another creator gets another address', async () => {
    const studio = await studioOf()
    const { factory, admin, bob } = studio
    await expect(factory.createCollection(collectionTerms(studio), id('collection'))).to.be.revert(ethers)
    await factory.connect(bob).createCollection(collectionTerms(studio), id('collection'))
    expect(await factory.predictCollection(bob.address, id('collection'))).to.not.equal(
      await factory.predictCollection(admin.address, id('collection')),
    )
  })

  it('reverts with RoyaltyTooHigh above ten per cent, and with ZeroAddress without an admin', async () => {
    const studio = await studioOf()
    const { factory, collection } = studio
    await expect(factory.createCollection({ ...collectionTerms(studio), royaltyBps: 1001 }, id('x')))
      .to.be.revertedWithCustomError(collection, 'RoyaltyTooHigh')
      .withArgs(1001, 1000)
    await expect(
      factory.createCollection({ ...collectionTerms(studio), admin: ethers.ZeroAddress }, id('x')),
    ).to.be.revertedWithCustomError(collection, 'ZeroAddress')
  })

  it('reverts with NotAContract when deployed over nothing', async () => {
    const { factory, bob } = await studioOf()
    await expect(ethers.deployContract('DropFactory', [bob]))
      .to.be.revertedWithCustomError(factory, 'NotAContract')
      .withArgs(bob.address)
  })
})

describe('contracts/DropAccess', () => {
  it('lets nobody set a collection up again, or set up what the clones run', async () => {
    const studio = await studioOf()
    const { collection, factory, lineage, attribution } = studio
    const desk = await ethers.deployContract('DropDesk', [lineage, attribution])
    for (const address of [collection, await factory.implementation(), desk]) {
      const target = await ethers.getContractAt('IDrop', address)
      await expect(target.initialize(collectionTerms(studio))).to.be.revertedWithCustomError(
        target,
        'InvalidInitialization',
      )
    }
  })

  it('hands the admin over in two steps, three days apart, in every clone', async () => {
    const { collection, admin, bob } = await studioOf()
    expect(await collection.defaultAdmin()).to.equal(admin.address)
    expect(await collection.defaultAdminDelay()).to.equal(3 * DAY)
    await collection.connect(admin).beginDefaultAdminTransfer(bob)
    await networkHelpers.time.increase(3 * DAY - 10)
    await expect(collection.connect(bob).acceptDefaultAdminTransfer()).to.be.revertedWithCustomError(
      collection,
      'AccessControlEnforcedDefaultAdminDelay',
    )
    await networkHelpers.time.increase(20)
    await collection.connect(bob).acceptDefaultAdminTransfer()
    expect(await collection.defaultAdmin()).to.equal(bob.address)
  })

  it('does not let the delay go below three days', async () => {
    const { collection, admin } = await studioOf()
    await collection.connect(admin).changeDefaultAdminDelay(10)
    await networkHelpers.time.increase(30 * DAY)
    expect(await collection.defaultAdminDelay()).to.equal(3 * DAY)
    await collection.connect(admin).changeDefaultAdminDelay(20 * DAY)
    await networkHelpers.time.increase(30 * DAY)
    expect(await collection.defaultAdminDelay()).to.equal(20 * DAY)
  })

  it('gives each role to whom the terms name, and to nobody else', async () => {
    const { collection, admin, operator, curator, guardian } = await studioOf()
    const roles = [
      [await collection.OPERATOR_ROLE(), operator],
      [await collection.CURATOR_ROLE(), curator],
      [await collection.GUARDIAN_ROLE(), guardian],
    ] as const
    for (const [role, holder] of roles) {
      for (const account of [admin, operator, curator, guardian]) {
        expect(await collection.hasRole(role, account)).to.equal(account === holder)
      }
    }
  })

  it('lets the admin appoint and dismiss operators', async () => {
    const studio = await studioOf()
    const { collection, admin, operator, bob } = studio
    const role = await collection.OPERATOR_ROLE()
    await collection.connect(admin).revokeRole(role, operator)
    await expect(announced(studio)).to.be.revertedWithCustomError(collection, 'AccessControlUnauthorizedAccount')
    await collection.connect(admin).grantRole(role, bob)
    expect(await announced({ ...studio, operator: bob })).to.equal(1)
  })
})
