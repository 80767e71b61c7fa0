import { expect } from 'chai'
import { concat, id } from 'ethers'
import { network } from 'hardhat'
import {
  announced,
  committed,
  DAY,
  deployStudio,
  digest,
  live,
  modelContent,
  order,
  PRICE,
  RANKING,
  tokenId,
} from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

const PROVENANCE = [
  'drop',
  'rank',
  'index',
  'score',
  'rarity',
  'demand',
  'priceWei',
  'seed',
  'masterSeed',
  'model',
  'dataset',
  'bundleDigest',
  'recipeDigest',
  'policyDigest',
  'root',
  'artifactDigest',
  'directoryDigest',
] as const

async function minted() {
  const studio = await studioOf()
  const commitment = await live(studio)
  const { collection, alice } = studio
  await collection.connect(alice).mintPublic(order(commitment.drop, alice), [commitment.pieces[2]!], { value: PRICE })
  return { ...studio, ...commitment, token: tokenId(commitment.drop, 2) }
}

describe('contracts/Drop: provenanceOf', () => {
  it('names everything that is needed to make the token again', async () => {
    const { collection, drop, root, candidates, pieces, token, model, dataset } = await minted()
    const { masterSeed } = await collection.dropOf(drop)
    const found = await collection.provenanceOf(token)
    const content = modelContent(dataset)
    expect(Object.fromEntries(PROVENANCE.map((name) => [name, found[name]]))).to.deep.equal({
      drop: BigInt(drop),
      rank: 2n,
      index: BigInt(candidates[2]!.facts.index),
      score: BigInt(candidates[2]!.facts.score),
      rarity: BigInt(candidates[2]!.facts.rarity),
      demand: BigInt(candidates[2]!.facts.demand),
      priceWei: PRICE,
      seed: reference.candidateSeed(masterSeed, candidates[2]!.facts.index),
      masterSeed,
      model,
      dataset,
      bundleDigest: content.bundleDigest,
      recipeDigest: content.recipeDigest,
      policyDigest: digest('policy'),
      root,
      artifactDigest: pieces[2]!.artifactDigest,
      directoryDigest: digest('directory'),
    })
  })

  it('reverts with TokenDoesNotExist for a rank that nobody has', async () => {
    const { collection, drop } = await minted()
    for (const read of [
      collection.provenanceOf(tokenId(drop, 0)),
      collection.tokenURI(tokenId(drop, 0)),
      collection.getTraitValue(tokenId(drop, 0), id('score')),
    ]) {
      await expect(read).to.be.revertedWithCustomError(collection, 'TokenDoesNotExist')
    }
  })
})

describe('contracts/Drop: tokenURI and contractURI', () => {
  it('point into the directory that was committed', async () => {
    const { collection, token } = await minted()
    const cid = reference.directoryCid(digest('directory'))
    expect(await collection.tokenURI(token)).to.equal(`ipfs://${cid}/metadata/2.json`)
    expect(await collection.contractURI()).to.equal(`ipfs://${cid}/contract.json`)
  })

  it('contractURI stays with the last drop that was committed, whatever was announced after it', async () => {
    const studio = await minted()
    const before = await studio.collection.contractURI()
    await networkHelpers.time.increase(10 * DAY)
    await studio.collection.close(studio.drop)
    await announced(studio)
    expect(await studio.collection.contractURI()).to.equal(before)
  })

  it('contractURI is empty before the first commit', async () => {
    const { collection } = await studioOf()
    expect(await collection.contractURI()).to.equal('')
  })
})

describe('contracts/Drop: rankKey', () => {
  it('orders as the reference does', async () => {
    const studio = await studioOf()
    const { drop, candidates } = await committed(studio)
    for (const { facts } of candidates) {
      expect(await studio.collection.rankKey(drop, reference.packFacts(facts))).to.equal(
        reference.rankKey(facts, RANKING),
      )
    }
  })
})

