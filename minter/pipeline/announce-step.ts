import { datasetSharesRoot } from '../domain/dataset-manifest.ts'
import { canonicalJson } from '../domain/canonical-json.ts'
import { sha256, ZERO_DIGEST } from '../domain/digest.ts'
import { phaseTerms } from '../domain/phase-terms.ts'
import { saltHash } from '../domain/seed.ts'
import { PlacesMissing } from '../errors.ts'
import type { Announcement } from '../ports.ts'
import type { Announced, Drawn, DropTools, DropWork, Registered } from './tools.ts'

/** How many tokens may ever be made with one model, over all collections: a drop's edition 256 times. */
const MODEL_CAP = 65_536
/** What the operator stands to lose when a challenge succeeds. */
export const BOND_WEI = 10n ** 17n

/** Puts model and dataset where anyone can fetch them, registers both, and opens the collection. */
export async function registerModel(tools: DropTools, { policy, model }: DropWork): Promise<Registered> {
  const { chain, signal, store } = tools
  const bundleCid = await store.putFile(model.bundleBytes, signal)
  const datasetCid = await store.putFile(model.datasetBytes, signal)
  const house = await tools.house()
  const { dataset } = model
  const datasetId = await chain.registerDataset(house, {
    root: model.datasetRoot,
    items: dataset.files.length,
    sharesRoot: datasetSharesRoot(dataset),
    licence: dataset.licence,
    uri: `ipfs://${datasetCid}`,
  })
  const modelId = await chain.registerModel(house, {
    bundleDigest: model.bundleDigest,
    recipeDigest: model.recipeDigest,
    dataset: datasetId,
    parent: ZERO_DIGEST,
    sharesRoot: ZERO_DIGEST,
    cap: MODEL_CAP,
    licence: model.bundle.description.licence,
    uri: `ipfs://${bundleCid}`,
  })
  const { name, symbol } = policy.collection
  const salt = sha256(canonicalJson({ name, symbol }))
  const collection = await chain.openCollection(house, { name, symbol, royaltyBps: policy.royalty.bps, salt }, modelId)
  return { house, datasetId, modelId, collection, bundleCid, datasetCid }
}

function announcementOf({ run, policy }: DropWork, terms: Pick<Announcement, 'model' | 'phases'>): Announcement {
  return {
    ...terms,
    policyDigest: run.policyDigest,
    saltHash: saltHash(run.salt),
    candidates: policy.candidates,
    size: policy.edition,
    thresholds: policy.thresholds,
    weights: policy.weights,
    seedDelay: policy.schedule.seedDelayBlocks,
    challengeWindow: policy.schedule.challengeWindowSeconds,
  }
}

/** Freezes the terms on the chain; from here on nothing in the policy can change. */
export async function announceDrop(tools: DropTools, work: DropWork, registered: Registered): Promise<Announced> {
  const { access, chain, runs, places } = tools
  const wanted = work.policy.schedule.pins ?? 1
  // Later nothing in the policy can change, and nothing could be sold.
  if (wanted > places.length)
    throw new PlacesMissing(
      wanted,
      places.map(({ name }) => name),
    )
  // Written down first: a second attempt must announce the very same times.
  const { announcedAt } = await runs.once(work.run.id, 'announce-time', async () => ({
    announcedAt: (await access.head()).time,
  }))
  const phases = work.policy.phases.map((phase) => phaseTerms(phase, announcedAt, access.account))
  const announcement = announcementOf(work, { model: registered.modelId, phases })
  const drop = await chain.announce(registered.collection, work.run.id, announcement, BOND_WEI)
  const { seedBlock } = await chain.dropOf(registered.collection, drop)
  return { drop, seedBlock, announcedAt }
}

/**
 * Waits for the block that nobody knew when the terms were frozen, draws the seeds from it, and waits until no reorganisation can
 * give others: everything that follows is made of them.
 */
export async function drawSeeds(
  tools: DropTools,
  { run }: DropWork,
  { collection }: Registered,
  { drop }: Announced,
): Promise<Drawn> {
  const { access, chain, signal } = tools
  for (;;) {
    // Asked anew: announced again after a reorganisation, the drop has another block.
    const { seedBlock } = await chain.dropOf(collection, drop)
    await access.waitForBlock(seedBlock + 1, signal)
    const masterSeed = await chain.draw(collection, drop, run.salt)
    await access.settle(signal)
    const settled = await chain.dropOf(collection, drop)
    if (settled.state !== 'announced' && settled.masterSeed === masterSeed) return { masterSeed }
  }
}
