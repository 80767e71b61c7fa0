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

// How near does the generator come to what the machine can multiply: images a second on ONNX Runtime's processor
// engine, and their share of the peak that the same runtime reaches with matrices in the same run, turn by turn.
// Run: node bench/onnx.ts

/** Official PyTorch at its best on two cores of another machine of this kind, and what sgemm reached there. */
const PYTORCH = { source: 'official stylegan2-ada-pytorch, torch 1.13, batch 4, two threads', sgemmPeakGflops: 490 }

const NETWORKS = [
  { pixels: 64, zDim: 128, mappingLayers: 2, channelBase: 4096, channelMax: 128, images: 8, rounds: 40, pytorch: 226 },
  {
    pixels: 256,
    zDim: 512,
    mappingLayers: 8,
    channelBase: 16384,
    channelMax: 512,
    images: 2,
    rounds: 12,
    pytorch: 8.4,
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

async function measure(engine: Interpreter, network: (typeof NETWORKS)[number]): Promise<object> {
  const matrices = await Promise.all(MATRICES.map((side) => matrixWork(engine, side)))
  const generator = await generatorWork(engine, network)
  for (const work of [...matrices, generator]) await work.run()
  let peak = 0
  const rates: number[] = []
  for (let turn = 0; turn < network.rounds; turn++) {
    for (const matrix of matrices) peak = Math.max(peak, await rateOf(matrix))
    rates.push(await rateOf(generator))
  }
  for (const work of [...matrices, generator]) work.end()
  const best = Math.max(...rates)
  const median = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0
  const perImage = generator.gflop / network.images / (engine.batch ?? 1)
  const ofPytorch = (network.pytorch * perImage) / PYTORCH.sgemmPeakGflops
  return {
    pixels: network.pixels,
    channelBase: network.channelBase,
    channelMax: network.channelMax,
    gflopPerImage: round(perImage, 3),
    imagesPerSecond: { best: round(best / perImage, 1), median: round(median / perImage, 1) },
    gflopPerSecond: { best: round(best, 1), median: round(median, 1) },
    sgemmPeakGflops: round(peak, 1),
    percentOfSgemmPeak: round((100 * best) / peak, 1),
    pytorch: {
      imagesPerSecond: network.pytorch,
      percentOfSgemmPeak: round(100 * ofPytorch, 1),
      timesAsFast: round(best / perImage / network.pytorch, 2),
      timesAsFastForTheSamePeak: round(best / peak / ofPytorch, 2),
    },
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

const { interpreter, detail } = await openEngine('onnx', readConfig().engines)
const results: object[] = []
for (const network of NETWORKS) results.push(await measure(interpreter, network))
const report = {
  question:
    'how near does the generator on ONNX Runtime come to the sgemm peak of the machine, measured in the same run',
  engine: detail,
  batch: interpreter.batch,
  processor: cpus()[0]?.model ?? '',
  cores: availableParallelism(),
  counted: 'two for each product of the networks own matrices and convolutions, up-sampling ones as transposed',
  pytorch: { ...PYTORCH, measured: 'another day on another machine: compare for the same peak' },
  results,
}
const path = join(resolve(import.meta.dirname, '..'), 'bench/results/onnx.json')
writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(readFileSync(path, 'utf8'))
