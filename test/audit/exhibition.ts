import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { json } from 'node:stream/consumers'
import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types'
import { network } from 'hardhat'
import { createCanonicalEngine, parseRecipe, renderArtifact, writeBundle, type Bundle } from '../../gan/index.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { digestOfCid } from '../../minter/domain/cid.ts'
import {
  type DatasetManifest,
  datasetManifestJson,
  datasetRoot,
  datasetSharesRoot,
} from '../../minter/domain/dataset-manifest.ts'
import { neutralSnapshot, snapshotDigest, snapshotJson } from '../../minter/domain/demand.ts'
import { type Hex, hexToBytes, sha256, ZERO_DIGEST } from '../../minter/domain/digest.ts'
import { datasetId, modelId, type ModelRecord } from '../../minter/domain/lineage.ts'
import { buildManifest, type Manifest, manifestJson, manifestTree, rowFacts } from '../../minter/domain/manifest.ts'
import { collectionMetadata, dropRarity, tokenMetadata } from '../../minter/domain/metadata.ts'
import { phaseTerms } from '../../minter/domain/phase-terms.ts'
import { parsePolicy, type Policy, policyDigest, policyJson } from '../../minter/domain/policy.ts'
import { proofJson, proveRow } from '../../minter/domain/proof.ts'
import { isBroken } from '../../minter/domain/qa.ts'
import { logitBits, scalesOf } from '../../minter/domain/quality.ts'
import { candidateSeed, masterSeed, saltHash } from '../../minter/domain/seed.ts'
import { type MeasuredCandidate, select, type Selection } from '../../minter/domain/selection.ts'
import { candidateTraits } from '../../minter/domain/traits.ts'
import { vetoesJson } from '../../minter/domain/vetoes.ts'
import { contactSheet } from '../../minter/report/contact-sheet.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'
import { Blocks } from './memory-gateway.ts'

const WASM = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm')
const SALT: Hex = `0x${'5a'.repeat(32)}`
const MINTED = [0, 1, 3]

const POLICY = `
name: Small loom
story: Sixteen cloths, of which a few are kept.
collection: { name: Small, symbol: SMALL, description: A test. }
model: tiny
candidates: 16
edition: 5
thresholds: { score: 0, rarity: 0, demand: 0 }
weights: { score: 1, rarity: 2, demand: 1 }
qa: { minDistance: 0, minDistanceEarlier: 0 }
phases:
  - { name: Open, kind: public, start: +1h, end: +2d, price: '0.01' }
  - name: List
    kind: allowlist
    start: +1h
    end: +60h
    price: '0.005'
    # Account 9 of the development chain.
    allowlist: [{ wallet: '0xa0ee7a142d267c1f36714e4a8f75612f20a79720', limit: 1 }]
  - { name: Invited, kind: voucher, start: +1h, end: +2d, price: '0.007' }
  - { name: Encore, kind: public, start: +72h, end: +96h, limit: 1, price: { from: '0.02', to: '0.01' } }
schedule: { seedDelayBlocks: 2, challengeWindowSeconds: 60 }
`

/** What an operator might do wrong between selecting and committing. */
export interface Mischief {
  /** No mischief: makes the network a conditional one, of these classes. */
  readonly classes?: readonly string[]
  /** Changes the manifest after the selection; the root is taken of what comes out. */
  readonly manifest?: (manifest: Manifest) => Manifest
  /** Changes files of the directory before it is committed. */
  readonly files?: (files: NamedContent[]) => NamedContent[]
}

interface NamedContent {
  path: string
  content: Uint8Array
}

/** A small drop on a chain of its own, committed and partly minted. */
export interface Exhibition {
  readonly rpc: string
  readonly contract: string
  readonly drop: number
  readonly blocks: Blocks
  readonly directory: string
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly tokens: readonly bigint[]
  readonly selection: Selection
  readonly bundle: Uint8Array
  readonly bundleCid: string
  readonly dataset: DatasetManifest
  close(): Promise<void>
}

function factorOf(name: string): number {
  if (/torgb\.(?:weight|bias)$/u.test(name)) return 0.2
  return name.startsWith('mapping.fc') ? 100 : 1
}

/** The tiny bundle with its colours toned down and its seeds told apart, so that it draws something worth selecting from. */
function modestBundle(root: Hex, classes: readonly string[] = []): Bundle {
  const bundle = tinyBundle(classes)
  const scales = Array.from({ length: Math.max(1, classes.length) }, (_class, k) =>
    Float32Array.from({ length: 64 }, (_, i) => i / (16 + k) - 9),
  )
  return {
    ...bundle,
    description: { ...bundle.description, datasetRoot: root },
    generator: new Map(
      [...bundle.generator].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((value) => value * factorOf(name)) },
      ]),
    ),
    calibration: { ...bundle.calibration, logits: scales },
  }
}

