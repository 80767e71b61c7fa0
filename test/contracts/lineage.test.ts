import { expect } from 'chai'
import { network } from 'hardhat'
import { datasetContent, deployStudio, digest, modelContent } from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { networkHelpers } = chain
const studioOf = async () => networkHelpers.loadFixture(deployStudioHere)
const deployStudioHere = async () => deployStudio(chain)

describe('contracts/Lineage: registerDataset', () => {
  it('records the content under its hash', async () => {
    const { lineage } = await studioOf()
    const content = { ...datasetContent(digest('shares')), uri: 'ipfs://other' }
    const id = reference.datasetId(content)
    await expect(lineage.registerDataset(content)).to.emit(lineage, 'DatasetRegistered')
    expect(await lineage.isDataset(id)).to.equal(true)
    expect(await lineage.datasetId(content)).to.equal(id)
    const kept = await lineage.datasetOf(id)
    expect([kept.root, kept.items, kept.licence, kept.uri]).to.deep.equal([
      content.root,
      2048n,
      content.licence,
      content.uri,
    ])
  })

  it('reverts with AlreadyRegistered the second time', async () => {
    const { lineage, shares, dataset } = await studioOf()
    await expect(lineage.registerDataset(datasetContent(shares.root)))
      .to.be.revertedWithCustomError(lineage, 'AlreadyRegistered')
      .withArgs(dataset)
  })

  for (const [field, empty] of [
    ['root', reference.ZERO],
    ['items', 0],
    ['sharesRoot', reference.ZERO],
    ['licence', ''],
  ] as const) {
    it(`reverts with EmptyField when ${field} is empty`, async () => {
      const { lineage, ethers } = await studioOf()
      const content = { ...datasetContent(digest('shares')), [field]: empty }
      await expect(lineage.registerDataset(content))
        .to.be.revertedWithCustomError(lineage, 'EmptyField')
        .withArgs(ethers.encodeBytes32String(field))
    })
  }

  it('reverts with UnknownDataset when asked for one that is not there', async () => {
    const { lineage } = await studioOf()
    await expect(lineage.datasetOf(digest('nothing')))
      .to.be.revertedWithCustomError(lineage, 'UnknownDataset')
      .withArgs(digest('nothing'))
  })
})

describe('contracts/Lineage: registerModel', () => {
  it('records the content under its hash, with its registrant', async () => {
    const { lineage, dataset, model, alice } = await studioOf()
    const content = { ...modelContent(dataset), parent: model, cap: 7 }
    const id = reference.modelId(content, alice.address)
    await expect(lineage.connect(alice).registerModel(content)).to.emit(lineage, 'ModelRegistered')
    expect(await lineage.modelId(content, alice.address)).to.equal(id)
    expect(await lineage.registrantOf(id)).to.equal(alice.address)
    expect((await lineage.modelOf(id)).parent).to.equal(model)
    expect(await lineage.datasetOfModel(id)).to.equal(dataset)
  })

  it('gives two registrants of the same content two models, so nobody can take a cap by being first', async () => {
    const { lineage, dataset, alice, bob } = await studioOf()
    const content = { ...modelContent(dataset), cap: 7 }
    await lineage.connect(alice).registerModel(content)
    await lineage.connect(bob).registerModel(content)
    expect(await lineage.registrantOf(reference.modelId(content, bob.address))).to.equal(bob.address)
  })

  it('reverts with AlreadyRegistered the second time', async () => {
    const { lineage, dataset, registrant, model } = await studioOf()
    await expect(lineage.connect(registrant).registerModel(modelContent(dataset)))
      .to.be.revertedWithCustomError(lineage, 'AlreadyRegistered')
      .withArgs(model)
  })

  it('reverts with UnknownDataset or UnknownModel when dataset or parent is not registered', async () => {
    const { lineage, dataset } = await studioOf()
    await expect(lineage.registerModel(modelContent(digest('nothing'))))
      .to.be.revertedWithCustomError(lineage, 'UnknownDataset')
      .withArgs(digest('nothing'))
    await expect(lineage.registerModel({ ...modelContent(dataset), parent: digest('nobody') }))
      .to.be.revertedWithCustomError(lineage, 'UnknownModel')
      .withArgs(digest('nobody'))
  })

  for (const [field, empty] of [
    ['bundleDigest', reference.ZERO],
    ['recipeDigest', reference.ZERO],
    ['cap', 0],
    ['licence', ''],
  ] as const) {
    it(`reverts with EmptyField when ${field} is empty`, async () => {
      const { lineage, dataset, ethers } = await studioOf()
      await expect(lineage.registerModel({ ...modelContent(dataset), [field]: empty }))
        .to.be.revertedWithCustomError(lineage, 'EmptyField')
        .withArgs(ethers.encodeBytes32String(field))
    })
  }

  it('reverts with UnknownModel when asked for one that is not there', async () => {
    const { lineage } = await studioOf()
    for (const call of [lineage.modelOf(digest('x')), lineage.datasetOfModel(digest('x'))]) {
      await expect(call).to.be.revertedWithCustomError(lineage, 'UnknownModel').withArgs(digest('x'))
    }
  })
})

