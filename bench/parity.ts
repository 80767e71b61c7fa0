import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { float64Of, MersenneTwister, type NamedTensor, readSafetensors } from '../gan/index.ts'
import { ENGINES } from '../minter/cli/engine-registry.ts'
import { startTrainingEngine, TRAINING_ENGINES, type TrainingEngine } from '../minter/cli/train-engine.ts'
import { readConfig } from '../minter/config.ts'
import type { EngineSource } from '../minter/engine-source.ts'
import { EngineAbsent } from '../minter/errors.ts'
import { measure, type Measurement, type Quantity, type Tolerance, TOLERANCES } from '../test/gan/parity/measure.ts'
import { NETWORK_SETS, networkExperiments } from '../test/gan/parity/network-experiments.ts'
import { opExperiments } from '../test/gan/parity/op-experiments.ts'
import type { TrainingRow } from '../test/gan/parity/training-row.ts'
import { trainingRows } from '../test/gan/parity/training-vectors.ts'

// How far each engine on this machine is from the official networks, and from their training; writes docs/parity.md as well.
// Run: node bench/parity.ts [FOLDER OF INSTALLED ENGINES] [--training] [--only=ENGINE,ENGINE]
// --training measures the training alone, and --only these engines alone, say where there is a graphics processor; the rest is
// taken from the results that are there. --only= measures nothing, and writes the page again.

interface Outcome {
  readonly engine: string
  readonly isPresent: boolean
  /** What it is, or why it is not here. */
  readonly detail: string
  readonly measured: readonly Measurement[]
}

/** The same of training. */
interface TrainingOutcome {
  readonly engine: string
  /** Why it was not measured; null where it was. */
  readonly absence: string | null
  readonly rows: readonly TrainingRow[]
}

interface Result {
  readonly question: string
  readonly tolerances: typeof TOLERANCES
  readonly random: ReturnType<typeof randomness>
  readonly outcomes: readonly Outcome[]
  readonly training: readonly TrainingOutcome[]
}

const QUANTITIES: Readonly<Record<Exclude<Quantity, 'op'>, string>> = {
  ws: 'styles',
  image: 'images',
  activation: 'activations of blocks',
  logit: 'logits',
  byte: 'images as bytes',
}

const root = resolve(import.meta.dirname, '..')
const isTrainingAlone = process.argv.includes('--training')
const only = process.argv
  .find((argument) => argument.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',')
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? readConfig({}).engines
const resultFile = join(root, 'bench/results/parity.json')
const before: Result | null = existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, 'utf8')) : null

function isLeft(engine: string): boolean {
  return only !== undefined && !only.includes(engine)
}

/** ONNX Runtime does not say what its WebGPU computes on; where a driver was chosen by hand, that is it. */
function withDriver(engine: string, detail: string): string {
  // oxlint-disable-next-line node/no-process-env -- what the Vulkan loader reads
  const driver = process.env['VK_ICD_FILENAMES']
  return engine === 'onnx-webgpu' && driver !== undefined ? `${detail}, by ${basename(driver, '_icd.json')}` : detail
}

async function outcomeOf(source: EngineSource): Promise<Outcome> {
  try {
    const { interpreter, detail } = await source.open(folder)
    const measured: Measurement[] = []
    for (const experiment of [...NETWORK_SETS.flatMap((set) => networkExperiments(set)), ...opExperiments()]) {
      measured.push(...(await measure(interpreter, experiment)))
    }
    return { engine: source.name, isPresent: true, detail: withDriver(source.name, detail), measured }
  } catch (error) {
    if (!(error instanceof EngineAbsent)) throw error
    return {
      engine: source.name,
      isPresent: false,
      detail: error.message.replaceAll(folder, 'the folder of engines'),
      measured: [],
    }
  }
}

async function trainingOutcomeOf(engine: TrainingEngine): Promise<TrainingOutcome> {
  try {
    await startTrainingEngine(engine, folder)
    return { engine, absence: null, rows: await trainingRows() }
  } catch (error) {
    if (!(error instanceof EngineAbsent)) throw error
    return { engine, absence: error.message.replaceAll(folder, 'the folder of engines'), rows: [] }
  }
}

