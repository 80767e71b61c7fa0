import { expect } from 'chai'
import { collectionMetadata, dropRarity, tokenId, tokenMetadata, tokenUri } from '../../minter/domain/metadata.ts'
import { manifestJson, parseManifest } from '../../minter/domain/manifest.ts'
import { rawCid } from '../../minter/domain/cid.ts'
import { makePolicy } from './policy-fixture.ts'
import { digestOf, type PublishedDrop, publishDrop } from './published-drop.ts'

/** What a marketplace reads. */
interface Metadata {
  readonly name: string
  readonly description: string
  readonly image: string
  readonly external_url: string
  readonly attributes: readonly { readonly trait_type: string; readonly value: string | number }[]
  readonly rarity: { readonly rank: number; readonly units: number; readonly traits: readonly { units: number }[] }
  readonly provenance: Readonly<Record<string, unknown>>
}

describe('minter/domain/metadata', () => {
  let drop: PublishedDrop
  /** The metadata of a rank, as a marketplace parses it. */
  const metadataOf = (rank: number): Metadata => {
    const context = { policy: makePolicy(), manifest: drop.manifest, dataset: { id: digestOf(1), root: digestOf(2) } }
    const bytes = tokenMetadata(context, dropRarity(drop.manifest.candidates), drop.manifest.candidates[rank]!)
    return JSON.parse(new TextDecoder().decode(bytes)) as Metadata
  }
  before(async () => {
    drop = await publishDrop()
  })

  describe('tokenMetadata', () => {
    it('points at the picture by its own digest', () => {
      expect(metadataOf(1).image).to.equal(`ipfs://${rawCid(drop.manifest.candidates[1]!.artifactDigest)}`)
    })

    it('numbers the pieces of the edition from 1', () => {
      expect(metadataOf(0).name).to.equal(`Oasis 1/${drop.selection.edition}`)
    })

    it('says that the picture was made by a network, and from which seed', () => {
      expect(metadataOf(0).description).to.match(/generative adversarial network/)
      expect(metadataOf(0).description).to.include(drop.manifest.candidates[0]!.seed)
    })

    it('lists every trait as an attribute', () => {
      const listed = Object.fromEntries(metadataOf(0).attributes.map(({ trait_type, value }) => [trait_type, value]))
      expect(listed).to.include(drop.manifest.candidates[0]!.traits)
    })

    it('says the same, in the same order, of a manifest that was read back', () => {
      const context = { policy: makePolicy(), dataset: { id: digestOf(1), root: digestOf(2) } }
      const [made, read] = [drop.manifest, parseManifest(manifestJson(drop.manifest))].map((manifest) =>
        tokenMetadata({ ...context, manifest }, dropRarity(manifest.candidates), manifest.candidates[0]!),
      )
      expect(read).to.deep.equal(made)
      expect(metadataOf(0).attributes[0]?.trait_type).to.equal('Figure')
    })

    it('adds up: what each trait contributes is the rarity', () => {
      const { units, traits } = metadataOf(0).rarity
      expect(traits.reduce((sum, trait) => sum + trait.units, 0)).to.equal(units)
      expect(units).to.equal(drop.manifest.candidates[0]!.rarityBits)
    })

    it('holds everything that is needed to make the piece again', () => {
      const row = drop.manifest.candidates[2]!
      expect(metadataOf(2).provenance).to.deep.include({
        chainId: 31_337,
        drop: 2,
        rank: 2,
        index: row.index,
        seed: row.seed,
        masterSeed: drop.chain.masterSeed,
        model: drop.manifest.model,
        policyDigest: drop.chain.policyDigest,
        pixelDigest: row.pixelDigest,
        artifactDigest: row.artifactDigest,
        tokenId: String((2 << 16) | 2),
      })
    })
  })

  describe('collectionMetadata', () => {
    it('shows the first piece where the policy names no picture', () => {
      const policy = makePolicy()
      const unpictured = { ...policy, collection: { ...policy.collection, image: null, externalLink: null } }
      const shown = JSON.parse(new TextDecoder().decode(collectionMetadata(unpictured, digestOf(3)))) as object
      expect(shown).to.deep.equal({
        name: 'Adras',
        symbol: 'ADRAS',
        description: 'Cloth by a network',
        image: `ipfs://${rawCid(digestOf(3))}`,
      })
    })
  })

  it('numbers tokens and addresses as the contract does', () => {
    expect(tokenId(3, 5)).to.equal(196_613n)
    expect(tokenUri('bafy', 5)).to.equal('ipfs://bafy/metadata/5.json')
  })
})