describe('contracts/Lineage: sharesRootOf', () => {
  it("gives a model its own shares, or its dataset's when it has none", async () => {
    const { lineage, dataset, model, shares, alice } = await studioOf()
    const content = { ...modelContent(dataset), sharesRoot: digest('own') }
    await lineage.connect(alice).registerModel(content)
    expect(await lineage.sharesRootOf(dataset)).to.equal(shares.root)
    expect(await lineage.sharesRootOf(model)).to.equal(shares.root)
    expect(await lineage.sharesRootOf(reference.modelId(content, alice.address))).to.equal(digest('own'))
    expect(await lineage.sharesRootOf(digest('nothing'))).to.equal(reference.ZERO)
  })
})

async function withCap() {
  const studio = await studioOf()
  const { lineage, dataset, registrant, alice, bob } = studio
  const content = { ...modelContent(dataset), cap: 10, uri: 'ipfs://capped' }
  await lineage.connect(registrant).registerModel(content)
  const model = reference.modelId(content, registrant.address)
  await lineage.connect(registrant).setAuthorised(model, alice.address, true)
  await lineage.connect(registrant).setAuthorised(model, bob.address, true)
  return { ...studio, model }
}

describe('contracts/Lineage: the lifetime cap', () => {
  it('holds over all collections together', async () => {
    const { lineage, model, alice, bob } = await withCap()
    await lineage.connect(alice).reserve(model, 6)
    await expect(lineage.connect(bob).reserve(model, 5))
      .to.be.revertedWithCustomError(lineage, 'CapExceeded')
      .withArgs(model, 4, 5)
    await expect(lineage.connect(bob).reserve(model, 4))
      .to.emit(lineage, 'TokensReserved')
      .withArgs(model, bob.address, 4, 10)
    expect(await lineage.reservedOf(model)).to.equal(10)
    expect(await lineage.reservedBy(model, alice.address)).to.equal(6)
  })

  it('takes back what a collection did not mint, and no more than it holds', async () => {
    const { lineage, model, alice, bob } = await withCap()
    await lineage.connect(alice).reserve(model, 6)
    await expect(lineage.connect(bob).release(model, 1))
      .to.be.revertedWithCustomError(lineage, 'NotReserved')
      .withArgs(model, 0, 1)
    await expect(lineage.connect(alice).release(model, 4))
      .to.emit(lineage, 'TokensReleased')
      .withArgs(model, alice.address, 4, 2)
    expect(await lineage.reservedOf(model)).to.equal(2)
  })

  it('is for collections that the registrant admits, as long as he does', async () => {
    const { lineage, model, alice, carol, registrant } = await withCap()
    await expect(lineage.connect(carol).reserve(model, 1))
      .to.be.revertedWithCustomError(lineage, 'NotAuthorised')
      .withArgs(model, carol.address)
    await lineage.connect(registrant).setAuthorised(model, alice.address, false)
    await expect(lineage.connect(alice).reserve(model, 1)).to.be.revertedWithCustomError(lineage, 'NotAuthorised')
    expect(await lineage.isAuthorised(model, alice.address)).to.equal(false)
  })

  it('is nobody else’s to give away', async () => {
    const { lineage, model, alice, registrant } = await withCap()
    await expect(lineage.connect(alice).setAuthorised(model, alice.address, true))
      .to.be.revertedWithCustomError(lineage, 'NotRegistrant')
      .withArgs(model, alice.address, registrant.address)
  })

  it('reverts with UnknownModel for a model that is not there', async () => {
    const { lineage, alice } = await withCap()
    await expect(lineage.reserve(digest('x'), 1)).to.be.revertedWithCustomError(lineage, 'UnknownModel')
    await expect(lineage.setAuthorised(digest('x'), alice.address, true)).to.be.revertedWithCustomError(
      lineage,
      'UnknownModel',
    )
  })
})
