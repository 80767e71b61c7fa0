import { canonicalJson } from './canonical-json.ts'
import { type Cid, rawCid } from './cid.ts'
import type { Hex } from './digest.ts'
import { type Manifest, manifestEdition, type ManifestRow } from './manifest.ts'
import type { Policy } from './policy.ts'
import { formatBits, type RarityTable, rarityRanks, rarityTable } from './rarity.ts'
import { REASONS } from './leaf.ts'
import { orderTraits } from './traits.ts'

/** What is said of a token besides what stands in policy and manifest. */
export interface TokenContext {
  readonly policy: Policy
  readonly manifest: Manifest
  readonly dataset: { readonly id: Hex; readonly root: Hex }
}

/** A property of a token, as marketplaces show it. */
interface Attribute {
  readonly trait_type: string
  readonly value: string | number
  readonly display_type?: 'number'
  readonly max_value?: number
}

/** The rarity of every candidate of a drop, counted once for all its tokens. */
export interface DropRarity {
  readonly table: RarityTable
  /** By candidate index; 1 is the rarest. Candidates with a broken image have none. */
  readonly ranks: ReadonlyMap<number, number>
}

/** Counts the pool of a drop: every candidate whose image is sound. */
export function dropRarity(rows: readonly Pick<ManifestRow, 'index' | 'traits' | 'reason'>[]): DropRarity {
  const pool = rows.filter(({ reason }) => reason !== REASONS.brokenImage)
  const traits = pool.map((row) => row.traits)
  const table = rarityTable(traits)
  const places = rarityRanks(traits, table)
  return { table, ranks: new Map(pool.map(({ index }, i) => [index, places[i] ?? 0])) }
}

/** The number of a token in its collection. */
export function tokenId(drop: number, rank: number): bigint {
  return (BigInt(drop) << 16n) | BigInt(rank)
}

/** The address of a token's picture: its CID is the artifact digest. */
function imageUri(artifactDigest: Hex): string {
  return `ipfs://${rawCid(artifactDigest)}`
}

/** The address of a token's metadata, as the contract composes it. */
export function tokenUri(directory: Cid, rank: number): string {
  return `ipfs://${directory}/metadata/${rank}.json`
}

/**
 * The bytes of metadata/<rank>.json: what marketplaces read, and beneath it everything needed to make the piece again.
 *
 * @see ERC-721 "Metadata JSON Schema", and OpenSea's metadata standards for attributes
 */
export function tokenMetadata(context: TokenContext, rarity: DropRarity, row: ManifestRow): Uint8Array {
  const { policy, manifest } = context
  const edition = manifestEdition(manifest)
  const link = policy.collection.externalLink
  return canonicalJson({
    name: `${policy.name} ${row.rank + 1}/${edition}`,
    description: descriptionOf(policy, manifest, row),
    image: imageUri(row.artifactDigest),
    ...(link === null ? {} : { external_url: link }),
    attributes: attributesOf(manifest, rarity, row),
    rarity: rarityOf(rarity, row),
    provenance: provenanceOf(context, row),
  })
}

/**
 * The bytes of contract.json.
 *
 * @param firstArtifact stands for the collection when the policy names no picture
 * @see ERC-7572
 */
export function collectionMetadata(policy: Policy, firstArtifact: Hex | null): Uint8Array {
  const { name, symbol, description, image, externalLink } = policy.collection
  const picture = image ?? (firstArtifact === null ? null : imageUri(firstArtifact))
  return canonicalJson({
    name,
    symbol,
    description,
    ...(picture === null ? {} : { image: picture }),
    ...(externalLink === null ? {} : { external_link: externalLink }),
  })
}

function descriptionOf(policy: Policy, manifest: Manifest, row: ManifestRow): string {
  const made = `Made by a generative adversarial network from seed ${row.seed}; chosen as number ${row.rank + 1} of ${manifest.candidates.length} candidates by rules that were fixed before any of them existed.`
  return policy.collection.description === '' ? made : `${policy.collection.description}\n\n${made}`
}

function numberAttribute(name: string, value: number, most: number): Attribute {
  return { trait_type: name, value, max_value: most, display_type: 'number' }
}

function attributesOf(manifest: Manifest, rarity: DropRarity, row: ManifestRow): readonly Attribute[] {
  return [
    ...orderTraits(row.traits).map(([trait, value]) => ({ trait_type: trait, value })),
    numberAttribute('Rank', row.rank + 1, manifest.candidates.length),
    numberAttribute('Rarity rank', rarity.ranks.get(row.index) ?? 0, rarity.table.of),
    numberAttribute('Score', row.score, 0xffff),
    numberAttribute('Rarity', row.rarity, 0xffff),
    numberAttribute('Demand', row.demand, 0xffff),
  ]
}

/** Figures in 1/2048 bit are exact; those in bits are for reading. */
function rarityOf(rarity: DropRarity, row: ManifestRow): object {
  return {
    rank: rarity.ranks.get(row.index) ?? 0,
    of: rarity.table.of,
    units: row.rarityBits,
    bits: formatBits(row.rarityBits),
    traits: rarity.table.perTrait(row.traits).map(({ trait, value, count, bits }) => ({
      trait,
      value,
      count,
      units: bits,
      bits: formatBits(bits),
    })),
  }
}

function provenanceOf({ manifest, dataset }: TokenContext, row: ManifestRow): object {
  const { chainId, collection, drop, masterSeed, model, policyDigest, demandDigest, root } = manifest
  return {
    format: 'latentmint-provenance-1',
    chainId,
    collection,
    tokenId: tokenId(drop, row.rank).toString(),
    drop,
    rank: row.rank,
    index: row.index,
    seed: row.seed,
    masterSeed,
    model,
    dataset,
    policyDigest,
    demandDigest,
    root,
    pixelDigest: row.pixelDigest,
    artifactDigest: row.artifactDigest,
    score: row.score,
    rarity: row.rarity,
    demand: row.demand,
  }
}
