import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ADAPTER_FORMAT, openAdapter, openBundle, readSafetensors } from '../../gan/index.ts'
import { canonicalJson } from '../domain/canonical-json.ts'
import { datasetRoot, parseDatasetManifest } from '../domain/dataset-manifest.ts'
import { sha256 } from '../domain/digest.ts'
import { registerMerge } from './model-adapters.ts'
import { registerModelExport } from './model-export.ts'
import { bundlePath, readRecipe, SHIPPED_MODEL } from './model-files.ts'
import { registerImport } from './model-import.ts'
import { registerVerify } from './model-verify.ts'
import type { Session } from './session.ts'

const DECODER = new TextDecoder()

/** Adds the commands of `model`. */
export function registerModel(program: Command, session: Session): void {
  const models = program.command('model').description('the models that pieces are made with')
  registerModelExport(models, session)
  registerImport(models, session)
  registerVerify(models, session)
  registerMerge(models, session)
  models
    .command('inspect')
    .argument('[model]', 'name of a shipped model or path of a bundle', SHIPPED_MODEL)
    .description('check a model file and say what is in it')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint model inspect models/looms-64.safetensors')
    .action((model: string, { json }: { json: boolean }) => inspect(session, model, json))
}

function datasetOf(bundle: string): { root: string; files: number; name: string } | null {
  const path = bundle.replace(/\.safetensors$/u, '.dataset.json')
  if (!existsSync(path)) return null
  const manifest = parseDatasetManifest(new Uint8Array(readFileSync(path)))
  return { root: datasetRoot(manifest), files: manifest.files.length, name: manifest.name }
}

function inspect(session: Session, name: string, json: boolean): void {
  const path = bundlePath(name)
  const bytes = new Uint8Array(readFileSync(path))
  const { tensors, metadata } = readSafetensors(bytes)
  if (metadata['format'] === ADAPTER_FORMAT) return show(session, adapterFacts(path, bytes), json)
  const { description, calibration } = openBundle(bytes)
  const numbers = [...tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1),
    0,
  )
  const recipe: unknown = JSON.parse(DECODER.decode(readRecipe(path)))
  const dataset = datasetOf(path)
  const facts = {
    path,
    name: description.name,
    bytes: bytes.length,
    bundleDigest: sha256(bytes),
    recipeDigest: sha256(canonicalJson(recipe)),
    tensors: tensors.size,
    numbers,
    resolution: description.G.img_resolution,
    classes: description.classes ?? description.G.c_dim,
    kimg: description.kimg,
    licence: description.licence,
    calibration: calibration.logits.map(({ length }) => length),
    datasetRoot: description.datasetRoot,
    dataset,
    imported: description.imported ?? null,
    parent: description.parent ?? null,
    adapters: description.adapters ?? null,
    datasetMatches: dataset === null ? null : dataset.root === description.datasetRoot,
  }
  show(session, facts, json)
}

/** What an adapter is, and where it comes from: its parent and its own dataset. */
function adapterFacts(path: string, bytes: Uint8Array): object {
  const { description, weights } = openAdapter(bytes)
  const numbers = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0)
  return { path, kind: 'adapter', bytes: bytes.length, digest: sha256(bytes), numbers, ...description }
}

function show(session: Session, facts: object, json: boolean): void {
  if (json) return session.print(JSON.stringify(facts))
  for (const [key, value] of Object.entries(facts)) {
    session.print(`${key.padEnd(15)}${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  }
}