/** How far the normals are from NumPy's, relative to them; latents are drawn in float64, the same for all engines. */
function randomness(): { readonly normals: number; readonly maxRelative: number } {
  const { tensors } = readSafetensors(readFileSync(join(root, 'test/vectors/rng/numpy_randomstate.safetensors')))
  const seeded = [...tensors.values()].filter(({ name }) => name.startsWith('randn.seed'))
  const errors = seeded.flatMap((tensor) => relativeErrors(tensor, Number(tensor.name.slice('randn.seed'.length))))
  return { normals: errors.length, maxRelative: Math.max(...errors) }
}

function relativeErrors(tensor: NamedTensor, seed: number): readonly number[] {
  const random = new MersenneTwister(seed)
  return [...float64Of(tensor)].map((value) => Math.abs((random.nextGaussian() - value) / value))
}

/** One row of the table: all vectors of a set and a kind. */
function kindOf({ set, name, quantity }: Measurement): string {
  const what = quantity === 'op' ? `\`${name.split(' ')[0]}\`` : QUANTITIES[quantity]
  return `\`${set}\` | ${what}`
}

function page({ outcomes, random: { normals, maxRelative }, training }: Result): string {
  const present = outcomes.filter(({ isPresent }) => isPresent)
  const kinds = [...new Set(present.flatMap(({ measured }) => measured.map(kindOf)))]
  return [
    '# Parity with the official networks',
    '',
    '<!-- Written by bench/parity.ts. -->',
    '',
    'How far each engine is from what the official StyleGAN2-ADA code computed in float32 on a CPU, for random weights of our',
    'own. The network is written once, and an engine interprets its operations, so one list of vectors serves all of them:',
    '`test/vectors/gan` holds it, says what each set is, and where the tolerances come from. The official code is itself up to',
    '3.6e-6 in an image and 2.0e-6 in a logit away from what it computes in float64.',
    '',
    'Each cell is the largest absolute difference of all vectors of a kind, then their largest relative root mean square',
    '(for bytes, the share of the values that differ at all). The tests hold every engine that is present to the tolerances;',
    '`bench/results/parity.json` has each vector by its name; `node bench/parity.ts` measures again.',
    '',
    ...present.map(({ engine, detail, measured }) => `- **${engine}** (${detail}): ${verdict(measured)}`),
    ...outcomes
      .filter(({ isPresent }) => !isPresent)
      .map(({ engine, detail }) => `- **${engine}**: not measured; ${detail}`),
    '',
    `| vectors | what | how many | tolerance | ${present.map(({ engine }) => engine).join(' | ')} |`,
    `| --- | --- | --- | --- | ${present.map(() => '---').join(' | ')} |`,
    ...kinds.map((kind) => tableRow(kind, present)),
    '',
    `Seeds become latents in the same code for all engines, before any of them: of ${normals} normals of NumPy's`,
    `\`RandomState\`, twelve seeds, the furthest is off by ${short(maxRelative)} of its value, in float64.`,
    '',
    ...trainingSection(training),
  ].join('\n')
}

