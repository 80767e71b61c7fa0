import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  adaptBundle,
  type Adapter,
  AdapterMismatch,
  adapterFrom,
  BundleInvalid,
  expectParent,
  MersenneTwister,
  openAdapter,
  SMALL_TRAINING,
  startTraining,
  type TrainingSet,
  type TrainingSettings,
  type Weights,
  writeAdapter,
  writeSafetensors,
} from '../../../gan/index.ts'
import { adapterShapes, adaptWeights, initialAdapter, isAdapterWeight, UP } from '../../../gan/adapters/lora.ts'
import { tfjsOps } from '../../../gan/engines/tfjs-ops.ts'
import { createGenerator } from '../../../gan/generator.ts'
import { frozenBeneathAdapter } from '../../../gan/training/freeze.ts'
import { named, toWeights } from '../../../gan/training/parameters.ts'
import { applyGradient, createPlayer, differentiate } from '../../../gan/training/player.ts'
import { tinyBundle } from '../tiny-bundle.ts'
import { startBackend } from '../vectors.ts'

const parent = tinyBundle()
const { G, D } = parent.description
const PARENT = `0x${'ab'.repeat(32)}`
const CONV = 'synthesis.b8.conv0.weight'

/** An adapter that changes something everywhere. */
function drawn(seed: number, rank: number): Weights {
  const random = new MersenneTwister(seed)
  const shapes = [...adapterShapes(G, rank)]
  return new Map(
    shapes.map(([name, shape]) => {
      const length = shape.reduce((size, side) => size * side, 1)
      return [name, { shape, data: Float32Array.from({ length }, () => random.nextGaussian()) }]
    }),
  )
}

function adapterOfRank(rank: number): Adapter {
  const about = {
    name: 'blue',
    parent: PARENT,
    rank,
    kimg: 1.5,
    datasetRoot: `0x${'cd'.repeat(32)}`,
    licence: 'CC0-1.0',
  }
  return { description: about, weights: drawn(rank, rank) }
}

describe('gan/adapters/lora', () => {
  it('has a pair of thin matrices for every convolution and affine layer of the synthesis, and for nothing else', () => {
    const adapted = [...adapterShapes(G, 2).keys()].filter((name) => name.endsWith(UP))
    expect(adapted.map((name) => name.slice(0, -UP.length))).to.have.members(
      ['b4.conv1', 'b4.torgb', 'b8.conv0', 'b8.conv1', 'b8.torgb'].flatMap((layer) => [
        `synthesis.${layer}.weight`,
        `synthesis.${layer}.affine.weight`,
      ]),
    )
  })

  it('changes no bit at strength 0, and none as it begins', () => {
    for (const application of [
      { weights: drawn(1, 3), strength: 0 },
      { weights: initialAdapter(G, 3, new MersenneTwister(1)), strength: 1 },
    ]) {
      expect(adaptWeights(parent.generator, [application])).to.deep.equal(parent.generator)
    }
  })

  it('adds strength / sqrt(rank) times the product', () => {
    const weights = drawn(4, 4)
    const before = parent.generator.get(CONV)!
    const [out = 0, inputs = 0, k = 0] = before.shape
    const after = adaptWeights(parent.generator, [{ weights, strength: -0.5 }]).get(CONV)!
    const [up, down] = [weights.get(`${CONV}.lora_up`)!, weights.get(`${CONV}.lora_down`)!]
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < inputs * k * k; i++) {
        const product = [0, 1, 2, 3].reduce(
          (sum, r) => sum + up.data[o * 4 + r]! * down.data[r * inputs * k * k + i]!,
          0,
        )
        const at = o * inputs * k * k + i
        expect(after.data[at]).to.equal(Math.fround(before.data[at]! - 0.25 * product))
      }
    }
  })

  it('gives the same bits for two adapters in either order, of any rank and strength', () => {
    const strengths = fc.double({ min: -2, max: 2, noNaN: true })
    const ranks = fc.integer({ min: 1, max: 5 })
    fc.assert(
      fc.property(ranks, ranks, strengths, strengths, (a, b, x, y) => {
        const [one, other] = [
          { weights: drawn(1, a), strength: x },
          { weights: drawn(2, b), strength: y },
        ]
        expect(adaptWeights(parent.generator, [one, other])).to.deep.equal(adaptWeights(parent.generator, [other, one]))
      }),
      { numRuns: 20 },
    )
  })

  it('leaves the model that it is put on, and what judges it, as they were', () => {
    const before = structuredClone(parent.generator)
    const adapted = adaptBundle(parent, [{ weights: drawn(1, 2), strength: 1 }])
    expect(parent.generator).to.deep.equal(before)
    expect(adapted.discriminator).to.equal(parent.discriminator)
    expect(adapted.generator.get('mapping.fc0.weight')).to.equal(parent.generator.get('mapping.fc0.weight'))
  })

  it('throws ADAPTER_MISMATCH for a weight that is not there, or of another shape', () => {
    const stranger = new Map([['synthesis.b16.conv0.weight.lora_up', { shape: [1, 1], data: new Float32Array(1) }]])
    const misshapen = new Map(drawn(1, 2)).set(`${CONV}.lora_down`, { shape: [2, 8, 1, 1], data: new Float32Array(16) })
    for (const weights of [stranger, misshapen]) {
      expect(() => adaptWeights(parent.generator, [{ weights, strength: 1 }])).to.throw(AdapterMismatch)
    }
  })
})

