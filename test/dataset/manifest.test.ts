import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { HDNodeWallet } from 'ethers'
import * as fc from 'fast-check'
import { decodePng } from '../../gan/index.ts'
import { buildDrawnDataset, drawnPath, drawnPng, seedOfPath } from '../../minter/dataset/build.ts'
import { DRAWN_DATASETS, drawnDatasetNamed, drawnDatasetOf } from '../../minter/dataset/drawn.ts'
import { renderIkat } from '../../minter/dataset/ikat.ts'
import { LOOM_CLASSES } from '../../minter/dataset/looms.ts'
import { buildDatasetManifest, shareOut } from '../../minter/dataset/manifest.ts'
import { IKAT_STUDIOS, LOOM_STUDIOS, TARTAN_STUDIOS } from '../../minter/dataset/studios.ts'
import { SETTS } from '../../minter/dataset/tartan-setts.ts'
import { verifyDataset, type DatasetSource } from '../../minter/dataset/verify.ts'
import { datasetManifestJson, datasetRoot, parseDatasetManifest } from '../../minter/domain/dataset-manifest.ts'
import { sha256 } from '../../minter/domain/digest.ts'

const COUNT = 24
const IKAT = DRAWN_DATASETS.ikat
const LOOMS = DRAWN_DATASETS.looms
const TARTAN = DRAWN_DATASETS.tartan
const published = readFileSync(new URL('../../models/ikat-64.dataset.json', import.meta.url))

/** A small dataset with its files in memory. */
async function exampleDataset() {
  const files = new Map<string, Uint8Array>()
  const manifest = await buildDrawnDataset(IKAT, { write: async (path, png) => void files.set(path, png) }, COUNT)
  const source: DatasetSource = {
    read: async (path) => files.get(path) ?? null,
    list: async () => [...files.keys()],
  }
  return { manifest, files, source }
}

