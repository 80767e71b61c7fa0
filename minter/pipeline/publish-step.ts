import { digestOfCid, isRawCid, rawCid } from '../domain/cid.ts'
import { sha256 } from '../domain/digest.ts'
import { snapshotJson } from '../domain/demand.ts'
import { manifestJson } from '../domain/manifest.ts'
import { collectionMetadata, dropRarity, tokenMetadata } from '../domain/metadata.ts'
import { policyJson } from '../domain/policy.ts'
import { proofJson, proveRow } from '../domain/proof.ts'
import { vetoDigest, vetoesJson } from '../domain/vetoes.ts'
import { ContentAltered, NothingPassed } from '../errors.ts'
import type { ContentStore, NamedFile, StepProgress } from '../ports.ts'
import { contactSheet } from '../report/contact-sheet.ts'
import type { Chosen } from './select-step.ts'
import type { Announced, Committed, DropTools, DropWork, Registered } from './tools.ts'

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
  const files = directoryFiles(work, chosen, registered)
  const directory = await tools.stores[0].putDirectory(files, tools.signal)
  const { root } = chosen.manifest
  await tools.chain.commit(registered.collection, announced.drop, {
    root,
    directoryDigest: digestOfCid(directory),
    vetoDigest: vetoDigest(chosen.vetoes),
  })
  const { liveAt } = await tools.chain.dropOf(registered.collection, announced.drop)
  return { root, directory, liveAt }
}

/** Reads a file back and compares its digest; for one of a single block, with its CID as well. */
async function checkCopy(store: ContentStore, directory: string, file: NamedFile): Promise<void> {
  const where = `${directory}/${file.path} in ${store.name}`
  const found = sha256(await store.readFile(directory, file.path))
  const wanted = sha256(file.content)
  if (found !== wanted) throw new ContentAltered(where, wanted, found)
  const cid = rawCid(wanted)
  if (file.path.startsWith('images/') && isRawCid(cid) && (await store.readBlock(cid)) === null) {
    throw new ContentAltered(where, cid, 'a file of several blocks')
  }
}

/**
 * Gives every store a copy, pins it, reads everything back and hashes it again.
 *
 * @throws {ContentAltered} when a store names the directory otherwise, or gives back other bytes
 */
export async function publishDrop(
  tools: DropTools,
  files: readonly NamedFile[],
  directory: string,
  progress: StepProgress,
): Promise<{ files: number; stores: readonly string[] }> {
  for (const store of tools.stores) {
    const root = await store.putDirectory(files, tools.signal)
    if (root !== directory) throw new ContentAltered(store.name, directory, root)
    await store.pin(directory)
    for (const file of files) {
      await checkCopy(store, directory, file)
      progress.advance()
    }
  }
  return { files: files.length, stores: tools.stores.map(({ name }) => name) }
}
