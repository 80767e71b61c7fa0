import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import {
  type Bundle,
  type BundleDescription,
  createExplorer,
  drawNoise,
  enlargePixels,
  type Explorer,
  labelOfSeed,
  latentFromSeed,
  type Look,
  MersenneTwister,
  mirrorTile,
  pictureOf,
  type Recipe,
  repeatPicture,
  type RgbImage,
  type Styles,
  upscaleTile,
} from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { startPaintingPool } from '../adapters/painting-pool.ts'
import { counted } from '../domain/counted.ts'
import { type Hex, hexToBytes } from '../domain/digest.ts'
import { classNameOf } from '../domain/traits.ts'
import { ConfigInvalid, StoppedShort } from '../errors.ts'
import { ENGINES, openEngine } from './engine-registry.ts'
import { applyAdapters } from './model-adapters.ts'
import { bundlePath, openRecipe, SHIPPED_MODEL } from './model-files.ts'
import { parseClass, parseCount, parsePsi, parseWhole } from './options.ts'
import type { Session } from './session.ts'

const CANONICAL = 'canonical'

/** What every command that makes pictures takes. */
export interface LookOptions {
  readonly model: string
  readonly adapter?: readonly string[]
  readonly psi?: string
  readonly cutoff?: number
  readonly noise?: Look['noise']
  readonly noiseSeed: number
  readonly class?: ReadonlyMap<string, number>
  /** The canonical one when left out. */
  readonly engine?: string
  /** Threads of the canonical engine; one when left out. */
  readonly workers?: number
  readonly raw: boolean
  readonly tile: number
  readonly scale?: number
  readonly json: boolean
}

/** A small number of the community's convention, or a chain's 32 bytes. */
export type Seed = number | Hex

/** A model, set up to make pictures in a certain look. */
export interface Atelier {
  /** Of the bundle; with adapters, of the one that `model merge` would write. */
  readonly bytes: Uint8Array
  readonly bundle: Bundle
  /** The model's own, with what the options change; no recipe has random noise, or a class that seeds do not have. */
  readonly recipe: Recipe
  readonly look: Look
  readonly explorer: Explorer
  /** [cDim], where an option names a class; null where each seed has its own, or none. */
  readonly chosenLabel: Float32Array | null
  /** What the class is called that a seed stands for; null where one was chosen for all, and in a model without classes. */
  className(seed: Seed): string | null
  /** Of each seed its own, or what was chosen for all; null in a model without classes. */
  labels(seeds: readonly Seed[]): readonly Float32Array[] | null
  /** Styles of seeds, truncated as the look says. */
  styles(seeds: readonly Seed[]): Promise<readonly Styles[]>
  /**
   * Quadrants, as the network makes them.
   *
   * @param keys what each picture's noise is drawn for, besides the noise seed; one noise for all when left out
   */
  paint(styles: readonly Styles[], keys?: readonly Seed[]): Promise<readonly RgbImage[]>
  /** A quadrant as it is to be shown: mirrored and enlarged, or raw, and repeated. */
  compose(quadrant: RgbImage): RgbImage
  close(): void
}

/** Threads of our own are for the canonical engine: the others use all processors by themselves. */
async function openExplorer(
  session: Session,
  { engine = CANONICAL, workers = 1 }: LookOptions,
  { bundle, bytes, look }: { readonly bundle: Bundle; readonly bytes: Uint8Array; readonly look: Look },
): Promise<Explorer> {
  if (engine === CANONICAL && workers > 1) {
    return startPaintingPool({ bundle: bytes, look, wasm: wasmPath(), workers })
  }
  const { interpreter } = await openEngine(engine, session.config.engines)
  return createExplorer(bundle, interpreter, look)
}

/** Adds the options that say how pictures look, and what makes them. */
export function addPaintingOptions(command: Command): Command {
  return addLookOptions(command).addOption(
    new Option('--engine <name>', 'what to compute on').choices(ENGINES.map(({ name }) => name)).default(CANONICAL),
  )
}

/** Adds the options that say how pictures look. */
export function addLookOptions(command: Command): Command {
  return command
    .option('--model <name>', 'name of a shipped model or path of a bundle', SHIPPED_MODEL)
    .option('--adapter <file...>', 'add what `train --lora` made, with a strength if not 1: weaves.safetensors:0.7')
    .option('--psi <number>', "truncation; the recipe's own when left out", parsePsi)
    .option('--cutoff <n>', 'truncate only so many layers, from the coarsest on', parseWhole(0, 64))
    .addOption(
      new Option('--noise <mode>', "as trained, none, or drawn; the recipe's own when left out").choices([
        'const',
        'none',
        'random',
      ]),
    )
    .option('--noise-seed <n>', 'what random noise is drawn from', parseCount, 0)
    .option(
      '--class <label>',
      'of a conditional model: 2, its name, or a mixture such as 0:0.7,2:0.3; each seed has its own when left out',
      parseClass,
    )
    .option('--raw', 'what the network makes, without mirroring', false)
    .option('--tile <n>', 'repeat each picture n by n times', parseWhole(1, 16), 1)
    .option('--scale <n>', 'enlarge so many times', parseWhole(1, 16))
    .option('--json', 'print nothing but one JSON object', false)
}

/**
 * Opens a model for exploring.
 *
 * @param scale how often pictures are enlarged when no option says so; null for the recipe's own factor
 * @throws {ConfigInvalid} when the options do not fit the model
 * @throws {EngineAbsent} when the engine is not on this machine
 */
