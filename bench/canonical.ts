import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { discriminatorShapes, featureCount, generatorShapes } from '../gan/architecture.ts'
import { createCanonicalOps } from '../gan/engines/canonical-ops.ts'
import { createTfjsInterpreter } from '../gan/engines/tfjs-interpreter.ts'
import { useWasmBackend } from '../gan/engines/wasm-backend.ts'
import { WASM } from '../gan/engines/wasm-kernels.ts'
import { createGenerator } from '../gan/generator.ts'
import { type Bundle, type BundleDescription, createCanonicalInterpreter, createSeedRenderer } from '../gan/index.ts'
import { MersenneTwister, writeBundle } from '../gan/index.ts'
import { type Interpreter, parametersOf } from '../gan/interpreter.ts'
import { startCanonicalPool, wasmPath } from '../minter/adapters/canonical-pool.ts'
import { defaultRecipe, readModel } from '../minter/cli/model-files.ts'
import { type Convolution, convolutionsOf, gflopOf } from './convolutions.ts'

// How much of what raw conv2d of the same backend does at the same layer sizes the whole network reaches, turn by turn in
// one run; what a worker needs beyond the weights; and, with --candidates, whether time grows linearly with the number of
// candidates, and memory not.
// Run: node bench/canonical.ts
//      node bench/canonical.ts --memory
//      node bench/canonical.ts --candidates 10000

const ROUNDS = 7
const SIZES = [
  { resolution: 64, channelBase: 4096, channelMax: 128, batch: 8 },
  { resolution: 256, channelBase: 16_384, channelMax: 512, batch: 1 },
] as const
type Size = (typeof SIZES)[number]

/** What a process is asked to do once, and says how many seconds it took. */
const TASKS = ['generator', 'generatorRaw', 'scored', 'scoredRaw'] as const
type Task = (typeof TASKS)[number]

const root = resolve(import.meta.dirname, '..')
const results = join(root, 'bench/results/canonical.json')
const wasm = new Uint8Array(readFileSync(wasmPath()))
const round = (value: number, digits: number) => Number(value.toFixed(digits))
const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20)
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Weights of the right shapes and scale; a few thousand draws over and over, since speed does not depend on them. */
function drawn(shapes: ReadonlyMap<string, readonly number[]>): Bundle['generator'] {
  const random = new MersenneTwister(1)
  const draws = Float32Array.from({ length: 4099 }, () => random.nextGaussian())
  const entries = [...shapes].map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((product, length) => product * length, 1))
    for (let i = 0; i < data.length; i++) data[i] = draws[i % draws.length]!
    return [name, { shape, data }] as const
  })
  return new Map(entries)
}

function bundleOf({ resolution, channelBase, channelMax }: Size): Bundle {
  const size = { img_resolution: resolution, img_channels: 3, c_dim: 0 }
  const channels = { channel_base: channelBase, channel_max: channelMax }
  const description: BundleDescription = {
    name: 'drawn',
    G: { ...size, z_dim: 512, w_dim: 512, mapping_kwargs: { num_layers: 8 }, synthesis_kwargs: channels },
    D: { ...size, ...channels, epilogue_kwargs: { mbstd_group_size: 4, mbstd_num_channels: 1 } },
    kimg: 0,
    datasetRoot: `0x${'00'.repeat(32)}`,
    licence: 'CC0-1.0',
  }
  const features = featureCount(description.D)
  return {
    description,
    generator: drawn(generatorShapes(description.G)),
    discriminator: drawn(discriminatorShapes(description.D)),
    calibration: {
      logits: [Float32Array.of(0)],
      featureMean: new Float32Array(features),
      featureStd: new Float32Array(features).fill(1),
    },
  }
}

/** The same convolutions, with nothing around them. */
function rawConvolutions(convolutions: readonly Convolution[]): () => void {
  const made = convolutions.map(({ x, filter, strides, pad }) => ({
    x: tf.fill<tf.Rank.R4>(x, 0.5),
    filter: tf.fill<tf.Rank.R4>(filter, 0.5),
    strides,
    pad,
  }))
  return () => {
    for (const { x, filter, strides, pad } of made) tf.conv2d(x, filter, strides, pad).dispose()
  }
}

/** The operations of an engine that holds every filter, so that it convolves a layer at a time. */
const createHoldingOps = (keep: (tensor: tf.Tensor) => void) => createCanonicalOps(keep, Number.POSITIVE_INFINITY)

/** The generator alone, and with the discriminator behind it. */
async function prepare(interpreter: Interpreter, bundle: Bundle, batch: number) {
  const { G } = bundle.description
  const generator = await interpreter.compile((ops) => {
    const { map, style, synthesize } = createGenerator(ops, G, parametersOf(ops, bundle.generator))
    return ({ z }) => ({ images: synthesize(style(map(z ?? null, null), 0.8, null), 'const') })
  })
  const scorer = await createSeedRenderer(interpreter, bundle, defaultRecipe())
  const z = { shape: [batch, G.z_dim], data: new Float32Array(batch * G.z_dim).fill(1) }
  const seeds = Array.from({ length: batch }, (_, seed) => seed)
  return { generator, scorer, render: () => generator.run({ z }), score: () => scorer.render(seeds) }
}

