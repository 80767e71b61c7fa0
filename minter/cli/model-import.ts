import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  assembleModel,
  type Bundle,
  type BundleDescription,
  calibrateInSteps,
  type Checkpoint,
  type Imported,
  type Kwargs,
  mergeKwargs,
  openCheckpoint,
  trainOnWasm,
  writeBundle,
} from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { datasetRoot, parseDatasetManifest } from '../domain/dataset-manifest.ts'
import { sha256, ZERO_DIGEST } from '../domain/digest.ts'
import { ConfigInvalid, StoppedShort } from '../errors.ts'
import { plainRecipe, recipePath, writeRecipe } from './model-files.ts'
import { recordDigests } from './model-verify.ts'
import { parseCount, parsePsi } from './options.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface ImportOptions {
  readonly out?: string
  readonly name?: string
  readonly licence: string
  readonly contact?: string
  readonly network: 'G_ema' | 'G'
  readonly discriminator?: string
  readonly kwargs?: string
  readonly convClamp?: number | 'none'
  readonly dataset?: string
  readonly kimg?: number
  readonly psi: string
  readonly samples?: number
  readonly force: boolean
  readonly json: boolean
}

/** Draws the samples that the discriminator is calibrated on. */
const CALIBRATION_SEED = 1
const MOST_SAMPLES = 1024
const FEWEST_SAMPLES = 64

/** Adds `model import`. */
export function registerImport(model: Command, session: Session): void {
  model
    .command('import')
    .argument('<file>', 'network-snapshot .pkl, .pt or .pth of state_dicts, or .safetensors with official names')
    .description('make a bundle of a stylegan2-ada-pytorch checkpoint, executing nothing from it')
    .requiredOption('--licence <spdx>', 'of the weights; a checkpoint does not say, and a bundle must')
    .option('--out <bundle>', "the .safetensors to write (the file's name in this folder)")
    .option('--name <name>', 'of the model (the name of the bundle)')
    .option('--contact <text>', 'of whoever answers for the model')
    .addOption(new Option('--network <name>', 'the generator to take').choices(['G_ema', 'G']).default('G_ema'))
    .option('--discriminator <file>', 'another file, when the discriminator is not in this one')
    .option('--kwargs <json>', 'constructor arguments: an official training_options.json, or {"G": {...}, "D": {...}}')
    .option('--conv-clamp <n|none>', 'for tensors alone, which do not tell it', parseClamp)
    .option('--dataset <manifest>', 'of the training set, when it is known')
    .option('--kimg <n>', "thousands of images that it was trained on (from the snapshot's name)", parseCount)
    .option('--psi <number>', 'truncation of the recipe', parsePsi, '1')
    .option('--samples <n>', `own pictures to calibrate the discriminator on (64 to 1024 by size)`, parseSamples)
    .option('--force', 'replace files that are there', false)
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint model import network-snapshot-025000.pkl --licence CC-BY-4.0' +
        '\n  latentmint model import weights.pt --licence MIT --kwargs training_options.json' +
        '\n  latentmint model import G.safetensors --discriminator D.safetensors --conv-clamp none --licence CC0-1.0',
    )
    .action(async (file: string, options: ImportOptions) => importModel(session, file, options))
}

function parseClamp(text: string): number | 'none' {
  if (text === 'none') return text
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('expected a number above 0, or none')
  return value
}

function parseSamples(text: string): number {
  const value = parseCount(text)
  if (value < 1) throw new InvalidArgumentError('expected at least 1')
  return value
}

async function importModel(session: Session, file: string, options: ImportOptions): Promise<void> {
  const out = options.out ?? `${basename(file).replace(/\.[^.]+$/u, '')}.safetensors`
  if (!out.endsWith('.safetensors')) throw new ConfigInvalid('a bundle ends in .safetensors', out)
  const recipeFile = recipePath(out)
  const taken = [out, recipeFile].find((path) => existsSync(path))
  if (taken !== undefined && !options.force) throw new ConfigInvalid('it is there already; --force replaces it', taken)

  const reading = session.progress(options.json).step('read')
  const source = openFile(file)
  const other = options.discriminator === undefined ? undefined : openFile(options.discriminator)
  const imported = assembleModel({
    checkpoint: source.checkpoint,
    ...(other === undefined ? {} : { discriminator: other.checkpoint }),
    network: options.network,
    kwargs: kwargsFrom(options),
    about: aboutOf(out, source, other, options),
  })
  reading.done(`${source.checkpoint.form}, ${imported.generator.size + imported.discriminator.size} tensors`)

  const bundle = await calibrated(session, imported, options)
  const bytes = writeBundle(bundle)
  const recipe = plainRecipe(bundle.description.G.img_resolution, options.psi)
  writeWhole(dirname(out), basename(out), bytes)
  writeRecipe(out, recipe)
  recordDigests(out, bytes)
  report(session, { out, recipeFile, bytes, bundle, imported }, options.json)
}

interface Opened {
  readonly file: string
  readonly digest: string
  readonly checkpoint: Checkpoint
}

function openFile(file: string): Opened {
  if (!existsSync(file)) throw new ConfigInvalid('there is no such file', file)
  const bytes = new Uint8Array(readFileSync(file))
  return { file: basename(file), digest: sha256(bytes), checkpoint: openCheckpoint(bytes) }
}

