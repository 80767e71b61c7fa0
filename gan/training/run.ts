import type { Adapter, AdapterDescription } from '../adapters/adapter-file.ts'
import { AdapterMismatch } from '../adapters/errors.ts'
import { initialAdapter, isAdapterWeight } from '../adapters/lora.ts'
import type { Bundle, BundleDescription } from '../bundle.ts'
import { BundleInvalid } from '../errors.ts'
import { rgbFromInterleaved } from '../image.ts'
import { latentFromSeed } from '../latent.ts'
import { MersenneTwister } from '../random.ts'
import { styleCount } from '../synthesis.ts'
import { calibrate } from './calibration.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { type Crew, type CrewMember, joinCrew, type Muster } from './crew.ts'
import { createDraws, type Draws } from './draws.ts'
import { initialDiscriminator, initialGenerator } from './initial.ts'
import { type AdapterConfig, SMALL_TRAINING, type TrainingSettings } from './settings.ts'
import { initialState, type TrainingState } from './standing.ts'
import { createTrainer, type Losses } from './trainer.ts'
import { checkTrainingSet, countImages, type TrainingSet } from './training-set.ts'
import { transferWeights } from './transfer.ts'

const CALIBRATION_FAKES = 4096
const CALIBRATION_REALS = 1024

/** A run of training that can be looked at, interrupted and resumed. */
export interface TrainingRun {
  readonly settings: TrainingSettings
  readonly iteration: () => number
  /** Thousands of real images shown so far. */
  readonly kimg: () => number
  /**
   * Shows one batch. The losses are read only to `observe` them, since that waits for the device.
   *
   * @throws {TrainingDiverged} when one that is observed is no number; the run is then back where all was well
   */
  readonly step: (observe: boolean) => Promise<Losses | null>
  /**
   * What the averaged generator makes.
   *
   * @param classes of the seeds, one each; null in an unconditional network
   * @returns RGB bytes of one image after the other
   */
  readonly sample: (seeds: readonly number[], classes: readonly number[] | null) => Promise<Uint8Array>
  /** @throws {TrainingDiverged} when the run is not all numbers; it is then back where all was well */
  readonly checkpoint: () => Promise<Uint8Array>
  readonly dispose: () => void
}

/** Where a run begins that does not begin from nothing. */
type Origin = Pick<Bundle, 'generator' | 'discriminator'>

/** What a run is begun with, besides its settings and images. */
export interface Beginning {
  /** The model whose weights it begins with, where they fit. */
  readonly origin?: Origin
  /** Is told the weights that the model has not in the same shape. */
  readonly onDrawnAnew?: (weights: readonly string[]) => void
  /** Musters who takes the other shares, where the settings know several. */
  readonly muster?: Muster
}

/**
 * Starts a run from random weights, or from those of a model where they fit.
 *
 * @throws {TrainingSetInvalid} when set and networks do not fit
 * @throws {BundleInvalid} when next to nothing of the model fits
 * @throws {AdapterMismatch} when an adapter is to be trained, and not all of its model fits
 */
export function startTraining(
  settings: TrainingSettings,
  set: TrainingSet,
  { origin, onDrawnAnew, muster }: Beginning = {},
): TrainingRun {
  checkSet(settings, set)
  const p = settings.augment?.p ?? 0
  const random = new MersenneTwister(settings.seed)
  const generator = initialGenerator(settings.generator, random)
  const discriminator = initialDiscriminator(settings.discriminator, random)
  if (origin === undefined) return runFrom(settings, initialState(generator, discriminator, p), set, muster)

  const g = transferWeights(generator, origin.generator, 'G')
  const d = transferWeights(discriminator, origin.discriminator, 'D')
  onDrawnAnew?.([...g.drawnAnew, ...d.drawnAnew])
  if (settings.adapter === null) return runFrom(settings, initialState(g.weights, d.weights, p), set, muster)

  const [unlike] = g.drawnAnew
  if (unlike !== undefined) throw new AdapterMismatch(`an adapter changes none of its model's shapes, but ${unlike}`)
  const adapter = initialAdapter(settings.generator, settings.adapter.rank, random)
  return runFrom(settings, initialState(new Map([...g.weights, ...adapter]), d.weights, p), set, muster)
}

/**
 * Takes one share of the batches of a run that goes on elsewhere with the same settings and images.
 *
 * @param share from 1 on; the run itself takes the first, 0
 */
export function joinTraining(settings: TrainingSettings, set: TrainingSet, share: number): CrewMember {
  const random = new MersenneTwister(settings.seed)
  const generator = initialGenerator(settings.generator, random)
  const discriminator = initialDiscriminator(settings.discriminator, random)
  const adapter = settings.adapter === null ? [] : initialAdapter(settings.generator, settings.adapter.rank, random)
  const start = initialState(new Map([...generator, ...adapter]), discriminator)
  return joinCrew(settings, start, drawsOf(settings, set), share)
}

/**
 * Goes on where a checkpoint was taken, exactly as the run would have on the same backend.
 *
 * @param change what to go on with instead of the settings that the run was started with
 * @param muster who takes the other shares, where the settings know several
 * @throws {BundleInvalid} when it is no checkpoint
 * @throws {TrainingSetInvalid} when set and networks do not fit
 */