/** Runs a small drop for real, or nearly: with whatever mischief is asked for. */
export async function stageExhibition(mischief: Mischief = {}): Promise<Exhibition> {
  const chain = await network.create()
  const { ethers, networkHelpers } = chain
  const [admin, alice] = (await ethers.getSigners()) as [HardhatEthersSigner, HardhatEthersSigner]
  const blocks = new Blocks()

  const dataset = {
    format: 'latentmint-dataset-1' as const,
    name: 'Test cloth',
    renderer: { name: 'test', version: '1' },
    resolution: 8,
    licence: 'CC0-1.0',
    contributors: [{ name: 'Alice', address: alice.address.toLowerCase() as Hex, files: 1, shares: 1_000_000 }],
    files: [{ path: '0.png', sha256: sha256(Uint8Array.of(1)), licence: 'CC0-1.0', contributor: 0 }],
  }
  const bundle = modestBundle(datasetRoot(dataset), mischief.classes)
  const bundleFile = writeBundle(bundle)
  const wasm = await readFile(WASM)
  const recipe = parseRecipe({
    version: 1,
    engine: { name: 'tfjs-backend-wasm', version: '4.22.0', wasmDigest: sha256(wasm) },
    psi: '1',
    cutoff: null,
    noiseMode: 'const',
    mirror: 'quadrant',
    upscale: { factor: 4, kernel: 'catmull-rom' },
    png: 1,
  })
  const recipeFile = canonicalJson(recipe)
  const bundleCid = await blocks.add([{ path: '', content: bundleFile }])
  const datasetCid = await blocks.add([{ path: '', content: datasetManifestJson(dataset) }])

  const lineage = await ethers.deployContract('Lineage')
  const attribution = await ethers.deployContract('Attribution', [lineage])
  const desk = await ethers.deployContract('DropDesk', [lineage, attribution])
  const implementation = await ethers.deployContract('Drop', [desk, lineage, attribution])
  const factory = await ethers.deployContract('DropFactory', [implementation])
  const datasetRecord = {
    root: datasetRoot(dataset),
    items: 1,
    sharesRoot: datasetSharesRoot(dataset),
    licence: 'CC0-1.0',
    uri: `ipfs://${datasetCid}`,
  }
  await lineage.registerDataset(datasetRecord)
  const model: ModelRecord = {
    bundleDigest: sha256(bundleFile),
    recipeDigest: sha256(recipeFile),
    dataset: datasetId(datasetRecord),
    parent: ZERO_DIGEST,
    sharesRoot: ZERO_DIGEST,
    cap: 1000,
    licence: 'CC0-1.0',
    uri: `ipfs://${bundleCid}`,
  }
  await lineage.registerModel(model)
  const id = modelId(model, admin.address)
  const one = admin.address
  await factory.createCollection(
    { name: 'Small', symbol: 'SMALL', admin: one, operator: one, curator: one, guardian: one, royaltyBps: 500 },
    SALT,
  )
  const contract = (await factory.predictCollection(admin.address, SALT)).toLowerCase() as Hex
  await lineage.setAuthorised(id, contract, true)
  const collection = await ethers.getContractAt('IDrop', contract)

  const policy = parsePolicy(POLICY, 'policy.yaml')
  const now = await networkHelpers.time.latest()
  const phases = policy.phases.map((phase) => phaseTerms(phase, now, admin.address))
  const terms = phases[0]!
  await collection.announce(
    {
      model: id,
      policyDigest: policyDigest(policy),
      saltHash: saltHash(SALT),
      candidates: policy.candidates,
      size: policy.edition,
      minScore: policy.thresholds.score,
      minRarity: policy.thresholds.rarity,
      minDemand: policy.thresholds.demand,
      weightScore: policy.weights.score,
      weightRarity: policy.weights.rarity,
      weightDemand: policy.weights.demand,
      seedDelay: policy.schedule.seedDelayBlocks,
      challengeWindow: policy.schedule.challengeWindowSeconds,
      phases: phases.map((phase) => ({ ...phase, priceStart: phase.priceStartWei, priceEnd: phase.priceEndWei })),
    },
    { value: 1n },
  )
  await networkHelpers.mine(3)
  await collection.draw(1, SALT)
  const { seedBlock } = await collection.dropOf(1)
  const seedHeader = await ethers.provider.getBlock(Number(seedBlock))
  const chainId = (await ethers.provider.getNetwork()).chainId
  const master = masterSeed({
    beacon: seedHeader!.hash as Hex,
    salt: SALT,
    chainId,
    collection: contract,
    drop: 1,
    policyDigest: policyDigest(policy),
  })

  const { manifest, files, selection } = await selectAndRender({
    policy,
    bundle,
    recipe,
    wasm,
    head: {
      chainId: Number(chainId),
      collection: contract,
      drop: 1,
      masterSeed: master,
      model: { id, bundleDigest: model.bundleDigest, recipeDigest: model.recipeDigest },
      policyDigest: policyDigest(policy),
      demandDigest: snapshotDigest(neutralSnapshot()),
    },
    dataset: { id: model.dataset, root: datasetRecord.root },
    recipeFile,
    mischief,
  })
  const published = mischief.files?.(files) ?? files
  const directory = await blocks.add(published)
  await collection.commit(1, manifest.root, digestOfCid(directory), ZERO_DIGEST)
  await networkHelpers.time.increaseTo(terms.start + 1)
  for (const rank of MINTED) {
    const row = manifest.candidates[rank]!
    const { proof } = JSON.parse(
      new TextDecoder().decode(published.find(({ path }) => path === `proofs/${rank}.json`)!.content),
    ) as { proof: string[] }
    const { pixelDigest, artifactDigest } = row
    await collection
      .connect(alice)
      .mintPublic(
        { drop: 1, phase: 0, recipient: alice.address, safe: false },
        [{ rank, facts: rowFacts(row, 1), pixelDigest, artifactDigest, proof }],
        { value: terms.priceStartWei },
      )
  }
  const server = await serveRpc((method, params) => chain.provider.request({ method, params }))
  return {
    rpc: server.url,
    contract,
    drop: 1,
    blocks,
    directory,
    files: new Map(published.map(({ path, content }) => [path, content])),
    tokens: MINTED.map((rank) => (1n << 16n) | BigInt(rank)),
    selection,
    bundle: bundleFile,
    bundleCid,
    dataset,
    close: async () => {
      await server.close()
      await chain.close()
    },
  }
}

