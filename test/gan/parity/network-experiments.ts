import { createDiscriminator, type Discriminator } from '../../../gan/discriminator.ts'
import { createGenerator, type Generator } from '../../../gan/generator.ts'
import {
  float32Of,
  float64Of,
  type GeneratorKwargs,
  latentFromSeed,
  type Named,
  type NamedTensor,
  type Program,
  toByte,
} from '../../../gan/index.ts'
import { parametersOf } from '../../../gan/interpreter.ts'
import type { Ops } from '../../../gan/ops.ts'
import { styleCount } from '../../../gan/synthesis.ts'
import { openVectors, type Vector, vectorOf, type VectorSet } from '../vectors.ts'
import { channelsLast, type Expectation, type Experiment, type Quantity } from './measure.ts'

export const NETWORK_SETS = [
  'tiny8',
  'tiny32',
  'cond32',
  'small64',
  'var16_resnetG_skipD',
  'var16_origG_origD_gray',
  'var16_clamp_rgba',
] as const

/** psi and cutoff by the name that vectors have for them. */
const TRUNCATIONS = {
  psi1: [1, null],
  'psi0.7': [0.7, null],
  'psi0.7.cut4': [0.7, 4],
  'psi-0.5': [-0.5, null],
} as const

const MIXED_LAYERS: readonly number[] = [2, 3, 4, 5]
const NOISE = 'random.noise.'

/** Everything that a set says about a generator and a discriminator. */
export function networkExperiments(set: (typeof NETWORK_SETS)[number]): readonly Experiment[] {
  const vectors = openVectors(set)
  const io = vectors.readAll('io.safetensors')
  return [batchExperiment(set, vectors, io), seedsExperiment(set, vectors, io)]
}

interface Networks<T> {
  readonly generator: Generator<T>
  readonly discriminator: Discriminator<T>
}

function networks<T>(ops: Ops<T>, { G, D, read }: VectorSet): Networks<T> {
  return {
    generator: createGenerator(ops, G, parametersOf(ops, read('G.safetensors'))),
    discriminator: createDiscriminator(ops, D, parametersOf(ops, read('D.safetensors'))),
  }
}

/** Four latents, truncated, mixed, with each kind of noise, and judged alone and together. */
function batchExperiment(set: string, vectors: VectorSet, io: ReadonlyMap<string, NamedTensor>): Experiment {
  const program: Program = (ops) => {
    const both = networks(ops, vectors)
    return ({ z, c = null, ...noise }) => {
      const w = both.generator.map(z!, c)
      const images = imagesOf(ops, both, styleCount(vectors.G), w, noise)
      return { ...stylesOf(ops, both, w), ...images, ...verdictsOf(ops, both, images, c) }
    }
  }
  const noises = [...io.keys()].filter((name) => name.startsWith(NOISE))
  const inputs = ['z', ...(vectors.G.c_dim > 0 ? ['c'] : []), ...noises]
  const told = [...io.keys()].filter((name) => /^(?:ws|img|logits|act)\./.test(name))
  return {
    set,
    program,
    inputs: Object.fromEntries(inputs.map((name) => [name, floats(io, name)])),
    expectations: told.map((name) => expectationOf(io, name)),
  }
}

function stylesOf<T>(ops: Ops<T>, { generator }: Networks<T>, w: T): Named<T> {
  const [n = 0, wDim = 0] = ops.shapeOf(w)
  const stacked = Object.entries(TRUNCATIONS).map(([name, [psi, cutoff]]) => {
    const layers = generator.style(w, psi, cutoff).map((layer) => ops.reshape(layer, [n, 1, wDim]))
    return [`ws.${name}`, ops.concat(layers, 1)] as const
  })
  return Object.fromEntries(stacked)
}

/** The images, and what the blocks handed on for the first of them. */
function imagesOf<T>(ops: Ops<T>, { generator }: Networks<T>, layers: number, w: T, noise: Named<T>): Named<T> {
  const outputs: Record<string, T> = {}
  const observe = (resolution: number, x: T, image: T | null) => {
    outputs[`act.G.b${resolution}.x`] = x
    if (image !== null) outputs[`act.G.b${resolution}.img`] = image
  }
  const styles = (name: keyof typeof TRUNCATIONS) => {
    const [psi, cutoff] = TRUNCATIONS[name]
    return generator.style(w, psi, cutoff)
  }
  outputs['img.psi1.const'] = generator.synthesize(styles('psi1'), 'const', observe)
  outputs['img.psi1.none'] = generator.synthesize(styles('psi1'), 'none')
  outputs['img.psi0.7.const'] = generator.synthesize(styles('psi0.7'), 'const')
  outputs['img.psi0.7.none'] = generator.synthesize(styles('psi0.7'), 'none')
  outputs['img.psi0.7.cut4.const'] = generator.synthesize(styles('psi0.7.cut4'), 'const')

  const [coarse, fine] = [rows(ops, w, 0, 1), rows(ops, w, 1, 1)]
  const mixed = Array.from({ length: layers }, (_, layer) => (MIXED_LAYERS.includes(layer) ? fine : coarse))
  outputs['img.stylemix.row0.col1.layers2-5'] = generator.synthesize(mixed, 'const')
  if (Object.keys(noise).length > 0) {
    const first = generator.style(rows(ops, w, 0, 2), 1, null)
    outputs['img.psi1.random'] = generator.synthesize(first, (layer) => noise[NOISE + layer]!)
  }
  return outputs
}

