import { availableParallelism } from 'node:os'
import { basename, extname, join } from 'node:path'
import { prepareWithSharp } from '../adapters/sharp-pictures.ts'
import { ingestPictures, type Ingested, type Rejection } from '../dataset/ingest.ts'
import { pictureDataset } from '../dataset/picture-dataset.ts'
import { openPictures } from '../dataset/picture-source.ts'
import { openPreparedCache } from '../dataset/prepared-cache.ts'
import { readGiver, USUAL_LICENCES } from '../dataset/terms.ts'
import { TRAINING_FILE, writeTrainingSet } from '../dataset/training-file.ts'
import {
  type DatasetManifest,
  datasetManifestJson,
  datasetRoot,
  datasetSharesRoot,
} from '../domain/dataset-manifest.ts'
import { DatasetEmpty } from '../errors.ts'
import { writeWhole } from './report-files.ts'
import type { Voice } from './voice.ts'

export interface BuildOptions {
  readonly out: string
  readonly licence?: string
  readonly source?: string
  readonly contributor?: string
  readonly size: number
  readonly fit: 'cover' | 'contain'
  readonly classes: boolean
  readonly licences?: readonly string[]
  readonly smallest?: number
  readonly similar: number
  readonly name?: string
  readonly json: boolean
}

const REPORT_FILE = 'report.json'
const MOST_LISTED = 20

/**
 * Makes a training set of pictures. Everything is written at the end, each file whole or not at all; what was decoded
 * before a run was stopped is kept for the next.
 *
 * @throws {DatasetEmpty} when nothing is there, or nothing may be taken
 */
export async function buildFromPictures(
  path: string,
  options: BuildOptions,
  voice: Voice,
  signal?: AbortSignal,
): Promise<void> {
  const { licence, source, contributor, size, fit, out } = options
  if (contributor !== undefined) readGiver(contributor, [], '--contributor')
  const brought = await openPictures(path, { licence, source, contributor }, options.classes)
  if (brought.pictures.length === 0) throw new DatasetEmpty(`no pictures among ${brought.ignored} files`, path)

  const cache = openPreparedCache(join(out, `.prepared-${size}-${fit}`), size)
  if (cache.known > 0) voice.progress.note(`${cache.known} pictures were prepared before`)
  const step = voice.progress.step('pictures', brought.pictures.length)
  const ingested = await ingestPictures(brought, {
    size,
    smallest: options.smallest ?? size,
    licences: options.licences ?? USUAL_LICENCES,
    similar: options.similar,
    prepare: (bytes, digest) => cache.through(digest, () => prepareWithSharp(bytes, size, fit)),
    atOnce: 4 * availableParallelism(),
    onPicture: (taken, rejected) => step.advance(1, `${taken} taken, ${rejected} left out`),
    ...(signal === undefined ? {} : { signal }),
  })
  step.done(`${ingested.taken.length} taken, ${ingested.rejected.length} left out`)
  const report = writeReport(out, ingested, brought.ignored)
  if (ingested.taken.length === 0) {
    throw new DatasetEmpty(`none of ${brought.pictures.length} pictures may be taken: ${countsText(report)}`, out)
  }
  const name = options.name ?? basename(path, extname(path))
  const { manifest, set } = pictureDataset(name, ingested.taken, size)
  writeWhole(out, TRAINING_FILE, writeTrainingSet(set, datasetRoot(manifest)))
  // Last, since a folder with a manifest is a dataset.
  writeWhole(out, 'manifest.json', datasetManifestJson(manifest))
  cache.drop()
  say(manifest, ingested.rejected, report, options, voice)
}

type Counts = Readonly<Record<string, number>>

function writeReport(folder: string, { taken, rejected }: Ingested, ignored: number): Counts {
  const counts: Record<string, number> = {}
  for (const { reason } of rejected) counts[reason] = (counts[reason] ?? 0) + 1
  const report = { format: 'latentmint-dataset-report-1', taken: taken.length, ignored, counts, rejected }
  writeWhole(folder, REPORT_FILE, `${JSON.stringify(report, null, 2)}\n`)
  return counts
}

function countsText(counts: Counts): string {
  return Object.entries(counts)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ')
}

function say(
  manifest: DatasetManifest,
  rejected: readonly Rejection[],
  counts: Counts,
  { json, out }: BuildOptions,
  { print }: Voice,
): void {
  const [root, sharesRoot] = [datasetRoot(manifest), datasetSharesRoot(manifest)]
  const { files, contributors, classes = [], licence } = manifest
  if (json) {
    print(
      JSON.stringify({ out, root, sharesRoot, images: files.length, classes, licence, contributors, rejected: counts }),
    )
    return
  }
  print(`root    ${root}`, `shares  ${sharesRoot}`)
  for (const contributor of contributors) {
    const { name, files: images, shares } = contributor
    print(`${String(images).padStart(6)} images  ${String(shares).padStart(7)} shares  ${name}`)
  }
  for (const [label, name] of classes.entries()) {
    const images = files.filter((file) => file.class === label).length
    print(`${String(images).padStart(6)} images  class ${label}  ${name}`)
  }
  if (rejected.length === 0) return
  print(`left out: ${countsText(counts)}; all are in ${join(out, REPORT_FILE)}`)
  for (const { path, reason, detail } of rejected.slice(0, MOST_LISTED))
    print(`  ${reason.padEnd(15)}${path}: ${detail}`)
  if (rejected.length > MOST_LISTED) print(`  and ${rejected.length - MOST_LISTED} more`)
}
