import type { Bundle } from '../bundle.ts'
import { createDiscriminator } from '../discriminator.ts'
import { createGenerator } from '../generator.ts'
import { rgbFromInterleaved } from '../image.ts'
import { type Compiled, type Interpreter, type Named, parametersOf, type Program } from '../interpreter.ts'
import { latentFromSeed } from '../latent.ts'
import type { Weight } from '../layout.ts'
import { scope } from '../ops.ts'
import { type Features, featuresOf } from './features.ts'
import { createRandomFeatures } from './random-features.ts'

/** Enough pixels for an engine to be busy, few enough for any memory. */
const PIXELS = 32 * 64 * 64
/** How far apart the two pictures of a step are, as a part of the way between two styles. */
const STEP = 1e-3
const CHANNELS = 3

/** Told how many pictures were made or looked at since the last time; rejects to stop. */
export type Tell = (count: number) => Promise<void>

/** The class of each picture; null where there are none. */
export type Labels = ArrayLike<number> | null

/** A model on an engine, as far as its metrics need it. */
export interface MeasuredModel {
  /** RGB bytes of what the model makes of these seeds, see `latentFromSeed`. */
  readonly make: (seeds: readonly number[], labels: Labels, tell?: Tell) => Promise<Uint8Array>
  /** What a network sees of pictures that was never trained, see `createRandomFeatures`. */
  readonly look: (images: Uint8Array, tell?: Tell) => Promise<Features>
  /** What the model's discriminator sees of them. */
  readonly judge: (images: Uint8Array, labels: Labels, tell?: Tell) => Promise<Features>
  /** Squared steps on the way between the styles of pairs of seeds; see `pathStepsProgram`. */
  readonly walk: (ways: readonly Way[], labels: Labels, tell?: Tell) => Promise<Float64Array>
  readonly dispose: () => void
}

/** A place on the way between the styles of two seeds. */
export interface Way {
  readonly from: number
  readonly to: number
  /** 0 to 1 */
  readonly at: number
}

/** The network that was never trained, on an engine. */
export interface RandomEye extends Pick<MeasuredModel, 'look'> {
  readonly dispose: () => void
}

/** @param size side of the pictures */
export async function openRandomEye(interpreter: Interpreter, size: number): Promise<RandomEye> {
  const batch = batchOf(interpreter, size)
  const looker = await interpreter.compile(lookingProgram)
  return {
    look: (images, tell) => describe(looker, { images, size, batch }, () => ({}), tell),
    dispose: () => looker.dispose(),
  }
}

function batchOf(interpreter: Interpreter, size: number): number {
  return interpreter.batch ?? Math.max(1, Math.floor(PIXELS / size ** 2))
}

/** Prepares a model to be measured. */
export async function openMeasuredModel(interpreter: Interpreter, bundle: Bundle, psi: number): Promise<MeasuredModel> {
  const { G } = bundle.description
  const { img_resolution: size, z_dim: zDim, c_dim: cDim } = G
  const batch = batchOf(interpreter, size)
  const [maker, eye, judge, walker] = [
    await interpreter.compile(makingProgram(bundle, psi)),
    await openRandomEye(interpreter, size),
    await interpreter.compile(judgingProgram(bundle)),
    await interpreter.compile(pathStepsProgram(bundle)),
  ]
  const classes = (labels: Labels, first: number): Named<Weight> =>
    cDim === 0 ? {} : { c: oneHotRows(labels, first, batch, cDim) }
  const latents = (seeds: readonly number[], first: number): Weight => {
    const z = new Float32Array(batch * zDim)
    for (let i = 0; i < batch && first + i < seeds.length; i++) {
      z.set(latentFromSeed(seeds[first + i], zDim), i * zDim)
    }
    return { shape: [batch, zDim], data: z }
  }
  return {
    make: async (seeds, labels, tell) => {
      const bytes = new Uint8Array(seeds.length * size * size * CHANNELS)
      for (let first = 0; first < seeds.length; first += batch) {
        const { images } = await maker.run({ z: latents(seeds, first), ...classes(labels, first) })
        const count = Math.min(batch, seeds.length - first)
        const made = rgbFromInterleaved(images.data.subarray(0, count * size * size * CHANNELS))
        bytes.set(made, first * size * size * CHANNELS)
        await tell?.(count)
      }
      return bytes
    },
    look: eye.look,
    judge: (images, labels, tell) => describe(judge, { images, size, batch }, (first) => classes(labels, first), tell),
    walk: async (ways, labels, tell) => {
      const steps = new Float64Array(ways.length)
      const [from, to] = [ways.map((way) => way.from), ways.map((way) => way.to)]
      for (let first = 0; first < ways.length; first += batch) {
        const part = ways.slice(first, first + batch)
        const { squared } = await walker.run({
          from: latents(from, first),
          to: latents(to, first),
          t: { shape: [batch, 1], data: Float32Array.from({ length: batch }, (_, i) => part[i]?.at ?? 0) },
          ...classes(labels, first),
        })
        for (let i = 0; i < part.length; i++) steps[first + i] = squared.data[i] / STEP ** 2
        await tell?.(part.length)
      }
      return steps
    },
    dispose: () => [maker, eye, judge, walker].forEach((compiled) => compiled.dispose()),
  }
}

