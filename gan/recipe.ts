import { EngineError } from './errors.ts'
import { mirrorQuadrant, replaceRim, upscaleTile, type RgbImage } from './image.ts'
import { weaveSett } from './weave.ts'

const MIRRORS = ['rimless-quadrant', 'quadrant', 'woven-sett', 'none'] as const
type Mirror = (typeof MIRRORS)[number]

/** How seeds become pixels and pixels a file; its digest is registered with the model, a changed recipe is another model. */
export interface Recipe {
  readonly version: 1
  readonly engine: {
    readonly name: string
    readonly version: string
    /** sha-256 of the engine's wasm binary. */
    readonly wasmDigest: `0x${string}`
  }
  /** Truncation as a decimal in its shortest form, since what is hashed holds no fractions. */
  readonly psi: string
  /** How many layers from the coarsest on are truncated; null truncates all. */
  readonly cutoff: number | null
  readonly noiseMode: 'const' | 'none'
  /**
   * `rimless-quadrant` replaces the outermost pixels of the quadrant before it is mirrored; `woven-sett` takes the columns of the image
   * for the threads of half a sett, and weaves them.
   */
  readonly mirror: Mirror
  readonly upscale: { readonly factor: number; readonly kernel: 'catmull-rom' }
  /** Version of the PNG encoder. */
  readonly png: 1
}

/** A recipe asks for something that this engine does not do. */
export class RecipeInvalid extends EngineError {
  readonly code = 'GAN_RECIPE_INVALID'
  readonly field: string

  constructor(field: string, value: unknown, wanted: string) {
    super(`recipe: ${field} is ${JSON.stringify(value) ?? 'missing'}, expected ${wanted}`)
    this.field = field
  }
}

type Check = (value: unknown) => boolean
type Checks = Readonly<Record<string, readonly [check: Check, wanted: string]>>

const LARGEST_FACTOR = 16

const oneOf =
  (...choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value)
const matching =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value)
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const isCutoff: Check = (value) => value === null || isWhole(value, 0, 64)
const isDecimal: Check = (value) =>
  typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) && String(Number(value)) === value

const RECIPE: Checks = {
  version: [oneOf(1), '1'],
  engine: [isObject, 'an object'],
  psi: [isDecimal, 'a decimal as a string, such as "0.8"'],
  cutoff: [isCutoff, 'null or a whole number of layers'],
  noiseMode: [oneOf('const', 'none'), '"const" or "none"'],
  mirror: [oneOf(...MIRRORS), '"rimless-quadrant", "quadrant", "woven-sett" or "none"'],
  upscale: [isObject, 'an object'],
  png: [oneOf(1), '1'],
}

const ENGINE: Checks = {
  name: [matching(/./), 'a name'],
  version: [matching(/./), 'a version'],
  wasmDigest: [matching(/^0x[0-9a-f]{64}$/), 'a sha-256 as 0x and 64 lower-case hex digits'],
}

const UPSCALE: Checks = {
  factor: [(value) => isWhole(value, 1, LARGEST_FACTOR), `a whole number from 1 to ${LARGEST_FACTOR}`],
  kernel: [oneOf('catmull-rom'), '"catmull-rom"'],
}

/**
 * Reads a recipe; a key that is not known is refused, since it could not be followed.
 *
 * @throws {RecipeInvalid} naming the first field that is wrong
 */
export function parseRecipe(json: unknown): Recipe {
  expectRecipe(json)
  return json
}

/** The tile that a recipe makes of what the network made, before it is enlarged. */
export function mirrorTile(rgb: Uint8Array, size: number, mirror: Recipe['mirror']): RgbImage {
  if (mirror === 'none') return { width: size, height: size, rgb }
  if (mirror === 'woven-sett') return { width: 2 * size, height: 2 * size, rgb: weaveSett(rgb, size) }
  const quadrant = mirror === 'rimless-quadrant' ? replaceRim(rgb, size) : rgb
  return { width: 2 * size, height: 2 * size, rgb: mirrorQuadrant(quadrant, size) }
}

/** The piece of cloth that a recipe makes of what the network made: mirrored, then enlarged. */
export function composePiece(rgb: Uint8Array, size: number, recipe: Recipe): RgbImage {
  const tile = mirrorTile(rgb, size, recipe.mirror)
  const { factor } = recipe.upscale
  return { width: tile.width * factor, height: tile.height * factor, rgb: upscaleTile(tile.rgb, tile.width, factor) }
}

function expectRecipe(json: unknown): asserts json is Recipe {
  const fields = expectFields(json, RECIPE, '')
  expectFields(fields['engine'], ENGINE, 'engine.')
  expectFields(fields['upscale'], UPSCALE, 'upscale.')
}

function expectFields(json: unknown, checks: Checks, path: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null) throw new RecipeInvalid(path || 'it', json, 'an object')
  const fields: Readonly<Record<string, unknown>> = { ...json }
  for (const [key, [check, wanted]] of Object.entries(checks)) {
    if (!check(fields[key])) throw new RecipeInvalid(path + key, fields[key], wanted)
  }
  const unknown = Object.keys(fields).find((key) => !Object.hasOwn(checks, key))
  if (unknown !== undefined) throw new RecipeInvalid(path + unknown, fields[unknown], 'no such key')
  return fields
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}
