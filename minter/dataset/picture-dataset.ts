import type { TrainingSet } from '../../gan/index.ts'
import type { DatasetFile, DatasetManifest } from '../domain/dataset-manifest.ts'
import { sha256 } from '../domain/digest.ts'
import type { TakenPicture } from './ingest.ts'
import { buildDatasetManifest } from './manifest.ts'
import type { Giver } from './terms.ts'
import type { DatasetDifference } from './verify.ts'

/** What stands in a manifest where a renderer would; the version changes when the same files become other pixels. */
export const PREPARATION = { name: 'latentmint-pictures', version: '1' }

/**
 * Makes a dataset of the pictures that were taken: the manifest that is published, and what a network is trained on, in
 * the same order.
 *
 * @param taken at least one, ascending by the sha-256 of the file
 */
export function pictureDataset(
  name: string,
  taken: readonly TakenPicture[],
  size: number,
): { readonly manifest: DatasetManifest; readonly set: TrainingSet } {
  const classes = [...new Set(taken.flatMap((picture) => picture.class ?? []))].toSorted()
  const labels = taken.map((picture) => (picture.class === undefined ? undefined : classes.indexOf(picture.class)))
  const givers = giversOf(taken)
  const files = taken.map((picture, i): DatasetFile => ({
    path: picture.path,
    sha256: picture.sha256,
    licence: picture.licence,
    contributor: givers.findIndex((giver) => isSame(giver, picture.giver)),
    source: picture.source,
    pixels: picture.pixels,
    class: labels[i],
  }))
  const manifest = buildDatasetManifest({
    name,
    renderer: PREPARATION,
    resolution: size,
    licence: [...new Set(taken.map(({ licence }) => licence))].toSorted().join(' AND '),
    classes: classes.length === 0 ? undefined : classes,
    contributors: givers,
    files,
  })
  const images = new Uint8Array(taken.length * size * size * 3)
  for (const [i, { rgb }] of taken.entries()) images.set(rgb, i * rgb.length)
  return {
    manifest,
    set: {
      images,
      labels: classes.length === 0 ? null : Uint16Array.from(labels, (label) => label ?? 0),
      classes,
      size,
    },
  }
}

/** Everybody who gave something, by name and address, so that the order of the files does not matter. */
function giversOf(taken: readonly TakenPicture[]): readonly Giver[] {
  const givers = new Map(taken.map(({ giver }) => [`${giver.name}\n${giver.address}`, giver]))
  return [...givers].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, giver]) => giver)
}

function isSame(a: Giver, b: Giver): boolean {
  return a.name === b.name && a.address === b.address
}

/**
 * Compares a training set with the manifest that it claims to be built by, picture by picture.
 *
 * @returns every difference, none when the pixels and labels are those of the manifest
 */
export function compareTrainingSet(manifest: DatasetManifest, set: TrainingSet): readonly DatasetDifference[] {
  const bytes = 3 * set.size * set.size
  const differences: DatasetDifference[] = []
  for (const [i, { path, pixels, class: label }] of manifest.files.entries()) {
    const rgb = set.images.subarray(i * bytes, (i + 1) * bytes)
    const actual = rgb.length === bytes ? sha256(rgb) : null
    if (actual !== (pixels ?? null)) differences.push({ path, expected: pixels ?? null, actual })
    const labelled = set.labels?.[i]
    const [said, found] = [manifest.classes?.[label ?? -1], set.classes[labelled ?? -1]]
    if (said !== found) differences.push({ path, expected: `class ${said}`, actual: `class ${found}` })
  }
  const beyond = set.images.length / bytes - manifest.files.length
  if (beyond > 0) {
    differences.push({
      path: `${beyond} more pictures`,
      expected: null,
      actual: 'pictures that the manifest does not name',
    })
  }
  return differences
}
