import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type Comparison,
  enlargePixels,
  evaluateModel,
  type Evaluation,
  type Likeness,
  type Metrics,
  type RgbImage,
  type TrainingSet,
  type WithFloor,
} from '../../gan/index.ts'
import { DRAWN_NAMES } from '../dataset/drawn.ts'
import { openTrainingSet } from '../dataset/training-set.ts'
import { sha256 } from '../domain/digest.ts'
import type { StepProgress } from '../ports.ts'
import { ENGINES, openEngine } from './engine-registry.ts'
import { applyAdapters } from './model-adapters.ts'
import { bundlePath, SHIPPED_MODEL } from './model-files.ts'
import { parseCount, parseWhole } from './options.ts'
import { writeSheet } from './picture-sheet.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface MetricsOptions {
  readonly model: string
  readonly adapter?: readonly string[]
  readonly data: string
  readonly samples: number
  readonly psi: number
  readonly seed: number
  readonly engine: string
  readonly classes: boolean
  readonly out?: string
  readonly json: boolean
}

/** What is printed as JSON. */
interface Report extends Metrics {
  readonly model: string
  /** Of the bundle; with adapters, of the one that `model merge` would write. */
  readonly bundleDigest: string
  readonly data: string
  readonly engine: string
  readonly seconds: number
  /** A sheet of the made pictures that are most like a training picture, beside it; null when none was asked for. */
  readonly neighbours: string | null
}

/** Adds `metrics`. */
export function registerMetrics(program: Command, session: Session): void {
  program
    .command('metrics')
    .description('how near a model comes to what it was trained on, and whether it repeats it')
    .option('--model <name>', 'name of a shipped model or path of a bundle', SHIPPED_MODEL)
    .option('--adapter <file...>', 'with what `train --lora` made, and a strength if not 1: weaves.safetensors:0.7')
    .option('--data <name>', `what it was trained on: ${DRAWN_NAMES.join(', ')}, or a folder`, 'looms')
    .option('--no-classes', 'the data without its labels, for an unconditional model')
    .option('--samples <n>', 'pictures that are made', parseWhole(8, 4096), 2048)
    .option('--psi <number>', 'truncation; 1 is all of what the model has learnt', parsePsiNumber, 1)
    .option('--seed <n>', 'of the first picture, and of the halving of the data', parseCount, 0)
    .addOption(
      new Option('--engine <name>', 'what to compute on').choices(ENGINES.map(({ name }) => name)).default('canonical'),
    )
    .option(
      '--out <dir>',
      'folder for metrics.json, and neighbours.png: the likest pairs of made and training pictures',
    )
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint metrics --out metrics' +
        '\n  latentmint metrics --model runs/weaves/weaves.safetensors --data build/weaves --samples 2048 --json',
    )
    .action((options: MetricsOptions) => measure(session, options))
}

function parsePsiNumber(text: string): number {
  const psi = Number(text)
  if (text !== '' && Number.isFinite(psi) && Math.abs(psi) <= 4) return psi
  throw new InvalidArgumentError('expected a decimal from -4 to 4, such as 0.7')
}

async function measure(session: Session, options: MetricsOptions): Promise<void> {
  const { model, data, samples, psi, seed, engine, out, json } = options
  const start = session.elapsed()
  const { bundle, bytes } = applyAdapters(new Uint8Array(readFileSync(bundlePath(model))), options.adapter ?? [])
  const { interpreter } = await openEngine(engine, session.config.engines)
  const reading = session.progress(json).step('pictures')
  const { set } = openTrainingSet(data, { ignoreClasses: !options.classes })
  reading.done(`${set.images.length / (3 * set.size ** 2)} real ones`)
  const show = createStages(session, json)
  const evaluation = await evaluateModel(interpreter, bundle, set, {
    samples,
    psi,
    seed,
    onProgress: show.advance,
    pause: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      session.signal.throwIfAborted()
    },
  })
  show.end()
  const { metrics } = evaluation
  const neighbours = out === undefined ? null : writeNeighbours(out, evaluation, set)
  const seconds = Number(((session.elapsed() - start) / 1000).toFixed(1))
  const report: Report = { ...metrics, model, bundleDigest: sha256(bytes), data, engine, seconds, neighbours }
  if (out !== undefined) writeWhole(out, 'metrics.json', `${JSON.stringify(report, null, 2)}\n`)
  if (json) return session.print(JSON.stringify(report))
  for (const line of tableOf(report)) session.print(line)
}

