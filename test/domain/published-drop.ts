import { MersenneTwister, parseRecipe, renderArtifact, writeBundle, type Recipe } from '../../gan/index.ts'
import {
  type AuditEngine,
  type AuditSource,
  type ChainDrop,
  type ChainToken,
  ContentUnreachable,
  type EarlierDrop,
} from '../../minter/domain/audit-source.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { directoryCid } from '../../minter/domain/cid.ts'
import {
  type DatasetManifest,
  datasetManifestJson,
  datasetRoot,
  datasetSharesRoot,
} from '../../minter/domain/dataset-manifest.ts'
import { neutralSnapshot, snapshotDigest, snapshotJson } from '../../minter/domain/demand.ts'
import { bytesToHex, type Hex, hexToBytes, sha256, ZERO_DIGEST } from '../../minter/domain/digest.ts'
import { datasetId, modelId } from '../../minter/domain/lineage.ts'
import { buildManifest, type Manifest, manifestJson, rowFeatures } from '../../minter/domain/manifest.ts'
import { collectionMetadata, dropRarity, tokenId, tokenMetadata } from '../../minter/domain/metadata.ts'
import { phaseTerms } from '../../minter/domain/phase-terms.ts'
import { type Policy, policyDigest, policyJson } from '../../minter/domain/policy.ts'
import { proofJson, proveRow } from '../../minter/domain/proof.ts'
import { isBroken } from '../../minter/domain/qa.ts'
import { logitBits, type ScaleOf, scalesOf } from '../../minter/domain/quality.ts'
import { candidateSeed, masterSeed, saltHash } from '../../minter/domain/seed.ts'
import { type MeasuredCandidate, select, type Selection } from '../../minter/domain/selection.ts'
import { TOTAL_SHARES } from '../../minter/domain/sum-tree.ts'
import { measureTraits } from '../../minter/domain/traits.ts'
import { type Veto, vetoDigest, vetoesJson } from '../../minter/domain/vetoes.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'
import { makePolicy } from './policy-fixture.ts'

/** A drop as it stands on a chain and in a store, with everything that an honest operator publishes. */
export interface PublishedDrop {
  readonly chain: ChainDrop
  readonly tokens: readonly ChainToken[]
  readonly manifest: Manifest
  readonly selection: Selection
  /** By CID and path: `bafybei.../policy.json`. */
  readonly files: Map<string, Uint8Array>
  /** The drop before it in the collection, closed. */
  readonly before: PublishedDrop | null
}

const SIZE = 8
const COLLECTION: Hex = `0x${'c0'.repeat(20)}`
const REGISTRANT: Hex = `0x${'0e'.repeat(20)}`

/** Makes striped images out of seeds: quick, deterministic, and of some variety. */
export const fakeEngine: AuditEngine = {
  resolution: SIZE,
  render: (seeds) => Promise.resolve(seeds.map(renderStripes)),
  renderArtifact: (rgb, provenance) => Promise.resolve(renderArtifact(rgb, SIZE, makeRecipe(), provenance)),
}

function renderStripes(seed: Uint8Array): { rgb: Uint8Array; logit: number; features: Int8Array } {
  const random = new MersenneTwister(new DataView(seed.buffer, seed.byteOffset).getUint32(0))
  const dyes = Array.from({ length: 12 }, () => random.nextUint32() & 0xff)
  const [width, lean] = [1 + (random.nextUint32() % 4), random.nextUint32() % 3]
  const rgb = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)]
    return dyes[3 * (Math.floor((x + lean * y) / width) % 4) + (i % 3)] ?? 0
  })
  const logit = Math.fround(((random.nextUint32() % 1000) - 500) / 200)
  return { rgb, logit, features: Int8Array.from({ length: 8 }, () => (random.nextUint32() % 255) - 127) }
}

/** What a drop is made with. */
export interface DropOptions {
  readonly policy?: Policy
  readonly vetoes?: readonly Veto[]
  /** A drop of the same collection that is closed; its minted pieces must not be resembled. */
  readonly before?: PublishedDrop | null
}

