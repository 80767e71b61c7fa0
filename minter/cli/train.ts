import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  bundleFrom,
  resumeTraining,
  planDiscriminator,
  SMALL_TRAINING,
  startTraining,
  type TrainingRun,
  type TrainingSettings,
  writeBundle,
} from '../../gan/index.ts'
import { IKAT_SIZE } from '../dataset/ikat.ts'
import { IKAT_COUNT, loadTrainingSet } from '../dataset/training-set.ts'
import { datasetRoot, parseDatasetManifest } from '../domain/dataset-manifest.ts'
import { ConfigInvalid, Interrupted } from '../errors.ts'
import { contactSheet } from '../report/contact-sheet.ts'
import { defaultRecipe } from './model-files.ts'
import { parseCount, parsePositive } from './options.ts'
import { writeWhole } from './report-files.ts'
import { startTrainingEngine, TRAINING_ENGINES, type TrainingEngine } from './train-engine.ts'

const CHECKPOINT = 'checkpoint.safetensors'
const LOG = 'log.ndjson'
const SAMPLES = Array.from({ length: 24 }, (_, seed) => seed)
const GROUP = planDiscriminator(SMALL_TRAINING.discriminator).epilogue_kwargs.mbstd_group_size ?? 1
/** R1 is due then, and reading losses waits for the device. */
const OBSERVED_EVERY = 16

interface TrainOptions {
  readonly out: string
  readonly kimg: number
  readonly gamma?: number
  readonly learningRate?: number
  readonly seed?: number
  readonly batch?: number
  readonly images: number
  readonly engine: TrainingEngine
  readonly minutes: number
  readonly resume: boolean
  readonly export?: string
  readonly dataset: string
  readonly licence: string
}

/**
 * Adds `train`.
 *
 * @param engines folder that engines are installed in
 */
export function registerTrain(program: Command, engines: string): void {
  program
    .command('train')
    .description('train a model on the ikat dataset, or make a bundle of what was trained')
    .requiredOption('--out <dir>', 'folder for checkpoint, samples and log')
    .option('--kimg <n>', 'stop after so many thousand images', parsePositive, 100)
    .option('--resume', 'go on from the checkpoint in the folder', false)
    .option('--gamma <n>', `weight of R1: higher is steadier and slower (${SMALL_TRAINING.gamma})`, parsePositive)
    .option('--learning-rate <n>', `(${SMALL_TRAINING.learningRate})`, parsePositive)
    .option('--batch <n>', `images at a time (${SMALL_TRAINING.batch})`, parseBatch)
    .option('--seed <n>', `of everything random (${SMALL_TRAINING.seed})`, parseCount)
    .option('--images <n>', 'train on the first so many images only', parseImages, IKAT_COUNT)
    .addOption(
      new Option('--engine <name>', 'what to compute on; canonical is everywhere, tensorflow six times as fast')
        .choices(TRAINING_ENGINES)
        .default('canonical'),
    )
    .option('--minutes <n>', 'between checkpoints', parsePositive, 5)
    .option('--export <file>', 'train nothing: write the bundle of the checkpoint')
    .option('--dataset <file>', 'manifest that the bundle refers to', 'models/ikat-64.dataset.json')
    .option('--licence <spdx>', 'of the bundle', 'CC0-1.0')
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint train --out runs/ikat --kimg 100\n  latentmint train --out runs/ikat --resume' +
        '\n  latentmint train --out runs/ikat --export runs/ikat/ikat.safetensors' +
        '\n\nWith glibc, MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 makes the native engine' +
        '\na third faster: without, every large tensor is fetched from the system and given back.',
    )
    .action(async (options: TrainOptions) => {
      await startTrainingEngine(options.engine, engines)
      const say = speakerOf(program)
      const images = loadTrainingSet(options.images)
      if (options.export === undefined) await train(options, images, say)
      else exportBundle(options, options.export, images, say)
    })
}

type Speaker = (line: string) => void

function speakerOf(program: Command): Speaker {
  return (line) => program.configureOutput().writeErr?.(`${line}\n`)
}

/** The minibatch standard deviation works in groups. */
function parseBatch(text: string): number {
  const batch = parseCount(text)
  if (batch > 0 && batch % GROUP === 0) return batch
  throw new InvalidArgumentError(`Expected a multiple of ${GROUP}.`)
}

