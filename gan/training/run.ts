import * as tf from '@tensorflow/tfjs-core'
import type { DiscriminatorKwargs, GeneratorKwargs } from '../architecture.ts'
import type { Bundle, BundleDescription, Weights } from '../bundle.ts'
import { BundleInvalid } from '../errors.ts'
import { tfjsOps } from '../engines/tfjs-ops.ts'
import { parametersOf } from '../interpreter.ts'
import { createGenerator } from '../generator.ts'
import { rgbFromInterleaved } from '../image.ts'
import { latentFromSeed } from '../latent.ts'
import { MersenneTwister } from '../random.ts'
import { styleCount } from '../synthesis.ts'
import { calibrate } from './calibration.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { createDraws } from './draws.ts'
import { initialDiscriminator, initialGenerator } from './initial.ts'
import { createTrainer, initialState, type Losses, type TrainingConfig, type TrainingState } from './trainer.ts'

const CALIBRATION_FAKES = 4096
const CALIBRATION_REALS = 1024

/** Everything that decides what a run does, besides the images; kept in its checkpoints. */
export interface TrainingSettings extends TrainingConfig {
  readonly seed: number
  /** How often two latents are mixed, 0 to 1. */
  readonly styleMixing: number
  /** Images are shifted by up to so many pixels over their mirrored edges; 0 where the recipe does not mirror. */
  readonly furthestShift: number
}

/** A run of training that can be looked at, interrupted and resumed. */
export interface TrainingRun {
  readonly settings: TrainingSettings
  /** Thousands of real images shown so far. */
  readonly kimg: () => number
  /** Shows one batch. The losses are read only to `observe` them, since that waits for the device. */
  readonly step: (observe: boolean) => Promise<Losses | null>
  /** RGB bytes of what the averaged generator makes of these seeds, one image after the other. */
  readonly sample: (seeds: readonly number[]) => Promise<Uint8Array>
  readonly checkpoint: () => Promise<Uint8Array>
  readonly dispose: () => void
}

/** The networks of the shipped model: small enough that a laptop learns them in an evening. */
const SMALL_GENERATOR: GeneratorKwargs = {
  z_dim: 64,
  c_dim: 0,
  w_dim: 64,
  img_resolution: 64,
  img_channels: 3,
  mapping_kwargs: { num_layers: 2 },
  synthesis_kwargs: {
    channel_base: 2048,
    channel_max: 64,
    architecture: 'skip',
    conv_clamp: null,
    num_fp16_res: 0,
  },
}

const SMALL_DISCRIMINATOR: DiscriminatorKwargs = {
  c_dim: 0,
  img_resolution: 64,
  img_channels: 3,
  architecture: 'resnet',
  channel_base: 2048,
  channel_max: 64,
  conv_clamp: null,
  num_fp16_res: 0,
  mapping_kwargs: {},
  epilogue_kwargs: { mbstd_group_size: 4, mbstd_num_channels: 1 },
}

/** What the shipped model was trained with. */
export const SMALL_TRAINING: TrainingSettings = {
  generator: SMALL_GENERATOR,
  discriminator: SMALL_DISCRIMINATOR,
  batch: 16,
  learningRate: 0.0025,
  gamma: 1,
  r1Interval: 16,
  pathLength: null,
  averageImages: 3000,
  averageRampup: 0.05,
  seed: 1,
  styleMixing: 0,
  furthestShift: 12,
}

/**
 * Starts a run from random weights.
 *
 * @param images RGB bytes of the real images, one after the other
 */
export function startTraining(settings: TrainingSettings, images: Uint8Array): TrainingRun {
  const random = new MersenneTwister(settings.seed)
  const generator = initialGenerator(settings.generator, random)
  return runFrom(settings, initialState(generator, initialDiscriminator(settings.discriminator, random)), images)
}

/**
 * Goes on where a checkpoint was taken, exactly as the run would have on the same backend.
 *
 * @param changes settings to go on with instead of those that the run was started with
 * @throws {BundleInvalid} when it is no checkpoint
 */
export function resumeTraining(
  checkpoint: Uint8Array,
  images: Uint8Array,
  changes: Partial<TrainingSettings> = {},
): TrainingRun {
  const { state, settings } = openCheckpoint(checkpoint)
  return runFrom({ ...settings, ...changes }, state, images)
}

/**
 * Makes a bundle of a checkpoint: the averaged generator, the discriminator, and how it judges.
 *
 * @param about what a bundle's description holds that a checkpoint does not know
 * @param psi that of the recipe, since candidates are judged at it
 */
export function bundleFrom(
  checkpoint: Uint8Array,
  images: Uint8Array,
  about: Omit<BundleDescription, 'G' | 'D' | 'kimg'>,
  psi: number,
): Bundle {
  const { state, settings } = openCheckpoint(checkpoint)
  const weights = { generator: state.average, discriminator: state.discriminator }
  const { generator, discriminator, seed, batch } = settings
  const calibration = calibrate({
    generator,
    discriminator,
    weights,
    images,
    fakes: CALIBRATION_FAKES,
    reals: CALIBRATION_REALS,
    psi,
    seed,
  })
  const kimg = (state.iteration * batch) / 1000
  return { description: { ...about, G: generator, D: discriminator, kimg }, ...weights, calibration }
}

function openCheckpoint(bytes: Uint8Array): { state: TrainingState; settings: TrainingSettings } {
  const { state, about } = readCheckpoint(bytes)
  try {
    const written: Partial<TrainingSettings> = JSON.parse(about)
    return { state, settings: { ...SMALL_TRAINING, ...written } }
  } catch (cause) {
    throw new BundleInvalid('its settings are not JSON', {}, { cause })
  }
}

function runFrom(settings: TrainingSettings, start: TrainingState, images: Uint8Array): TrainingRun {
  const { generator, batch, seed, styleMixing, furthestShift } = settings
  const { img_resolution: side, img_channels: channels } = generator
  const trainer = createTrainer(settings, start)
  const draws = createDraws({
    seed,
    batch,
    zDim: generator.z_dim,
    layers: styleCount(generator),
    styleMixing,
    furthestShift,
    freshNoise: true,
    images,
    bytesPerImage: side * side * channels,
  })
  let iteration = start.iteration
  return {
    settings,
    kimg: () => (iteration * batch) / 1000,
    step: (observe) => trainer.step(draws(iteration++), observe),
    sample: async (seeds) => sample(generator, (await trainer.state()).average, seeds),
    checkpoint: async () => writeCheckpoint(await trainer.state(), JSON.stringify(settings)),
    dispose: () => trainer.dispose(),
  }
}

async function sample(kwargs: GeneratorKwargs, weights: Weights, seeds: readonly number[]): Promise<Uint8Array> {
  const z = Float32Array.from(seeds.flatMap((seed) => [...latentFromSeed(seed, kwargs.z_dim)]))
  const images = tf.tidy(() => {
    const generator = createGenerator(tfjsOps, kwargs, parametersOf(tfjsOps, weights))
    const w = generator.map(tf.tensor2d(z, [seeds.length, kwargs.z_dim]), null)
    return generator.synthesize(generator.style(w, 1, null), 'const')
  })
  const rgb = rgbFromInterleaved(Float32Array.from(await images.data()))
  images.dispose()
  return rgb
}
