import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseRecipe, type Recipe } from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import { type LoadedModel, loadModel } from '../pipeline/model.ts'
import { writeWhole } from './report-files.ts'

/** What commands work on that are not told a model. */
export const SHIPPED_MODEL = 'looms-64'

const BUNDLE = '.safetensors'
/** Of the largest picture whose file is one block whatever is in it. */
const LARGEST_SIDE = 512

/** What pieces are made with when a model comes without a recipe of its own. */
export function defaultRecipe(): Recipe {
  return {
    version: 1,
    engine: {
      name: 'tfjs-backend-wasm',
      version: '4.22.0',
      wasmDigest: sha256(new Uint8Array(readFileSync(wasmPath()))),
    },
    psi: '0.8',
    cutoff: null,
    noiseMode: 'const',
    mirror: 'rimless-quadrant',
    upscale: { factor: 4, kernel: 'catmull-rom' },
    png: 1,
  }
}

/**
 * The recipe of a model that nobody made one for: its pictures as they are, enlarged as far as an artifact of at most
 * 512 pixels allows.
 *
 * @param side of what the network makes, in pixels
 */
export function plainRecipe(side: number, psi: string): Recipe {
  const factor = Math.min(4, Math.max(1, Math.floor(LARGEST_SIDE / side)))
  return { ...defaultRecipe(), psi, mirror: 'none', upscale: { factor, kernel: 'catmull-rom' } }
}

/**
 * The recipe of a model that was trained here, at the usual truncation.
 *
 * @param side of what the network makes, in pixels
 */
export function trainedRecipe(side: number, mirror: Recipe['mirror']): Recipe {
  const usual = defaultRecipe()
  return mirror === 'none' ? plainRecipe(side, usual.psi) : { ...usual, mirror }
}

/** A bundle's path: as given, or in the folder of shipped models by its name. */
export function bundlePath(name: string): string {
  const shipped = fileURLToPath(new URL(`../../models/${name}${BUNDLE}`, import.meta.url))
  const path = name.endsWith(BUNDLE) ? name : shipped
  if (!existsSync(path)) throw new ConfigInvalid(`there is no model "${name}"`, path)
  return path
}

/** Where the recipe of a bundle lies: beside it. */
export function recipePath(bundle: string): string {
  return bundle.replace(/\.safetensors$/u, '.recipe.json')
}

/** Writes a recipe beside its bundle. */
export function writeRecipe(bundle: string, recipe: Recipe): void {
  const path = recipePath(bundle)
  writeWhole(dirname(path), basename(path), `${JSON.stringify(recipe, null, 2)}\n`)
}

/** A model's recipe, which lies beside its bundle. */
export function readRecipe(bundle: string): Uint8Array {
  const path = recipePath(bundle)
  if (!existsSync(path)) return new TextEncoder().encode(JSON.stringify(defaultRecipe()))
  return new Uint8Array(readFileSync(path))
}

/**
 * The same, understood.
 *
 * @throws {SyntaxError | RecipeInvalid} when it is no recipe
 */
export function openRecipe(bundle: string): Recipe {
  return parseRecipe(JSON.parse(new TextDecoder().decode(readRecipe(bundle))))
}

/**
 * Reads a model with its recipe and its dataset manifest, and checks them against each other.
 *
 * @param name the model's name or the path of its bundle
 * @throws {ConfigInvalid} when there is no such model
 */
export function readModel(name: string): LoadedModel {
  const path = bundlePath(name)
  const dataset = path.replace(/\.safetensors$/u, '.dataset.json')
  if (!existsSync(dataset)) throw new ConfigInvalid(`the model "${name}" has no dataset manifest`, dataset)
  return loadModel({
    source: path,
    bundle: new Uint8Array(readFileSync(path)),
    recipe: readRecipe(path),
    dataset: new Uint8Array(readFileSync(dataset)),
  })
}