export async function openAtelier(session: Session, options: LookOptions, scale: number | null): Promise<Atelier> {
  const path = bundlePath(options.model)
  const { bundle, bytes } = applyAdapters(new Uint8Array(readFileSync(path)), options.adapter ?? [])
  const own = openRecipe(path)
  const chosenLabel = labelFor(options.class, bundle.description)
  const { look, recipe } = lookOf(options, own)
  const explorer = await openExplorer(session, options, { bundle, bytes, look })
  if (look.cutoff !== null && look.cutoff > explorer.layers) {
    throw new ConfigInvalid(`the model has ${explorer.layers} layers, and ${look.cutoff} are to be cut`, '--cutoff')
  }
  const factor = options.scale ?? (options.raw ? 1 : (scale ?? recipe.upscale.factor))
  const { img_resolution: size, img_channels: channels, z_dim: zDim, c_dim: cDim } = bundle.description.G
  const labels: Atelier['labels'] = (seeds) =>
    cDim === 0 ? null : seeds.map((seed) => chosenLabel ?? labelOfSeed(seedBytes(seed), cDim) ?? new Float32Array())
  return {
    bytes,
    bundle,
    recipe,
    look,
    explorer,
    chosenLabel,
    className: (seed) => (chosenLabel === null ? classNameOf(bundle.description, seedBytes(seed)) : null),
    labels,
    styles: (seeds) =>
      explorer.styles(
        seeds.map((seed) => latentFromSeed(seedBytes(seed), zDim)),
        labels(seeds),
      ),
    paint: async (styles, keys) => {
      const noise = look.noise === 'random' ? styles.map((_, i) => noiseFor(bundle, options.noiseSeed, keys?.[i])) : []
      const images = await explorer.paint(styles, noise)
      return images.map((values) => pictureOf(values, size, channels))
    },
    compose: (quadrant) => {
      if (options.raw) return repeatPicture(enlargePixels(quadrant, factor), options.tile)
      const { width, height, rgb: tile } = mirrorTile(quadrant.rgb, size, recipe.mirror)
      const rgb = factor === 1 ? tile : upscaleTile(tile, width, factor)
      return repeatPicture({ width: width * factor, height: height * factor, rgb }, options.tile)
    },
    close: () => explorer.dispose(),
  }
}

/** Goes through items in batches, stopping between two of them when that is asked for. */
export async function inSteps<In, Out>(
  session: Session,
  options: { readonly name: string; readonly json: boolean; readonly batch: number },
  items: readonly In[],
  work: (batch: readonly In[]) => Promise<readonly Out[]>,
): Promise<readonly Out[]> {
  const { name, json, batch: size } = options
  const step = session.progress(json).step(name, items.length)
  const results: Out[] = []
  for (let first = 0; first < items.length; first += size) {
    const batch = items.slice(first, first + size)
    // Lets signals in: engines may compute without a pause.
    await new Promise((resolve) => setImmediate(resolve))
    if (session.signal.aborted) throw new StoppedShort(`stopped after ${first} of ${items.length}`, name)
    results.push(...(await work(batch)))
    step.advance(batch.length)
  }
  step.done(counted(items.length, 'picture'))
  return results
}

/** How a seed is written below its picture. */
export function seedCaption(seed: Seed): string {
  return typeof seed === 'number' ? String(seed) : `${seed.slice(0, 6)}..${seed.slice(-4)}`
}

/** All layers of a model, or those that an option names. @throws {ConfigInvalid} when the model has no such layer */
export function layersOf({ explorer }: Atelier, chosen: readonly number[] | undefined): readonly number[] {
  const all = Array.from({ length: explorer.layers }, (_, layer) => layer)
  const missing = chosen?.find((layer) => layer >= explorer.layers)
  if (missing === undefined) return chosen ?? all
  throw new ConfigInvalid(`the model has layers 0-${explorer.layers - 1}, and no layer ${missing}`, '--layers')
}

function lookOf(options: LookOptions, own: Recipe): { readonly look: Look; readonly recipe: Recipe } {
  const psi = options.psi ?? own.psi
  const cutoff = options.cutoff ?? own.cutoff
  const noise = options.noise ?? own.noiseMode
  const recipe = { ...own, psi, cutoff, noiseMode: noise === 'random' ? own.noiseMode : noise }
  return { look: { psi: Number(psi), cutoff, noise }, recipe }
}

/** @throws {ConfigInvalid} when the model knows no such class */
function labelFor(
  chosen: ReadonlyMap<string, number> | undefined,
  { G, classes }: BundleDescription,
): Float32Array | null {
  if (chosen === undefined) return null
  if (G.c_dim === 0) throw new ConfigInvalid('the model knows no classes', '--class')
  const names = (classes ?? []).map((name) => name.toLowerCase())
  const label = new Float32Array(G.c_dim)
  for (const [name, weight] of chosen) {
    const position = /^\d+$/u.test(name) ? Number(name) : names.indexOf(name.toLowerCase())
    if (position < 0 || position >= G.c_dim) {
      const known = classes === undefined ? '' : `, ${classes.join(', ')}`
      throw new ConfigInvalid(`the model knows classes 0-${G.c_dim - 1}${known}, and no ${name}`, '--class')
    }
    label[position] = weight
  }
  return label
}

/** Each picture has noise of its own, which depends on nothing but its key and the noise seed. */
function noiseFor({ generator }: Bundle, noiseSeed: number, key: Seed | undefined): ReturnType<typeof drawNoise> {
  const words = key === undefined ? [] : typeof key === 'number' ? [key] : wordsOf(hexToBytes(key))
  return drawNoise(generator, new MersenneTwister(Uint32Array.from([noiseSeed, ...words])))
}

function wordsOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 4 }, (_, word) => view.getUint32(word * 4))
}

/** A seed as the generator of latents takes it. */
export function seedBytes(seed: Seed): number | Uint8Array {
  return typeof seed === 'number' ? seed : hexToBytes(seed)
}