function kwargsFrom({ kwargs, convClamp }: ImportOptions): { G?: Kwargs; D?: Kwargs } {
  const given = kwargs === undefined ? {} : readKwargs(kwargs)
  if (convClamp === undefined) return given
  const conv_clamp = convClamp === 'none' ? null : convClamp
  return {
    G: mergeKwargs(given.G ?? {}, { synthesis_kwargs: { conv_clamp } }),
    D: mergeKwargs(given.D ?? {}, { conv_clamp }),
  }
}

/** `G_kwargs` and `D_kwargs` are what official training writes beside its snapshots. */
function readKwargs(file: string): { G?: Kwargs; D?: Kwargs } {
  if (!existsSync(file)) throw new ConfigInvalid('there is no such file', file)
  let json: Readonly<Record<string, unknown>>
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ConfigInvalid('it is not JSON', file, cause)
  }
  const G = withoutClass(json['G_kwargs'] ?? json['G'])
  const D = withoutClass(json['D_kwargs'] ?? json['D'])
  if (G === undefined && D === undefined)
    throw new ConfigInvalid('it has neither G nor D, nor G_kwargs nor D_kwargs', file)
  return { ...(G === undefined ? {} : { G }), ...(D === undefined ? {} : { D }) }
}

function withoutClass(kwargs: unknown): Kwargs | undefined {
  if (typeof kwargs !== 'object' || kwargs === null) return undefined
  return Object.fromEntries(Object.entries(kwargs).filter(([name]) => name !== 'class_name'))
}

function aboutOf(
  out: string,
  source: Opened,
  other: Opened | undefined,
  options: ImportOptions,
): Omit<BundleDescription, 'G' | 'D'> {
  const { dataset, kimg, licence, contact, network } = options
  const named = /(?:^|-)snapshot-(\d{6})/u.exec(source.file)?.[1]
  const unknown = [...(dataset === undefined ? ['dataset'] : []), ...((kimg ?? named) === undefined ? ['kimg'] : [])]
  return {
    name: options.name ?? basename(out, '.safetensors'),
    kimg: kimg ?? Number(named ?? 0),
    datasetRoot: dataset === undefined ? ZERO_DIGEST : rootOf(dataset),
    licence,
    ...(contact === undefined ? {} : { contact }),
    imported: {
      file: source.file,
      digest: source.digest,
      form: source.checkpoint.form,
      network,
      ...(other === undefined ? {} : { discriminator: { file: other.file, digest: other.digest } }),
      unknown,
    },
  }
}

function rootOf(manifest: string): string {
  if (!existsSync(manifest)) throw new ConfigInvalid('there is no such file', manifest)
  return datasetRoot(parseDatasetManifest(new Uint8Array(readFileSync(manifest))))
}

/**
 * The discriminator's answers have no scale of their own, and the training set is not at hand: the scale is taken from
 * the model's own pictures, and the description says so.
 */
async function calibrated(session: Session, imported: Imported, options: ImportOptions): Promise<Bundle> {
  const { description, generator, discriminator, assumed } = imported
  const side = description.G.img_resolution
  const fewer = Math.round((MOST_SAMPLES * 64 * 64) / (side * side))
  const samples = options.samples ?? Math.min(MOST_SAMPLES, Math.max(FEWEST_SAMPLES, fewer))
  await trainOnWasm(new Uint8Array(readFileSync(wasmPath())))
  const step = session.progress(options.json).step('calibrate', samples)
  const steps = calibrateInSteps({
    generator: description.G,
    discriminator: description.D,
    weights: { generator, discriminator },
    images: new Uint8Array(0),
    labels: null,
    fakes: samples,
    reals: 0,
    psi: Number(options.psi),
    seed: CALIBRATION_SEED,
  })
  for (;;) {
    const next = steps.next()
    if (next.done === true) {
      step.done(`${samples} of its own pictures`)
      const calibration = { images: 'its own', samples, seed: CALIBRATION_SEED, psi: options.psi }
      const about = { ...description.imported, assumed, calibration }
      return { description: { ...description, imported: about }, generator, discriminator, calibration: next.value }
    }
    step.advance(next.value)
    // Gives Ctrl-C its turn; nothing has been written yet.
    await new Promise((resolve) => setImmediate(resolve))
    if (session.signal.aborted) throw new StoppedShort('stopped before the bundle was written', 'calibrate')
  }
}

interface Written {
  readonly out: string
  readonly recipeFile: string
  readonly bytes: Uint8Array
  readonly bundle: Bundle
  readonly imported: Imported
}

function report(session: Session, { out, recipeFile, bytes, bundle, imported }: Written, json: boolean): void {
  const { G, D, licence, imported: origin } = bundle.description
  const facts = { bundle: out, recipe: recipeFile, digest: sha256(bytes), bytes: bytes.length, licence }
  const { assumed, dropped } = imported
  if (json) return session.print(JSON.stringify({ ...facts, G, D, imported: origin, dropped }))
  for (const [key, value] of Object.entries(facts)) session.print(`${key.padEnd(10)}${String(value)}`)
  if (assumed.length > 0) session.print(`assumed   ${assumed.join(', ')}`)
  if (dropped.length > 0) session.print(`left out  ${dropped.join(', ')}`)
  session.print(`try       latentmint render --model ${out} --seeds 0-15 --grid grid.png`)
}