/** Runs a whole drop as the pipeline does, and mints every second piece of its edition. */
export async function publishDrop({
  policy = makePolicy(),
  vetoes = [],
  before = null,
}: DropOptions = {}): Promise<PublishedDrop> {
  const files = new Map(before?.files)
  const recipe = makeRecipe()
  const { chain, scaleOf } = registerAndDraw(policy, recipe, vetoes, files, before === null ? 2 : before.chain.drop + 1)
  const { measured, images } = await measureAll(chain)
  const snapshot = neutralSnapshot()
  const selection = select({
    policy,
    candidates: measured,
    snapshot,
    earlier: before === null ? [] : before.tokens.map(({ rank }) => rowFeatures(before.manifest.candidates[rank]!)),
    vetoes,
    licenceOk: true,
    scaleOf,
  })
  const pngs = selection.ranked.slice(0, selection.edition).map(({ index }) => artifact(chain, recipe, images, index))
  const { manifest, tree } = buildManifest(
    {
      chainId: Number(chain.chainId),
      collection: COLLECTION,
      drop: chain.drop,
      masterSeed: chain.masterSeed,
      model: { id: chain.modelId, bundleDigest: chain.model.bundleDigest, recipeDigest: chain.model.recipeDigest },
      policyDigest: chain.policyDigest,
      demandDigest: snapshotDigest(snapshot),
    },
    selection.ranked,
    pngs.map(sha256),
  )
  const rarity = dropRarity(manifest.candidates)
  const context = { policy, manifest, dataset: { id: chain.model.dataset, root: chain.dataset.root } }
  const directory: [string, Uint8Array][] = [
    ['policy.json', policyJson(policy)],
    ['recipe.json', canonicalJson(recipe)],
    ['manifest.json', manifestJson(manifest)],
    ['demand.json', snapshotJson(snapshot)],
    ['vetoes.json', vetoesJson(vetoes)],
    ['contract.json', collectionMetadata(policy, pngs[0] === undefined ? null : sha256(pngs[0]))],
    ...manifest.candidates.slice(0, pngs.length).flatMap((row): [string, Uint8Array][] => [
      [`images/${row.rank}.png`, pngs[row.rank]!],
      [`metadata/${row.rank}.json`, tokenMetadata(context, rarity, row)],
      [`proofs/${row.rank}.json`, proofJson(proveRow(row, chain.drop, tree))],
    ]),
  ]
  for (const [path, bytes] of directory) files.set(`${directoryCid(chain.directoryDigest)}/${path}`, bytes)
  const tokens = manifest.candidates
    .slice(0, pngs.length)
    .filter(({ rank }) => rank % 2 === 0)
    .map((row): ChainToken => ({ ...row, tokenId: tokenId(chain.drop, row.rank), owner: REGISTRANT }))
  return { chain: { ...chain, root: manifest.root }, tokens, manifest, selection, files, before }
}

/** The world as the audit sees it; `changes` replaces files by the end of their path, null takes them away. */
export function sourceOf(
  drop: PublishedDrop,
  changes: Readonly<Record<string, ((bytes: Uint8Array) => Uint8Array) | null>> = {},
  engine: AuditEngine = fakeEngine,
): AuditSource {
  return {
    drop: () => Promise.resolve(drop.chain),
    minted: () => Promise.resolve(drop.tokens),
    earlier: () => Promise.resolve(drop.before === null ? [] : [closedDrop(drop.before)]),
    engine: () => Promise.resolve(engine),
    read: (cid, path = '') => {
      const name = path === '' ? cid : `${cid}/${path}`
      const change = Object.entries(changes).find(([end]) => name.endsWith(end))?.[1]
      const bytes = drop.files.get(name)
      if (bytes === undefined || change === null) return Promise.reject(new ContentUnreachable(name, ['a gateway']))
      return Promise.resolve(change === undefined ? bytes : change(bytes))
    },
  }
}

function closedDrop({ chain, tokens }: PublishedDrop): EarlierDrop {
  const { drop, root, directoryDigest, model } = chain
  return { drop, root, directoryDigest, bundleDigest: model.bundleDigest, minted: tokens.map(({ rank }) => rank) }
}

function makeRecipe(): Recipe {
  return parseRecipe({
    version: 1,
    engine: { name: 'tfjs-backend-wasm', version: '4.22.0', wasmDigest: ZERO_DIGEST },
    psi: '0.8',
    cutoff: null,
    noiseMode: 'const',
    mirror: 'quadrant',
    upscale: { factor: 2, kernel: 'catmull-rom' },
    png: 1,
  })
}

