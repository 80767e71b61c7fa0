import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { constantOps, type ConstantOps } from '../../gan/engines/constant-ops.ts'
import { tfjsOps } from '../../gan/engines/tfjs-ops.ts'
import { MersenneTwister } from '../../gan/index.ts'
import type { Weight } from '../../gan/layout.ts'
import type { Ops } from '../../gan/ops.ts'
import { relativeError, startBackend, tensorOf } from './vectors.ts'

const random = new MersenneTwister(3)

function positive(...shape: number[]): Weight {
  const length = shape.reduce((product, side) => product * side, 1)
  return { shape, data: Float32Array.from({ length }, () => Math.abs(random.nextGaussian()) + 0.1) }
}

type Case = <T>(ops: Pick<Ops<T>, keyof ConstantOps>, give: (weight: Weight) => T) => T

const [scalar, vector, column, matrix, square] = [
  positive(),
  positive(4),
  positive(3, 1),
  positive(3, 4),
  positive(4, 5),
]
const [cube, wide, deep] = [positive(2, 3, 1, 4), positive(2, 1, 5, 4), positive(2, 3, 2, 4)]

const CASES: Readonly<Record<string, Case>> = {
  'add, a vector to each row': (ops, give) => ops.add(give(matrix), give(vector)),
  'sub, both operands broadcast': (ops, give) => ops.sub(give(column), give(vector)),
  'mul, a scalar': (ops, give) => ops.mul(give(scalar), give(cube)),
  'mul, an axis in the middle': (ops, give) => ops.mul(give(wide), give(cube)),
  scale: (ops, give) => ops.scale(give(matrix), -1.5),
  shift: (ops, give) => ops.shift(give(matrix), 0.25),
  square: (ops, give) => ops.square(give(matrix)),
  sqrt: (ops, give) => ops.sqrt(give(matrix)),
  rsqrt: (ops, give) => ops.rsqrt(give(matrix)),
  mean: (ops, give) => ops.mean(give(cube), [1, 3]),
  sum: (ops, give) => ops.sum(give(cube), [0]),
  reshape: (ops, give) => ops.reshape(give(cube), [4, 6]),
  transpose: (ops, give) => ops.transpose(give(cube), [3, 0, 2, 1]),
  concat: (ops, give) => ops.concat([give(cube), give(deep)], 2),
  matMul: (ops, give) => ops.matMul(give(matrix), give(square)),
}

describe('gan/engines/constant-ops constantOps', () => {
  before(startBackend)
  for (const [name, compute] of Object.entries(CASES)) {
    it(`computes what TensorFlow.js computes: ${name}`, () => {
      const expected = tf.tidy(() => compute(tfjsOps, tensorOf))
      const actual = compute(constantOps, (weight) => weight)
      expect(actual.shape).to.deep.equal(expected.shape)
      expect(relativeError(expected.dataSync(), actual.data)).to.be.below(1e-6)
      expected.dispose()
    })
  }
})
