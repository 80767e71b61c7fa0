import { digestOfCid } from '../domain/cid.ts'
import { snapshotJson } from '../domain/demand.ts'
import { manifestJson } from '../domain/manifest.ts'
import { collectionMetadata, dropRarity, tokenMetadata } from '../domain/metadata.ts'
import { policyJson } from '../domain/policy.ts'
import { proofJson, proveRow } from '../domain/proof.ts'
import { vetoDigest, vetoesJson } from '../domain/vetoes.ts'
import { ChainMismatch, ContentAltered, NothingPassed, PlacesMissing } from '../errors.ts'
import type { NamedFile } from '../ports.ts'
import { contactSheet } from '../report/contact-sheet.ts'
import { writeArchive } from './archive.ts'
import { countBlocks, pinEverywhere, type PinnedRoot, type PinOutcome } from './pins.ts'
import type { Chosen } from './select-step.ts'
import type { Announced, Closed, Committed, DropTools, DropWork, Published, Registered } from './tools.ts'

/** The edition on one sheet. */
export function sheetOf({ policy, model }: DropWork, { quadrants }: Chosen): Uint8Array {
  const size = model.bundle.description.G.img_resolution
  const pieces = quadrants.map((rgb, rank) => ({ rank, rgb, size }))
  return contactSheet(pieces, { title: policy.name.toUpperCase(), mirror: model.recipe.mirror })
}

function pieceFiles(work: DropWork, chosen: Chosen, registered: Registered): readonly NamedFile[] {
  const { manifest, tree, artifacts } = chosen
  const rarity = dropRarity(manifest.candidates)
  const dataset = { id: registered.datasetId, root: work.model.datasetRoot }
  return artifacts.flatMap((png, rank) => {
    const row = manifest.candidates[rank]
    if (row === undefined) return []
    return [
      { path: `images/${rank}.png`, content: png },
      {
        path: `metadata/${rank}.json`,
        content: tokenMetadata({ policy: work.policy, manifest, dataset }, rarity, row),
      },
      { path: `proofs/${rank}.json`, content: proofJson(proveRow(row, manifest.drop, tree)) },
    ]
  })
}

/** Everything that is published about a drop; the same choice gives the same bytes. */
export function directoryFiles(work: DropWork, chosen: Chosen, registered: Registered): readonly NamedFile[] {
  const { manifest, snapshot, vetoes } = chosen
  return [
    { path: 'policy.json', content: policyJson(work.policy) },
    { path: 'recipe.json', content: work.model.recipeBytes },
    { path: 'manifest.json', content: manifestJson(manifest) },
    { path: 'demand.json', content: snapshotJson(snapshot) },
    { path: 'vetoes.json', content: vetoesJson(vetoes) },
    { path: 'contract.json', content: collectionMetadata(work.policy, manifest.candidates[0]?.artifactDigest ?? null) },
    { path: 'contact-sheet.png', content: sheetOf(work, chosen) },
    ...pieceFiles(work, chosen, registered),
  ]
}

/**
 * Writes the directory and commits to it and to the order.
 *
 * @throws {NothingPassed} when there is nothing to sell; the drop stays drawn, and nothing is committed
 */
export async function commitDrop(
  tools: DropTools,
  work: DropWork,
  chosen: Chosen,
  done: { readonly registered: Registered; readonly announced: Announced },
): Promise<Committed> {
  const { registered, announced } = done
  if (chosen.selection.edition === 0) {
    const { binding } = chosen.selection.funnel
    throw new NothingPassed(
      `no candidate passed; the filter that costs most is ${binding ?? 'none alone'}`,
      work.run.name,
    )
  }
  const { masterSeed } = await tools.chain.dropOf(registered.collection, announced.drop)
  if (masterSeed !== chosen.manifest.masterSeed) {
    throw new ChainMismatch(`the chain has the master seed ${masterSeed}, the candidates are of another`, work.run.name)
  }
  const files = directoryFiles(work, chosen, registered)
  const directory = await tools.store.putDirectory(files, tools.signal)
  const { root } = chosen.manifest
  await tools.chain.commit(registered.collection, announced.drop, {
    root,
    directoryDigest: digestOfCid(directory),
    vetoDigest: vetoDigest(chosen.vetoes),
  })
  const { liveAt } = await tools.chain.dropOf(registered.collection, announced.drop)
  return { root, directory, liveAt }
}