function makeDataset(): DatasetManifest {
  const files = ['a', 'b', 'c'].map((name, contributor) => ({
    path: `${name}.png`,
    sha256: sha256(new TextEncoder().encode(name)),
    licence: 'CC0-1.0',
    contributor: contributor % 2,
  }))
  return {
    format: 'latentmint-dataset-1',
    name: 'stripes',
    renderer: { name: 'stripes', version: '1' },
    resolution: SIZE,
    licence: 'CC0-1.0',
    contributors: [
      { name: 'Ada', address: `0x${'aa'.repeat(20)}`, files: 2, shares: TOTAL_SHARES - 1 },
      { name: 'Bo', address: `0x${'bb'.repeat(20)}`, files: 1, shares: 1 },
    ],
    files: files.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
  }
}

function registerAndDraw(
  policy: Policy,
  recipe: Recipe,
  vetoes: readonly Veto[],
  files: Map<string, Uint8Array>,
  drop: number,
): { chain: ChainDrop; scaleOf: ScaleOf } {
  const manifest = makeDataset()
  const root = datasetRoot(manifest)
  const whole = tinyBundle()
  const bundle = writeBundle({ ...whole, description: { ...whole.description, datasetRoot: root } })
  files.set('bafybundle', bundle).set('bafydataset', datasetManifestJson(manifest))
  const dataset = {
    root,
    items: manifest.files.length,
    sharesRoot: datasetSharesRoot(manifest),
    licence: manifest.licence,
    uri: 'ipfs://bafydataset',
  }
  const model = {
    bundleDigest: sha256(bundle),
    recipeDigest: sha256(canonicalJson(recipe)),
    dataset: datasetId(dataset),
    parent: ZERO_DIGEST,
    sharesRoot: ZERO_DIGEST,
    cap: 100,
    licence: 'CC0-1.0',
    uri: 'ipfs://bafybundle',
    registrant: REGISTRANT,
  }
  const origin = {
    beacon: `0x${'be'.repeat(32)}`,
    salt: `0x${'5a'.repeat(32)}`,
    chainId: 31_337n,
    collection: COLLECTION,
    drop,
    policyDigest: policyDigest(policy),
  } as const
  const chain = {
    ...origin,
    modelId: modelId(model, REGISTRANT),
    candidates: policy.candidates,
    size: policy.edition,
    thresholds: policy.thresholds,
    weights: policy.weights,
    phases: policy.phases.map((phase) => phaseTerms(phase, 1_800_000_000, REGISTRANT)),
    challengeWindow: policy.schedule.challengeWindowSeconds,
    saltHash: saltHash(origin.salt),
    seedBlock: 12,
    masterSeed: masterSeed(origin),
    root: ZERO_DIGEST,
    directoryDigest: digestOf(0xd0 + drop),
    vetoDigest: vetoDigest(vetoes),
    model,
    dataset,
  }
  return { chain, scaleOf: scalesOf(whole, chain.masterSeed) }
}

async function measureAll(
  chain: ChainDrop,
): Promise<{ measured: readonly MeasuredCandidate[]; images: readonly Uint8Array[] }> {
  const seeds = Array.from({ length: chain.candidates }, (_, i) => hexToBytes(candidateSeed(chain.masterSeed, i)))
  const rendered = await fakeEngine.render(seeds)
  const measured = rendered.map(({ rgb, logit, features }, index) => ({
    index,
    pixelDigest: sha256(rgb),
    logitBits: logitBits(logit),
    features,
    traits: measureTraits(rgb, SIZE),
    flat: isBroken(rgb),
  }))
  return { measured, images: rendered.map(({ rgb }) => rgb) }
}

function artifact(chain: ChainDrop, recipe: Recipe, images: readonly Uint8Array[], index: number): Uint8Array {
  return renderArtifact(images[index]!, SIZE, recipe, {
    model: chain.model.bundleDigest,
    recipeDigest: chain.model.recipeDigest,
    seed: candidateSeed(chain.masterSeed, index),
  })
}

/** A file with its last byte changed. */
export function flipLastByte(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  return changed
}

/** Hex of 32 equal bytes. */
export function digestOf(byte: number): Hex {
  return bytesToHex(new Uint8Array(32).fill(byte))
}
