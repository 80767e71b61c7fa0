import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Command } from 'commander'
import {
  adaptBundle,
  type Application,
  type Bundle,
  type BundleDescription,
  expectParent,
  openAdapter,
  openBundle,
  writeBundle,
} from '../../gan/index.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import { bundlePath } from './model-files.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

/** A model as it is used: its own, or with adapters added. */
export interface AdaptedModel {
  readonly bundle: Bundle
  /** The file that it is, or would be. */
  readonly bytes: Uint8Array
}

type AppliedAdapter = NonNullable<BundleDescription['adapters']>[number]

interface MergeOptions {
  readonly out: string
  readonly name?: string
  readonly json: boolean
}

/** Adds `model merge`. */
export function registerMerge(models: Command, session: Session): void {
  models
    .command('merge')
    .argument('<model>', 'the model that the adapters were trained on')
    .argument(
      '<adapters...>',
      'files by `train --lora`, each with its strength if that is not 1: weaves.safetensors:0.7',
    )
    .requiredOption(
      '--out <file>',
      'the bundle to write; a recipe and a manifest beside the model are copied beside it',
    )
    .option('--name <name>', "of the bundle; the model's when left out")
    .option('--json', 'print nothing but one JSON object', false)
    .description('make one model of a model and its adapters: the pictures are those of `--adapter`')
    .addHelpText(
      'after',
      '\nExample:\n  latentmint model merge looms-64 weaves.safetensors:0.7 dyes.safetensors --out merged.safetensors',
    )
    .action((model: string, adapters: readonly string[], options: MergeOptions) =>
      merge(session, bundlePath(model), adapters, options),
    )
}

function merge(session: Session, path: string, files: readonly string[], { out, name, json }: MergeOptions): void {
  if (!out.endsWith('.safetensors')) throw new ConfigInvalid('expected a name that ends in .safetensors', '--out')
  const merged = applyAdapters(new Uint8Array(readFileSync(path)), files, name)
  writeWhole(dirname(out), basename(out), merged.bytes)
  for (const ending of ['.recipe.json', '.dataset.json']) {
    const [from, to] = [path, out].map((file) => file.replace(/\.safetensors$/u, ending))
    if (from !== undefined && to !== undefined && existsSync(from)) {
      writeWhole(dirname(to), basename(to), new Uint8Array(readFileSync(from)))
    }
  }
  const digest = sha256(merged.bytes)
  const { adapters } = merged.bundle.description
  session.print(json ? JSON.stringify({ bundle: out, digest, adapters }) : `${out}  ${digest}`)
}

/**
 * Puts adapters on a model.
 *
 * @param files paths, each with `:strength` where that is not 1
 * @param name of what comes out; the model's when left out
 * @throws {AdapterMismatch} when one was trained on another model
 * @throws {ConfigInvalid} when there is no such file, or its strength is no number
 */
export function applyAdapters(bytes: Uint8Array, files: readonly string[], name?: string): AdaptedModel {
  const parent = openBundle(bytes)
  if (files.length === 0) return { bundle: parent, bytes }
  const digest = sha256(bytes)
  const applied: AppliedAdapter[] = []
  const applications = files.map((text): Application => {
    const { file, strength } = readAdapterOption(text)
    const content = new Uint8Array(readFileSync(file))
    const adapter = openAdapter(content)
    expectParent(adapter, digest, parent.description.G)
    const { name: called, datasetRoot, licence } = adapter.description
    applied.push({ name: called, digest: sha256(content), strength, datasetRoot, licence })
    return { weights: adapter.weights, strength: Number(strength) }
  })
  const { generator, ...rest } = adaptBundle(parent, applications)
  const description = {
    ...parent.description,
    name: name ?? parent.description.name,
    parent: digest,
    adapters: applied,
  }
  const bundle = { ...rest, generator, description }
  return { bundle, bytes: writeBundle(bundle) }
}

/** A path may have a colon of its own, on Windows; what is a number after the last one is the strength. */
function readAdapterOption(text: string): { readonly file: string; readonly strength: string } {
  const [, file = text, strength = '1'] = /^(.+):(-?\d+(?:\.\d+)?)$/u.exec(text) ?? []
  if (!existsSync(file)) throw new ConfigInvalid('there is no such adapter; a strength is a decimal: FILE:0.7', file)
  return { file, strength }
}
