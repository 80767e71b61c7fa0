import type { Bundle, Calibration } from '../bundle.ts'
import { createDiscriminator } from '../discriminator.ts'
import { BundleInvalid, EngineUnfit } from '../errors.ts'
import { createGenerator } from '../generator.ts'
import { rgbFromInterleaved } from '../image.ts'
import { type Compiled, type Interpreter, parametersOf, type Program } from '../interpreter.ts'
import { latentFromSeed } from '../latent.ts'
import type { Weight } from '../layout.ts'
import type { Recipe } from '../recipe.ts'
import { createTfjsInterpreter } from './tfjs-interpreter.ts'
import { tfjsOps } from './tfjs-ops.ts'
import { digestOf, useWasmBackend } from './wasm-backend.ts'

/** Large enough that the overhead of an operation does not count, small enough for a phone. */
const BATCH = 8

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

/** An engine whose answers are committed and audited: the same bits on every machine, whatever the batch. */
export interface CanonicalEngine {
  readonly resolution: number
  /** Renders seeds in their order; see `latentFromSeed` for the two kinds. */
  render(seeds: readonly (number | Uint8Array)[]): Promise<readonly Rendered[]>
  dispose(): void
}

export interface CanonicalOptions {
  readonly bundle: Bundle
  readonly recipe: Recipe
  /** The bytes of tfjs-backend-wasm-simd.wasm; the recipe names their sha-256. */
  readonly wasm: Uint8Array
}

/**
 * Starts the canonical engine for a model and a recipe.
 *
 * @throws {EngineUnfit} when the binary is not the one that the recipe names
 * @throws {BundleInvalid} when the bundle's network takes labels, which no recipe provides
 */
export async function createCanonicalEngine(options: CanonicalOptions): Promise<CanonicalEngine> {
  const { bundle, recipe, wasm } = options
  const digest = digestOf(wasm)
  if (digest !== recipe.engine.wasmDigest) throw new EngineUnfit('wasm binary', recipe.engine.wasmDigest, digest)
  if (bundle.description.G.c_dim > 0) throw new BundleInvalid('its network takes labels, and a recipe has none')

  const network = await createCanonicalInterpreter(wasm).compile(renderingProgram(bundle, recipe))
  return {
    resolution: bundle.description.G.img_resolution,
    render: async (seeds) => {
      const rendered: Rendered[] = []
      for (let i = 0; i < seeds.length; i += BATCH) {
        rendered.push(...(await renderBatch(network, bundle, seeds.slice(i, i + BATCH))))
      }
      return rendered
    },
    dispose: () => network.dispose(),
  }
}

/**
 * Runs any program as the canonical engine does: TensorFlow.js on WebAssembly with SIMD and without threads.
 *
 * @param wasm the bytes of tfjs-backend-wasm-simd.wasm
 */
export function createCanonicalInterpreter(wasm: Uint8Array): Interpreter {
  return createTfjsInterpreter('canonical', tfjsOps, () => useWasmBackend(wasm))
}

async function renderBatch(
  network: Compiled,
  { description, calibration }: Bundle,
  seeds: readonly (number | Uint8Array)[],
): Promise<readonly Rendered[]> {
  const { z_dim: zDim } = description.G
  const z = new Float32Array(seeds.length * zDim)
  for (const [i, seed] of seeds.entries()) z.set(latentFromSeed(seed, zDim), i * zDim)
  const outputs = await network.run({ z: { shape: [seeds.length, zDim], data: z } })
  const [pixels, logits, features] = [rows(outputs['images']), rows(outputs['logits']), rows(outputs['features'])]
  return seeds.map((_, i) => ({
    rgb: rgbFromInterleaved(pixels(i)),
    logit: logits(i)[0],
    features: quantizeFeatures(features(i), calibration),
  }))
}

/** From latents to images and what the discriminator says to each by itself. */
function renderingProgram({ description, generator, discriminator }: Bundle, recipe: Recipe): Program {
  const psi = Number(recipe.psi)
  return (ops) => {
    const G = createGenerator(ops, description.G, parametersOf(ops, generator))
    const D = createDiscriminator(ops, description.D, parametersOf(ops, discriminator))
    return ({ z }) => {
      const images = G.synthesize(G.style(G.map(z, null), psi, recipe.cutoff), recipe.noiseMode)
      return { images, ...D(images, null, 1) }
    }
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
