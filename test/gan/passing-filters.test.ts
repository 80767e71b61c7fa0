import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { generatorShapes } from '../../gan/architecture.ts'
import { createCanonicalOps } from '../../gan/engines/canonical-ops.ts'
import { bytesOf, passFilter } from '../../gan/engines/passing-filters.ts'
import { createTfjsInterpreter } from '../../gan/engines/tfjs-interpreter.ts'
import { tfjsOps } from '../../gan/engines/tfjs-ops.ts'
import { useWasmBackend } from '../../gan/engines/wasm-backend.ts'
import { WASM } from '../../gan/engines/wasm-kernels.ts'
import { createGenerator } from '../../gan/generator.ts'
import { MersenneTwister } from '../../gan/index.ts'
import { parametersOf } from '../../gan/interpreter.ts'
import { wholeFilter } from '../../gan/ops.ts'
import { wasmPath } from '../../minter/adapters/canonical-pool.ts'

const random = new MersenneTwister(5)
const draws = Float32Array.from({ length: 4099 }, () => random.nextGaussian())
const drawn = (shape: readonly number[], from = 0) =>
  Float32Array.from({ length: bytesOf(shape) / 4 }, (_, i) => draws[(from + i) % draws.length]!)
const bitsOf = (data: Float32Array) => new Uint32Array(data.slice().buffer)
const start = () => useWasmBackend(new Uint8Array(readFileSync(wasmPath())))

/** Kernel, stride, padding, inputs, outputs: in one part and in several, of a whole number of tiles and not. */
const CASES = [
  [3, 1, 'same', 64, 512],
  [3, 1, 'same', 61, 500],
  [3, 2, 'valid', 67, 515],
  [1, 1, 'valid', 1000, 300],
  [3, 1, 'same', 7, 9],
  [3, 1, 'valid', 900, 3],
  [5, 1, 'same', 33, 330],
] as const

describe('gan/engines/passing-filters passFilter', () => {
  before(start)

  for (const [kernel, stride, padding, inputs, outputs] of CASES) {
    it(`convolves to the same bits as conv2d, ${kernel} x ${kernel} x ${inputs} to ${outputs}, stride ${stride}, ${padding}`, () => {
      tf.tidy(() => {
        const shape = [kernel, kernel, inputs, outputs] as const
        const filter = tf.tensor4d(drawn(shape), [...shape])
        const convolve = passFilter(wholeFilter(tfjsOps, filter), stride, padding, (y) => y)
        // From a single pixel to more than there are outputs: by a product, and by convolutions.
        for (const [batch, side] of [
          [1, 5],
          [1, 3],
          [3, 8],
          [1, 23],
        ] as const) {
          const x = tf.tensor4d(drawn([batch, side, side, inputs], 77), [batch, side, side, inputs])
          const expected = tf.conv2d(x, filter, stride, padding)
          const y = convolve(x)
          expect(y.shape).to.deep.equal(expected.shape)
          expect(bitsOf(y.dataSync<'float32'>())).to.deep.equal(bitsOf(expected.dataSync<'float32'>()))
        }
      })
    })
  }

  it('makes every output once, a few at a time, and holds none of them', () => {
    const asked: number[] = []
    const shape = [3, 3, 256, 512]
    const filter = {
      outputs: 512,
      shape,
      make: (begin: number, end: number) => {
        for (let output = begin; output < end; output++) asked.push(output)
        return tf.zeros([3, 3, 256, end - begin])
      },
    }
    const convolve = passFilter(filter, 1, 'same', (y) => y)
    for (const side of [4, 32]) {
      const x = tf.zeros([1, side, side, 256])
      const [before, tensors] = [tf.memory().numBytes, tf.memory().numTensors]
      asked.length = 0
      const y = convolve(x)
      expect(asked).to.deep.equal(Array.from({ length: 512 }, (_, i) => i))
      expect(tf.memory().numTensors).to.equal(tensors + 1)
      expect(tf.memory().numBytes).to.equal(before + bytesOf(y.shape))
      tf.dispose([x, y])
    }
  })
})

describe('gan/engines/canonical-ops createCanonicalOps, of a network with large filters', () => {
  const G = {
    z_dim: 32,
    w_dim: 32,
    c_dim: 0,
    img_resolution: 8,
    img_channels: 3,
    mapping_kwargs: { num_layers: 1 },
    synthesis_kwargs: { channel_base: 16_384, channel_max: 400 },
  }
  const shapes = [...generatorShapes(G)]
  const weights = new Map(shapes.map(([name, shape], i) => [name, { shape, data: drawn(shape, 97 * i) }]))
  const compile = (createOps: Parameters<typeof createTfjsInterpreter>[2]) =>
    createTfjsInterpreter('canonical', WASM, createOps, start).compile((ops) => {
      const { map, style, synthesize } = createGenerator(ops, G, parametersOf(ops, weights))
      return ({ z = null }) => ({ images: synthesize(style(map(z, null), 0.7, null), 'const') })
    })
  const z = { shape: [2, G.z_dim], data: drawn([2, G.z_dim], 13) }
  const held = async (largest?: number) => {
    const before = tf.memory().numBytes
    const network = await compile((keep) => createCanonicalOps(keep, largest))
    const compiled = tf.memory().numBytes
    const { images } = await network.run({ z })
    expect(tf.memory().numBytes).to.equal(compiled)
    network.dispose()
    expect(tf.memory().numBytes).to.equal(before)
    return { bytes: compiled - before, bits: bitsOf(images!.data) }
  }

  it('holds no filter above four mebibytes, before it has rendered and after, and renders the same bits', async () => {
    const all = await held(Number.POSITIVE_INFINITY)
    const few = await held()
    const filters = shapes.filter(([name]) => /conv\d\.weight$/u.test(name)).map(([, shape]) => bytesOf(shape))
    expect(filters.every((bytes) => bytes > 2 ** 22)).to.be.true
    // The one that doubles the image is four times as large as its weight.
    expect(all.bytes - few.bytes).to.equal(filters.reduce((sum, bytes) => sum + bytes, 0) + 3 * filters[0]!)
    expect(few.bits).to.deep.equal(all.bits)
  })
})