/** The convolutions of the network, each with its whole filter. */
async function convolve(interpreter: Interpreter, bundle: Bundle, batch: number) {
  const { generator, scorer, render, score } = await prepare(interpreter, bundle, batch)
  const found = { generator: await convolutionsOf(render), scored: await convolutionsOf(score) }
  generator.dispose()
  scorer.dispose()
  return found
}

/** A process of its own: does what it is asked, and says how long it took. */
async function serve(size: Size): Promise<void> {
  const bundle = bundleOf(size)
  const holding = createTfjsInterpreter('holding', WASM, createHoldingOps, () => useWasmBackend(wasm))
  const convolutions = await convolve(holding, bundle, size.batch)
  const { render, score } = await prepare(createCanonicalInterpreter(wasm), bundle, size.batch)
  const tasks: Readonly<Record<Task, () => unknown>> = {
    generator: render,
    generatorRaw: rawConvolutions(convolutions.generator),
    scored: score,
    scoredRaw: rawConvolutions(convolutions.scored),
  }
  const answer = async (task: Task) => {
    const begin = performance.now()
    await tasks[task]()
    process.send?.((performance.now() - begin) / 1000)
  }
  process.on('message', (task: Task) => void answer(task))
  process.send?.({ generator: gflopOf(convolutions.generator), scored: gflopOf(convolutions.scored) })
}

interface Work {
  readonly generator: number
  readonly scored: number
}

async function launch(...args: readonly string[]): Promise<{ child: ChildProcess; first: unknown }> {
  const child = fork(fileURLToPath(import.meta.url), args)
  const [first]: unknown[] = await once(child, 'message')
  return { child, first }
}

/** The longest time that one of the processes takes, when all do the same at the same time. */
async function ask(children: readonly ChildProcess[], task: Task): Promise<number> {
  const seconds = await Promise.all(
    children.map(async (child) => {
      const answer = once(child, 'message')
      child.send(task)
      const [took]: unknown[] = await answer
      return Number(took)
    }),
  )
  return Math.max(...seconds)
}

/** Network and raw convolutions in turn, so that what else the machine does meets both. */
async function compare(children: readonly ChildProcess[], size: Size, work: Work): Promise<object> {
  const times: Record<Task, number[]> = { generator: [], generatorRaw: [], scored: [], scoredRaw: [] }
  for (const task of TASKS) await ask(children, task)
  for (let i = 0; i < ROUNDS; i++) for (const task of TASKS) times[task].push(await ask(children, task))
  const summary = (whole: 'generator' | 'scored', raw: 'generatorRaw' | 'scoredRaw') => {
    const gflops = children.length * work[whole]
    const [best, bestRaw] = [Math.min(...times[whole]), Math.min(...times[raw])]
    return {
      gflopPerImage: round(work[whole] / size.batch, 3),
      imagesPerSecond: round((children.length * size.batch) / best, 2),
      gflopPerSecond: round(gflops / best, 1),
      rawGflopPerSecond: round(gflops / bestRaw, 1),
      percentOfRaw: round((100 * bestRaw) / best, 1),
      medianPercentOfRaw: round(100 * median(times[raw].map((alone, i) => alone / times[whole][i]!)), 1),
    }
  }
  return {
    workers: children.length,
    rendered: summary('generator', 'generatorRaw'),
    renderedAndScored: summary('scored', 'scoredRaw'),
  }
}

async function measureSpeed(size: Size): Promise<object> {
  const workers = availableParallelism()
  const started = []
  for (let i = 0; i < workers; i++) started.push(await launch('--serve', String(size.resolution)))
  const children = started.map(({ child }) => child)
  const work = started[0]?.first as Work
  const runs = []
  for (const count of new Set([1, workers])) runs.push(await compare(children.slice(0, count), size, work))
  for (const child of children) child.kill()
  return { ...size, runs }
}

/** A file in memory that threads can share, read piece by piece. */
function readShared(path: string): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(statSync(path).size))
  const file = openSync(path, 'r')
  for (let at = 0; at < bytes.length;) at += readSync(file, bytes, at, bytes.length - at, null)
  closeSync(file)
  return bytes
}

/** A pool in a process of its own that has only read the bundle: what is resident when its workers have rendered. */
async function occupy(path: string, workers: number): Promise<void> {
  const pool = await startCanonicalPool({ bundle: readShared(path), recipe: defaultRecipe(), workers })
  for (let i = 0; i < 4; i++)
    await Promise.all(Array.from({ length: workers }, (_, k) => pool.render([2 * k, 2 * k + 1])))
  process.send?.({ rss: process.memoryUsage().rss, peak: process.resourceUsage().maxRSS * 1024 })
}

interface Occupied {
  readonly rss: number
  readonly peak: number
}

/** Writes a bundle of the larger size, in a process of its own that leaves nothing behind: the bytes of its weights. */
function draw(path: string): number {
  const bundle = bundleOf(SIZES[1])
  writeFileSync(path, writeBundle(bundle))
  const weights = [...bundle.generator.values(), ...bundle.discriminator.values()]
  return weights.reduce((sum, { data }) => sum + data.byteLength, 0)
}

