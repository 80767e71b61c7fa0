import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { network } from 'hardhat'
import { announced, commit, deployStudio, ETH, modelContent, SALT, type Studio } from './collection.ts'
import { commitmentVectors } from './commitment-vectors.ts'
import * as reference from './commitment-reference.ts'

interface VectorPiece {
  readonly rank: number
  readonly index: number
  readonly rankKey: string
  readonly facts: string
  readonly pixelDigest: string
  readonly artifactDigest: string
  readonly proof: string[]
}

interface Vectors {
  readonly ranking: reference.Ranking & { readonly size: number }
  readonly candidates: readonly VectorPiece[]
  readonly tree: { readonly root: string; readonly depth: number }
  readonly shares: {
    readonly root: string
    readonly entries: readonly {
      readonly account: string
      readonly shares: number
      readonly position: number
      readonly siblings: { readonly hash: string; readonly sum: number }[]
    }[]
  }
  readonly lineage: {
    readonly dataset: reference.DatasetContent
    readonly datasetId: string
    readonly model: reference.ModelContent
    readonly modelId: string
    readonly registrant: string
  }
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/commitment.json', import.meta.url), 'utf8')) as Vectors

const chain = await network.create()
const { networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

/** The third drop of a collection, as the vectors have it, with their root committed. */
async function committedVector(studio: Studio): Promise<number> {
  const { collection, operator } = studio
  const { size, ...ranking } = vectors.ranking
  const terms = { ...ranking, candidates: vectors.candidates.length, size }
  for (const _ of [1, 2]) await collection.connect(operator).abandon(await announced(studio))
  const drop = await announced(studio, terms)
  await networkHelpers.mine(3)
  await collection.draw(drop, SALT)
  await commit(studio, { drop, root: vectors.tree.root, candidates: [], pieces: [] })
  return drop
}

describe('test/vectors/commitment.json', () => {
  it('is what the reference makes', () => {
    expect(JSON.parse(JSON.stringify(commitmentVectors()))).to.deep.equal(vectors)
  })

  it('has the tree, the proofs and the order that the contract has', async () => {
    const studio = await studioOf()
    const drop = await committedVector(studio)
    expect(drop).to.equal(3)
    for (const piece of vectors.candidates) {
      expect(await studio.collection.isCommitted(drop, piece), `rank ${piece.rank}`).to.equal(true)
      expect(await studio.collection.rankKey(drop, piece.facts)).to.equal(BigInt(piece.rankKey))
    }
  })

  it('has the shares that the contract pays', async () => {
    const studio = await studioOf()
    const { lineage, attribution, registrant, dataset } = studio
    const content = { ...modelContent(dataset), sharesRoot: vectors.shares.root }
    await lineage.connect(registrant).registerModel(content)
    const id = reference.modelId(content, registrant.address)
    await attribution.deposit(id, { value: 1_000_000n })
    for (const { account, shares, position, siblings } of vectors.shares.entries) {
      await expect(attribution.claim(id, ETH, account, shares, position, siblings)).to.changeEtherBalance(
        chain.ethers,
        account,
        BigInt(shares),
      )
    }
  })

  it('has the ids that the registry has', async () => {
    const { lineage } = await studioOf()
    const { dataset, datasetId, model, modelId, registrant } = vectors.lineage
    expect(await lineage.datasetId(dataset)).to.equal(datasetId)
    expect(await lineage.modelId(model, registrant)).to.equal(modelId)
  })
})