/** Everything that a token is checked with: the directory, the model, the record of what it was trained on, the page that does it. */
export function publishedRoots(
  directory: string,
  { bundleCid, datasetCid }: Registered,
  verifyPage: string | null,
): readonly [PinnedRoot, ...PinnedRoot[]] {
  return [
    { name: 'directory', cid: directory },
    { name: 'model', cid: bundleCid },
    { name: 'dataset', cid: datasetCid },
    ...(verifyPage === null ? [] : [{ name: 'verify page', cid: verifyPage }]),
  ]
}

/** Directories of the drops of the same collection that closed before, oldest first, as far as our store has them. */
async function earlierDirectories({ runs, store }: DropTools, id: string, registered: Registered): Promise<string[]> {
  const directories: string[] = []
  for (const run of (await runs.list()).toReversed()) {
    const { collection } = (await runs.outputs<Registered>(run.id, 'register')) ?? {}
    const committed = await runs.outputs<Committed>(run.id, 'commit')
    const closed = await runs.outputs<Closed>(run.id, 'close')
    if (run.id === id || collection !== registered.collection || committed === null || closed === null) continue
    if ((await store.readBlock(committed.directory)) !== null) directories.push(committed.directory)
  }
  return directories
}

/** Pins, and shows how many blocks have been read back of all that must be. */
async function pinAll(
  tools: DropTools,
  run: DropWork['run'],
  roots: readonly PinnedRoot[],
  wanted: number,
): Promise<PinOutcome> {
  const blocks = await countBlocks(tools.store, roots)
  const step = tools.progress.step('pin', blocks * tools.places.length)
  const outcome = await pinEverywhere(tools, run, roots, wanted, () => step.advance())
  step.done(`${blocks} blocks held at ${outcome.held.join(', ')}`)
  return outcome
}

/**
 * Writes the archive, gives every place a copy, reads everything back and hashes it again.
 *
 * @param files of the directory, made anew
 * @throws {ContentAltered} when they are no longer what was committed to; {PinsShort} when too few places hold them
 */
export async function publishDrop(
  tools: DropTools,
  { run, policy }: DropWork,
  files: readonly NamedFile[],
  done: { readonly registered: Registered; readonly directory: string },
): Promise<Published> {
  const { directory, registered } = done
  const found = await tools.store.putDirectory(files, tools.signal)
  if (found !== directory) throw new ContentAltered(tools.store.name, directory, found)
  const wanted = policy.schedule.pins ?? tools.places.length
  if (wanted > tools.places.length)
    throw new PlacesMissing(
      wanted,
      tools.places.map(({ name }) => name),
    )
  const { verifyPage } = tools.kit
  const page = verifyPage === null ? null : await tools.store.putFile(verifyPage, tools.signal)
  if (page === null) tools.progress.note('  the verify page is not built, so that the archive is without it')
  const roots = publishedRoots(directory, registered, page)
  const kept = { folder: tools.kit.folder, name: `${run.id}.car` }
  const archive = await writeArchive(
    tools.store,
    { roots, earlier: await earlierDirectories(tools, run.id, registered) },
    kept,
    tools.signal,
  )
  const { held, failures } = await pinAll(tools, run, roots, wanted)
  for (const { place, code, reason } of failures) tools.progress.note(`  ${place} holds no copy: ${code}, ${reason}`)
  return { files: files.length, stores: held, failures, archive, verifyPage: page }
}
