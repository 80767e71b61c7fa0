import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { buildIkatDataset, ikatPng, seedOfPath } from '../dataset/build.ts'
import { IKAT_COUNT } from '../dataset/training-set.ts'
import { type DatasetDifference, type DatasetSource, verifyDataset } from '../dataset/verify.ts'
import {
  datasetManifestJson,
  datasetRoot,
  datasetSharesRoot,
  parseDatasetManifest,
} from '../domain/dataset-manifest.ts'
import { ConfigInvalid, ContentAltered } from '../errors.ts'
import type { Progress } from '../ports.ts'
import { createProgress } from './progress.ts'

const MANIFEST_FILE = 'manifest.json'
const MOST_LISTED = 20

/** Adds `dataset build` and `dataset verify`. */
export function registerDataset(program: Command): void {
  const dataset = program.command('dataset').description('the images that the shipped model was trained on')
  dataset
    .command('build')
    .description('draw the ikat dataset and write its manifest')
    .requiredOption('--out <dir>', 'folder for the PNG files and manifest.json')
    .option('--count <n>', 'only the first so many images', parseCount, IKAT_COUNT)
    .addHelpText('after', '\nExample:\n  latentmint dataset build --out build/ikat-64')
    .action(async ({ out, count }: { out: string; count: number }) => buildInto(out, count, voiceOf(program)))
  dataset
    .command('verify')
    .description('compare a dataset with its manifest: a folder by re-hashing, a manifest alone by drawing again')
    .argument('<path>', 'folder with a manifest.json, or a manifest')
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint dataset verify build/ikat-64\n  latentmint dataset verify models/ikat-64.dataset.json',
    )
    .action(async (path: string) => verifyAt(path, voiceOf(program)))
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= IKAT_COUNT) return count
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${IKAT_COUNT}.`)
}

async function buildInto(folder: string, count: number, { print, progress }: Voice): Promise<void> {
  const step = progress.step('dataset', count)
  const manifest = await buildIkatDataset(
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
 * @throws {ContentAltered} naming the first difference, after all are listed
 */
async function verifyAt(path: string, { print, progress }: Voice): Promise<void> {
  const found = await unlessMissing(stat(path))
  const isFolder = found?.isDirectory() ?? false
  const file = isFolder ? join(path, MANIFEST_FILE) : path
  const published = await unlessMissing(readFile(file))
  if (published === null) throw new ConfigInvalid('there is no dataset manifest here', file)
  const manifest = parseDatasetManifest(published)
  const source = isFolder ? folderSource(path) : RENDERER
  const step = progress.step('dataset', manifest.files.length)
  const differences = await verifyDataset(manifest, source, () => step.advance())
  step.done(`${manifest.files.length} images compared, ${differences.length} differ`)
  print(...differences.slice(0, MOST_LISTED).map(describeDifference))
  if (differences.length > MOST_LISTED) print(`and ${differences.length - MOST_LISTED} more`)
  const [first] = differences
  if (first !== undefined) {
    throw new ContentAltered(join(path, first.path), first.expected ?? 'no such file', first.actual ?? 'no such file')
  }
  print(`root    ${datasetRoot(manifest)}`)
}

function describeDifference({ path, expected, actual }: DatasetDifference): string {
  if (actual === null) return `${path}: missing`
  return expected === null ? `${path}: not in the manifest` : `${path}: expected ${expected}, found ${actual}`
}

const RENDERER: DatasetSource = {
  read: async (path) => {
    const seed = seedOfPath(path)
    return seed === undefined ? null : ikatPng(seed)
  },
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

/** What a command says: results line by line, and how far it is. */
interface Voice {
  readonly print: (...lines: readonly string[]) => void
  readonly progress: Progress
}

/** Speaks through the streams that the program was given. */
function voiceOf(program: Command): Voice {
  const output = program.configureOutput()
  const terminal = { isTTY: process.stderr.isTTY, write: (text: string) => output.writeErr?.(text) }
  return {
    print: (...lines) => lines.forEach((line) => output.writeOut?.(`${line}\n`)),
    progress: createProgress({ terminal, silent: false, now: () => performance.now() }),
  }
}
