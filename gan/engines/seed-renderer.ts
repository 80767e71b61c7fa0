import type { GeneratorKwargs } from '../architecture.ts'
import type { Bundle, Calibration } from '../bundle.ts'
import { createDiscriminator, type Discriminator } from '../discriminator.ts'
import { createGenerator, type Generator } from '../generator.ts'
import { rgbFromInterleaved } from '../image.ts'
import { type Compiled, type Interpreter, type Named, parametersOf, type Program } from '../interpreter.ts'
import { latentFromSeed } from '../latent.ts'
import type { Weight } from '../layout.ts'
import { type Ops, scope } from '../ops.ts'
import type { Recipe } from '../recipe.ts'
import { labelOfSeed } from '../seed-class.ts'

/** Large enough that the overhead of an operation does not count, small enough for caches and phones. */
const PIXELS = 8 * 64 * 64

const STEPS_PER_DEVIATION = 24
const LARGEST_FEATURE = 127

/** What the network says to one seed. */
export interface Rendered {
  /** [resolution, resolution, 3], before mirroring and enlarging: what the pixel digest is taken of. */
  readonly rgb: Uint8Array
  /** The discriminator's verdict on this image alone, a float32. */
  readonly logit: number
  /** The discriminator's view of it, quantised so that distances are integers. */
  readonly features: Int8Array
}

/** A network on an engine, from seeds to images and scores. */
export interface SeedRenderer {
  readonly resolution: number
  /** Renders seeds in their order; see `latentFromSeed` for the two kinds, and `classOfSeed` for networks with labels. */
  render(seeds: readonly (number | Uint8Array)[]): Promise<readonly Rendered[]>
  dispose(): void
}

/** Prepares a model on an engine, as its recipe says. Only the canonical engine's answers may be committed. */
export async function createSeedRenderer(
  interpreter: Interpreter,
  bundle: Bundle,
  recipe: Recipe,
): Promise<SeedRenderer> {
  const { calibration } = bundle
  const { G } = bundle.description
  const network = await interpreter.compile(renderingProgram(bundle, recipe))
  return seedRenderer(interpreter.batch, network, G, calibration)
}

/** Knows nothing of the weights: which of them are still needed is the engine's affair. */
function seedRenderer(
  batchSize: number | undefined,
  network: Compiled,
  G: GeneratorKwargs,
  calibration: Calibration,
): SeedRenderer {
  const renderBatch = async (seeds: readonly (number | Uint8Array)[]): Promise<readonly Rendered[]> => {
    const outputs = await network.run(inputsOf(seeds, batchSize ?? seeds.length, G))
    const [pixels, logits, features] = [rows(outputs['images']), rows(outputs['logits']), rows(outputs['features'])]
    return seeds.map((_, i) => ({
      rgb: rgbFromInterleaved(pixels(i)),
      logit: logits(i)[0],
      features: quantizeFeatures(features(i), calibration),
    }))
  }
  return {
    resolution: G.img_resolution,
    render: async (seeds) => {
      const size = batchSize ?? Math.max(1, Math.floor(PIXELS / G.img_resolution ** 2))
      const batches = Array.from({ length: Math.ceil(seeds.length / size) }, (_, i) =>
        seeds.slice(i * size, (i + 1) * size),
      )
      if (batchSize !== undefined) return (await Promise.all(batches.map(renderBatch))).flat()
      const rendered: Rendered[] = []
      for (const batch of batches) rendered.push(...(await renderBatch(batch)))
      return rendered
    },
    dispose: () => network.dispose(),
  }
}

/** Latents and labels, each only where the network takes them; a batch that is not full is padded with zeros. */
function inputsOf(seeds: readonly (number | Uint8Array)[], rowsInAll: number, G: GeneratorKwargs): Named<Weight> {
  const z = new Float32Array(rowsInAll * G.z_dim)
  const c = new Float32Array(rowsInAll * G.c_dim)
  for (const [i, seed] of seeds.entries()) {
    z.set(latentFromSeed(seed, G.z_dim), i * G.z_dim)
    c.set(labelOfSeed(seed, G.c_dim) ?? [], i * G.c_dim)
  }
  return {
    ...(G.z_dim > 0 && { z: { shape: [rowsInAll, G.z_dim], data: z } }),
    ...(G.c_dim > 0 && { c: { shape: [rowsInAll, G.c_dim], data: c } }),
  }
}

/** From latents to images and what the discriminator says to each by itself. */
function renderingProgram({ description, generator, discriminator }: Bundle, recipe: Recipe): Program {
  const psi = Number(recipe.psi)
  return (ops) => {
    const G = createGenerator(ops, description.G, parametersOf(ops, generator))
    const D = createDiscriminator(ops, description.D, parametersOf(ops, discriminator))
    return rendering(ops, G, D, psi, recipe)
  }
}

function rendering<T>(ops: Ops<T>, G: Generator<T>, D: Discriminator<T>, psi: number, { cutoff, noiseMode }: Recipe) {
  return (inputs: Named<T>): Named<T> => {
    const { z = null, c = null } = inputs
    const images = scope(ops, () => G.synthesize(G.style(G.map(z, c), psi, cutoff), noiseMode))
    return { images, ...D(images, c, 1) }
  }
}

/** The rows of a batch. */
function rows({ shape, data }: Weight): (row: number) => Float32Array {
  const length = data.length / shape[0]
  return (row) => data.subarray(row * length, (row + 1) * length)
}

/**
 * Features as whole numbers, 24 to a standard deviation: whatever is computed from them is exact everywhere.
 *
 * @param features one image's, float32
 */
function quantizeFeatures(features: Float32Array, { featureMean, featureStd }: Calibration): Int8Array {
  return Int8Array.from(features, (value, k) => {
    const quantized = Math.floor(((value - featureMean[k]) / featureStd[k]) * STEPS_PER_DEVIATION + 0.5)
    return Math.max(-LARGEST_FEATURE, Math.min(LARGEST_FEATURE, quantized))
  })
}