describe('gan/adapters/adapter-file', () => {
  it('reads back what was written', () => {
    const adapter = adapterOfRank(3)
    expect(openAdapter(writeAdapter(adapter))).to.deep.equal(adapter)
  })

  it('belongs to the model that it names, and to no other', () => {
    const adapter = adapterOfRank(3)
    expectParent(adapter, PARENT, G)
    expect(() => expectParent(adapter, `0x${'00'.repeat(32)}`, G)).to.throw(AdapterMismatch, 'was trained on the model')
    const { description } = adapter
    const other = { ...description, rank: 2 }
    expect(() => expectParent({ ...adapter, description: other }, PARENT, G)).to.throw(AdapterMismatch, 'expected')
    const fewer = new Map([...adapter.weights].slice(1))
    expect(() => expectParent({ ...adapter, weights: fewer }, PARENT, G)).to.throw(AdapterMismatch, 'nothing')
    const more = new Map([...adapter.weights, ['b.lora_up', { shape: [1], data: new Float32Array(1) }] as const])
    expect(() => expectParent({ ...adapter, weights: more }, PARENT, G)).to.throw(AdapterMismatch, 'b.lora_up')
  })

  it('refuses with BUNDLE_INVALID another format, a description without a parent, and numbers that are none', () => {
    const { description, weights } = adapterOfRank(1)
    const bytes = writeAdapter({ description, weights })
    const broken = new Map(weights).set(`${CONV}.lora_up`, { shape: [8, 1, 1, 1], data: new Float32Array(8).fill(NaN) })
    const metadata = { format: 'latentmint-adapter-1', description: JSON.stringify({ ...description, parent: '0x12' }) }
    expect(() => openAdapter(writeSafetensors([], { format: 'latentmint-bundle-1' }))).to.throw(BundleInvalid, 'format')
    expect(() => openAdapter(writeSafetensors([], metadata))).to.throw(BundleInvalid, 'as parent')
    expect(() => writeAdapter({ description, weights: broken })).to.throw(BundleInvalid, 'a number is none')
    expect(() => openAdapter(bytes.slice(0, -1))).to.throw(BundleInvalid)
  })
})

describe('training an adapter', function () {
  this.timeout(60_000)
  const random = new MersenneTwister(3)
  const images = Uint8Array.from({ length: 64 * 8 * 8 * 3 }, () => random.nextBelow(256))
  const set: TrainingSet = { images, labels: null, classes: [], size: 8 }
  const settings: TrainingSettings = {
    ...SMALL_TRAINING,
    generator: G,
    discriminator: D,
    batch: 4,
    furthestShift: 0,
    adapter: { rank: 2, parent: PARENT },
  }

  before(startBackend)

  it('lowers a loss by the adapter alone, and leaves every weight beneath as it was', () => {
    const start = new Map([...parent.generator, ...initialAdapter(G, 4, new MersenneTwister(5))])
    const length = [...start.values()].reduce((sum, { data }) => sum + data.length, 0)
    const moments = { squares: new Float32Array(length), steps: 0 }
    const rates = { learningRate: 0.01, beta: 0.99 }
    const plain = createPlayer(start, moments, rates)
    moments.squares = new Float32Array(plain.plan.size)
    const player = createPlayer(start, moments, rates, frozenBeneathAdapter(start))
    const target = tf.mul(tf.ones([2, 8, 8, 3]), 0.25)
    const z = tf.tensor2d(
      [...new Float32Array(16)].map((_, i) => (i % 5) - 2),
      [2, 8],
    )
    const loss = () => {
      const [value, gradient] = differentiate(player, (parts) => {
        const generator = createGenerator(tfjsOps, G, named(player.plan, parts, player.buffers))
        const made = generator.synthesize(generator.style(generator.map(z, null), 1, null), 'const')
        return tf.mean(tf.square(tf.sub(made, target)))
      })
      applyGradient(player, gradient)
      return value.dataSync()[0]!
    }
    const first = loss()
    for (let step = 0; step < 40; step++) loss()
    expect(loss()).to.be.lessThan(0.7 * first)

    const learnt = toWeights(player.plan, Float32Array.from(player.parameters.dataSync()), new Map())
    for (const [name, { data }] of learnt) {
      if (isAdapterWeight(name)) continue
      expect(data, name).to.deep.equal(parent.generator.get(name)!.data)
    }
  })

  it('makes an adapter with which the model makes the pictures of the run', async () => {
    const run = startTraining(settings, set, { origin: parent })
    for (let step = 0; step < 3; step++) await run.step(false)
    const made = await run.sample([1, 2], null)
    const checkpoint = await run.checkpoint()
    run.dispose()
    const about = { name: 'blue', datasetRoot: `0x${'cd'.repeat(32)}`, licence: 'CC0-1.0' }
    const adapter = adapterFrom(checkpoint, about)
    expectParent(adapter, PARENT, G)
    expect(adapter.description).to.deep.equal({ ...about, parent: PARENT, rank: 2, kimg: 0.012 })
    const { generator } = adaptBundle(parent, [{ weights: adapter.weights, strength: 1 }])
    expect(generator.get(CONV)!.data).not.to.deep.equal(parent.generator.get(CONV)!.data)

    const merged = startTraining({ ...settings, adapter: null }, set, { origin: { ...parent, generator } })
    const again = await merged.sample([1, 2], null)
    merged.dispose()
    // The mean style is the parent's here; both are float32 sums in another order.
    const apart = Math.max(...made.map((byte, i) => Math.abs(byte - again[i]!)))
    expect(apart).to.be.at.most(1)
  })

  it('throws ADAPTER_MISMATCH when the networks are not those of the model', () => {
    const wider = { ...settings, generator: { ...G, w_dim: 16 } }
    expect(() => startTraining(wider, set, { origin: parent })).to.throw(AdapterMismatch, 'shapes')
  })
})
