import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  ADAPTIVE_AUGMENTATION,
  AUGMENT_PIPES,
  type AugmentConfig,
  autoTraining,
  type BundleDescription,
  chooseNetworks,
  type NetworkChoice,
  parseDiscriminator,
  parseGenerator,
  PATH_LENGTH,
  SMALL_TRAINING,
  smallTraining,
  type TrainingSettings,
} from '../../gan/index.ts'
import { DRAWN_NAMES } from '../dataset/drawn.ts'
import type { TrainingSource } from '../dataset/training-set.ts'
import { ConfigInvalid } from '../errors.ts'
import { parseCount, parsePositive, parseWhole } from './options.ts'
import { TRAINING_ENGINES, type TrainingEngine } from './train-engine.ts'

/** What a run is begun with, and what cannot change once there are weights. */
interface NetworkOptions {
  readonly preset?: 'auto' | 'small'
  readonly from?: string
  readonly lora?: number
  readonly zDim?: number
  readonly wDim?: number
  readonly mappingLayers?: number
  readonly channelBase?: number
  readonly channelMax?: number
}

/** What a run can go on with otherwise than it began. */
interface TuningOptions {
  readonly batch?: number
  readonly workers?: number
  readonly mbstdGroup?: number
  readonly learningRate?: number
  readonly gamma?: number
  readonly mixing?: number
  readonly pathLength?: number
  readonly emaKimg?: number
  readonly mirror?: boolean
  readonly shift?: number
  readonly freezeD?: number
  readonly aug?: 'noaug' | 'ada' | 'fixed'
  readonly augpipe?: keyof typeof AUGMENT_PIPES
  readonly p?: number
  readonly target?: number
  readonly seed?: number
}

export interface TrainOptions extends NetworkOptions, TuningOptions {
  readonly out: string
  readonly data: string
  readonly images?: number
  readonly classes: boolean
  readonly kimg: number
  readonly resume: boolean
  readonly engine: TrainingEngine
  readonly minutes: number
  readonly frechet?: number
  readonly stopAfterMinutes?: number
  readonly export?: string
  readonly dataset?: string
  readonly licence: string
  readonly json: boolean
}

/** Adds everything that can be said about a run. */
export function addTrainOptions(command: Command): Command {
  command
    .requiredOption('--out <dir>', 'folder for checkpoint, samples and log')
    .option('--data <name>', `what to learn: ${DRAWN_NAMES.join(', ')}, or a folder of PNG files`, 'ikat')
    .option('--images <n>', 'train on so many images only', parseWhole(1, 0xffff_ffff))
    .option('--no-classes', 'learn without the labels')
    .option('--kimg <n>', 'stop after so many thousand images', parsePositive, 100)
    .option('--resume', 'go on from the checkpoint in the folder', false)
    .addOption(
      new Option('--engine <name>', 'what to compute on; canonical is everywhere, tensorflow six times as fast')
        .choices(TRAINING_ENGINES)
        .default('canonical'),
    )
    .option('--minutes <n>', 'between checkpoints', parsePositive, 5)
    .option(
      '--frechet <n>',
      'pictures whose distance from the data is taken at each checkpoint (1024; on canonical, 0 for none)',
      parseCount,
    )
    .option('--stop-after-minutes <n>', 'stop then, with a checkpoint to go on from', parsePositive)
  addNetworkOptions(command)
  addTuningOptions(command)
  return command
    .option('--export <file>', 'train nothing: write the bundle of the checkpoint')
    .option('--dataset <file>', 'manifest that the bundle refers to (that of the data)')
    .option('--licence <spdx>', 'of the bundle', 'CC0-1.0')
    .option('--json', 'print nothing but one JSON object at the end', false)
}

function addNetworkOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--preset <name>',
        'small learns on a laptop; auto is the official choice for a resolution, for a GPU (small)',
      ).choices(['small', 'auto']),
    )
    .option('--from <bundle>', 'begin with the weights of this model, as far as they fit')
    .option(
      '--lora <rank>',
      'train an adapter of that rank, and leave the model of --from as it is',
      parseWhole(1, 1024),
    )
    .option('--z-dim <n>', 'numbers in a latent', parseWhole(1, 4096))
    .option('--w-dim <n>', 'numbers in a style', parseWhole(1, 4096))
    .option('--mapping-layers <n>', 'between the two', parseWhole(1, 64))
    .option('--channel-base <n>', 'feature maps times resolution', parseWhole(8, 1 << 24))
    .option('--channel-max <n>', 'feature maps at most', parseWhole(1, 65_536))
}

