import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join, resolve } from 'node:path'
import {
  generatorShapes,
  MersenneTwister,
  type GeneratorKwargs,
  type Interpreter,
  type Program,
  type Weight,
} from '../gan/index.ts'
import { createGenerator } from '../gan/generator.ts'
import { parametersOf } from '../gan/interpreter.ts'
import { openEngine } from '../minter/cli/engine-registry.ts'
import { readConfig } from '../minter/config.ts'
import { type Pytorch, startPytorch } from './peers/pytorch.ts'

// How near does the generator come to what the machine can multiply: images a second on ONNX Runtime's processor
// engine, and their share of the peak that the same runtime reaches with matrices in the same run, turn by turn.
// Beside it PyTorch with the same network, in turn with ours: the fastest of several ways to write it and of several
// batches. It is held to the official code's numbers first.
// Run: node bench/onnx.ts [A PYTHON THAT HAS TORCH]
//   python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==1.13.1 numpy==1.26.4

/** The official code at its best on two cores of another machine, and what sgemm reached there. */
const OFFICIAL = { source: 'official stylegan2-ada-pytorch, torch 1.13, batch 4, two threads', sgemmPeakGflops: 490 }

/** How the network can be written in PyTorch; see peers/stylegan2.py. */
const VARIANTS = [
  'scaled',
  'scaled last',
  'scaled separable',
  'scaled separable last',
  'grouped',
  'grouped separable',
  'scaled traced',
  'scaled separable last traced',
] as const
const BATCHES = [1, 4, 8] as const
/** Of what the official code gives. */
const TOLERANCE = 1e-4

const NETWORKS = [
  { pixels: 64, zDim: 128, mappingLayers: 2, channelBase: 4096, channelMax: 128, images: 8, rounds: 40, official: 226 },
  {
    pixels: 256,
    zDim: 512,
    mappingLayers: 8,
    channelBase: 16384,
    channelMax: 512,
    images: 2,
    rounds: 12,
    official: 8.4,
  },
] as const

const MATRICES = [512, 1024, 1536] as const

interface Work {
  readonly gflop: number
  /** Does it once, as often at the same time as keeps the engine busy. */
  readonly run: () => Promise<unknown>
  readonly end: () => void
}

const random = new MersenneTwister(1)

function noise(shape: readonly number[]): Weight {
  const length = shape.reduce((product, side) => product * side, 1)
  return { shape, data: Float32Array.from({ length }, () => random.nextGaussian()) }
}

function kwargsOf(network: (typeof NETWORKS)[number]): GeneratorKwargs {
  return {
    z_dim: network.zDim,
    c_dim: 0,
    w_dim: network.zDim,
    img_resolution: network.pixels,
    img_channels: 3,
    mapping_kwargs: { num_layers: network.mappingLayers },
    synthesis_kwargs: { channel_base: network.channelBase, channel_max: network.channelMax },
  }
}

/**
 * Two for each multiplication of the network's own matrices and convolutions, an up-sampling one counted as the
 * transposed convolution that it is; nothing for filters, noise, bias, modulation and activation.
 */
function gflopOf(kwargs: GeneratorKwargs): number {
  let products = 0
  for (const [name, shape] of generatorShapes(kwargs)) {
    if (!name.endsWith('weight')) continue
    const resolution = Number(/b(\d+)\./u.exec(name)?.[1] ?? 1)
    const isLinear = shape.length === 2
    const side = isLinear ? 1 : name.includes('conv0') ? resolution / 2 : resolution
    products += side ** 2 * shape.reduce((product, length) => product * length, 1)
  }
  return (2 * products) / 1e9
}

async function generatorWork(engine: Interpreter, network: (typeof NETWORKS)[number]): Promise<Work> {
  const kwargs = kwargsOf(network)
  const weights = new Map([...generatorShapes(kwargs)].map(([name, shape]) => [name, noise(shape)]))
  const program: Program = (ops) => {
    const G = createGenerator(ops, kwargs, parametersOf(ops, weights))
    return ({ z = null }) => ({ images: G.synthesize(G.style(G.map(z, null), 0.7, null), 'const') })
  }
  const compiled = await engine.compile(program)
  const batch = engine.batch ?? 1
  const runs = Array.from({ length: network.images }, () => ({ z: noise([batch, network.zDim]) }))
  return {
    gflop: gflopOf(kwargs) * batch * network.images,
    run: () => Promise.all(runs.map((inputs) => compiled.run(inputs))),
    end: () => compiled.dispose(),
  }
}

async function matrixWork(engine: Interpreter, side: number): Promise<Work> {
  const right = noise([side, side])
  const left = { left: noise([side, side]) }
  const compiled = await engine.compile((ops) => {
    const constant = ops.constant(right.data, right.shape)
    // One number comes out, or handing the result over would be measured too.
    return ({ left: a = constant }) => ({ sum: ops.sum(ops.matMul(a, constant), [0, 1]) })
  })
  const runs = 2 * availableParallelism()
  return {
    gflop: (runs * 2 * side ** 3) / 1e9,
    run: () => Promise.all(Array.from({ length: runs }, () => compiled.run(left))),
    end: () => compiled.dispose(),
  }
}

