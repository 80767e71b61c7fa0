import { expect } from 'chai'
import {
  type DatasetManifest,
  datasetLicences,
  DatasetManifestInvalid,
  datasetManifestJson,
  datasetRoot,
  datasetShares,
  parseDatasetManifest,
} from '../../minter/domain/dataset-manifest.ts'
import { keccak256 } from '../../minter/domain/digest.ts'
import { digestOf } from './published-drop.ts'

/** A manifest of so many files, the first of them under another licence. */
function manifestOf(count: number): DatasetManifest {
  return {
    format: 'latentmint-dataset-1',
    name: 'stripes',
    renderer: { name: 'stripes', version: '1' },
    resolution: 64,
    licence: 'CC0-1.0',
    contributors: [
      { name: 'Ada', address: `0x${'aa'.repeat(20)}`, files: count, shares: 600_000 },
      { name: 'Ada again', address: `0x${'aa'.repeat(20)}`, files: 0, shares: 400_000 },
    ],
    files: Array.from({ length: count }, (_, i) => ({
      path: `${i}.png`,
      sha256: digestOf(i),
      licence: i === 0 ? 'CC-BY-4.0' : 'CC0-1.0',
      contributor: 0,
    })),
  }
}

/** Keccak over a prefix and the bytes of some digests. */
function prefixed(prefix: number, ...digests: readonly string[]): string {
  return keccak256(
    Buffer.from(
      digests.reduce((text, digest) => text + digest.slice(2), `0${prefix}`),
      'hex',
    ),
  )
}

describe('minter/domain/dataset-manifest', () => {
  describe('datasetRoot', () => {
    it('hashes leaves and nodes apart, and promotes an odd node', () => {
      const [a, b, c] = [0, 1, 2].map((i) => prefixed(0, digestOf(i)))
      expect(datasetRoot(manifestOf(1))).to.equal(a)
      expect(datasetRoot(manifestOf(2))).to.equal(prefixed(1, a!, b!))
      expect(datasetRoot(manifestOf(3))).to.equal(prefixed(1, prefixed(1, a!, b!), c!))
    })

    it('throws DATASET_MANIFEST_INVALID for no files', () => {
      expect(() => datasetRoot({ files: [] })).to.throw(DatasetManifestInvalid)
    })
  })

  describe('parseDatasetManifest', () => {
    it('reads back what was published', () => {
      expect(parseDatasetManifest(datasetManifestJson(manifestOf(5)))).to.deep.equal(manifestOf(5))
    })

    it('throws DATASET_MANIFEST_INVALID when files are out of order, twice, or of nobody', () => {
      const whole = manifestOf(3)
      const [a, b, c] = whole.files
      for (const files of [
        [b!, a!, c!],
        [a!, a!, b!],
        [a!, b!, { ...c!, contributor: 7 }],
        [a!, b!],
      ]) {
        expect(() => parseDatasetManifest(datasetManifestJson({ ...whole, files }))).to.throw(DatasetManifestInvalid)
      }
    })
  })

  it('adds up the shares of one account', () => {
    expect(datasetShares(manifestOf(1))).to.deep.equal([{ account: `0x${'aa'.repeat(20)}`, shares: 1_000_000 }])
  })

  it('lists each licence once', () => {
    expect(datasetLicences(manifestOf(3))).to.deep.equal(['CC0-1.0', 'CC-BY-4.0'])
  })
})