describe('minter/dataset', () => {
  describe('shareOut', () => {
    it('sums to the total and never strays from the exact part by one', () => {
      const weights = fc.array(fc.nat(9000), { minLength: 1, maxLength: 8 }).filter((list) => list.some((n) => n > 0))
      fc.assert(
        fc.property(weights, (list) => {
          const sum = list.reduce((a, b) => a + b, 0)
          const shares = shareOut(list, 1_000_000)
          expect(shares.reduce((a, b) => a + b, 0)).to.equal(1_000_000)
          shares.forEach((share, i) => expect(share).to.be.closeTo((list[i]! * 1_000_000) / sum, 1))
        }),
      )
    })

    it('gives what is left over to the earlier of two equals', () => {
      expect(shareOut([1, 1, 1], 100)).to.deep.equal([34, 33, 33])
    })
  })

  describe('buildDatasetManifest', () => {
    it('is the same whatever the order of the files', async () => {
      const { manifest } = await exampleDataset()
      const reversed = buildDatasetManifest({ ...manifest, files: manifest.files.toReversed() })
      expect(datasetManifestJson(reversed)).to.deep.equal(datasetManifestJson(manifest))
    })

    it('leaves out who gave nothing', async () => {
      const { manifest } = await exampleDataset()
      const files = manifest.files.filter(({ contributor }) => contributor === 1)
      const { contributors } = buildDatasetManifest({ ...manifest, files })
      expect(contributors).to.deep.equal([{ ...manifest.contributors[1]!, files: files.length, shares: 1_000_000 }])
    })
  })

  describe('buildDrawnDataset', () => {
    it('writes files that decode to the pixels that the network is shown', async () => {
      const { files } = await exampleDataset()
      expect(decodePng(files.get(drawnPath(IKAT, 3))!).rgb).to.deep.equal(renderIkat(3))
    })

    it('makes a manifest that the domain accepts', async () => {
      const { manifest } = await exampleDataset()
      expect(parseDatasetManifest(datasetManifestJson(manifest))).to.deep.equal(manifest)
    })

    it('stops when it is told to', async () => {
      const failure: unknown = await buildDrawnDataset(
        IKAT,
        { signal: AbortSignal.abort(new Error('enough')) },
        COUNT,
      ).then(
        () => null,
        (error: unknown) => error,
      )
      expect(failure).to.be.instanceOf(Error).with.property('message', 'enough')
    })
  })

  describe('verifyDataset', () => {
    it('finds nothing wrong with what was just built', async () => {
      const { manifest, source } = await exampleDataset()
      expect(await verifyDataset(manifest, source)).to.deep.equal([])
    })

    it('names a changed file, a missing one and one too many', async () => {
      const { manifest, files, source } = await exampleDataset()
      files.set(drawnPath(IKAT, 1), Uint8Array.of(1))
      files.delete(drawnPath(IKAT, 2))
      files.set('notes.txt', Uint8Array.of(2))
      const differences = await verifyDataset(manifest, source)
      expect(differences.map(({ path }) => path)).to.have.members([drawnPath(IKAT, 1), drawnPath(IKAT, 2), 'notes.txt'])
      expect(differences.find(({ path }) => path === drawnPath(IKAT, 2))?.actual).to.equal(null)
      expect(differences.find(({ path }) => path === drawnPath(IKAT, 1))?.actual).to.equal(sha256(Uint8Array.of(1)))
    })
  })

  describe('seedOfPath', () => {
    for (const dataset of [IKAT, LOOMS]) {
      it(`finds the seed of every image of ${dataset.name} by its path`, () => {
        for (let seed = 0; seed < 50; seed++) expect(seedOfPath(dataset, drawnPath(dataset, seed))).to.equal(seed)
      })
    }

    for (const path of ['lozenge/12.png', 'spiral/0001.png', 'suzani/00001.png', '../0001.png', '']) {
      it(`knows no seed of the ikat dataset for ${JSON.stringify(path)}`, () => {
        expect(seedOfPath(IKAT, path)).to.equal(undefined)
      })
    }
  })

  describe('drawnDatasetNamed', () => {
    it('finds a dataset by the name that the command line has for it, and none by what every object has', () => {
      expect(drawnDatasetNamed('looms')).to.equal(LOOMS)
      expect(drawnDatasetNamed('toString')).to.equal(undefined)
    })
  })

  describe('drawnDatasetOf', () => {
    it('finds a dataset by its renderer', async () => {
      expect(drawnDatasetOf(await buildDrawnDataset(LOOMS, {}, 5))).to.equal(LOOMS)
    })

    it('takes no other version of the renderer for it, which draws other pixels', async () => {
      const manifest = await buildDrawnDataset(IKAT, {}, 1)
      expect(drawnDatasetOf({ ...manifest, renderer: { ...manifest.renderer, version: '0' } })).to.equal(undefined)
    })
  })

  describe('models/ikat-64.dataset.json', () => {
    it('is canonical, and has the root that the model names', () => {
      const manifest = parseDatasetManifest(published)
      expect(Buffer.compare(datasetManifestJson(manifest), published)).to.equal(0)
      expect(datasetRoot(manifest)).to.equal('0x39d3002036e801fceaffd3bab1cd4da0651c8d625f8d9d411b57b255e5f0d714')
    })

    it('holds the files that the renderer draws today', () => {
      const digests = new Map(parseDatasetManifest(published).files.map((file) => [file.path, file.sha256]))
      for (let seed = 0; seed < 8192; seed += 97)
        expect(digests.get(drawnPath(IKAT, seed))).to.equal(sha256(drawnPng(IKAT, seed)))
    })

    it('pays the studios at the addresses of accounts 5, 6 and 7 of the test mnemonic', () => {
      const addresses = testAccounts([5, 6, 7])
      expect(IKAT_STUDIOS.map(({ address }) => address)).to.deep.equal(addresses)
      expect(parseDatasetManifest(published).contributors.map(({ address }) => address)).to.deep.equal(addresses)
    })
  })

  describe('models/looms-64.dataset.json', () => {
    const manifest = parseDatasetManifest(readFileSync(new URL('../../models/looms-64.dataset.json', import.meta.url)))

    it('has as many images of each cloth, each by the studio of that cloth', () => {
      expect(manifest.files.length).to.equal(LOOMS.count)
      expect(manifest.contributors.map(({ files }) => files)).to.deep.equal([2048, 2048, 2048, 2048, 2048])
      expect(manifest.contributors.map(({ address }) => address)).to.deep.equal(testAccounts([5, 8, 9, 10, 11]))
      expect(LOOM_STUDIOS.map(({ folders }) => folders)).to.deep.equal(LOOM_CLASSES.map((name) => [name.toLowerCase()]))
    })

    it('holds the files that the renderer draws today', () => {
      const digests = new Map(manifest.files.map((file) => [file.path, file.sha256]))
      for (let seed = 0; seed < LOOMS.count; seed += 197) {
        expect(digests.get(drawnPath(LOOMS, seed))).to.equal(sha256(drawnPng(LOOMS, seed)))
      }
    })
  })
  describe('models/tartan-64.dataset.json', () => {
    const manifest = parseDatasetManifest(readFileSync(new URL('../../models/tartan-64.dataset.json', import.meta.url)))

    it('has a folder of pictures of each sett, all by the one mill, whose address is account 12', () => {
      expect(manifest.files.length).to.equal(TARTAN.count)
      expect(new Set(manifest.files.map(({ path }) => path.split('/')[0])).size).to.equal(SETTS.length)
      expect(manifest.contributors.map(({ address }) => address)).to.deep.equal(testAccounts([12]))
      expect(TARTAN_STUDIOS[0]?.folders).to.have.length(SETTS.length)
    })

    it('holds the files that the renderer draws today', () => {
      const digests = new Map(manifest.files.map((file) => [file.path, file.sha256]))
      for (let seed = 0; seed < TARTAN.count; seed += 197) {
        expect(digests.get(drawnPath(TARTAN, seed))).to.equal(sha256(drawnPng(TARTAN, seed)))
      }
    })
  })
})

function testAccounts(accounts: readonly number[]): readonly string[] {
  const phrase = 'test test test test test test test test test test test junk'
  return accounts.map((account) =>
    HDNodeWallet.fromPhrase(phrase, undefined, `m/44'/60'/0'/0/${account}`).address.toLowerCase(),
  )
}