function parseImages(text: string): number {
  const images = parseCount(text)
  if (images >= 1 && images <= IKAT_COUNT) return images
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${IKAT_COUNT}.`)
}

async function train(options: TrainOptions, images: Uint8Array, say: Speaker): Promise<void> {
  mkdirSync(options.out, { recursive: true })
  const run = openRun(options, images)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())

  const watch = createWatch(run, options, say)
  let saved = performance.now()
  for (let batch = 0; run.kimg() < options.kimg && !stop.signal.aborted; batch++) {
    watch(await run.step(batch % OBSERVED_EVERY === 0))
    if (performance.now() - saved > options.minutes * 60_000) {
      await save(run, options.out)
      saved = performance.now()
    }
    // Lets signals in: everything else here is synchronous.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await save(run, options.out)
  run.dispose()
  if (stop.signal.aborted) throw new Interrupted('training stopped; --resume goes on exactly where it was', options.out)
  say(`${run.kimg()} kimg, in ${options.out}`)
}

/** @throws {ConfigInvalid} when there is nothing to resume, or something that would be overwritten */
function openRun(options: TrainOptions, images: Uint8Array): TrainingRun {
  const { gamma, learningRate, seed, batch } = options
  const given = Object.entries({ gamma, learningRate, seed, batch }).filter(([, value]) => value !== undefined)
  const changes: Partial<TrainingSettings> = Object.fromEntries(given)
  const file = join(options.out, CHECKPOINT)
  if (options.resume) return resumeTraining(readCheckpoint(options.out), images, changes)
  if (existsSync(file)) throw new ConfigInvalid('there is a checkpoint already: --resume, or another folder', file)
  return startTraining({ ...SMALL_TRAINING, ...changes }, images)
}

function readCheckpoint(folder: string): Uint8Array {
  const file = join(folder, CHECKPOINT)
  if (!existsSync(file)) throw new ConfigInvalid('there is no checkpoint to go on from', file)
  return Uint8Array.from(readFileSync(file))
}

/** Takes the losses as they come, and now and then says how it goes. */
function createWatch(
  run: TrainingRun,
  options: TrainOptions,
  say: Speaker,
): (losses: Awaited<ReturnType<TrainingRun['step']>>) => void {
  let last = performance.now()
  let lastKimg = run.kimg()
  return (losses) => {
    const now = performance.now()
    const isDue = now - last > 10_000 || run.kimg() >= options.kimg
    if (losses === null || !isDue) return
    const secondsPerKimg = (now - last) / 1000 / (run.kimg() - lastKimg)
    const minutesLeft = ((options.kimg - run.kimg()) * secondsPerKimg) / 60
    const entry = { kimg: run.kimg(), secondsPerKimg, ...losses }
    appendFileSync(join(options.out, LOG), `${JSON.stringify(entry)}\n`)
    say(
      `${run.kimg().toFixed(2)} / ${options.kimg} kimg  ${secondsPerKimg.toFixed(1)} s/kimg  ` +
        `ETA ${Math.ceil(minutesLeft)} min  G ${losses.generator.toFixed(3)}  D ${losses.discriminator.toFixed(3)}`,
    )
    last = now
    lastKimg = run.kimg()
  }
}

async function save(run: TrainingRun, folder: string): Promise<void> {
  writeWhole(folder, CHECKPOINT, await run.checkpoint())
  const pixels = await run.sample(SAMPLES)
  const size = IKAT_SIZE
  const pieces = SAMPLES.map((rank) => ({
    rank,
    size,
    rgb: pixels.slice(rank * size * size * 3, (rank + 1) * size * size * 3),
  }))
  const title = `${run.kimg().toFixed(1)} KIMG`
  writeWhole(
    folder,
    `samples-${run.kimg().toFixed(0).padStart(6, '0')}.png`,
    contactSheet(pieces, { title, mirror: defaultRecipe().mirror }),
  )
}

function exportBundle(options: TrainOptions, file: string, images: Uint8Array, say: Speaker): void {
  const root = datasetRoot(parseDatasetManifest(Uint8Array.from(readFileSync(options.dataset))))
  const name = basename(file, '.safetensors')
  const about = { name, datasetRoot: root, licence: options.licence }
  const bundle = bundleFrom(readCheckpoint(options.out), images, about, Number(defaultRecipe().psi))
  writeWhole(dirname(file), basename(file), writeBundle(bundle))
  say(`${file}: ${bundle.description.kimg} kimg`)
}