/** Shows pictures to a network, batch by batch. */
async function describe(
  network: Compiled,
  { images, size, batch }: { readonly images: Uint8Array; readonly size: number; readonly batch: number },
  classes: (first: number) => Named<Weight>,
  tell?: Tell,
): Promise<Features> {
  const length = size * size * CHANNELS
  const total = images.length / length
  let seen = new Float32Array(0)
  for (let first = 0; first < total; first += batch) {
    const count = Math.min(batch, total - first)
    const pixels = new Float32Array(batch * length)
    for (let i = 0; i < count * length; i++) pixels[i] = images[first * length + i] / 127.5 - 1
    const input = { shape: [batch, size, size, CHANNELS], data: pixels }
    const { features } = await network.run({ images: input, ...classes(first) })
    const width = features.data.length / batch
    if (seen.length === 0) seen = new Float32Array(total * width)
    seen.set(features.data.subarray(0, count * width), first * width)
    await tell?.(count)
  }
  return featuresOf(seen, seen.length / total)
}

function makingProgram({ description, generator }: Bundle, psi: number): Program {
  return (ops) => {
    const G = createGenerator(ops, description.G, parametersOf(ops, generator))
    return ({ z, c }) => ({
      images: scope(ops, () => G.synthesize(G.style(G.map(z, c ?? null), psi, null), 'const')),
    })
  }
}

const lookingProgram: Program = (ops) => {
  const look = createRandomFeatures(ops)
  return ({ images }) => ({ features: look(images) })
}

function judgingProgram({ description, discriminator }: Bundle): Program {
  return (ops) => {
    const D = createDiscriminator(ops, description.D, parametersOf(ops, discriminator))
    return ({ images, c }) => ({ features: D(images, c ?? null, 1).features })
  }
}

/**
 * How far a picture moves, in random features, when its style takes a short step towards another: the squared distance.
 *
 * @see Karras et al. 2019, arXiv:1812.04948, section 4.1 "Perceptual path length", in W, without truncation
 */
function pathStepsProgram({ description, generator }: Bundle): Program {
  return (ops) => {
    const G = createGenerator(ops, description.G, parametersOf(ops, generator))
    const look = createRandomFeatures(ops)
    return ({ from, to, t, c }) => {
      const [start, end] = [G.map(from, c ?? null), G.map(to, c ?? null)]
      const way = ops.sub(end, start)
      const place = ops.add(start, ops.mul(way, t))
      const seen = [place, ops.add(place, ops.scale(way, STEP))].map((w) =>
        look(scope(ops, () => G.synthesize(G.style(w, 1, null), 'const'))),
      )
      return { squared: ops.sum(ops.square(ops.sub(seen[0], seen[1])), [1]) }
    }
  }
}

function oneHotRows(labels: Labels, first: number, batch: number, cDim: number): Weight {
  const rows = new Float32Array(batch * cDim)
  for (let i = 0; i < batch; i++) rows[i * cDim + (labels?.[first + i] ?? 0)] = 1
  return { shape: [batch, cDim], data: rows }
}