function trainingSection(training: readonly TrainingOutcome[]): readonly string[] {
  const present = training.filter(({ absence }) => absence === null)
  const [first] = present
  return [
    '## Training',
    '',
    'The gradients of the four phases (the generator, its path lengths, the discriminator, R1) for every weight whose official',
    'gradient is known, the 17 iterations of the official loop, and the official augmentation pipeline: each alteration alone',
    'and in the groups `bg`, `bgc` and `bgcf` at three percentiles, and the gradients by the picture. Each cell is the relative',
    'root mean square of the tensor that is furthest off; for the losses of the loop, the largest absolute difference.',
    '',
    ...training.map(({ engine, absence, rows }) =>
      absence === null ? `- **${engine}**: ${trainingVerdict(rows)}` : `- **${engine}**: not measured; ${absence}`,
    ),
    '',
    `| vectors | what | tensors | tolerance | ${present.map(({ engine }) => engine).join(' | ')} |`,
    `| --- | --- | --- | --- | ${present.map(() => '---').join(' | ')} |`,
    ...(first?.rows ?? []).map(({ set, phase, tensors, tolerance }, i) => {
      const cells = present.map(({ rows }) => trainingCell(rows[i]))
      return `| ${[`\`${set}\``, phase, tensors, short(tolerance), ...cells].join(' | ')} |`
    }),
  ]
}

function trainingVerdict(rows: readonly TrainingRow[]): string {
  const tensors = rows.reduce((sum, row) => sum + row.tensors, 0)
  const beyond = rows.filter(({ isWithin }) => !isWithin)
  return beyond.length === 0
    ? `all ${tensors} tensors within their tolerances`
    : `**beyond the tolerance: ${beyond.map(({ set, phase, worstTensor }) => `${set} ${phase}, ${worstTensor}`).join('; ')}**`
}

function trainingCell(row: TrainingRow | undefined): string {
  if (row === undefined) return ''
  return row.isWithin ? short(row.worst) : `**${short(row.worst)}**`
}

function tableRow(kind: string, present: readonly Outcome[]): string {
  const groups = present.map(({ measured }) => measured.filter((one) => kindOf(one) === kind))
  const [first = []] = groups
  const tolerance = first[0] === undefined ? '' : allowed(TOLERANCES[first[0].quantity])
  return `| ${[kind, first.length, tolerance, ...groups.map(cell)].join(' | ')} |`
}

function cell(group: readonly Measurement[]): string {
  const most = (key: keyof Tolerance) => Math.max(...group.map((one) => one[key]))
  const text =
    group[0]?.quantity === 'byte'
      ? `${most('maxAbs')}, ${(100 * most('share')).toFixed(3)} %`
      : `${short(most('maxAbs'))}, ${short(most('relRms'))}`
  return group.every(({ isWithin }) => isWithin) ? text : `**${text}**`
}

function verdict(measured: readonly Measurement[]): string {
  const beyond = measured.filter(({ isWithin }) => !isWithin).length
  return beyond === 0
    ? `all ${measured.length} vectors within their tolerances`
    : `**${beyond} of ${measured.length} vectors beyond their tolerances**`
}

function allowed(tolerance: Tolerance): string {
  if (tolerance.share !== undefined) return `${tolerance.maxAbs} of 255, ${100 * tolerance.share} %`
  return `${tolerance.maxAbs === undefined ? 'any' : short(tolerance.maxAbs)}, ${
    tolerance.relRms === undefined ? 'any' : short(tolerance.relRms)
  }`
}

function short(value: number): string {
  return value === 0 ? '0' : value.toExponential(1)
}

async function measureNetworks(): Promise<Pick<Result, 'random' | 'outcomes'>> {
  if (isTrainingAlone && before !== null) return before
  const outcomes: Outcome[] = []
  for (const source of ENGINES) {
    const known = before?.outcomes.find(({ engine }) => engine === source.name)
    outcomes.push(isLeft(source.name) && known !== undefined ? known : await outcomeOf(source))
  }
  return { random: randomness(), outcomes }
}

async function measureTraining(): Promise<Result['training']> {
  const training: TrainingOutcome[] = []
  for (const name of TRAINING_ENGINES) {
    const known = before?.training.find(({ engine }) => engine === name)
    training.push(isLeft(name) && known !== undefined ? known : await trainingOutcomeOf(name))
  }
  return training
}

const { random, outcomes } = await measureNetworks()
const training = await measureTraining()

const result: Result = {
  question: 'how far is each engine from the official networks',
  tolerances: TOLERANCES,
  random,
  outcomes,
  training,
}
writeFileSync(resultFile, `${JSON.stringify(result, null, 2)}\n`)
const path = join(root, 'docs/parity.md')
writeFileSync(path, await format(page(result), { ...(await resolveConfig(path)), filepath: path }))

for (const { engine, isPresent, detail, measured } of outcomes) {
  process.stdout.write(`${engine}: ${isPresent ? verdict(measured) : detail}\n`)
  for (const one of measured.filter(({ isWithin }) => !isWithin)) {
    process.stdout.write(`  ${one.set} ${one.name}: ${short(one.maxAbs)}, ${short(one.relRms)}\n`)
    process.exitCode = 1
  }
}
for (const { engine, absence, rows } of training) {
  process.stdout.write(`training on ${engine}: ${absence ?? trainingVerdict(rows)}\n`)
  if (rows.some(({ isWithin }) => !isWithin)) process.exitCode = 1
}
