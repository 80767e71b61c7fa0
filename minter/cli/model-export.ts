import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type Command, Option } from 'commander'
import { exportGenerator, openBundle, type Recipe } from '../../gan/index.ts'
import { sha256 } from '../domain/digest.ts'
import { bundlePath, openRecipe, SHIPPED_MODEL } from './model-files.ts'
import { parseBatch, parsePsi } from './options.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface ExportOptions {
  readonly onnx: string
  readonly batch: number
  readonly psi?: string
  readonly noise?: Recipe['noiseMode']
  readonly json: boolean
}

/** Adds `export` to `model`. */
export function registerModelExport(model: Command, session: Session): void {
  model
    .command('export')
    .argument('[model]', 'name of a shipped model or path of a bundle', SHIPPED_MODEL)
    .description("write a model's generator for other programs")
    .requiredOption('--onnx <file>', 'the ONNX file to write')
    .option('--batch <n>', 'images a run', parseBatch, 1)
    .option('--psi <number>', "truncation; the recipe's own when left out", parsePsi)
    .addOption(new Option('--noise <mode>', "the recipe's own when left out").choices(['const', 'none']))
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      '\nIts inputs are z [batch, zDim], standard normal, and c [batch, cDim] if there are labels; its output is' +
        '\nimages [batch, channels, height, width], nominally -1 to 1. No other runtime gives the canonical bits:' +
        '\nwhat it makes is for looking at and never for a commitment.\n' +
        '\nExample:\n  latentmint model export looms-64 --onnx looms.onnx --batch 4',
    )
    .action((name: string, options: ExportOptions) => exportModel(session, name, options))
}

function exportModel(session: Session, name: string, options: ExportOptions): void {
  const path = bundlePath(name)
  const recipe = openRecipe(path)
  const settings = {
    batch: options.batch,
    psi: Number(options.psi ?? recipe.psi),
    cutoff: recipe.cutoff,
    noiseMode: options.noise ?? recipe.noiseMode,
  }
  const bytes = exportGenerator(openBundle(new Uint8Array(readFileSync(path))), settings)
  const file = writeWhole(dirname(options.onnx), basename(options.onnx), bytes)
  if (options.json)
    return session.print(JSON.stringify({ file, bytes: bytes.length, digest: sha256(bytes), ...settings }))
  session.print(`${file}  ${bytes.length} bytes  ${sha256(bytes)}`)
}
