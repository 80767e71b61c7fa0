import { basename, join } from 'node:path'
import { tokenId } from '../domain/metadata.ts'
import type { Funnel } from '../domain/funnel.ts'
import { UNITS_PER_BIT } from '../domain/rarity.ts'
import type { Archive } from '../pipeline/archive.ts'
import { sheetOf } from '../pipeline/publish-step.ts'
import type { Chosen } from '../pipeline/select-step.ts'
import type { Announced, DropWork, Registered } from '../pipeline/tools.ts'
import type { Report, ReportPiece } from '../report/report.ts'
import { reportPage } from '../report/report-page.ts'
import { writeWhole } from './report-files.ts'

/** The funnel as a person reads it in a terminal. */
export function funnelLines(funnel: Funnel): readonly string[] {
  const width = Math.max(...funnel.steps.map(({ filter }) => filter.length))
  const steps = funnel.steps
    .filter(({ fell }) => fell > 0)
    .map(
      ({ filter, fell, left }) =>
        `  ${filter.padEnd(width)}  -${String(fell).padStart(5)}  ${String(left).padStart(5)} left`,
    )
  const binding = funnel.binding === null ? 'nothing fell' : `the binding constraint is: ${funnel.binding}`
  return [`  ${'candidates'.padEnd(width)}  ${String(funnel.candidates).padStart(13)}`, ...steps, `  ${binding}`]
}

function piecesOf({ manifest, artifacts }: Chosen): readonly ReportPiece[] {
  return artifacts.flatMap((png, rank) => {
    const row = manifest.candidates[rank]
    if (row === undefined) return []
    return [
      {
        ...row,
        tokenId: tokenId(manifest.drop, rank).toString(),
        rarityBits: row.rarityBits / UNITS_PER_BIT,
        image: `images/${rank}.png`,
      },
    ]
  })
}

/** Where the report's readers can check it. */
export interface ReportPlace {
  readonly rpc: string
  readonly gateway: string
  readonly directory: string | null
  readonly archive: Archive
}

function reportOf(
  work: DropWork,
  chosen: Chosen,
  done: { readonly registered: Registered; readonly announced: Announced },
  place: ReportPlace,
): Report {
  const { policy, model } = work
  const { manifest, selection, vetoes } = chosen
  return {
    name: policy.name,
    story: policy.story,
    drop: manifest.drop,
    chainId: manifest.chainId,
    collection: manifest.collection,
    candidates: manifest.candidates,
    funnel: selection.funnel,
    thresholds: policy.thresholds,
    weights: policy.weights,
    pieces: piecesOf(chosen),
    vetoes,
    contactSheet: 'contact-sheet.png',
    provenance: {
      masterSeed: manifest.masterSeed,
      seedBlock: done.announced.seedBlock,
      policyDigest: manifest.policyDigest,
      modelId: manifest.model.id,
      bundleDigest: manifest.model.bundleDigest,
      recipeDigest: manifest.model.recipeDigest,
      datasetRoot: model.datasetRoot,
      root: manifest.root,
      directory: place.directory,
      archive: { ...place.archive, name: basename(place.archive.path) },
    },
    model: { ...model.bundle.description },
    dataset: { name: model.dataset.name, files: model.dataset.files.length, licence: model.dataset.licence },
    check: { rpc: place.rpc, gateway: place.gateway },
  }
}

/** Writes the report page, the contact sheet and the pictures into a folder; returns the page's path. */
export function writeReport(
  folder: string,
  work: DropWork,
  chosen: Chosen,
  done: { readonly registered: Registered; readonly announced: Announced },
  place: ReportPlace,
): string {
  chosen.artifacts.forEach((png, rank) => writeWhole(join(folder, 'images'), `${rank}.png`, png))
  writeWhole(folder, 'contact-sheet.png', sheetOf(work, chosen))
  return writeWhole(folder, 'index.html', reportPage(reportOf(work, chosen, done, place)))
}
