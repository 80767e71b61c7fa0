import { z } from 'zod'
import { canonicalJson, parseJson } from './canonical-json.ts'
import { type DatasetTree, datasetTree } from './dataset-tree.ts'
import type { Hex } from './digest.ts'
import { DomainError } from './errors.ts'
import { hex, integer, line, list, mapping } from './policy-schema.ts'
import { type Share, sharesTree } from './sum-tree.ts'

/** What a model was trained on, as it is published: every file with its licence and whose it is. */
export interface DatasetManifest {
  readonly format: 'latentmint-dataset-1'
  readonly name: string
  /** The program that drew the images, where one did. */
  readonly renderer: { readonly name: string; readonly version: string }
  /** Pixels along one side. */
  readonly resolution: number
  /** SPDX identifier of the whole. */
  readonly licence: string
  /** What the pictures are labelled with, by number; absent where they are not. */
  readonly classes?: readonly string[] | undefined
  readonly contributors: readonly Contributor[]
  /** Ascending by sha256. */
  readonly files: readonly DatasetFile[]
}

/** Somebody whose work is in the dataset, and who is paid for it. */
interface Contributor {
  readonly name: string
  readonly address: Hex
  /** How many of the files are theirs. */
  readonly files: number
  /** Of 1,000,000. */
  readonly shares: number
}

/** One image of the dataset. */
export interface DatasetFile {
  readonly path: string
  /** Of the file as it was given: of a photograph, before anything was cut or made smaller. */
  readonly sha256: Hex
  readonly licence: string
  /** Position in the list of contributors. */
  readonly contributor: number
  /** Where it comes from, an address or a few words. */
  readonly source?: string | undefined
  /** sha-256 of the RGB bytes that the network is shown, where they are not those of the file. */
  readonly pixels?: Hex | undefined
  /** Position in the list of classes. */
  readonly class?: number | undefined
}

/** A dataset manifest that cannot be read, or contradicts itself. */
export class DatasetManifestInvalid extends DomainError {
  readonly code = 'DATASET_MANIFEST_INVALID'
}

const manifestSchema: z.ZodType<DatasetManifest> = mapping({
  format: z.literal('latentmint-dataset-1', { error: 'latentmint-dataset-1' }),
  name: line(1, 200),
  renderer: mapping({ name: line(1, 200), version: line(1, 50) }),
  resolution: integer(1, 4096),
  licence: line(1, 200),
  classes: list(line(1, 200), 1, 10_000).optional(),
  contributors: list(
    mapping({
      name: line(1, 200),
      address: hex(20),
      files: integer(0, 0xffffffff),
      shares: integer(1, 1_000_000),
    }),
    1,
    10_000,
  ),
  files: list(
    mapping({
      path: line(1, 1000),
      sha256: hex(32),
      licence: line(1, 200),
      contributor: integer(0, 9999),
      source: line(1, 1000).optional(),
      pixels: hex(32).optional(),
      class: integer(0, 9999).optional(),
    }),
    1,
    10_000_000,
  ),
})

/**
 * Reads a dataset manifest.
 *
 * @throws {DatasetManifestInvalid} when a field is wrong, the files are not sorted, or a contributor's count is not that
 *   of the list
 */
export function parseDatasetManifest(bytes: Uint8Array): DatasetManifest {
  const manifest = readManifest(bytes)
  const counted = manifest.contributors.map(() => 0)
  const classes = manifest.classes?.length ?? 0
  let previous = ''
  for (const { path, sha256, contributor, class: label } of manifest.files) {
    if (sha256 <= previous) throw new DatasetManifestInvalid(`${path} is out of order, or twice in the list`)
    if ((label === undefined) !== (classes === 0) || (label ?? 0) > Math.max(0, classes - 1)) {
      throw new DatasetManifestInvalid(`${path} has the class ${label ?? 'none'}, of ${classes} that are listed`)
    }
    const count = counted[contributor]
    if (count === undefined)
      throw new DatasetManifestInvalid(`${path} names contributor ${contributor}, who is not listed`)
    counted[contributor] = count + 1
    previous = sha256
  }
  manifest.contributors.forEach(({ name, files }, i) => {
    if (files !== counted[i])
      throw new DatasetManifestInvalid(`${name} has ${counted[i]} files in the list, not ${files}`)
  })
  return manifest
}

/** The bytes that are published. */
export function datasetManifestJson(manifest: DatasetManifest): Uint8Array {
  return canonicalJson(manifest)
}

/** The commitment to all files; see `datasetTree`. */
export function datasetRoot(manifest: Pick<DatasetManifest, 'files'>): Hex {
  if (manifest.files.length === 0) throw new DatasetManifestInvalid('a dataset without files has no root')
  return treeOfDataset(manifest).root
}

/** The tree that proofs about single files are taken from. */
export function treeOfDataset({ files }: Pick<DatasetManifest, 'files'>): DatasetTree {
  return datasetTree(files.map(({ sha256 }) => sha256))
}

/** The contributors' shares, as the Lineage contract commits to them; one account's shares are added up. */
export function datasetShares(manifest: Pick<DatasetManifest, 'contributors'>): readonly Share[] {
  const shares = new Map<string, number>()
  for (const contributor of manifest.contributors) {
    shares.set(contributor.address, (shares.get(contributor.address) ?? 0) + contributor.shares)
  }
  return [...shares].map(([account, sum]) => ({ account, shares: sum }))
}

/** The root of the contributors' Merkle-sum tree. */
export function datasetSharesRoot(manifest: Pick<DatasetManifest, 'contributors'>): Hex {
  return sharesTree(datasetShares(manifest)).root
}

/** Every licence in a dataset, that of the whole included, each once. */
export function datasetLicences(manifest: DatasetManifest): readonly string[] {
  // That of the whole may be several, as an SPDX expression.
  return [...new Set([...manifest.licence.split(' AND '), ...manifest.files.map(({ licence }) => licence)])]
}

function readManifest(bytes: Uint8Array): DatasetManifest {
  try {
    return manifestSchema.parse(parseJson(bytes))
  } catch (cause) {
    throw new DatasetManifestInvalid('this is no dataset manifest (JSON, latentmint-dataset-1)', { cause })
  }
}
