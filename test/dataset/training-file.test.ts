import { expect } from 'chai'
import { BundleInvalid, readSafetensors, writeSafetensors } from '../../gan/index.ts'
import { readTrainingSet, writeTrainingSet } from '../../minter/dataset/training-file.ts'
import { ConfigInvalid } from '../../minter/errors.ts'

const images = Uint8Array.from({ length: 3 * 2 * 2 * 3 }, (_, i) => i)
const labelled = { images, labels: Uint16Array.of(1, 0, 1), classes: ['kilim', 'suzani'], size: 2 }

/** The file with one of its tensors, or of its metadata, replaced. */
function changed(name: string, change: object, metadata: Record<string, string> = {}): Uint8Array {
  const file = readSafetensors(writeTrainingSet(labelled, '0xab'))
  const tensors = [...file.tensors.values()].map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor))
  return writeSafetensors(tensors, { ...file.metadata, ...metadata })
}

describe('minter/dataset/training-file', () => {
  it('reads back what was written, with labels and without', () => {
    expect(readTrainingSet(writeTrainingSet(labelled, '0xab'), 'here')).to.deep.equal({ ...labelled, root: '0xab' })
    const plain = { images, labels: null, classes: [], size: 2 }
    expect(readTrainingSet(writeTrainingSet(plain, '0xab'), 'here')).to.deep.equal({ ...plain, root: '0xab' })
  })

  it('refuses a file that was cut short', () => {
    expect(() => readTrainingSet(writeTrainingSet(labelled, '0xab').slice(0, -1), 'here')).to.throw(BundleInvalid)
  })

  for (const [what, bytes] of [
    ['another format', changed('', {}, { format: 'latentmint-bundle-1' })],
    ['pictures that are not square', changed('images', { shape: [3, 1, 4, 3] })],
    ['labels of another number', changed('labels', { shape: [2], data: new Uint8Array(8) })],
    ['a label beyond the classes', changed('labels', { data: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) })],
    ['labels without classes', changed('', {}, { classes: '[]' })],
    ['classes that are no list', changed('', {}, { classes: '{"a":1}' })],
  ] as const) {
    it(`refuses ${what} with CONFIG_INVALID, and says where`, () => {
      expect(() => readTrainingSet(bytes, 'here'))
        .to.throw(ConfigInvalid)
        .with.property('where', 'here')
    })
  }
})