function addTuningOptions(command: Command): void {
  const { batch, learningRate, gamma, seed } = SMALL_TRAINING
  command
    .option('--batch <n>', `images at a time (${batch})`, parseWhole(1, 1024))
    .option(
      '--workers <n>',
      'threads that share each batch (canonical: one a core, as far as the batch divides; else 1)',
      parseWhole(1, 1024),
    )
    .option('--mbstd-group <n>', 'images that the discriminator compares with one another (4)', parseWhole(1, 1024))
    .option('--learning-rate <n>', `(${learningRate})`, parsePositive)
    .option('--gamma <n>', `weight of R1: higher is steadier and slower (${gamma})`, parsePositive)
    .option('--mixing <n>', 'how often two latents are mixed, 0 to 1', parseShare)
    .option('--path-length <weight>', 'of the path length regularisation, officially 2; 0 for none', parseWeight)
    .option('--ema-kimg <n>', 'half-life of the averaged generator, in thousand images', parsePositive)
    .option('--mirror', 'show every image with left and right exchanged as well')
    .option('--no-mirror', 'show images as they are')
    .option('--shift <n>', 'shift images by up to so many pixels over their mirrored edges', parseWhole(0, 4096))
    .option('--freeze-d <n>', 'layers of the discriminator, from the image on, that do not learn', parseWhole(0, 64))
    .addOption(
      new Option(
        '--aug <mode>',
        'alter images before the discriminator: as it overfits (ada), or always (fixed)',
      ).choices(['noaug', 'ada', 'fixed']),
    )
    .addOption(
      new Option('--augpipe <name>', 'blit, geometry, colour, filter: what is altered (bgc)').choices(
        Object.keys(AUGMENT_PIPES),
      ),
    )
    .option('--p <n>', 'how probable each alteration is: always (fixed), or at first (ada)', parseShare)
    .option('--target <n>', 'mean of sign(D(real)) that ada steers to (0.6)', parseShare)
    .option('--seed <n>', `of everything random (${seed})`, parseCount)
}

function parseShare(text: string): number {
  const value = parseWeight(text)
  if (value <= 1) return value
  throw new InvalidArgumentError('expected a number from 0 to 1')
}

function parseWeight(text: string): number {
  const value = Number(text)
  if (text !== '' && Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('expected a number from 0 on')
}

/**
 * What a new run is made of.
 *
 * @param origin describes the model that it begins with
 * @throws {ConfigInvalid} when the options contradict one another
 */
export function settingsFor(
  options: TrainOptions,
  { set, mirror }: TrainingSource,
  origin?: BundleDescription,
): TrainingSettings {
  const preset = options.preset === 'auto' ? autoTraining(set.size, options.batch) : smallTraining(set.size)
  const networks =
    origin === undefined
      ? preset
      : {
          ...preset,
          generator: { ...origin.G, img_resolution: set.size },
          discriminator: { ...origin.D, img_resolution: set.size },
        }
  const choice: NetworkChoice = { ...options, classes: set.classes }
  const furthestShift = mirror === 'none' ? 0 : Math.round((SMALL_TRAINING.furthestShift * set.size) / 64)
  const tuned = tune({ ...chooseNetworks(networks, choice), furthestShift }, options)
  const settings = { ...tuned, workers: options.workers ?? usualWorkers(tuned, options.engine) }
  try {
    parseGenerator(settings.generator)
    parseDiscriminator(settings.discriminator)
  } catch (cause) {
    throw new ConfigInvalid(cause instanceof Error ? cause.message : String(cause), 'the networks', cause)
  }
  return settings
}

/**
 * The settings of a run that goes on.
 *
 * @throws {ConfigInvalid} when an option would need other weights, or two contradict one another
 */
export function resumedSettings(settings: TrainingSettings, options: TrainOptions): TrainingSettings {
  const { preset, from, lora, zDim, wDim, mappingLayers, channelBase, channelMax } = options
  const lasting = Object.entries({ preset, from, lora, zDim, wDim, mappingLayers, channelBase, channelMax })
  const given = lasting.find(([, value]) => value !== undefined)
  if (given !== undefined) {
    const name = given[0].replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)
    throw new ConfigInvalid('a run that goes on keeps its networks', `--${name}`)
  }
  // A graphics processor takes whole batches, whatever the run had before.
  const workers = options.engine === 'webgpu' ? 1 : settings.workers
  return tune({ ...settings, workers }, options)
}

