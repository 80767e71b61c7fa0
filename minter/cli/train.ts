import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Command } from 'commander'
import {
  adapterFrom,
  adapterOf,
  bundleFrom,
  type DistanceGauge,
  type Muster,
  openBundle,
  openDistanceGauge,
  type Recipe,
  resumeTraining,
  startTraining,
  trainingInterpreter,
  TrainingDiverged,
  type TrainingRun,
  type TrainingSettings,
  writeAdapter,
  writeBundle,
} from '../../gan/index.ts'
import { startTrainingCrew } from './train-crew.ts'
import { openTrainingSet, type TrainingSource } from '../dataset/training-set.ts'
import { datasetRoot, parseDatasetManifest } from '../domain/dataset-manifest.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid, TrainingStopped } from '../errors.ts'
import { bundlePath, openRecipe, recipePath, trainedRecipe, writeRecipe } from './model-files.ts'
import { recordDigests } from './model-verify.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'
import { startTrainingEngine } from './train-engine.ts'
import { expectNoCheckpoint, save, useCheckpoint } from './train-files.ts'
import { openTrainLog, type TrainLog } from './train-log.ts'
import { addTrainOptions, resumedSettings, settingsFor, type TrainOptions } from './train-options.ts'

/** R1 is due then, and reading losses waits for the device. */
const OBSERVED_EVERY = 16

/** For the distance at each checkpoint, on engines that make them in a few seconds. */
const FRECHET_SAMPLES = 1024

/** Adds `train`. */
export function registerTrain(program: Command, session: Session): void {
  const command = program.command('train').description('train a model, or make a bundle of what was trained')
  addTrainOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint train --out runs/ikat --kimg 100\n  latentmint train --out runs/ikat --resume' +
        '\n  latentmint train --out runs/cloth --data build/cloth --preset auto --engine webgpu --kimg 1000' +
        '\n  latentmint train --out runs/own --data pictures --from looms-64 --freeze-d 4 --mirror' +
        '\n  latentmint train --out runs/blue --data pictures --from looms-64 --lora 8' +
        '\n  latentmint train --out runs/ikat --export runs/ikat/ikat.safetensors' +
        '\n\nWith glibc, MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 makes the native engine' +
        '\na third faster: without, every large tensor is fetched from the system and given back.',
    )
    .action(async (options: TrainOptions) => {
      const note = noteOf(options, session)
      note(`engine       ${options.engine}: ${await startTrainingEngine(options.engine, session.config.engines)}`)
      const source = openData(options, session)
      if (options.export === undefined) await train(options, source, session)
      else exportBundle(options, options.export, source, session)
    })
}

function openData({ data, images, classes, json }: TrainOptions, session: Session): TrainingSource {
  const step = session.progress(json).step('pictures', images)
  const source = openTrainingSet(data, { limit: images, ignoreClasses: !classes, onProgress: () => step.advance() })
  const { set } = source
  const kinds = set.classes.length === 0 ? 'no classes' : `the classes ${set.classes.join(', ')}`
  step.done(`${set.images.length / (3 * set.size ** 2)} of ${set.size} x ${set.size} pixels, ${kinds}`)
  return source
}

/** Says a line that is no result. */
function noteOf({ json }: TrainOptions, session: Session): (line: string) => void {
  const progress = session.progress(json)
  return (line) => progress.note(line)
}

async function train(options: TrainOptions, source: TrainingSource, session: Session): Promise<void> {
  mkdirSync(options.out, { recursive: true })
  const note = noteOf(options, session)
  const run = openRun(options, source, note, session.config)
  const { batch, workers } = run.settings
  if (workers > 1) note(`workers      ${workers}, each with ${batch / workers} of ${batch} images at a time`)
  try {
    const log = openTrainLog(run, options, session)
    const gauge = await openGauge(options, source, session)
    const look = async () => {
      await save(run, options.out, source)
      if (gauge !== null) {
        log.compare(await gauge.measure(await run.sample(gauge.seeds, gauge.classes)), gauge)
      }
      log.draw()
    }
    await descend(run, options, session, log, look)
    await look()
    gauge?.dispose()
    if (run.kimg() < options.kimg) {
      throw new TrainingStopped(`training stopped at ${run.kimg()} of ${options.kimg} kimg`, options.out)
    }
    session.print(options.json ? JSON.stringify(log.summary()) : `${run.kimg()} kimg, in ${options.out}`)
  } catch (error) {
    // It stands where all was well by now.
    if (error instanceof TrainingDiverged) await save(run, options.out, source)
    throw error
  } finally {
    run.dispose()
  }
}

