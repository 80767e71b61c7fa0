import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import {
  ADAPTIVE_AUGMENTATION,
  PATH_LENGTH,
  SMALL_TRAINING,
  startTraining,
  type TrainingSet,
  type TrainingSettings,
} from '../gan/index.ts'
import { startTrainingCrew } from '../minter/cli/train-crew.ts'
import { startTrainingEngine, TRAINING_ENGINES, type TrainingEngine } from '../minter/cli/train-engine.ts'
import { readConfig } from '../minter/config.ts'
import { EngineAbsent } from '../minter/errors.ts'
import { startPytorch } from './peers/pytorch.ts'

// Seconds per thousand images of training, on each engine, in turn with PyTorch that trains the same networks, and what
// each engine reaches with one large product of matrices, by which machines can be compared. All phases are in it: path
// lengths every 4th iteration, R1 every 16th. What augmentation adds to it, and what dividing each batch among as many
// threads as there are cores gains, is measured in the same run.
// Run: node bench/training.ts [FOLDER OF INSTALLED ENGINES] [A PYTHON THAT HAS TORCH] [ENGINE...]
// With glibc, set MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 for the engine tensorflow.

/** R1 is in one of them, path lengths are in four. */
const CYCLE = 16
const BATCH = 16
/** How often each is measured; a cycle of canonical takes minutes. */
const TURNS: Readonly<Record<TrainingEngine, number>> = { canonical: 1, tensorflow: 3, webgpu: 3 }
const PRODUCT = 1024
const WORKERS = availableParallelism()
/** On two cores of another machine. */
const OFFICIAL = { source: 'official stylegan2-ada-pytorch, torch 1.13, two threads, batch 16', sgemmPeakGflops: 490 }

const [folder = readConfig({}).engines, python = 'python3', ...asked] = process.argv.slice(2)
const pytorch = await startPytorch(python)
const engines = TRAINING_ENGINES.filter((engine) => asked.length === 0 || asked.includes(engine))

interface Size {
  readonly resolution: number
  readonly channelBase: number
  /** Of the official code on another machine. */
  readonly secondsPerKimg: number
  readonly gflopPerImage: number
}

const SIZES: readonly Size[] = [
  { resolution: 32, channelBase: 1024, secondsPerKimg: 6.4, gflopPerImage: 0.79 },
  { resolution: 64, channelBase: 2048, secondsPerKimg: 21.6, gflopPerImage: 3.2 },
]

const round = (value: number, digits: number) => Number(value.toFixed(digits))

function settingsOf({ resolution, channelBase }: Size, isAugmented: boolean): TrainingSettings {
  const { generator, discriminator } = SMALL_TRAINING
  const channels = { channel_base: channelBase, channel_max: 64 }
  return {
    ...SMALL_TRAINING,
    generator: {
      ...generator,
      img_resolution: resolution,
      synthesis_kwargs: { ...generator.synthesis_kwargs, ...channels },
    },
    discriminator: { ...discriminator, ...channels, img_resolution: resolution },
    batch: BATCH,
    pathLength: PATH_LENGTH,
    styleMixing: 0.9,
    furthestShift: 0,
    augment: isAugmented ? { ...ADAPTIVE_AUGMENTATION, p: 0.5, adaptation: null } : null,
  }
}

/** Seconds of one cycle, after one iteration that does not count; all phases are in that as well. */
async function secondsOfCycle(engine: TrainingEngine, size: Size, isAugmented: boolean, workers = 1): Promise<number> {
  const { resolution } = size
  const images = Uint8Array.from({ length: 64 * resolution ** 2 * 3 }, (_, k) => (k * 2654435761) >>> 24)
  const set: TrainingSet = { images, labels: null, classes: [], size: resolution }
  const run = startTraining({ ...settingsOf(size, isAugmented), workers }, set, {
    muster: (settings) => startTrainingCrew({ engine, engines: folder, settings, set }),
  })
  await run.step(true)
  const start = performance.now()
  for (let i = 1; i <= CYCLE; i++) await run.step(i === CYCLE)
  const seconds = (performance.now() - start) / 1000
  run.dispose()
  return seconds
}

/** The best of several large products, in thousand million operations per second. */
async function productPeak(): Promise<number> {
  const [a, b] = [tf.randomNormal([PRODUCT, PRODUCT]), tf.randomNormal([PRODUCT, PRODUCT])]
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 12; i++) {
    const start = performance.now()
    const sum = tf.tidy(() => tf.sum(tf.matMul(a, b)))
    await sum.data()
    sum.dispose()
    best = Math.min(best, performance.now() - start)
  }
  tf.dispose([a, b])
  return (2 * PRODUCT ** 3) / 1e6 / best
}

/** Seconds of one cycle in PyTorch, after one that does not count. */
async function secondsOfPytorch({ resolution, channelBase }: Size): Promise<number | null> {
  if (pytorch === null) return null
  await pytorch.ask({ do: 'train', resolution, channelBase, channelMax: 64, batch: BATCH })
  await pytorch.run(false)
  return pytorch.run(false)
}

async function measure(engine: TrainingEngine, size: Size) {
  let [peer, plain] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  // In turn, and the best of each, since others may use the machine meanwhile.
  for (let turn = 0; turn < TURNS[engine]; turn++) {
    peer = Math.min(peer, (await secondsOfPytorch(size)) ?? Number.POSITIVE_INFINITY)
    plain = Math.min(plain, await secondsOfCycle(engine, size, false))
  }
  const augmented = await secondsOfCycle(engine, size, true)
  const shared = engine === 'webgpu' ? null : await secondsOfCycle(engine, size, false, WORKERS)
  const kimg = (CYCLE * BATCH) / 1000
  return {
    resolution: size.resolution,
    channelBase: size.channelBase,
    channelMax: 64,
    batch: BATCH,
    secondsPerKimg: round(plain / kimg, 1),
    secondsPerKimgAugmented: round(augmented / kimg, 1),
    workers: WORKERS,
    secondsPerKimgShared: shared === null ? null : round(shared / kimg, 1),
    pytorchSecondsPerKimg: pytorch === null ? null : round(peer / kimg, 1),
    overPytorch: pytorch === null ? null : round(plain / peer, 2),
    gflopPerSecond: round(size.gflopPerImage / (plain / CYCLE / BATCH), 1),
    officialElsewhereSecondsPerKimg: size.secondsPerKimg,
  }
}

async function measureEngine(engine: TrainingEngine) {
  let detail: string
  try {
    detail = await startTrainingEngine(engine, folder)
  } catch (error) {
    if (!(error instanceof EngineAbsent)) throw error
    return { engine, absence: error.message.replaceAll(folder, 'the folder of engines') }
  }
  const before = await productPeak()
  const sizes = []
  for (const size of SIZES) sizes.push(await measure(engine, size))
  // Before and after, since others may use the machine meanwhile.
  return { engine, detail, sgemmPeakGflops: round(Math.max(before, await productPeak()), 0), sizes }
}

const measured = []
for (const engine of engines) {
  const one = await measureEngine(engine)
  measured.push(one)
  process.stdout.write(`${JSON.stringify(one, null, 2)}\n`)
}
pytorch?.close()
const result = {
  question: 'how long do a thousand images of training take',
  cores: availableParallelism(),
  pytorch: pytorch && { torch: pytorch.version, threads: pytorch.threads, networks: 'bench/peers/stylegan2.py' },
  officialElsewhere: OFFICIAL,
  engines: measured,
}
const file = join(resolve(import.meta.dirname, '..'), 'bench/results/training.json')
writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
