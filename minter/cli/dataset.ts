import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { buildDrawnDataset, drawnPng, seedOfPath } from '../dataset/build.ts'
import { DRAWN_DATASETS, DRAWN_NAMES, drawnDatasetOf } from '../dataset/drawn.ts'
import { compareTrainingSet, PREPARATION } from '../dataset/picture-dataset.ts'
import { openPictures } from '../dataset/picture-source.ts'
import { USUAL_LICENCES } from '../dataset/terms.ts'
import { readTrainingSet, TRAINING_FILE } from '../dataset/training-file.ts'
import { type DatasetDifference, type DatasetSource, verifyDataset } from '../dataset/verify.ts'
import {
  type DatasetManifest,
  datasetManifestJson,
  datasetRoot,
  datasetSharesRoot,
  parseDatasetManifest,
} from '../domain/dataset-manifest.ts'
import type { Hex } from '../domain/digest.ts'
import { ConfigInvalid, ContentAltered } from '../errors.ts'
import { type BuildOptions, buildFromPictures } from './dataset-build.ts'
import { registerProve } from './dataset-prove.ts'
import { parseSalt, parseWhole } from './options.ts'
import { type Voice, voiceOf } from './voice.ts'

const MANIFEST_FILE = 'manifest.json'
const MOST_LISTED = 20

/** Adds the commands of `dataset`. */
export function registerDataset(program: Command, signal?: AbortSignal): void {
  const dataset = program.command('dataset').description('pictures that models are trained on, and whose they are')
  registerBuild(dataset, program, signal)
  dataset
    .command('verify')
    .description('compare a dataset with its manifest: a folder by re-hashing, a manifest alone by drawing again')
    .argument('<path>', 'folder with a manifest.json, or a manifest')
    .option(
      '--pictures <path>',
      'of a dataset that was built of pictures: the folder, zip or CSV file that it was built of',
    )
    .option('--root <hex>', 'that it must have, such as the one on the chain', parseSalt)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint dataset verify build/looms-64\n  latentmint dataset verify models/looms-64.dataset.json' +
        '\n  latentmint dataset verify build/weaves --pictures photographs',
    )
    .action(async (path: string, options: VerifyOptions) => verifyAt(path, options, voiceOf(program)))
  registerProve(dataset, program)
}

function registerBuild(dataset: Command, program: Command, signal?: AbortSignal): void {
  dataset
    .command('build')
    .description('make a training set and its manifest of your pictures; without any, draw one of our own')
    .argument('[pictures]', 'a folder, a zip archive, or a CSV file that lists pictures beside it')
    .requiredOption('--out <dir>', 'folder for the training set, manifest.json and report.json')
    .option('--licence <spdx>', 'of pictures for which neither a CSV file nor a dataset.yaml names one')
    .option('--source <text>', 'where they come from, likewise')
    .option('--contributor <who>', "whose they are, likewise: 'Ada Weaver 0x90f7…'")
    .option('--size <pixels>', 'side of what the network is shown: 32 to 1024, a power of two', parseSize, 64)
    .addOption(
      new Option('--fit <how>', 'cover cuts a square from the middle, contain keeps all on white')
        .choices(['cover', 'contain'])
        .default('cover'),
    )
    .option('--classes', 'the first folder on the path is the class', false)
    .option('--licences <list>', `SPDX identifiers to take instead of ${USUAL_LICENCES.join(', ')}`, parseList)
    .option('--smallest <pixels>', 'that the shorter side must have (as --size)', parseWhole(1, 100_000))
    .option('--similar <bits>', 'leave out what differs from another in at most so many of 256', parseWhole(0, 63), 16)
    .option('--name <name>', 'of the dataset (the name of what was given)')
    .addOption(
      new Option('--drawn <name>', 'without pictures: ikat alone, looms, which are five cloths, or tartan')
        .choices(DRAWN_NAMES)
        .default('ikat'),
    )
    .option('--count <n>', 'without pictures: only the first so many images', parseCount)
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      "\nExamples:\n  latentmint dataset build photographs --out build/weaves --licence CC0-1.0 --source 'own camera'" +
        " --contributor 'Ada Weaver 0x90f79bf6eb2c4f870365e785982e1f101e93b906'" +
        '\n  latentmint dataset build photographs.csv --out build/weaves' +
        '\n  latentmint dataset build --drawn looms --out build/looms-64',
    )
    .action(async (pictures: string | undefined, options: BuildOptions & DrawOptions) => {
      const voice = voiceOf(program, options.json)
      if (pictures === undefined) await buildInto(expectNoTerms(options), voice)
      else await buildFromPictures(pictures, options, voice, signal)
    })
}

/** @throws {ConfigInvalid} when something is said about pictures, and there are none */
function expectNoTerms<Options extends BuildOptions>(options: Options): Options {
  const { licence, source, contributor, licences, smallest, name } = options
  const terms = Object.entries({ licence, source, contributor, licences, smallest, name })
  const [said] = terms.find(([, value]) => value !== undefined) ?? []
  if (said !== undefined) throw new ConfigInvalid('it is about pictures, and none were given', `--${said}`)
  return options
}

function parseSize(text: string): number {
  const size = Number(text)
  if ([32, 64, 128, 256, 512, 1024].includes(size)) return size
  throw new InvalidArgumentError('Expected 32, 64, 128, 256, 512 or 1024.')
}

function parseList(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim())
}

