import type { DatasetManifest } from '../domain/dataset-manifest.ts'
import { TOTAL_SHARES } from '../domain/sum-tree.ts'

/** A dataset before its files are sorted, counted and shared out. */
export interface DatasetParts extends Omit<DatasetManifest, 'format' | 'contributors'> {
  readonly contributors: readonly Pick<DatasetManifest['contributors'][number], 'name' | 'address'>[]
}

/**
 * Sorts the files and shares out by how many each contributor gave, so that the same files in any order make the same
 * manifest. Who gave none is not in it.
 */
export function buildDatasetManifest(parts: DatasetParts): DatasetManifest {
  const gave = parts.contributors.map((_, i) => parts.files.filter(({ contributor }) => contributor === i).length)
  const present = gave.flatMap((count, i) => (count > 0 ? [i] : []))
  const counts = present.map((i) => gave[i] ?? 0)
  const shares = shareOut(counts, TOTAL_SHARES)
  const contributors = present.flatMap((from, i) => {
    const contributor = parts.contributors[from]
    if (contributor === undefined) return []
    return [{ name: contributor.name, address: contributor.address, files: counts[i] ?? 0, shares: shares[i] ?? 0 }]
  })
  const files = parts.files
    .map((file) => ({ ...file, contributor: present.indexOf(file.contributor) }))
    .toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
  return { ...parts, format: 'latentmint-dataset-1', contributors, files }
}

/**
 * Divides a whole number in proportion, by largest remainders; of equal remainders the earlier comes first.
 *
 * @param weights whole numbers, not all zero
 * @returns whole numbers that sum to `total`
 */
export function shareOut(weights: readonly number[], total: number): readonly number[] {
  const sum = weights.reduce((whole, weight) => whole + weight, 0)
  const parts = weights.map((weight) => Math.floor((weight * total) / sum))
  const left = total - parts.reduce((whole, part) => whole + part, 0)
  const byRemainder = weights
    .map((weight, i) => ({ i, remainder: (weight * total) % sum }))
    .toSorted((a, b) => b.remainder - a.remainder || a.i - b.i)
  const favoured = new Set(byRemainder.slice(0, left).map(({ i }) => i))
  return parts.map((part, i) => (favoured.has(i) ? part + 1 : part))
}
