import { type Bundle, openBundle, parseRecipe, type Recipe } from '../../gan/index.ts'
import { agree, beginLink, breaks, type Found, holds, leaves, need, tellLink, walkLink } from './audit-link.ts'
import type { AuditEngine, AuditLinkResult, AuditSource, ChainDrop } from './audit-source.ts'
import { auditTerms } from './audit-terms.ts'
import { parseJson } from './canonical-json.ts'
import { directoryCid } from './cid.ts'
import { counted } from './counted.ts'
import { type DatasetManifest, datasetRoot, datasetSharesRoot, parseDatasetManifest } from './dataset-manifest.ts'
import { sha256 } from './digest.ts'
import { DomainError } from './errors.ts'
import { datasetId, modelId } from './lineage.ts'
import { type Manifest, manifestTree, parseManifest } from './manifest.ts'
import type { Policy } from './policy.ts'
import { readPolicy } from './policy-json.ts'
import { candidateSeed, masterSeed, saltHash } from './seed.ts'

/** What the audit has found true so far; what is null was broken or could not be had. */
export interface Trail {
  readonly chain: ChainDrop
  readonly bundle: Bundle | null
  readonly recipe: Recipe | null
  readonly dataset: DatasetManifest | null
  readonly engine: AuditEngine | null
  readonly policy: Policy | null
  readonly manifest: Manifest | null
}

/** A file of the drop's directory. */
export function readPublished(source: AuditSource, chain: ChainDrop, path: string): Promise<Uint8Array> {
  return source.read(directoryCid(chain.directoryDigest), path)
}

/** The links of a trail that take time, each on its way. */
export interface BegunTrail {
  readonly chain: ChainDrop
  readonly bundle: Promise<Found<Bundle>>
  readonly recipe: Promise<Found<Recipe>>
  readonly engine: Promise<Found<AuditEngine>>
  readonly policy: Promise<Found<Policy>>
  readonly manifest: Promise<Found<Manifest>>
  readonly dataset: Promise<Found<DatasetManifest>>
}

/**
 * Sets out on everything that all tokens of a drop have in common.
 *
 * The network goes first, then what takes long to read: an engine on a thread of its own works while this one hashes.
 */
export async function beginTrail(source: AuditSource): Promise<BegunTrail> {
  const chain = await source.drop()
  const bundle = beginLink(() => checkBundle(source, chain))
  const recipe = beginLink(() => checkRecipe(source, chain))
  const engine = beginLink(async () => checkEngine(source, (await bundle).value, (await recipe).value))
  const policy = beginLink(() => checkPolicy(source, chain))
  const manifest = beginLink(async () => {
    await Promise.all([bundle, recipe])
    return checkManifest(source, chain)
  })
  const dataset = beginLink(async () => {
    await Promise.all([engine, manifest])
    return checkDataset(source, chain)
  })
  return { chain, bundle, recipe, engine, policy, manifest, dataset }
}

/**
 * Follows everything that all tokens of a drop have in common, from the registered model to the committed root.
 *
 * @yields one result a link
 * @returns what is at hand for the links that follow
 */
export async function* auditTrail(begun: BegunTrail): AsyncGenerator<AuditLinkResult, Trail> {
  const { chain } = begun
  yield* walkLink('lineage', () => checkLineage(chain))
  const dataset = yield* tellLink('dataset', begun.dataset)
  const bundle = yield* tellLink('bundle', begun.bundle)
  const recipe = yield* tellLink('recipe', begun.recipe)
  const engine = yield* tellLink('engine', begun.engine)
  const policy = yield* tellLink('policy', begun.policy)
  yield* walkLink('terms', () => auditTerms(chain, need(policy, 'the policy')))
  yield* walkLink('seed', () => checkSeed(chain))
  const manifest = yield* tellLink('manifest', begun.manifest)
  return { chain, bundle, recipe, dataset, engine, policy, manifest }
}

function checkLineage({ modelId: id, model, dataset }: ChainDrop): Found<true> {
  return agree(true, `model ${id} and its dataset are what was registered`, [
    { what: 'the id of the dataset', expected: model.dataset, actual: datasetId(dataset) },
    { what: 'the id of the model', expected: id, actual: modelId(model, model.registrant) },
  ])
}

async function checkDataset(source: AuditSource, { dataset }: ChainDrop): Promise<Found<DatasetManifest>> {
  const manifest = parseDatasetManifest(await source.read(cidOfUri(dataset.uri)))
  const detail = `${counted(manifest.files.length, 'file')} of ${counted(manifest.contributors.length, 'contributor')}`
  return agree(manifest, detail, [
    { what: 'the root of the dataset', expected: dataset.root, actual: datasetRoot(manifest) },
    { what: 'the number of files', expected: dataset.items, actual: manifest.files.length },
    { what: 'the root of the shares', expected: dataset.sharesRoot, actual: datasetSharesRoot(manifest) },
    { what: 'the licence of the dataset', expected: dataset.licence, actual: manifest.licence },
  ])
}

