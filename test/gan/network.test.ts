import { expect } from 'chai'
import * as fc from 'fast-check'
import { ACTIVATIONS } from '../../gan/activation.ts'
import { createDiscriminator } from '../../gan/discriminator.ts'
import { createGenerator } from '../../gan/generator.ts'
import {
  BundleInvalid,
  createCanonicalInterpreter,
  type DiscriminatorKwargs,
  discriminatorShapes,
  type GeneratorKwargs,
  generatorShapes,
  MersenneTwister,
  type Named,
  noiseLayers,
  parseDiscriminator,
  parseGenerator,
  ShapeMismatch,
  type Weights,
} from '../../gan/index.ts'
import { parametersOf } from '../../gan/interpreter.ts'
import { channelsLast } from './parity/measure.ts'
import { type Picture, plainDiscriminator, plainGenerator } from './plain-network.ts'
import { randomWeights } from './tiny-bundle.ts'
import { openVectors, readWasm, type Vector, vectorOf } from './vectors.ts'

/** float32 against float64, to numbers around 1 and to the largest beyond; a mistake is off by much more. */
const TOLERANCE = 5e-5

const interpreter = createCanonicalInterpreter(readWasm())

const architecture = fc.constantFrom('orig', 'skip', 'resnet')
const activation = fc.constantFrom(...ACTIVATIONS)
const taps = fc
  .array(fc.integer({ min: -3, max: 9 }), { minLength: 1, maxLength: 9 })
  .filter((values) => Math.abs(values.reduce((sum, tap) => sum + tap, 0)) > 3)
const clamp = fc.constantFrom(null, 0.5, 2)
const mapping = fc.record({
  num_layers: fc.integer({ min: 1, max: 3 }),
  embed_features: fc.constantFrom(null, 3),
  layer_features: fc.constantFrom(null, 7),
  activation,
  lr_multiplier: fc.constantFrom(0.01, 1),
  w_avg_beta: fc.constantFrom(null, 0.995),
})

/** What both networks of a pair have in common. */
const sizes = fc.record({
  c_dim: fc.constantFrom(0, 3),
  img_resolution: fc.constantFrom(8, 16),
  img_channels: fc.integer({ min: 1, max: 4 }),
})
const channels = { channel_base: fc.constantFrom(48, 64), channel_max: fc.constantFrom(4, 8) }

const generators = fc
  .record({
    size: sizes,
    z_dim: fc.constantFrom(0, 5),
    w_dim: fc.constantFrom(4, 6),
    mapping_kwargs: mapping,
    synthesis_kwargs: fc.record({
      ...channels,
      architecture,
      activation,
      conv_clamp: clamp,
      resample_filter: taps,
      kernel_size: fc.constantFrom(1, 3, 5),
      use_noise: fc.boolean(),
    }),
  })
  .chain(({ size, ...rest }) =>
    // The discriminator alone needs a block above 4 x 4.
    fc.constantFrom(size.img_resolution, 4).map((img_resolution) => ({ ...size, ...rest, img_resolution })),
  )
  .filter(({ z_dim, c_dim }) => z_dim + c_dim > 0)

const discriminators = fc
  .record({
    size: sizes,
    rest: fc.record({
      ...channels,
      architecture,
      conv_clamp: clamp,
      cmap_dim: fc.constantFrom(null, 5),
      block_kwargs: fc.record({ activation, resample_filter: taps, freeze_layers: fc.constantFrom(0, 2) }),
      mapping_kwargs: mapping,
      epilogue_kwargs: fc.record({
        mbstd_group_size: fc.constantFrom(null, 1, 2, 4),
        mbstd_num_channels: fc.constantFrom(0, 1, 2),
        activation,
      }),
    }),
  })
  .map(({ size, rest }) => ({ ...size, ...rest }))

function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [furthest, largest] = [0, 1]
  for (let i = 0; i < expected.length; i++) {
    furthest = Math.max(furthest, Math.abs((actual[i] ?? Number.NaN) - expected[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return furthest / largest
}

function normals(random: MersenneTwister, shape: readonly number[]): Vector {
  const length = shape.reduce((product, size) => product * size, 1)
  return { shape, data: Float32Array.from({ length }, () => random.nextGaussian()) }
}

function row({ shape, data }: Vector, i: number): Float32Array {
  const length = data.length / (shape[0] ?? 1)
  return data.subarray(i * length, (i + 1) * length)
}

/** [n, c, h, w] */
function picturesOf({ shape: [n = 0, c = 0, height = 0, width = 0], data }: Vector): readonly Picture[] {
  const area = height * width
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: c }, (__, channel) => {
      const begin = (i * c + channel) * area
      return { height, width, values: Float64Array.from(data.subarray(begin, begin + area)) }
    }),
  )
}

function interleave(pictures: readonly Picture[]): Float32Array {
  return Float32Array.from(
    pictures.flatMap((picture) =>
      [...picture[0]!.values.keys()].flatMap((pixel) => picture.map(({ values }) => values[pixel]!)),
    ),
  )
}

async function synthesized(
  kwargs: GeneratorKwargs,
  weights: Weights,
  inputs: Named<Vector>,
  noise: readonly string[],
): Promise<Float32Array> {
  const compiled = await interpreter.compile((ops) => {
    const generator = createGenerator(ops, kwargs, parametersOf(ops, weights))
    return ({ z = null, c = null, ...fresh }) => {
      const styles = generator.style(generator.map(z, c), 1, null)
      return { images: generator.synthesize(styles, noise.length === 0 ? 'const' : (layer) => fresh[layer]!) }
    }
  })
  const { images } = await compiled.run(inputs)
  compiled.dispose()
  return images!.data
}