export function resumeTraining(
  checkpoint: Uint8Array,
  set: TrainingSet,
  change: (settings: TrainingSettings) => TrainingSettings = (settings) => settings,
  muster?: Muster,
): TrainingRun {
  const { state, settings: written } = openCheckpoint(checkpoint)
  const settings = change(written)
  checkSet(settings, set)
  return runFrom(settings, state, set, muster)
}

/**
 * Makes a bundle of a checkpoint: the averaged generator, the discriminator, and how it judges.
 *
 * @param about what a bundle's description holds that a checkpoint does not know
 * @param psi that of the recipe, since candidates are judged at it
 * @throws {TrainingSetInvalid} when set and networks do not fit
 */
export function bundleFrom(
  checkpoint: Uint8Array,
  set: TrainingSet,
  about: Omit<BundleDescription, 'G' | 'D' | 'kimg' | 'classes'>,
  psi: number,
): Bundle {
  const { state, settings } = openCheckpoint(checkpoint)
  checkSet(settings, set)
  const weights = { generator: state.average, discriminator: state.discriminator }
  const { generator, discriminator, seed, classes } = settings
  const calibration = calibrate({
    generator,
    discriminator,
    weights,
    images: set.images,
    labels: set.labels,
    fakes: CALIBRATION_FAKES,
    reals: Math.min(CALIBRATION_REALS, countImages(set)),
    psi,
    seed,
  })
  const description = {
    ...about,
    G: generator,
    D: discriminator,
    kimg: kimgOf(state),
    ...(classes.length === 0 ? {} : { classes }),
  }
  return { description, ...weights, calibration }
}

/**
 * Takes the adapter out of a checkpoint of a run that trained one; the model beneath is what it was.
 *
 * @param about what an adapter's description holds that a checkpoint does not know
 * @throws {BundleInvalid} when the run trained none
 */
export function adapterFrom(
  checkpoint: Uint8Array,
  about: Pick<AdapterDescription, 'name' | 'datasetRoot' | 'licence'>,
): Adapter {
  const { state, settings } = openCheckpoint(checkpoint)
  if (settings.adapter === null) throw new BundleInvalid('the run that it is of trained no adapter')
  const weights = new Map([...state.average].filter(([name]) => isAdapterWeight(name)))
  return { description: { ...about, ...settings.adapter, kimg: kimgOf(state) }, weights }
}

/** Counted as they were shown: a run may go on with another batch. */
function kimgOf({ images }: TrainingState): number {
  return images / 1000
}

/** What a checkpoint trains instead of the generator; null when it trains the generator. */
export function adapterOf(checkpoint: Uint8Array): AdapterConfig | null {
  return openCheckpoint(checkpoint).settings.adapter
}

function checkSet({ generator, classes }: TrainingSettings, set: TrainingSet): void {
  if (generator.img_channels !== 3) {
    throw new BundleInvalid(`its images have ${generator.img_channels} channels, training is of 3`)
  }
  checkTrainingSet(set, generator.img_resolution, classes)
}

function openCheckpoint(bytes: Uint8Array): { state: TrainingState; settings: TrainingSettings } {
  const { state, about } = readCheckpoint(bytes)
  try {
    const written: Partial<TrainingSettings> = JSON.parse(about)
    const settings = { ...SMALL_TRAINING, ...written }
    // Older checkpoints do not count them, and are of runs that kept their batch.
    const images = state.images === 0 ? state.iteration * settings.batch : state.images
    return { state: { ...state, images }, settings }
  } catch (cause) {
    throw new BundleInvalid('its settings are not JSON', {}, { cause })
  }
}

function drawsOf(settings: TrainingSettings, set: TrainingSet): (iteration: number) => Draws {
  const { generator, batch, seed, styleMixing, furthestShift, mirror } = settings
  return createDraws({
    seed,
    batch,
    zDim: generator.z_dim,
    layers: styleCount(generator),
    styleMixing,
    furthestShift,
    mirror,
    freshNoise: true,
    set,
  })
}

/** @throws {RangeError} when there is nobody to divide batches among, or they do not divide */
function musterWith(settings: TrainingSettings, muster: Muster | undefined): Crew {
  const { batch, workers } = settings
  if (muster === undefined) throw new RangeError(`each batch is divided among ${workers} workers, and there is one`)
  if (batch % workers !== 0) throw new RangeError(`${batch} images do not divide among ${workers} workers`)
  return muster(settings)
}

function runFrom(settings: TrainingSettings, start: TrainingState, set: TrainingSet, muster?: Muster): TrainingRun {
  const { generator } = settings
  const crew = settings.workers === 1 ? null : musterWith(settings, muster)
  const trainer = createTrainer(settings, start, drawsOf(settings, set), crew)
  return {
    settings,
    iteration: () => trainer.iteration(),
    kimg: () => trainer.images() / 1000,
    step: (observe) => trainer.step(observe),
    sample: async (seeds, classes) => {
      const z = Float32Array.from(seeds.flatMap((each) => [...latentFromSeed(each, generator.z_dim)]))
      return rgbFromInterleaved(await trainer.sample(z, classes))
    },
    checkpoint: async () => writeCheckpoint(await trainer.state(), JSON.stringify(settings)),
    dispose: () => trainer.dispose(),
  }
}
