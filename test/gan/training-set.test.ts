import { expect } from 'chai'
import { type TrainingSet, TrainingSetInvalid } from '../../gan/index.ts'
import { checkTrainingSet } from '../../gan/training/training-set.ts'

const CLASSES = ['kilim', 'suzani']
const SET: TrainingSet = {
  images: new Uint8Array(3 * 8 * 8 * 3),
  labels: Uint8Array.of(0, 1, 1),
  classes: CLASSES,
  size: 8,
}

describe('gan/training/training-set checkTrainingSet', () => {
  it('accepts images that belong to the network, with labels and without', () => {
    checkTrainingSet(SET, 8, CLASSES)
    checkTrainingSet({ ...SET, labels: null, classes: [] }, 8, [])
  })

  const refusals: readonly [what: string, set: TrainingSet, size: number, classes: readonly string[], why: string][] = [
    ['a cut image', { ...SET, images: SET.images.slice(1) }, 8, CLASSES, 'no whole number of 8 x 8 images'],
    ['no images', { ...SET, images: new Uint8Array(0) }, 8, CLASSES, 'no whole number'],
    ['images of another size', SET, 16, CLASSES, 'the images are 8 x 8 pixels, the network makes 16 x 16'],
    ['other classes', SET, 8, ['suzani', 'kilim'], 'the classes kilim, suzani, the network knows the classes suzani'],
    ['classes that the network lacks', SET, 8, [], 'the network knows no classes'],
    ['a missing label', { ...SET, labels: Uint8Array.of(0, 1) }, 8, CLASSES, '3 images, and 2 labels'],
    ['labels left out', { ...SET, labels: null }, 8, CLASSES, '2 classes, and no labels'],
    ['a label without a class', { ...SET, labels: Uint8Array.of(0, 2, 1) }, 8, CLASSES, 'image 1 is labelled 2'],
  ]
  for (const [what, set, size, classes, why] of refusals) {
    it(`refuses ${what}`, () => {
      expect(() => checkTrainingSet(set, size, classes)).to.throw(TrainingSetInvalid, why)
    })
  }
})
