import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { createCanonicalOps } from '../../gan/engines/canonical-ops.ts'
import { tfjsOps } from '../../gan/engines/tfjs-ops.ts'
import { useWasmBackend } from '../../gan/engines/wasm-backend.ts'
import { MersenneTwister } from '../../gan/index.ts'
import { convolution, wholeFilter } from '../../gan/ops.ts'
import { squareFilter } from '../../gan/resample.ts'
import { wasmPath } from '../../minter/adapters/canonical-pool.ts'

const bitsOf = (tensor: tf.Tensor) => new Uint32Array(tensor.dataSync().slice().buffer)

function expectSameBits(x: tf.Tensor, expected: tf.Tensor): void {
  expect(x.shape).to.deep.equal(expected.shape)
  expect(bitsOf(x)).to.deep.equal(bitsOf(expected))
}

describe('gan/engines/canonical-ops createCanonicalOps', () => {
  const random = new MersenneTwister(3)
  const kept: tf.Tensor[] = []
  const ops = createCanonicalOps((tensor) => kept.push(tensor))
  const draw = (shape: readonly number[]) =>
    ops.constant(
      Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () => random.nextGaussian()),
      shape,
    )
  before(() => useWasmBackend(new Uint8Array(readFileSync(wasmPath()))))
  after(() => tf.dispose(kept))

  for (const [top, left] of [
    [2, 2],
    [1, 0],
    [-1, 3],
  ] as const) {
    it(`filters to the same bits as tfjsOps with ${top} rows and ${left} columns of zeros, and halves as if after it`, () => {
      tf.tidy(() => {
        const x = draw([2, 10, 12, 5])
        const sides = { top, bottom: 1, left, right: 2 }
        const filter = squareFilter([1 / 8, 3 / 8, 3 / 8, 1 / 8])
        const expected = tfjsOps.fir(x, filter, sides)
        expectSameBits(ops.fir(x, filter, sides), expected)
        expectSameBits(
          ops.halvingFir!(x, filter, sides),
          tf.stridedSlice(expected, [0, 0, 0, 0], expected.shape, [1, 2, 2, 1]),
        )
      })
    })
  }

  it('slopes as float32 does, each number by itself', () => {
    tf.tidy(() => {
      for (const shape of [
        [3, 7],
        [2, 5, 3, 9],
      ]) {
        const x = draw(shape)
        const expected = Float32Array.from(x.dataSync(), (value) => (value < 0 ? Math.fround(0.2) * value : value))
        expectSameBits(ops.leakyRelu(x, 0.2), tf.tensor(expected, shape))
      }
    })
  })

  for (const [kernel, stride, padding] of [
    [3, 1, 'same'],
    [3, 2, 'valid'],
    [1, 1, 'valid'],
  ] as const) {
    it(`convolves to the same bits without the filter's own memory, ${kernel} x ${kernel}, stride ${stride}, ${padding}`, () => {
      tf.tidy(() => {
        const filter = draw([kernel, kernel, 7, 9])
        const given = tf.slice(filter, [0, 0, 0, 0], filter.shape)
        const convolve = convolution(ops, wholeFilter(ops, given), stride, padding)
        // Whatever is made next may lie where the filter lay.
        for (let i = 0; i < 8; i++) draw(filter.shape)
        for (const [batch, side] of [
          [1, 9],
          [3, 16],
          [2, 5],
        ] as const) {
          const x = draw([batch, side, side, 7])
          expectSameBits(convolve(x), tfjsOps.conv2d(x, filter, stride, padding))
        }
      })
    })
  }

  it('multiplies to the same bits without the memory of the matrix itself, whatever the number of rows', () => {
    tf.tidy(() => {
      const matrix = draw([70, 90])
      const multiply = ops.product!(tf.slice(matrix, [0, 0], matrix.shape))
      // Whatever is made next may lie where the matrix lay.
      for (let i = 0; i < 8; i++) draw(matrix.shape)
      for (const rows of [1, 3, 8]) {
        const x = draw([rows, 70])
        expectSameBits(multiply(x), tfjsOps.matMul(x, matrix))
      }
    })
  })

  it('lets go of all that a scope made, except of what it returns', () => {
    tf.tidy(() => {
      const x = draw([4])
      const before = tf.memory().numTensors
      const y = ops.scope!(() => ops.square(ops.add(x, ops.square(x))))
      expect(tf.memory().numTensors).to.equal(before + 1)
      expect(y.isDisposed).to.be.false
    })
  })
})