async function rateOf({ gflop, run }: Work): Promise<number> {
  const start = performance.now()
  await run()
  return (1000 * gflop) / (performance.now() - start)
}

/** The fastest way to write the network in PyTorch, found by trying each, and prepared. */
async function tune(pytorch: Pytorch, network: (typeof NETWORKS)[number]) {
  const rates: { readonly variant: string; readonly batch: number; readonly imagesPerSecond: number }[] = []
  for (const variant of VARIANTS) {
    for (const batch of BATCHES) {
      await pytorch.ask({ do: 'generate', network: kwargsOf(network), variant, batch })
      let least = Number.POSITIVE_INFINITY
      for (let i = 0; i < 4; i++) least = Math.min(least, await pytorch.run(true))
      rates.push({ variant, batch, imagesPerSecond: round(batch / least, 1) })
    }
  }
  const best = rates.reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a))
  await pytorch.ask({ do: 'generate', network: kwargsOf(network), variant: best.variant, batch: best.batch })
  return { best, tried: rates }
}

async function measure(
  engine: Interpreter,
  network: (typeof NETWORKS)[number],
  pytorch: Pytorch | null,
): Promise<object> {
  const matrices = await Promise.all(MATRICES.map((side) => matrixWork(engine, side)))
  const generator = await generatorWork(engine, network)
  const tuned = pytorch === null ? null : await tune(pytorch, network)
  for (const work of [...matrices, generator]) await work.run()
  let peak = 0
  const rates: number[] = []
  const theirs: number[] = []
  for (let turn = 0; turn < network.rounds; turn++) {
    for (const matrix of matrices) peak = Math.max(peak, await rateOf(matrix))
    rates.push(await rateOf(generator))
    if (pytorch !== null && tuned !== null) theirs.push(tuned.best.batch / (await pytorch.run(true)))
  }
  for (const work of [...matrices, generator]) work.end()
  const perImage = generator.gflop / network.images / (engine.batch ?? 1)
  const ours = rates.map((rate) => rate / perImage)
  const [best, peer] = [Math.max(...ours), Math.max(...theirs)]
  const ofOfficial = (network.official * perImage) / OFFICIAL.sgemmPeakGflops
  return {
    pixels: network.pixels,
    channelBase: network.channelBase,
    channelMax: network.channelMax,
    gflopPerImage: round(perImage, 3),
    imagesPerSecond: { best: round(best, 1), median: round(median(ours), 1) },
    gflopPerSecond: { best: round(best * perImage, 1), median: round(median(ours) * perImage, 1) },
    sgemmPeakGflops: round(peak, 1),
    percentOfSgemmPeak: round((100 * best * perImage) / peak, 1),
    pytorch: tuned && {
      ...tuned,
      imagesPerSecond: { best: round(peer, 1), median: round(median(theirs), 1) },
      timesAsFast: round(best / peer, 2),
      medianTimesAsFast: round(median(ours) / median(theirs), 2),
    },
    officialElsewhere: {
      imagesPerSecond: network.official,
      percentOfSgemmPeak: round(100 * ofOfficial, 1),
      timesAsFastForTheSamePeak: round((best * perImage) / peak / ofOfficial, 2),
    },
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** PyTorch, if it is here and gives what the official code gives. */
async function checkedPytorch(python: string): Promise<Pytorch | null> {
  const pytorch = await startPytorch(python)
  const folder = join(root, 'test/vectors/gan/small64')
  const differences = Object.values((await pytorch?.ask({ do: 'check', folder }))?.['largestDifference'] ?? {})
  const worst = Math.max(0, ...differences.map(Number))
  if (!(worst < TOLERANCE)) throw new Error(`PyTorch differs by ${worst} from the official code`)
  return pytorch
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

const root = resolve(import.meta.dirname, '..')
const [python = 'python3'] = process.argv.slice(2)
const pytorch = await checkedPytorch(python)
const { interpreter, detail } = await openEngine('onnx', readConfig().engines)
const results: object[] = []
for (const network of NETWORKS) results.push(await measure(interpreter, network, pytorch))
pytorch?.close()
const report = {
  question:
    'how near does the generator on ONNX Runtime come to the sgemm peak of the machine, and to PyTorch, measured in the same run',
  engine: detail,
  batch: interpreter.batch,
  processor: cpus()[0]?.model ?? '',
  cores: availableParallelism(),
  counted: 'two for each product of the networks own matrices and convolutions, up-sampling ones as transposed',
  pytorch: pytorch && { torch: pytorch.version, threads: pytorch.threads, network: 'bench/peers/stylegan2.py' },
  officialElsewhere: { ...OFFICIAL, measured: 'another day on another machine: compare for the same peak' },
  results,
}
const path = join(root, 'bench/results/onnx.json')
writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(readFileSync(path, 'utf8'))
