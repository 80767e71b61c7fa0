import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { id, Interface } from 'ethers'
import { artifacts, network } from 'hardhat'
import { collectionTerms, deployStudio } from './collection.ts'

// A collection is two contracts, Drop and DropDesk, behind one address: one storage, one table of functions.

interface Definition {
  readonly nodeType: string
  readonly id: number
  readonly name: string
  readonly nodes?: readonly Definition[]
  readonly linearizedBaseContracts?: readonly number[]
  readonly stateVariable?: boolean
  readonly mutability?: string
}

interface BuildOutput {
  readonly output: { readonly sources: Readonly<Record<string, { readonly ast: Definition }>> }
}

/** The variables that a contract keeps in storage, in the order of their slots. */
async function storageOf(contract: string): Promise<readonly string[]> {
  const buildInfo = (await artifacts.getBuildInfoId(contract))!
  const path = (await artifacts.getBuildInfoOutputPath(buildInfo))!
  const { output } = JSON.parse(await readFile(path, 'utf8')) as BuildOutput
  const all = Object.values(output.sources).flatMap(({ ast }) => ast.nodes ?? [])
  const definitions = new Map(all.map((definition) => [definition.id, definition]))
  const own = all.find(({ nodeType, name }) => nodeType === 'ContractDefinition' && name === contract)
  const bases = (own?.linearizedBaseContracts ?? []).toReversed().map((base) => definitions.get(base))
  return bases.flatMap((base) =>
    (base?.nodes ?? [])
      .filter(({ stateVariable, mutability }) => stateVariable === true && mutability === 'mutable')
      .map(({ name }) => `${base?.name}.${name}`),
  )
}

async function functionsOf(contract: string): Promise<ReadonlyMap<string, string>> {
  const { abi } = await artifacts.readArtifact(contract)
  const functions = new Map<string, string>()
  new Interface(abi).forEachFunction((fragment) => functions.set(fragment.selector, fragment.format('sighash')))
  return functions
}

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

const SHARED = ['DropStorage._ledger', 'DropStorage._name', 'DropStorage._symbol', 'DropStorage._royaltyBps']

describe('contracts/Drop and contracts/DropDesk behind one address', () => {
  it('keep what they share at the same slots, from the first', async () => {
    expect((await storageOf('Drop')).slice(0, 4)).to.deep.equal(SHARED)
    expect((await storageOf('DropDesk')).slice(0, 4)).to.deep.equal(SHARED)
  })

  it('share no other slot: Drop keeps nothing more but two strings that are never written', async () => {
    expect((await storageOf('Drop')).slice(4)).to.deep.equal(['EIP712._nameFallback', 'EIP712._versionFallback'])
    // They are written only for a name or a version that does not fit a word.
    const { collection } = await studioOf()
    const { name, version } = await collection.eip712Domain()
    expect(Math.max(name.length, version.length)).to.be.at.most(31)
  })

  it('have no function of the desk hidden behind one of the sale', async () => {
    const [sale, desk] = [await functionsOf('Drop'), await functionsOf('DropDesk')]
    const both = [...sale].filter(([selector]) => desk.has(selector))
    expect(both.map(([, name]) => name).toSorted()).to.deep.equal(['eip712Domain()', 'supportsInterface(bytes4)'])
    for (const [selector, name] of both) expect(desk.get(selector)).to.equal(name)
  })

  it('answer to every function of IDrop between them', async () => {
    const [sale, desk, face] = [await functionsOf('Drop'), await functionsOf('DropDesk'), await functionsOf('IDrop')]
    for (const [selector, name] of face) expect(sale.get(selector) ?? desk.get(selector), name).to.equal(name)
  })

  it('leave nobody time to set a new collection up before its creator', async () => {
    const studio = await studioOf()
    const { factory, bob } = studio
    const salt = id('early')
    const address = await factory.predictCollection(bob.address, salt)
    expect(await ethers.provider.getCode(address)).to.equal('0x')
    const made = await factory.connect(bob).createCollection(collectionTerms(studio), salt)
    const receipt = (await made.wait())!
    const collection = await ethers.getContractAt('IDrop', address)
    const early = receipt.logs.filter((log) => log.address === address).map(({ topics }) => topics[0])
    expect(early.at(-1)).to.equal(id('Initialized(uint64)'))
    await expect(collection.initialize(collectionTerms(studio))).to.be.revertedWithCustomError(
      collection,
      'InvalidInitialization',
    )
  })
})