interface DrawOptions {
  readonly out: string
  readonly drawn: keyof typeof DRAWN_DATASETS
  readonly count?: number
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new InvalidArgumentError('Expected a whole number from 1.')
}

/** @throws {ConfigInvalid} when more images are asked for than there are */
async function buildInto(
  { out: folder, drawn, count: wanted }: DrawOptions,
  { print, progress }: Voice,
): Promise<void> {
  const dataset = DRAWN_DATASETS[drawn]
  const count = wanted ?? dataset.count
  if (count > dataset.count) throw new ConfigInvalid(`${dataset.name} has ${dataset.count} images`, '--count')
  const step = progress.step('dataset', count)
  const manifest = await buildDrawnDataset(
    dataset,
    {
      write: async (path, png) => {
        const file = join(folder, path)
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, png)
      },
      onFile: () => step.advance(),
    },
    count,
  )
  await writeFile(join(folder, MANIFEST_FILE), datasetManifestJson(manifest))
  step.done(`${manifest.files.length} images in ${folder}`)
  print(`root    ${datasetRoot(manifest)}`, `shares  ${datasetSharesRoot(manifest)}`)
  for (const { name, files, shares } of manifest.contributors) {
    print(`${String(files).padStart(6)} images  ${String(shares).padStart(7)} shares  ${name}`)
  }
}

/**
 * @throws {ConfigInvalid} when there is no manifest
 * @throws {ContentAltered} naming the first difference, after all are listed, or when the root is another
 */
async function verifyAt(path: string, { pictures, root }: VerifyOptions, voice: Voice): Promise<void> {
  const found = await unlessMissing(stat(path))
  const isFolder = found?.isDirectory() ?? false
  const file = isFolder ? join(path, MANIFEST_FILE) : path
  const published = await unlessMissing(readFile(file))
  if (published === null) throw new ConfigInvalid('there is no dataset manifest here', file)
  const manifest = parseDatasetManifest(published)
  const own = datasetRoot(manifest)
  if (root !== undefined && root !== own) throw new ContentAltered(`${file}, its root`, root, own)

  const step = voice.progress.step('dataset', manifest.files.length)
  const differences: DatasetDifference[] = []
  const prepared = isFolder ? await unlessMissing(readFile(join(path, TRAINING_FILE))) : null
  if (prepared !== null) {
    const set = readTrainingSet(Uint8Array.from(prepared), join(path, TRAINING_FILE))
    differences.push(...compareTrainingSet(manifest, set))
  }
  const source = await sourceOf(path, { manifest, file, isFolder, isPrepared: prepared !== null }, pictures)
  if (source !== null) differences.push(...(await verifyDataset(manifest, source, () => step.advance())))
  const isCompared = source !== null || prepared !== null
  step.done(
    isCompared
      ? `${manifest.files.length} images compared, ${differences.length} differ`
      : 'no pictures are here to compare: --pictures says where; order, numbers and shares are right',
  )
  report(path, differences, voice)
  voice.print(`root    ${own}`)
}

interface VerifyOptions {
  readonly pictures?: string
  readonly root?: Hex
}

/** Where the files themselves are; null where they are elsewhere, and nobody said where. */
async function sourceOf(
  path: string,
  about: { manifest: DatasetManifest; file: string; isFolder: boolean; isPrepared: boolean },
  pictures: string | undefined,
): Promise<DatasetSource | null> {
  const { manifest, file, isFolder, isPrepared } = about
  if (pictures !== undefined) return picturesSource(pictures)
  if (isPrepared || manifest.renderer.name === PREPARATION.name) return null
  return isFolder ? folderSource(path) : rendererOf(manifest, file)
}

function report(path: string, differences: readonly DatasetDifference[], { print }: Voice): void {
  print(...differences.slice(0, MOST_LISTED).map(describeDifference))
  if (differences.length > MOST_LISTED) print(`and ${differences.length - MOST_LISTED} more`)
  const [first] = differences
  if (first !== undefined) {
    throw new ContentAltered(join(path, first.path), first.expected ?? 'no such file', first.actual ?? 'no such file')
  }
}

/** What was brought may hold more than was taken, so files that no manifest names are no difference. */
async function picturesSource(path: string): Promise<DatasetSource> {
  const { pictures } = await openPictures(path, {}, false)
  const byPath = new Map(pictures.map((picture) => [picture.path, picture]))
  return { read: async (name) => unlessMissing(byPath.get(name)?.read() ?? Promise.resolve(null)) }
}

function describeDifference({ path, expected, actual }: DatasetDifference): string {
  if (actual === null) return `${path}: missing`
  return expected === null ? `${path}: not in the manifest` : `${path}: expected ${expected}, found ${actual}`
}

/** @throws {ConfigInvalid} when what drew the images is not here */
function rendererOf(manifest: DatasetManifest, file: string): DatasetSource {
  const dataset = drawnDatasetOf(manifest)
  const { name, version } = manifest.renderer
  if (dataset === undefined) throw new ConfigInvalid(`there is no renderer ${name} ${version} to draw it again`, file)
  return {
    read: async (path) => {
      const seed = seedOfPath(dataset, path)
      return seed === undefined ? null : drawnPng(dataset, seed)
    },
  }
}

function folderSource(folder: string): DatasetSource {
  return {
    read: async (path) => unlessMissing(readFile(join(folder, path))),
    list: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((path) => path !== MANIFEST_FILE)
    },
  }
}

/** What was asked of the disk, or null when there is no such file. */
async function unlessMissing<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