describe('contracts/Drop: traits (ERC-7496)', () => {
  it('gives each by the keccak256 of its name', async () => {
    const { collection, token, drop, candidates, pieces } = await minted()
    const { facts } = candidates[2]!
    const { masterSeed } = await collection.dropOf(drop)
    const expected = {
      score: facts.score,
      rarity: facts.rarity,
      demand: facts.demand,
      index: facts.index,
      rank: 2,
      drop,
    }
    const names = [...Object.keys(expected), 'seed', 'artifact']
    const words = Object.values(expected).map((value) => ethers.toBeHex(value, 32))
    words.push(reference.candidateSeed(masterSeed, facts.index), String(pieces[2]!.artifactDigest))
    const keys = names.map((name) => id(name))
    expect([...(await collection.getTraitValues(token, keys))]).to.deep.equal(words)
    expect(await collection.getTraitValue(token, keys[0]!)).to.equal(words[0])
  })

  it('describes exactly these names', async () => {
    const { collection } = await studioOf()
    const uri = await collection.getTraitMetadataURI()
    const { traits } = JSON.parse(decodeURIComponent(uri.replace('data:application/json,', ''))) as { traits: object }
    expect(Object.keys(traits)).to.deep.equal([
      'score',
      'rarity',
      'demand',
      'index',
      'rank',
      'drop',
      'seed',
      'artifact',
    ])
  })

  it('reverts with TraitKeyUnknown for another name, and lets nobody set one', async () => {
    const { collection, token } = await minted()
    await expect(collection.getTraitValue(token, id('mood')))
      .to.be.revertedWithCustomError(collection, 'TraitKeyUnknown')
      .withArgs(id('mood'))
    await expect(collection.setTrait(token, id('score'), reference.ZERO)).to.be.revertedWithCustomError(
      collection,
      'TraitsAreFrozen',
    )
  })
})

describe('contracts/Drop: verify (ERC-7007, of a commitment)', () => {
  it('confirms a committed artifact with its seed, and nothing else', async () => {
    const { collection, drop, candidates, pieces } = await minted()
    const { masterSeed } = await collection.dropOf(drop)
    const piece = pieces[3]!
    const seed = reference.candidateSeed(masterSeed, candidates[3]!.facts.index)
    const encode = (of: typeof piece) =>
      ethers.AbiCoder.defaultAbiCoder().encode(
        ['uint256', 'tuple(uint256,uint256,bytes32,bytes32,bytes32[])'],
        [drop, [of.rank, of.facts, of.pixelDigest, of.artifactDigest, of.proof]],
      )
    const artifact = String(piece.artifactDigest)
    expect(await collection.verify(seed, artifact, encode(piece))).to.equal(true)
    expect(await collection.verify(digest('other'), artifact, encode(piece))).to.equal(false)
    expect(await collection.verify(seed, digest('other'), encode(piece))).to.equal(false)
    expect(await collection.verify(concat([seed, '0x00']), artifact, encode(piece))).to.equal(false)
    expect(await collection.verify(seed, artifact, encode({ ...piece, rank: 4 }))).to.equal(false)
  })
})

describe('contracts/Drop: royaltyInfo (ERC-2981)', () => {
  it("sends five per cent to the port of the model's contributors", async () => {
    const { collection, attribution, model, token } = await minted()
    const [receiver, amount] = await collection.royaltyInfo(token, 10_001n)
    expect([receiver, amount]).to.deep.equal([await attribution.portOf(model), 500n])
  })

  it('names the same port for any number there is no drop for, and nobody before the first drop', async () => {
    const { collection, attribution, model } = await minted()
    const port = await attribution.portOf(model)
    for (const token of [0n, 1n, tokenId(2, 0), ethers.MaxUint256]) {
      expect([...(await collection.royaltyInfo(token, 10_000n))]).to.deep.equal([port, 500n])
    }
    const { collection: fresh } = await studioOf()
    expect([...(await fresh.royaltyInfo(tokenId(1, 0), 10_000n))]).to.deep.equal([ethers.ZeroAddress, 0n])
  })
})