function verdictsOf<T>(ops: Ops<T>, { discriminator }: Networks<T>, images: Named<T>, c: T | null): Named<T> {
  const outputs: Record<string, T> = {}
  const image = (name: string) => images[`img.${name}`]!
  const labels = (begin: number, count: number) => (c === null ? null : rows(ops, c, begin, count))
  const observe = (resolution: number, x: T) => (outputs[`act.D.b${resolution}.x`] = x)
  outputs['logits.psi1.const'] = discriminator(image('psi1.const'), c, undefined, observe).logits
  for (const name of ['psi1.none', 'psi0.7.const']) outputs[`logits.${name}`] = discriminator(image(name), c).logits
  outputs['logits.batch1'] = discriminator(rows(ops, image('psi1.const'), 0, 1), labels(0, 1)).logits
  outputs['logits.batch2'] = discriminator(rows(ops, image('psi1.const'), 1, 2), labels(1, 2)).logits
  const eight = ops.concat([image('psi1.const'), image('psi1.none')], 0)
  outputs['logits.batch8'] = discriminator(eight, c === null ? null : ops.concat([c, c], 0)).logits
  return outputs
}

function rows<T>(ops: Ops<T>, x: T, begin: number, count: number): T {
  const [, ...rest] = ops.shapeOf(x)
  return ops.slice(x, [begin, ...rest.map(() => 0)], [count, ...rest])
}

/** Small integers to latents, images, bytes, and a verdict on each image alone. */
function seedsExperiment(set: string, vectors: VectorSet, io: ReadonlyMap<string, NamedTensor>): Experiment {
  const program: Program = (ops) => {
    const { generator, discriminator } = networks(ops, vectors)
    return ({ z, c = null }) => {
      const w = generator.map(z!, c)
      const render = (psi: number) => generator.synthesize(generator.style(w, psi, null), 'const')
      const images = render(1)
      return { images, truncated: render(0.7), logits: discriminator(images, c, 1).logits }
    }
  }
  const seeds = integers(vectorOf(io, 'seeds'))
  const labels: Record<string, Vector> = vectors.G.c_dim > 0 ? { c: floats(io, 'seeds.c') } : {}
  const bytes = (name: string) => vectorOf(io, name).data
  return {
    set,
    program,
    inputs: { z: latentsOf(seeds, vectors.G), ...labels },
    expectations: [
      { ...expectationOf(io, 'seeds.img.psi1'), output: 'images' },
      { ...expectationOf(io, 'seeds.logits.psi1.each'), output: 'logits' },
      ...(
        [
          ['images', 'seeds.img_u8.psi1'],
          ['truncated', 'seeds.img_u8.psi0.7'],
        ] as const
      ).map(([output, name]) => ({
        output,
        name,
        quantity: 'byte' as const,
        values: bytes(name),
        read: toByte,
      })),
    ],
  }
}

function latentsOf(seeds: readonly number[], { z_dim }: GeneratorKwargs): Vector {
  const data = new Float32Array(seeds.length * z_dim)
  for (const [i, seed] of seeds.entries()) data.set(latentFromSeed(seed, z_dim), i * z_dim)
  return { shape: [seeds.length, z_dim], data }
}

function expectationOf(io: ReadonlyMap<string, NamedTensor>, name: string): Expectation {
  const tensor = vectorOf(io, name)
  const data = tensor.dtype === 'F64' ? float64Of(tensor) : float32Of(tensor)
  // Two ways of the official code to one image, and a reference in double precision.
  const output = name.replace(/\.(?:nonfused|f64)$/, '')
  return { output, name, quantity: quantityOf(name), values: channelsLast(data, tensor.shape).data }
}

function quantityOf(name: string): Quantity {
  if (name.startsWith('ws.')) return 'ws'
  if (name.startsWith('act.')) return 'activation'
  return name.includes('logits.') ? 'logit' : 'image'
}

function floats(io: ReadonlyMap<string, NamedTensor>, name: string): Vector {
  const tensor = vectorOf(io, name)
  return channelsLast(float32Of(tensor), tensor.shape)
}

function integers({ data }: NamedTensor): readonly number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Array.from({ length: data.length / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)))
}
