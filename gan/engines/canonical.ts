import * as tf from '@tensorflow/tfjs-core'
import type { Bundle, Calibration } from '../bundle.ts'
import { createDiscriminator } from '../discriminator.ts'
import { BundleInvalid, EngineUnfit } from '../errors.ts'
import { createGenerator } from '../generator.ts'
import { rgbFromInterleaved } from '../image.ts'
import { latentFromSeed } from '../latent.ts'
import type { Recipe } from '../recipe.ts'
import { tfjsOps } from './tfjs-ops.ts'
import { parametersOf } from './tfjs-parameters.ts'
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
 * Starts the canonical engine: TensorFlow.js on WebAssembly with SIMD and without threads.
 *
 * @throws {EngineUnfit} when the binary is not the one that the recipe names
 * @throws {BundleInvalid} when the bundle's network takes labels, which no recipe provides
 */
export async function createCanonicalEngine(options: CanonicalOptions): Promise<CanonicalEngine> {
  const { bundle, recipe, wasm } = options
  const digest = digestOf(wasm)
  if (digest !== recipe.engine.wasmDigest) throw new EngineUnfit('wasm binary', recipe.engine.wasmDigest, digest)
  if (bundle.description.G.c_dim > 0) throw new BundleInvalid('its network takes labels, and a recipe has none')

  await useWasmBackend(wasm)
  const network = prepare(bundle, recipe)
  return {
    resolution: bundle.description.G.img_resolution,
    render: async (seeds) => {
      await useWasmBackend(wasm)
      const rendered: Rendered[] = []
      for (let i = 0; i < seeds.length; i += BATCH) rendered.push(...network.render(seeds.slice(i, i + BATCH)))
      return rendered
    },
    dispose: () => network.dispose(),
  }
}

interface Network {
  render(seeds: readonly (number | Uint8Array)[]): Rendered[]
  dispose(): void
}

function prepare(bundle: Bundle, recipe: Recipe): Network {
  const { description, calibration } = bundle
  const { z_dim: zDim, img_resolution: side, img_channels: channels } = description.G
  const psi = Number(recipe.psi)
  const { made: networks, kept } = keeping(() => ({
    generator: createGenerator(tfjsOps, description.G, parametersOf(bundle.generator)),
    discriminator: createDiscriminator(tfjsOps, description.D, parametersOf(bundle.discriminator)),
  }))

  const render = (seeds: readonly (number | Uint8Array)[]) => {
    const { generator, discriminator } = networks
    const z = new Float32Array(seeds.length * zDim)
    for (const [i, seed] of seeds.entries()) z.set(latentFromSeed(seed, zDim), i * zDim)
    const outputs = tf.tidy(() => {
      const w = generator.map(tf.tensor2d(z, [seeds.length, zDim]), null)
      const images = generator.synthesize(generator.style(w, psi, recipe.cutoff), recipe.noiseMode)
      return { images, ...discriminator(images, null, 1) }
    })
    const pixels = rows(outputs.images, side * side * channels)
    const logits = rows(outputs.logits, 1)
    const features = rows(outputs.features, calibration.featureMean.length)
    tf.dispose(outputs)
    return seeds.map((_, i) => ({
      rgb: rgbFromInterleaved(pixels(i)),
      logit: logits(i)[0],
      features: quantizeFeatures(features(i), calibration),
    }))
  }
  return { render, dispose: () => tf.dispose(kept) }
}

/** Runs `make` and keeps every tensor that it made, for closures to use until they are disposed of. */
function keeping<T>(make: () => T): { readonly made: T; readonly kept: tf.Tensor[] } {
  const engine = tf.engine()
  engine.startScope('weights')
  try {
    const made = make()
    const kept = engine.state.activeScope.track.map((tensor) => tf.keep(tensor))
    return { made, kept }
  } finally {
    engine.endScope()
  }
}

/** Reads a batch, and gives its rows. */
function rows(tensor: tf.Tensor, length: number): (row: number) => Float32Array {
  const values = Float32Array.from(tensor.dataSync())
  return (row) => values.subarray(row * length, (row + 1) * length)
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