async function checkBundle(source: AuditSource, { model, dataset }: ChainDrop): Promise<Found<Bundle>> {
  const bytes = await source.read(cidOfUri(model.uri))
  const digest = sha256(bytes)
  if (digest !== model.bundleDigest)
    return breaks('the model file is not the registered one', model.bundleDigest, digest)
  const bundle = openBundle(bytes)
  return agree(bundle, `${bundle.description.name}, ${bytes.length} bytes`, [
    { what: 'the dataset that the model names', expected: dataset.root, actual: bundle.description.datasetRoot },
  ])
}

async function checkRecipe(source: AuditSource, chain: ChainDrop): Promise<Found<Recipe>> {
  const bytes = await readPublished(source, chain, 'recipe.json')
  const digest = sha256(bytes)
  if (digest !== chain.model.recipeDigest) {
    return breaks('recipe.json is not the registered recipe', chain.model.recipeDigest, digest)
  }
  const recipe = parseRecipe(parseJson(bytes))
  return holds(recipe, `${recipe.engine.name} ${recipe.engine.version}, psi ${recipe.psi}`)
}

async function checkEngine(
  source: AuditSource,
  bundle: Bundle | null,
  recipe: Recipe | null,
): Promise<Found<AuditEngine>> {
  const engine = await source.engine(need(bundle, 'the model'), need(recipe, 'the recipe'))
  return holds(engine, `reproduces the known answers, ${engine.resolution} x ${engine.resolution} pixels`)
}

async function checkPolicy(source: AuditSource, chain: ChainDrop): Promise<Found<Policy>> {
  const bytes = await readPublished(source, chain, 'policy.json')
  const digest = sha256(bytes)
  if (digest !== chain.policyDigest) return breaks('policy.json is not the announced one', chain.policyDigest, digest)
  const policy = readPolicy(bytes, 'policy.json')
  return holds(policy, `${policy.name}: ${policy.candidates} candidates, at most ${policy.edition} for sale`)
}

function checkSeed(chain: ChainDrop): Found<true> {
  const { salt, beacon } = chain
  if (salt === null) return leaves('the salt is not to be found on the chain')
  if (saltHash(salt) !== chain.saltHash)
    return breaks('the salt is not the one announced', chain.saltHash, saltHash(salt))
  if (beacon === null) return leaves(`block ${chain.seedBlock} is no longer to be had from this node`)
  return agree(true, `from the hash of block ${chain.seedBlock} and the salt announced before it`, [
    { what: 'the master seed', expected: chain.masterSeed, actual: masterSeed({ ...chain, salt, beacon }) },
  ])
}

async function checkManifest(source: AuditSource, chain: ChainDrop): Promise<Found<Manifest>> {
  const manifest = parseManifest(await readPublished(source, chain, 'manifest.json'))
  const rows = manifest.candidates
  const indices = new Set(rows.map(({ index }) => index))
  const misplaced = rows.find(({ rank }, position) => rank !== position)
  const reseeded = rows.find(({ index, seed }) => seed !== candidateSeed(chain.masterSeed, index))
  return agree(manifest, `${rows.length} candidates lead to the committed root`, [
    {
      what: 'the root over the rows of manifest.json',
      expected: chain.root,
      actual: manifestTree(rows, chain.drop).root,
    },
    { what: 'the root that manifest.json names', expected: chain.root, actual: manifest.root },
    { what: 'the number of candidates', expected: chain.candidates, actual: rows.length },
    { what: 'the number of different candidates', expected: chain.candidates, actual: indices.size },
    {
      what: 'the highest index',
      expected: chain.candidates - 1,
      actual: rows.reduce((top, { index }) => Math.max(top, index), 0),
    },
    {
      what: 'the rank of a row',
      expected: misplaced === undefined ? 0 : rows.indexOf(misplaced),
      actual: misplaced?.rank ?? 0,
    },
    {
      what: `the seed of candidate ${reseeded?.index ?? 0}`,
      expected: reseeded === undefined ? '' : candidateSeed(chain.masterSeed, reseeded.index),
      actual: reseeded?.seed ?? '',
    },
    { what: 'the chain', expected: chain.chainId, actual: BigInt(manifest.chainId) },
    { what: 'the collection', expected: chain.collection.toLowerCase(), actual: manifest.collection },
    { what: 'the number of the drop', expected: chain.drop, actual: manifest.drop },
    { what: 'the master seed', expected: chain.masterSeed, actual: manifest.masterSeed },
    { what: 'the model', expected: chain.modelId, actual: manifest.model.id },
    { what: 'the digest of the model', expected: chain.model.bundleDigest, actual: manifest.model.bundleDigest },
    { what: 'the digest of the recipe', expected: chain.model.recipeDigest, actual: manifest.model.recipeDigest },
    { what: 'the digest of the policy', expected: chain.policyDigest, actual: manifest.policyDigest },
  ])
}

/** An address on the chain does not lead to content. */
class UriInvalid extends DomainError {
  readonly code = 'AUDIT_URI_INVALID'
}

function cidOfUri(uri: string): string {
  const [, cid] = /^ipfs:\/\/([a-z0-9]+)$/.exec(uri) ?? []
  if (cid === undefined) throw new UriInvalid(`"${uri}" is no address of the form ipfs://<cid>`)
  return cid
}