/** One step of progress after the other. */
function createStages(
  session: Session,
  silent: boolean,
): { advance: (stage: string, count: number, total: number) => void; end: () => void } {
  const progress = session.progress(silent)
  let current: { readonly stage: string; readonly total: number; readonly step: StepProgress } | null = null
  const end = (): void => current?.step.done(String(current.total))
  return {
    advance: (stage, count, total) => {
      if (current?.stage !== stage) {
        end()
        current = { stage, total, step: progress.step(stage, total) }
      }
      current.step.advance(count)
    },
    end,
  }
}

function tableOf(report: Report): readonly string[] {
  const { samples, reals, psi, classes, slicedWasserstein, pathLength, memorisation } = report
  const { copies, copiesAmongReals, medianRatio, medianRatioAmongReals, worst } = memorisation
  return [
    `${report.model}, ${samples} pictures at psi ${psi}, against ${samples} of ${reals} of ${report.data}; floor: ${samples} other real ones`,
    '',
    row('', 'value', 'floor', 'times'),
    ...comparisonRows('random features', report.random),
    ...comparisonRows('discriminator', report.discriminator),
    ...slicedWasserstein.map((one) => numberRow(`sliced Wasserstein x 1000, ${one.side} px`, one)),
    ...classes.flatMap(({ name, count, kernel, precision, recall }) => [
      numberRow(`${name} (${count}): kernel`, kernel),
      numberRow(`${name} (${count}): precision`, precision),
      numberRow(`${name} (${count}): recall`, recall),
    ]),
    row('path length in W, mean', figure(pathLength.mean)),
    row('path length in W, median', figure(pathLength.median)),
    '',
    `copies of training pictures: ${copies} of ${samples} (${copiesAmongReals} of ${memorisation.reals} real ones among the others)`,
    `nearest over second nearest: median ${medianRatio.toFixed(2)} (real ${medianRatioAmongReals.toFixed(2)}), least ${worst[0]?.ratio.toFixed(2)}`,
    ...(report.neighbours === null ? [] : [report.neighbours]),
    `${report.seconds} s on ${report.engine}`,
  ]
}

function comparisonRows(name: string, { frechet, kernel, precision, recall }: Comparison): readonly string[] {
  return [
    numberRow(`Frechet, ${name}`, frechet),
    numberRow(`kernel, ${name}`, kernel),
    numberRow(`precision, ${name}`, precision),
    numberRow(`recall, ${name}`, recall),
  ]
}

function numberRow(name: string, { value, floor }: WithFloor): string {
  return row(name, figure(value), figure(floor), floor > 0 ? (value / floor).toFixed(1) : '-')
}

function row(name: string, ...cells: readonly string[]): string {
  return `  ${name.padEnd(38)}${cells.map((cell) => cell.padStart(12)).join('')}`.trimEnd()
}

function figure(value: number): string {
  return Math.abs(value) < 0.001 && value !== 0 ? value.toExponential(2) : value.toPrecision(4)
}

/** The likest pairs: what was made on the left, the training picture on the right. */
function writeNeighbours(folder: string, { metrics, made }: Evaluation, set: TrainingSet): string {
  const { size } = set
  const { worst, copies } = metrics.memorisation
  const cells = worst.map((likeness) => ({
    picture: pairOf(likeness, made, set),
    caption: `SEED ${likeness.seed} NEAR ${likeness.training}: ${likeness.ratio.toFixed(2)}`,
  }))
  const title = `MADE LEFT, TRAINING PICTURE RIGHT. ${copies} COPIES OF ${metrics.samples}`
  const columns = size > 128 ? 2 : 4
  return writeSheet(join(folder, 'neighbours.png'), cells, { columns, title }).file
}

function pairOf({ sample, training }: Likeness, made: Uint8Array, { images, size }: TrainingSet): RgbImage {
  const rgb = new Uint8Array(2 * 3 * size * size)
  const bytes = 3 * size
  for (let y = 0; y < size; y++) {
    const at = (picture: number) => (picture * size + y) * bytes
    rgb.set(made.subarray(at(sample), at(sample) + bytes), 2 * y * bytes)
    rgb.set(images.subarray(at(training), at(training) + bytes), (2 * y + 1) * bytes)
  }
  return enlargePixels({ width: 2 * size, height: size, rgb }, size > 64 ? 1 : 2)
}
