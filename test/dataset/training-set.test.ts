import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { encodePng, TrainingSetInvalid } from '../../gan/index.ts'
import { IKAT_COUNT, renderIkat } from '../../minter/dataset/ikat.ts'
import { renderLoom } from '../../minter/dataset/looms.ts'
import { openTrainingSet } from '../../minter/dataset/training-set.ts'
import { ConfigInvalid } from '../../minter/errors.ts'

const BYTES = 64 * 64 * 3

/** A PNG of one colour. */
function plainPng(side: number, colour: number, height: number = side): Uint8Array {
  return encodePng({ width: side, height, rgb: new Uint8Array(side * height * 3).fill(colour) })
}

describe('minter/dataset/training-set openTrainingSet', () => {
  describe('of a collection that is drawn', () => {
    it('lays image i, drawn from seed i, at position i', () => {
      const { set, mirror } = openTrainingSet('ikat', { limit: 3 })
      expect(set.images.length).to.equal(3 * BYTES)
      expect(set.images.subarray(2 * BYTES)).to.deep.equal(renderIkat(2))
      expect(set).to.include({ labels: null, size: 64 })
      expect(mirror).to.equal('rimless-quadrant')
    })

    it('says how far it is', () => {
      const seen: number[] = []
      openTrainingSet('ikat', { limit: 3, onProgress: (done) => seen.push(done) })
      expect(seen).to.deep.equal([1, 2, 3])
    })

    it('labels each of the five cloths, which take turns', () => {
      const { set } = openTrainingSet('looms', { limit: 7 })
      expect(set.classes).to.deep.equal(['Ikat', 'Suzani', 'Batik', 'Kilim', 'Shibori'])
      expect([...(set.labels ?? [])]).to.deep.equal([0, 1, 2, 3, 4, 0, 1])
      expect(set.images.subarray(6 * BYTES)).to.deep.equal(renderLoom(1, 6))
    })

    it('has 8192 ikat images unless fewer are asked for', () => {
      expect(IKAT_COUNT).to.equal(8192)
    })
  })

  describe('of a folder', () => {
    let folder: string
    const put = (path: string, content: Uint8Array) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'latentmint-set-'))
    })

    afterEach(() => rmSync(folder, { recursive: true }))

    it('takes the PNG files in the order of their paths, and nothing else', () => {
      put('b.png', plainPng(8, 2))
      put('a.png', plainPng(8, 1))
      put('readme.txt', new Uint8Array(1))
      const { set, mirror, manifest } = openTrainingSet(folder)
      expect([set.images[0], set.images[8 * 8 * 3]]).to.deep.equal([1, 2])
      expect(set).to.deep.include({ labels: null, classes: [], size: 8 })
      expect([mirror, manifest]).to.deep.equal(['none', join(folder, 'manifest.json')])
    })

    it('makes a class of each folder when all files are in folders', () => {
      put('plain/1.png', plainPng(8, 1))
      put('batik/1.png', plainPng(8, 3))
      put('batik/deep/2.png', plainPng(8, 2))
      const { set } = openTrainingSet(folder)
      expect(set.classes).to.deep.equal(['batik', 'plain'])
      expect([...(set.labels ?? [])]).to.deep.equal([0, 0, 1])
      expect(openTrainingSet(folder, { ignoreClasses: true }).set).to.include({ labels: null })
    })

    it('makes no class of a single folder, nor when a file lies outside', () => {
      put('one/1.png', plainPng(8, 1))
      expect(openTrainingSet(folder).set.classes).to.deep.equal([])
      put('two/1.png', plainPng(8, 1))
      put('3.png', plainPng(8, 1))
      expect(openTrainingSet(folder).set.classes).to.deep.equal([])
    })

    it('takes fewer evenly from the whole, so that every class keeps its share', () => {
      for (let i = 0; i < 4; i++) put(`a/${i}.png`, plainPng(8, i))
      for (let i = 0; i < 4; i++) put(`b/${i}.png`, plainPng(8, 4 + i))
      expect([...(openTrainingSet(folder, { limit: 4 }).set.labels ?? [])]).to.deep.equal([0, 0, 1, 1])
    })

    it('names the file that is broken, of another size, or no square of a power of two', () => {
      put('a.png', plainPng(8, 1))
      put('b.png', plainPng(8, 1).slice(0, 60))
      expect(() => openTrainingSet(folder)).to.throw(TrainingSetInvalid, /^b\.png: truncated/)
      put('b.png', plainPng(16, 1))
      expect(() => openTrainingSet(folder)).to.throw(TrainingSetInvalid, 'b.png is 16 pixels wide, a.png is 8')
      put('b.png', plainPng(8, 1, 16))
      expect(() => openTrainingSet(folder)).to.throw(TrainingSetInvalid, 'b.png is 8 x 16 pixels')
      put('b.png', plainPng(12, 1))
      expect(() => openTrainingSet(folder)).to.throw(TrainingSetInvalid, 'a power of two')
    })

    it('says so when there is no picture, or no such folder', () => {
      expect(() => openTrainingSet(folder)).to.throw(ConfigInvalid, 'no PNG')
      expect(() => openTrainingSet(join(folder, 'nowhere'))).to.throw(ConfigInvalid, 'no such folder')
    })
  })
})
