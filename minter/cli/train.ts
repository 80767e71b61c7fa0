import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import {
  bundleFrom,
  openBundle,
  resumeTraining,
  startTraining,
  type TrainingRun,
  writeBundle,
} from '../../gan/index.ts'
import { openTrainingSet, type TrainingSource } from '../dataset/training-set.ts'
import { datasetRoot, parseDatasetManifest } from '../domain/dataset-manifest.ts'
import { ConfigInvalid, Interrupted } from '../errors.ts'
import { bundlePath, defaultRecipe } from './model-files.ts'
import { writeWhole } from './report-files.ts'
import { startTrainingEngine } from './train-engine.ts'
import { expectNoCheckpoint, readCheckpoint, save } from './train-files.ts'
import { addTrainOptions, resumedSettings, settingsFor, type TrainOptions } from './train-options.ts'

const LOG = 'log.ndjson'
/** R1 is due then, and reading losses waits for the device. */
const OBSERVED_EVERY = 16

/**
 * Adds `train`.
 *
 * @param engines folder that engines are installed in
 */
export function registerTrain(program: Command, engines: string): void {
  const command = program.command('train').description('train a model, or make a bundle of what was trained')
  addTrainOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint train --out runs/ikat --kimg 100\n  latentmint train --out runs/ikat --resume' +
        '\n  latentmint train --out runs/cloth --data build/cloth --preset auto --engine webgpu --kimg 1000' +
        '\n  latentmint train --out runs/own --data pictures --from ikat-64 --freeze-d 4 --mirror' +
        '\n  latentmint train --out runs/ikat --export runs/ikat/ikat.safetensors' +
        '\n\nWith glibc, MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 makes the native engine' +
        '\na third faster: without, every large tensor is fetched from the system and given back.',
    )
    .action(async (options: TrainOptions) => {
      await startTrainingEngine(options.engine, engines)
      const say = speakerOf(program)
      const source = openTrainingSet(options.data, { limit: options.images, ignoreClasses: !options.classes })
      if (options.export === undefined) await train(options, source, say)
      else exportBundle(options, options.export, source, say)
    })
}

type Speaker = (line: string) => void

function speakerOf(program: Command): Speaker {
  return (line) => program.configureOutput().writeErr?.(`${line}\n`)
}

async function train(options: TrainOptions, source: TrainingSource, say: Speaker): Promise<void> {
  const start = performance.now()
  mkdirSync(options.out, { recursive: true })
  const run = openRun(options, source, say)
  const stop = new AbortController()
  const abort = () => stop.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)

  const watch = createWatch(run, options, say)
  const deadline = start + (options.stopAfterMinutes ?? Number.POSITIVE_INFINITY) * 60_000
  let saved = performance.now()
  for (let batch = 0; run.kimg() < options.kimg && !stop.signal.aborted && performance.now() < deadline; batch++) {
    watch(await run.step(batch % OBSERVED_EVERY === 0))
    if (performance.now() - saved > options.minutes * 60_000) {
      await save(run, options.out, source)
      saved = performance.now()
    }
    // Lets signals in: everything else here is synchronous.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await save(run, options.out, source)
  run.dispose()
  process.off('SIGINT', abort).off('SIGTERM', abort)
  if (run.kimg() < options.kimg) {
    const at = `training stopped at ${run.kimg()} of ${options.kimg} kimg`
    throw new Interrupted(`${at}; --resume goes on exactly where it was`, options.out)
  }
  say(`${run.kimg()} kimg, in ${options.out}`)
}

/** @throws {ConfigInvalid} when there is nothing to resume, or something that would be overwritten */
function openRun(options: TrainOptions, source: TrainingSource, say: Speaker): TrainingRun {
  const { set } = source
  if (options.resume) {
    return resumeTraining(readCheckpoint(options.out), set, (settings) => resumedSettings(settings, options))
  }
  expectNoCheckpoint(options.out)
  if (options.from === undefined) return startTraining(settingsFor(options, source), set)
  const origin = openBundle(new Uint8Array(readFileSync(bundlePath(options.from))))
  return startTraining(settingsFor(options, source, origin.description), set, origin, (weights) => {
    for (const weight of weights) say(`drawn anew: ${weight}`)
  })
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

function exportBundle(options: TrainOptions, file: string, source: TrainingSource, say: Speaker): void {
  const manifest = options.dataset ?? source.manifest
  if (!existsSync(manifest)) throw new ConfigInvalid('there is no dataset manifest; --dataset names one', manifest)
  const root = datasetRoot(parseDatasetManifest(new Uint8Array(readFileSync(manifest))))
  const name = basename(file, '.safetensors')
  const about = { name, datasetRoot: root, licence: options.licence }
  const bundle = bundleFrom(readCheckpoint(options.out), source.set, about, Number(defaultRecipe().psi))
  writeWhole(dirname(file), basename(file), writeBundle(bundle))
  say(`${file}: ${bundle.description.kimg} kimg`)
}
