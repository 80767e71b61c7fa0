import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { createDiscriminator } from '../../../gan/discriminator.ts'
import { tfjsOps } from '../../../gan/engines/tfjs-ops.ts'
import { createGenerator } from '../../../gan/generator.ts'
import { assembleModel, type Imported, openCheckpoint } from '../../../gan/index.ts'
import type { Kwargs } from '../../../gan/import/networks.ts'
import { parametersOf } from '../../../gan/interpreter.ts'
import { openVectors, startBackend, tensorOf, type Vector, vectorOf } from '../vectors.ts'

const ABOUT = { name: 'a', kimg: 0, datasetRoot: '0x', licence: 'CC0-1.0' }

function read(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../vectors/${path}`, import.meta.url)))
}

/** The largest absolute difference. */
function furthest(actual: tf.Tensor, expected: Vector): number {
  const values = actual.dataSync()
  expect(values.length).to.equal(expected.data.length)
  return expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!)), 0)
}

const UNCLAMPED = { G: { synthesis_kwargs: { conv_clamp: null } }, D: { conv_clamp: null } }

function importOf(file: string, kwargs: { G?: Kwargs; D?: Kwargs } = {}, network: 'G_ema' | 'G' = 'G_ema'): Imported {
  return assembleModel({ checkpoint: openCheckpoint(read(file)), network, kwargs, about: ABOUT })
}

/** The largest difference between imported weights and those of the vectors, relative to the largest of the tensor. */
function weightError(imported: Imported, set: string): number {
  const vectors = openVectors(set)
  let most = 0
  for (const [weights, file] of [
    [imported.generator, 'G.safetensors'],
    [imported.discriminator, 'D.safetensors'],
  ] as const) {
    for (const [name, expected] of vectors.read(file)) {
      if (name.endsWith('.resample_filter')) continue
      const { shape, data } = weights.get(name)!
      expect(shape, name).to.deep.equal(expected.shape)
      const scale = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-30)
      most = expected.data.reduce((error, value, i) => Math.max(error, Math.abs(value - data[i]!) / scale), most)
    }
  }
  return most
}

interface Case {
  readonly file: string
  readonly set: string
  readonly form: string
  /** Of the weights, relative; 0 for the same bits. */
  readonly weights: number
  readonly image: number
  readonly kwargs?: { G?: Kwargs; D?: Kwargs }
}

const EXACT = { weights: 0, image: 5e-5 }
const HALF = { weights: 2 ** -11, image: 2e-2 }
const CASES: readonly Case[] = [
  { file: 'import/tiny32-snapshot.pkl', set: 'tiny32', form: 'pickle', ...EXACT },
  { file: 'import/var16_clamp_rgba-snapshot.pkl', set: 'var16_clamp_rgba', form: 'pickle', ...EXACT },
  { file: 'import/var16_origG_origD_gray-snapshot.pkl', set: 'var16_origG_origD_gray', form: 'pickle', ...EXACT },
  { file: 'import/var16_resnetG_skipD-snapshot.pkl', set: 'var16_resnetG_skipD', form: 'pickle', ...EXACT },
  { file: 'import/tiny8-snapshot-protocol2.pkl', set: 'tiny8', form: 'pickle', ...EXACT },
  { file: 'import/tiny8-snapshot-half.pkl', set: 'tiny8', form: 'pickle', ...HALF },
  { file: 'import/tiny8-objects.pt', set: 'tiny8', form: 'torch (zip)', ...EXACT },
  { file: 'import/tiny8-legacy.pt', set: 'tiny8', form: 'torch (legacy)', ...EXACT, kwargs: UNCLAMPED },
  { file: 'import/tiny8-double.pt', set: 'tiny8', form: 'torch (legacy)', ...EXACT, kwargs: UNCLAMPED },
  { file: 'import/tiny8-awkward.pt', set: 'tiny8', form: 'torch (zip)', ...EXACT, kwargs: UNCLAMPED },
  { file: 'import/tiny8-awkward-legacy.pt', set: 'tiny8', form: 'torch (legacy)', ...EXACT, kwargs: UNCLAMPED },
  {
    file: 'import/tiny8-bfloat16.pt',
    set: 'tiny8',
    form: 'torch (zip)',
    weights: 2 ** -8,
    image: 2e-1,
    kwargs: UNCLAMPED,
  },
  { file: 'import/cond32-half.pt', set: 'cond32', form: 'torch (zip)', ...HALF, kwargs: UNCLAMPED },
]

describe('gan/import: official checkpoints', () => {
  before(startBackend)
  beforeEach(() => tf.engine().startScope())
  afterEach(() => tf.engine().endScope())

  for (const { file, set, form, weights, image, kwargs } of CASES) {
    it(`makes of ${file} the official network's pictures and verdicts`, () => {
      expect(openCheckpoint(read(file)).form).to.equal(form)
      const imported = importOf(file, kwargs)
      const io = openVectors(set).read('io.safetensors')
      expect(weightError(imported, set)).most(weights)

      const { G, D } = imported.description
      const generator = createGenerator(tfjsOps, G, parametersOf(tfjsOps, imported.generator))
      const discriminator = createDiscriminator(tfjsOps, D, parametersOf(tfjsOps, imported.discriminator))
      const labels = G.c_dim === 0 ? null : tensorOf(vectorOf(io, 'c'))
      const w = generator.map(tensorOf(vectorOf(io, 'z')), labels)
      const images = generator.synthesize(generator.style(w, 1, null), 'const')
      const expected = vectorOf(io, 'img.psi1.const')
      const rows = tf.slice(images, 0, expected.shape[0])
      expect(furthest(tf.transpose(rows, [0, 3, 1, 2]), expected)).below(image)
      expect(furthest(discriminator(images, labels).logits, vectorOf(io, 'logits.psi1.const'))).below(image)
    })
  }

  it('takes all arguments from a snapshot, also those that leave no trace in tensors', () => {
    const { G, D } = importOf('import/var16_clamp_rgba-snapshot.pkl').description
    expect(G.synthesis_kwargs).to.include({ conv_clamp: 0.7, architecture: 'skip', channel_base: 128, channel_max: 16 })
    expect(D).to.include({ conv_clamp: 0.7, img_channels: 4 })
    expect(importOf('import/var16_resnetG_skipD-snapshot.pkl').description.D.epilogue_kwargs).to.include({
      mbstd_group_size: 2,
    })
  })

  it('takes G instead of its average when asked', () => {
    const [average, G] = (['G_ema', 'G'] as const).map((network) =>
      importOf('import/tiny8-snapshot-protocol2.pkl', {}, network).generator.get('mapping.fc0.weight'),
    )
    expect(G!.data).to.deep.equal(average!.data.map((value) => value / 2))
  })

  it('reads what a file has beside its networks as nothing', () => {
    expect(importOf('import/tiny32-snapshot.pkl').dropped).to.deep.equal(['training_set_kwargs', 'augment_pipe'])
  })

  it('imports safetensors with official names, the discriminator from a file of its own', () => {
    const imported = assembleModel({
      checkpoint: openCheckpoint(read('gan/tiny32/G.safetensors')),
      discriminator: openCheckpoint(read('gan/tiny32/D.safetensors')),
      network: 'G_ema',
      kwargs: UNCLAMPED,
      about: ABOUT,
    })
    expect(weightError(imported, 'tiny32')).to.equal(0)
    expect(imported.assumed).to.deep.equal(['D.epilogue_kwargs.mbstd_group_size = 4'])
  })

  it('infers of tensors alone what config.json says', () => {
    for (const set of [
      'tiny8',
      'tiny32',
      'cond32',
      'var16_clamp_rgba',
      'var16_origG_origD_gray',
      'var16_resnetG_skipD',
    ]) {
      const { G, D } = assembleModel({
        checkpoint: openCheckpoint(read(`gan/${set}/G.safetensors`)),
        discriminator: openCheckpoint(read(`gan/${set}/D.safetensors`)),
        network: 'G_ema',
        kwargs: UNCLAMPED,
        about: ABOUT,
      }).description
      const wanted = openVectors(set)
      const { num_fp16_res: _, conv_clamp: __, channel_base, ...synthesis } = wanted.G.synthesis_kwargs ?? {}
      expect(G, set).to.deep.include({ z_dim: wanted.G.z_dim, w_dim: wanted.G.w_dim, c_dim: wanted.G.c_dim })
      expect(G.mapping_kwargs, set).to.include(wanted.G.mapping_kwargs ?? {})
      expect(G.synthesis_kwargs, set).to.include(synthesis)
      expect(G.synthesis_kwargs?.channel_base, set).most(channel_base ?? 0)
      expect(D.architecture, set).to.equal(wanted.D.architecture)
    }
  })
})