/** Where the pictures allow it, and the engine is fast enough, or it is asked for. */
async function openGauge(
  { engine, frechet = engine === 'canonical' ? 0 : FRECHET_SAMPLES, json }: TrainOptions,
  { set }: TrainingSource,
  session: Session,
): Promise<DistanceGauge | null> {
  if (frechet === 0) return null
  const step = session.progress(json).step('real pictures')
  const gauge = await openDistanceGauge(trainingInterpreter(), set, frechet, async (count) => step.advance(count))
  step.done(gauge === null ? 'too few or too small for a distance' : `a distance of ${gauge.floor.toPrecision(3)}`)
  return gauge
}

/**
 * Until it has seen enough, somebody stops it, or its time is up.
 *
 * @param look saves where it stands, and shows it
 */
async function descend(
  run: TrainingRun,
  { kimg, minutes, stopAfterMinutes = Number.POSITIVE_INFINITY }: TrainOptions,
  { elapsed, signal }: Session,
  log: TrainLog,
  look: () => Promise<void>,
): Promise<void> {
  const deadline = elapsed() + stopAfterMinutes * 60_000
  let saved = elapsed()
  while (run.kimg() < kimg && !signal.aborted && elapsed() < deadline) {
    const isLast = run.kimg() + run.settings.batch / 1000 >= kimg
    const losses = await run.step(isLast || run.iteration() % OBSERVED_EVERY === 0)
    if (losses !== null) log.see(losses)
    if (elapsed() - saved > minutes * 60_000) {
      await look()
      saved = elapsed()
    }
    // Lets signals in: everything else here may be synchronous.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** @throws {ConfigInvalid} when there is nothing to resume, or something that would be overwritten */
function openRun(
  options: TrainOptions,
  source: TrainingSource,
  note: (line: string) => void,
  { engines }: Session['config'],
): TrainingRun {
  const { set } = source
  const muster: Muster = (settings) => startTrainingCrew({ engine: options.engine, engines, settings, set })
  if (options.resume) {
    const change = (settings: TrainingSettings) => resumedSettings(settings, options)
    return useCheckpoint(options.out, (checkpoint) => resumeTraining(checkpoint, set, change, muster), note)
  }
  expectNoCheckpoint(options.out)
  if (options.from === undefined) {
    if (options.lora !== undefined) throw new ConfigInvalid('an adapter is of a model: --from', '--lora')
    return startTraining(settingsFor(options, source), set, { muster })
  }
  const bytes = new Uint8Array(readFileSync(bundlePath(options.from)))
  const origin = openBundle(bytes)
  const adapter = options.lora === undefined ? null : { rank: options.lora, parent: sha256(bytes) }
  const settings = { ...settingsFor(options, source, origin.description), adapter }
  const onDrawnAnew = (weights: readonly string[]) => {
    for (const weight of weights) note(`drawn anew: ${weight}`)
  }
  return startTraining(settings, set, { origin, onDrawnAnew, muster })
}

/** What a checkpoint was made into. */
interface Made {
  readonly kind: 'bundle' | 'adapter'
  readonly bytes: Uint8Array
  readonly kimg: number
}

function exportBundle(options: TrainOptions, file: string, source: TrainingSource, session: Session): void {
  const manifest = options.dataset ?? source.manifest
  if (!existsSync(manifest)) throw new ConfigInvalid('there is no dataset manifest; --dataset names one', manifest)
  const root = datasetRoot(parseDatasetManifest(new Uint8Array(readFileSync(manifest))))
  const name = basename(file, '.safetensors')
  const about = { name, datasetRoot: root, licence: options.licence }
  const hasRecipe = existsSync(recipePath(file))
  const recipe = hasRecipe ? recipeBeside(file) : trainedRecipe(source.set.size, source.mirror)
  const make = (checkpoint: Uint8Array): Made => {
    if (adapterOf(checkpoint) === null) {
      const bundle = bundleFrom(checkpoint, source.set, about, Number(recipe.psi))
      return { kind: 'bundle', bytes: writeBundle(bundle), kimg: bundle.description.kimg }
    }
    const adapter = adapterFrom(checkpoint, about)
    return { kind: 'adapter', bytes: writeAdapter(adapter), kimg: adapter.description.kimg }
  }
  const { kind, bytes, kimg } = useCheckpoint(options.out, make, noteOf(options, session))
  writeWhole(dirname(file), basename(file), bytes)
  if (kind === 'bundle') {
    recordDigests(file, bytes)
    if (!hasRecipe) writeRecipe(file, recipe)
  }
  session.print(options.json ? JSON.stringify({ [kind]: file, kimg }) : `${file}: ${kind}, ${kimg} kimg`)
}

/** @throws {ConfigInvalid} when it cannot be read */
function recipeBeside(file: string): Recipe {
  try {
    return openRecipe(file)
  } catch (cause) {
    throw new ConfigInvalid(cause instanceof Error ? cause.message : String(cause), recipePath(file), cause)
  }
}
