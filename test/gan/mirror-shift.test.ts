import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { mirrorShift } from '../../gan/training/mirror-shift.ts'
import { startBackend } from './vectors.ts'

function image(): tf.Tensor4D {
  return tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1])
}

describe('the shift over mirrored edges', () => {
  before(startBackend)

  it('fills what it leaves from the mirror image', () => {
    expect([...mirrorShift(image(), { down: 0, right: 1 }).dataSync()]).to.deep.equal([2, 3, 3, 5, 6, 6, 8, 9, 9])
    expect([...mirrorShift(image(), { down: -2, right: 0 }).dataSync()]).to.deep.equal([4, 5, 6, 1, 2, 3, 1, 2, 3])
  })

  it('leaves images alone at no shift', () => {
    const same = image()
    expect(mirrorShift(same, { down: 0, right: 0 })).to.equal(same)
  })

  it('hands the gradient back to every pixel that a shown one came from', () => {
    const weights = tf.tensor4d([1, 10, 100, 2, 20, 200, 3, 30, 300], [1, 3, 3, 1])
    const slope = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(mirrorShift(x, { down: 1, right: -1 }), weights)))(image())
    // Row 0 is not shown; row 2 is shown twice, and so is column 0.
    expect([...slope.dataSync()]).to.deep.equal([0, 0, 0, 11, 100, 0, 55, 500, 0])
  })
})