async function judged(kwargs: DiscriminatorKwargs, weights: Weights, inputs: Named<Vector>): Promise<Float32Array> {
  const compiled = await interpreter.compile((ops) => {
    const discriminator = createDiscriminator(ops, kwargs, parametersOf(ops, weights))
    return ({ images, c = null }) => ({ logits: discriminator(images!, c).logits })
  })
  const { logits } = await compiled.run(inputs)
  compiled.dispose()
  return logits!.data
}

describe('the plain networks that others are compared with', () => {
  for (const set of ['tiny8', 'cond32', 'var16_resnetG_skipD', 'var16_origG_origD_gray', 'var16_clamp_rgba']) {
    it(`say what the official ones say (${set})`, () => {
      const { G, D, read } = openVectors(set)
      const io = read('io.safetensors')
      const isConditional = G.c_dim > 0
      const [z, c, images] = ['z', 'c', 'img.psi1.const'].map((name) => vectorOf(io, name)) as [Vector, Vector, Vector]
      const made = plainGenerator(G, read('G.safetensors'), row(z, 1), isConditional ? row(c, 1) : null, null)
      const expected = picturesOf(images).slice(1, 2)
      expect(distance(interleave([made]), interleave(expected))).below(5e-6)

      const labels = isConditional ? [1, 2].map((i) => row(c, i)) : null
      const logits = plainDiscriminator(D, read('D.safetensors'), picturesOf(images).slice(1, 3), labels)
      expect(distance(logits, vectorOf(io, 'logits.batch2').data)).below(2e-6)
    })
  }
})

describe('gan/generator createGenerator', () => {
  it('is the plain generator, whatever the arguments', async () => {
    await fc.assert(
      fc.asyncProperty(generators, fc.nat(1e6), fc.boolean(), async (raw, seed, isFresh) => {
        const kwargs = parseGenerator(raw)
        const random = new MersenneTwister(seed)
        const weights = randomWeights(random, generatorShapes(kwargs))
        const z = normals(random, [2, kwargs.z_dim])
        const c = normals(random, [2, kwargs.c_dim])
        const layers = isFresh ? noiseLayers(kwargs) : []
        const noise = new Map(layers.map(({ name, resolution: r }) => [name, normals(random, [2, r, r, 1])]))
        const inputs = {
          ...(kwargs.z_dim > 0 ? { z } : {}),
          ...(kwargs.c_dim > 0 ? { c } : {}),
          ...Object.fromEntries(noise),
        }
        const actual = await synthesized(kwargs, weights, inputs, [...noise.keys()])
        const expected = [0, 1].map((i) =>
          plainGenerator(
            kwargs,
            weights,
            kwargs.z_dim > 0 ? row(z, i) : null,
            kwargs.c_dim > 0 ? row(c, i) : null,
            layers.length === 0 ? null : (name) => row(noise.get(name)!, i),
          ),
        )
        expect(distance(actual, interleave(expected))).below(TOLERANCE)
      }),
      { numRuns: 40 },
    )
  })
})

describe('gan/discriminator createDiscriminator', () => {
  it('is the plain discriminator, whatever the arguments', async () => {
    await fc.assert(
      fc.asyncProperty(discriminators, fc.nat(1e6), async (raw, seed) => {
        const kwargs = parseDiscriminator(raw)
        const { img_channels, img_resolution: r, c_dim } = kwargs
        const random = new MersenneTwister(seed)
        const weights = randomWeights(random, discriminatorShapes(kwargs))
        const images = normals(random, [4, img_channels, r, r])
        const c = normals(random, [4, c_dim])
        const inputs = { images: channelsLast(images.data, images.shape), ...(c_dim > 0 ? { c } : {}) }
        const actual = await judged(kwargs, weights, inputs)
        const labels = c_dim > 0 ? [0, 1, 2, 3].map((i) => row(c, i)) : null
        const expected = plainDiscriminator(kwargs, weights, picturesOf(images), labels)
        expect(distance(actual, expected)).below(TOLERANCE)
      }),
      { numRuns: 40 },
    )
  })
})

describe('gan/generator and gan/discriminator, asked for what they cannot do', () => {
  const random = new MersenneTwister(1)
  const mapping_kwargs = { num_layers: 1, w_avg_beta: null }
  const synthesis_kwargs = { channel_base: 32, channel_max: 4 }
  const G = { z_dim: 4, c_dim: 2, w_dim: 4, img_resolution: 8, img_channels: 3, mapping_kwargs, synthesis_kwargs }
  const D = { c_dim: 2, img_resolution: 8, img_channels: 3, channel_base: 32, channel_max: 4 }
  const images = { shape: [6, 8, 8, 3], data: new Float32Array(6 * 8 * 8 * 3) }
  const c = { shape: [6, 2], data: new Float32Array(12) }

  it('refuse psi below 1 with BundleInvalid where no mean style is kept', async () => {
    const compiled = await interpreter.compile((ops) => {
      const generator = createGenerator(ops, G, parametersOf(ops, randomWeights(random, generatorShapes(G))))
      return (inputs) => ({ w: generator.style(generator.map(inputs['z']!, inputs['c']!), 0.7, null)[0]! })
    })
    const z = { shape: [6, 4], data: new Float32Array(24) }
    const failure = await compiled.run({ z, c }).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(BundleInvalid).with.property('message').that.includes('psi must be 1')
    compiled.dispose()
  })

  for (const [what, inputs] of [
    ['labels are missing', { images }],
    ['images do not divide into groups', { images, c }],
  ] as const) {
    it(`refuse with ShapeMismatch when ${what}`, async () => {
      const weights = randomWeights(random, discriminatorShapes(D))
      const failure = await judged(D, weights, inputs).catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(ShapeMismatch)
    })
  }
})
