import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { type Activation, ACTIVATIONS, createEnding, createLayerEnding } from '../../gan/activation.ts'
import { tfjsOps } from '../../gan/engines/tfjs-ops.ts'
import { plainActivation } from './plain-network.ts'
import { startBackend } from './vectors.ts'

/** Away from zero, where some have a kink. */
const POINTS = [-4, -1.7, -0.6, -0.1, 0.1, 0.4, 1.3, 3.1]
const STEP = 1e-4

const s = (x: number) => 1 / (1 + Math.exp(-x))

const SLOPES: Readonly<Record<Activation, (x: number) => number>> = {
  linear: () => 1,
  relu: (x) => (x > 0 ? Math.SQRT2 : 0),
  lrelu: (x) => (x > 0 ? Math.SQRT2 : 0.2 * Math.SQRT2),
  tanh: (x) => 1 - Math.tanh(x) ** 2,
  sigmoid: (x) => s(x) * (1 - s(x)),
  elu: (x) => (x > 0 ? 1 : Math.exp(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.exp(x)),
  softplus: s,
  swish: (x) => Math.SQRT2 * (s(x) + x * s(x) * (1 - s(x))),
}

function square(activation: Activation): (x: tf.Tensor) => tf.Scalar {
  const ending = createEnding(tfjsOps, activation)
  return (x) => tf.sum(tf.square(ending.apply(tfjsOps.scale(x, ending.gainBefore))))
}

/** Of the square, so that what is linear has a second derivative as well. */
function slope(activation: Activation, x: number): number {
  return 2 * plainActivation(activation, x) * SLOPES[activation](x)
}

describe('gan/activation createEnding', () => {
  before(startBackend)
  beforeEach(() => tf.engine().startScope())
  afterEach(() => tf.engine().endScope())

  for (const activation of ACTIVATIONS) {
    it(`${activation} has its first derivative`, () => {
      const slopes = tf.grad(square(activation))(tf.tensor1d(POINTS)).dataSync()
      POINTS.forEach((x, i) => expect(slopes[i]).to.be.closeTo(slope(activation, x), 5e-6))
    })

    it(`${activation} has its second derivative`, () => {
      const bend = tf.grad((x: tf.Tensor) => tf.sum(tf.grad(square(activation))(x)))
      const bends = bend(tf.tensor1d(POINTS)).dataSync()
      POINTS.forEach((x, i) => {
        const expected = (slope(activation, x + STEP) - slope(activation, x - STEP)) / (2 * STEP)
        expect(bends[i]).to.be.closeTo(expected, 1e-5)
      })
    })
  }

  it('clips after the gain, and a layer clips at its own share of it', () => {
    const x = tf.tensor1d([-3, -0.1, 0.1, 3])
    const ending = createLayerEnding(tfjsOps, 'lrelu', 0.5, 0.4)
    const values = ending.apply(tfjsOps.scale(x, ending.gainBefore)).dataSync()
    expect([...values].map((value) => Number(value.toFixed(6)))).to.deep.equal([-0.2, -0.014142, 0.070711, 0.2])
  })
})