async function answerOf(...args: readonly string[]): Promise<unknown> {
  const { child, first } = await launch(...args)
  child.kill()
  return first
}

async function measureMemory(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-canonical-'))
  try {
    const path = join(folder, 'drawn.safetensors')
    const weights = Number(await answerOf('--draw', path))
    const occupied: Occupied[] = []
    for (const workers of [0, 1, 2]) occupied.push((await answerOf('--occupy', path, String(workers))) as Occupied)
    return summarize(weights, occupied as [Occupied, Occupied, Occupied])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function summarize(weights: number, [none, one, two]: readonly [Occupied, Occupied, Occupied]): object {
  const perWorker = Math.max(one.rss - none.rss, two.rss - one.rss)
  return {
    definition:
      'resident memory of a process, with all of Node and of the program, once its workers have rendered; the weights lie in memory that the workers share, which is there before the first of them, so nothing is subtracted from what a worker adds',
    resolution: SIZES[1].resolution,
    weightsMebibytes: mebibytes(weights),
    residentMebibytes: { noWorker: mebibytes(none.rss), oneWorker: mebibytes(one.rss), twoWorkers: mebibytes(two.rss) },
    peakMebibytes: { noWorker: mebibytes(none.peak), oneWorker: mebibytes(one.peak), twoWorkers: mebibytes(two.peak) },
    firstWorkerAddsMebibytes: mebibytes(one.rss - none.rss),
    secondWorkerAddsMebibytes: mebibytes(two.rss - one.rss),
    processOfOneWithoutWeightsMebibytes: mebibytes(one.rss - weights),
    isBelow250: perWorker < 250 * 2 ** 20,
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Least squares, and how much of the variance it explains. */
function fitLine(points: readonly (readonly [x: number, y: number])[]): object {
  const [x, y] = [mean(points.map(([value]) => value)), mean(points.map(([, value]) => value))]
  const slope =
    points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
  const intercept = y - slope * x
  const residuals = points.map(([a, b]) => b - intercept - slope * a)
  const rest = residuals.reduce((sum, value) => sum + value ** 2, 0)
  const total = points.reduce((sum, [, b]) => sum + (b - y) ** 2, 0)
  return {
    secondsPerThousand: round(slope * 1000, 2),
    secondsAtStart: round(intercept, 2),
    rSquared: round(1 - rest / total, 6),
    largestResidualSeconds: round(Math.max(...residuals.map(Math.abs)), 2),
  }
}

async function measureCandidates(count: number): Promise<object> {
  const { bundleBytes, recipe } = readModel('looms-64')
  const workers = availableParallelism()
  const pool = await startCanonicalPool({ bundle: bundleBytes, recipe, workers })
  const chunk = 100
  const start = performance.now()
  const samples: { readonly candidates: number; readonly seconds: number; readonly rssMebibytes: number }[] = []
  for (let first = 0; first < count; first += chunk) {
    const share = Math.ceil(chunk / workers)
    const batches = Array.from({ length: workers }, (_, i) =>
      Array.from({ length: Math.min(share, chunk - i * share) }, (_seed, k) => first + i * share + k),
    )
    await Promise.all(batches.map((seeds) => pool.render(seeds)))
    samples.push({
      candidates: first + chunk,
      seconds: round((performance.now() - start) / 1000, 2),
      rssMebibytes: mebibytes(process.memoryUsage().rss),
    })
  }
  await pool.close()
  const fit = fitLine(samples.map(({ candidates, seconds }) => [candidates, seconds]))
  const resident = samples.slice(1).map(({ rssMebibytes }) => rssMebibytes)
  return {
    model: 'looms-64',
    workers,
    fit,
    residentMebibytes: { least: Math.min(...resident), most: Math.max(...resident) },
    samples: samples.filter((_, i) => i === 0 || (i + 1) % Math.max(1, Math.floor(samples.length / 20)) === 0),
  }
}

function report(part: object): void {
  const before: object = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {}
  const question =
    'how much of raw conv2d the whole network reaches, what a worker needs beyond the weights, and whether time is linear in candidates and memory flat'
  const text = `${JSON.stringify({ question, ...before, ...part }, null, 2)}\n`
  writeFileSync(results, text)
  process.stdout.write(text)
}

const [flag, argument = '', count] = process.argv.slice(2)
const served = SIZES.find(({ resolution }) => resolution === Number(argument))
if (flag === '--serve' && served !== undefined) await serve(served)
else if (flag === '--draw') process.send?.(draw(argument))
else if (flag === '--occupy') await occupy(argument, Number(count))
else if (flag === '--candidates') report({ candidates: await measureCandidates(Number(argument || 10_000)) })
else if (flag === '--memory') report({ memory: await measureMemory() })
else {
  for (const size of SIZES) report({ [`speedAt${size.resolution}`]: await measureSpeed(size) })
  report({ memory: await measureMemory() })
}
if (process.send === undefined) process.exit(0)