interface Work {
  readonly policy: Policy
  readonly bundle: Bundle
  readonly recipe: ReturnType<typeof parseRecipe>
  readonly recipeFile: Uint8Array
  readonly wasm: Uint8Array
  readonly head: Parameters<typeof buildManifest>[0]
  readonly dataset: { readonly id: Hex; readonly root: Hex }
  readonly mischief: Mischief
}

async function selectAndRender(work: Work) {
  const { policy, bundle, recipe, head, dataset } = work
  const engine = await createCanonicalEngine({ bundle, recipe, wasm: work.wasm })
  const seeds = Array.from({ length: policy.candidates }, (_, index) => candidateSeed(head.masterSeed, index))
  const images = await engine.render(seeds.map((seed) => hexToBytes(seed)))
  const size = engine.resolution
  engine.dispose()
  const candidates = images.map((image, index): MeasuredCandidate => ({
    index,
    pixelDigest: sha256(image.rgb),
    logitBits: logitBits(image.logit),
    features: image.features,
    traits: candidateTraits(bundle.description, hexToBytes(seeds[index]!), image.rgb),
    flat: isBroken(image.rgb),
  }))
  const snapshot = neutralSnapshot()
  const selection = select({
    policy,
    candidates,
    snapshot,
    earlier: [],
    vetoes: [],
    licenceOk: true,
    scaleOf: scalesOf(bundle, head.masterSeed),
  })
  const kept = selection.ranked.slice(0, selection.edition)
  const provenance = { model: head.model.bundleDigest, recipeDigest: head.model.recipeDigest }
  const artifacts = kept.map(({ index }) =>
    renderArtifact(images[index]!.rgb, size, recipe, { ...provenance, seed: seeds[index]! }),
  )
  const honest = buildManifest(
    head,
    selection.ranked,
    artifacts.map((file) => sha256(file)),
  )
  const changed = work.mischief.manifest?.(honest.manifest) ?? honest.manifest
  const tree = manifestTree(changed.candidates, head.drop)
  const manifest = { ...changed, root: tree.root }
  const rarity = dropRarity(manifest.candidates)
  const files: NamedContent[] = [
    { path: 'policy.json', content: policyJson(policy) },
    { path: 'recipe.json', content: work.recipeFile },
    { path: 'manifest.json', content: manifestJson(manifest) },
    { path: 'demand.json', content: snapshotJson(snapshot) },
    { path: 'vetoes.json', content: vetoesJson([]) },
    { path: 'contract.json', content: collectionMetadata(policy, manifest.candidates[0]!.artifactDigest) },
    {
      path: 'contact-sheet.png',
      content: contactSheet(kept.map(({ index, rank }) => ({ rank, rgb: images[index]!.rgb, size }))),
    },
    ...artifacts.flatMap((content, rank) => {
      const row = manifest.candidates[rank]!
      return [
        { path: `images/${rank}.png`, content },
        { path: `metadata/${rank}.json`, content: tokenMetadata({ policy, manifest, dataset }, rarity, row) },
        { path: `proofs/${rank}.json`, content: proofJson(proveRow(row, head.drop, tree)) },
      ]
    }),
  ]
  return { manifest, files, selection }
}

/** The chain in this process, as a node that other processes can ask. */
async function serveRpc(request: (method: string, params: unknown[]) => Promise<unknown>) {
  interface Call {
    readonly id: unknown
    readonly method: string
    readonly params: unknown[]
  }
  const answer = async ({ id, method, params }: Call) => {
    try {
      return { jsonrpc: '2.0', id, result: await request(method, params) }
    } catch (error) {
      const { message, data } = error as Error & { data?: unknown }
      return { jsonrpc: '2.0', id, error: { code: 3, message, data } }
    }
  }
  const server = createServer((incoming, response) => {
    void json(incoming).then(async (body) => {
      const calls = body as Call | Call[]
      const answers = Array.isArray(calls) ? await Promise.all(calls.map(answer)) : await answer(calls)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