describe('contracts/Drop: supportsInterface', () => {
  for (const [name, interfaceId] of [
    ['ERC-165', '0x01ffc9a7'],
    ['ERC-721', '0x80ac58cd'],
    ['ERC-721 metadata', '0x5b5e139f'],
    ['ERC-2981', '0x2a55205a'],
    ['ERC-4906', '0x49064906'],
    ['ERC-7496', '0xaf332f3e'],
    ['ERC-7572', '0xe8a3d485'],
    ['AccessControl', '0x7965db0b'],
    ['AccessControlDefaultAdminRules', '0x31498786'],
  ] as const) {
    it(`says so for ${name}`, async () => {
      const { collection } = await studioOf()
      expect(await collection.supportsInterface(interfaceId)).to.equal(true)
    })
  }

  it('denies 0xffffffff, and ERC-7007, of which it has only verify', async () => {
    const { collection } = await studioOf()
    expect(await collection.supportsInterface('0xffffffff')).to.equal(false)
    expect(await collection.supportsInterface('0x702c55a6')).to.equal(false)
  })
})

describe('contracts/Drop: the rest', () => {
  it('names registry and payouts, and its EIP-712 domain', async () => {
    const { collection, lineage, attribution } = await studioOf()
    expect(await collection.lineage()).to.equal(await lineage.getAddress())
    expect(await collection.attribution()).to.equal(await attribution.getAddress())
    const { name, version, verifyingContract } = await collection.eip712Domain()
    expect([name, version, verifyingContract]).to.deep.equal(['latentmint Drop', '1', await collection.getAddress()])
  })

  it('takes no value with a transfer, an approval or a plain payment', async () => {
    const { collection, alice, bob, token } = await minted()
    const sale = (await ethers.getContractAt('Drop', await collection.getAddress())).connect(alice)
    await expect(sale.transferFrom(alice, bob, token, { value: 1 })).to.be.revertedWithCustomError(
      collection,
      'ValueNotAccepted',
    )
    await expect(sale.approve(bob, token, { value: 1 })).to.be.revertedWithCustomError(collection, 'ValueNotAccepted')
    await expect(alice.sendTransaction({ to: collection, value: 1 })).to.be.revertedWithCustomError(
      collection,
      'ValueNotAccepted',
    )
    await sale['safeTransferFrom(address,address,uint256)'](alice, bob, token)
    expect(await collection.ownerOf(token)).to.equal(bob.address)
    expect((await collection.provenanceOf(token)).priceWei).to.equal(PRICE)
  })

  it('does not take a rank beyond the drop for one of the next', async () => {
    const studio = await minted()
    const { collection, alice, drop } = studio
    await networkHelpers.time.increase(10 * DAY)
    await collection.close(drop)
    const next = await live(studio)
    await collection.connect(alice).mintPublic(order(next.drop, alice), [next.pieces[0]!], { value: PRICE })
    expect([await collection.isMinted(next.drop, 0), await collection.isMinted(drop, 65_536)]).to.deep.equal([
      true,
      false,
    ])
    expect([await collection.mintedBitmap(drop, 0), await collection.mintedBitmap(drop, 256)]).to.deep.equal([4n, 0n])
  })

  it('reads a bitmap of 256 ranks at once, and proves nothing before the commit', async () => {
    const studio = await studioOf()
    const drop = await announced(studio, { candidates: 300, size: 300 })
    expect([
      await studio.collection.mintedBitmap(drop, 0),
      await studio.collection.mintedBitmap(drop, 1),
    ]).to.deep.equal([0n, 0n])
    const piece = { rank: 0, facts: 0, pixelDigest: reference.ZERO, artifactDigest: reference.ZERO }
    const proof = Array.from({ length: 9 }, () => reference.ZERO)
    expect(await studio.collection.isCommitted(drop, { ...piece, proof })).to.equal(false)
  })

  it('says None of a drop that does not exist', async () => {
    const { collection } = await studioOf()
    expect((await collection.dropOf(4)).state).to.equal(0)
    expect(await collection.phasesOf(4)).to.deep.equal([])
  })
})