function usualWorkers(settings: TrainingSettings, engine: TrainingEngine): number {
  return engine === 'canonical' ? mostWorkers(settings, availableParallelism()) : 1
}

function tune(settings: TrainingSettings, options: TuningOptions & Pick<TrainOptions, 'engine'>): TrainingSettings {
  const { learningRate, gamma, seed, batch, workers, mirror } = options
  const networks = chooseNetworks(settings, { group: options.mbstdGroup, freezeLayers: options.freezeD })
  const plain = Object.entries({
    learningRate,
    gamma,
    seed,
    batch,
    workers,
    mirror,
    styleMixing: options.mixing,
    furthestShift: options.shift,
    averageImages: options.emaKimg === undefined ? undefined : options.emaKimg * 1000,
  }).filter(([, value]) => value !== undefined)
  const augment = augmentFor(settings.augment, options)
  const tuned: TrainingSettings = { ...networks, augment, ...pathLengthOf(options), ...Object.fromEntries(plain) }
  if (tuned.workers > 1 && options.engine === 'webgpu') {
    throw new ConfigInvalid('a graphics processor takes whole batches', '--workers')
  }
  expectDivisible(tuned, options)
  const { img_resolution: side } = tuned.generator
  if (tuned.furthestShift >= side) throw new ConfigInvalid(`expected less than the images' ${side} pixels`, '--shift')
  return tuned
}

/** @throws {ConfigInvalid} when a batch does not divide into shares, or a share into groups */
function expectDivisible(settings: TrainingSettings, { workers: asked }: TuningOptions): void {
  const { batch, workers } = settings
  const option = asked === undefined ? '--batch' : '--workers'
  if (batch % workers !== 0) throw new ConfigInvalid(`${batch} images do not divide among ${workers} workers`, option)
  const share = batch / workers
  const group = groupIn(settings, share)
  if (share % group !== 0) throw new ConfigInvalid(`${share} images do not divide into groups of ${group}`, option)
}

function groupIn({ discriminator }: TrainingSettings, share: number): number {
  return Math.min(share, discriminator.epilogue_kwargs?.mbstd_group_size ?? share)
}

/** As many threads as have something to do, each with whole groups of images. */
function mostWorkers(settings: TrainingSettings, cores: number): number {
  const { batch } = settings
  const counts = Array.from({ length: Math.min(cores, batch) }, (_, i) => i + 1)
  const fitting = counts.filter((n) => batch % n === 0 && (batch / n) % groupIn(settings, batch / n) === 0)
  return fitting.at(-1) ?? 1
}

function pathLengthOf({ pathLength: weight }: TuningOptions): Partial<Pick<TrainingSettings, 'pathLength'>> {
  if (weight === undefined) return {}
  return { pathLength: weight === 0 ? null : { ...PATH_LENGTH, weight } }
}

function augmentFor(before: AugmentConfig | null, options: TuningOptions): AugmentConfig | null {
  const { aug, augpipe } = options
  if (aug === 'noaug' || (aug === undefined && before === null)) {
    expectAbsent(options, ['augpipe', 'p', 'target'], 'nothing is altered without --aug')
    return null
  }
  const { kinds, p: first, adaptation } = before ?? ADAPTIVE_AUGMENTATION
  const isFixed = aug === undefined ? adaptation === null : aug === 'fixed'
  const chosen = { kinds: augpipe === undefined ? kinds : AUGMENT_PIPES[augpipe], p: options.p ?? first }
  return isFixed ? constant(chosen, options) : { ...chosen, adaptation: adaptationFor(adaptation, options) }
}

function constant(chosen: Omit<AugmentConfig, 'adaptation'>, options: TuningOptions): AugmentConfig {
  expectAbsent(options, ['target'], 'it steers nothing where p is fixed')
  if (chosen.p === 0) throw new ConfigInvalid('--aug fixed needs to know how probable alterations are', '--p')
  return { ...chosen, adaptation: null }
}

function adaptationFor(before: AugmentConfig['adaptation'], { target }: TuningOptions): AugmentConfig['adaptation'] {
  const adaptation = before ?? ADAPTIVE_AUGMENTATION.adaptation
  return { ...adaptation, target: target ?? adaptation.target }
}

/** @throws {ConfigInvalid} when an option was given that would do nothing */
function expectAbsent(options: TuningOptions, names: readonly (keyof TuningOptions)[], why: string): void {
  const useless = names.find((name) => options[name] !== undefined)
  if (useless !== undefined) throw new ConfigInvalid(why, `--${useless}`)
}
