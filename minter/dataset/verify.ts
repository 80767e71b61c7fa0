import type { DatasetManifest } from '../domain/dataset-manifest.ts'
import { sha256 } from '../domain/digest.ts'

/** A file that is not what the manifest says, or that only one of the two knows. */
export interface DatasetDifference {
  readonly path: string
  /** What the manifest says; null when it does not name the file. */
  readonly expected: string | null
  /** What was found; null when there is no such file. */
  readonly actual: string | null
}

/** Where the files are: a folder, or the renderer that can draw them again. */
export interface DatasetSource {
  /** The file's bytes, or null when there is none. */
  readonly read: (path: string) => Promise<Uint8Array | null>
  /** Every file there is, where that can be said. */
  readonly list?: () => Promise<readonly string[]>
}

/**
 * Compares a dataset with its manifest, file by file.
 *
 * @returns every difference, none when the dataset is what the manifest says
 */
export async function verifyDataset(
  manifest: DatasetManifest,
  source: DatasetSource,
  onFile?: () => void,
): Promise<readonly DatasetDifference[]> {
  const differences: DatasetDifference[] = []
  for (const { path, sha256: expected } of manifest.files) {
    // One file at a time, so that a large dataset never has to fit into memory.
    // oxlint-disable-next-line no-await-in-loop
    const bytes = await source.read(path)
    const actual = bytes === null ? null : sha256(bytes)
    if (actual !== expected) differences.push({ path, expected, actual })
    onFile?.()
  }
  const named = new Set(manifest.files.map(({ path }) => path))
  for (const path of (await source.list?.()) ?? []) {
    if (!named.has(path)) differences.push({ path, expected: null, actual: 'a file that the manifest does not name' })
  }
  return differences
}
