import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import {
  decodePng,
  fitPicture,
  isMirrored,
  pictureOf,
  PngInvalid,
  type Projected,
  type Projection,
  type RgbImage,
  startProjection,
  trainOnWasm,
} from '../../gan/index.ts'
import { wasmPath } from '../adapters/canonical-pool.ts'
import { decodeWithSharp } from '../adapters/sharp-pictures.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid, ProjectionStopped } from '../errors.ts'
import { addLookOptions, type Atelier, type LookOptions, openAtelier } from './atelier.ts'
import { parseCount, parsePositive, parseWhole } from './options.ts'
import { writeSheet, type WrittenPicture } from './picture-sheet.ts'
import type { Session } from './session.ts'
import { readStyles, writeStyles } from './style-file.ts'

interface ProjectOptions extends LookOptions {
  readonly steps: number
  readonly seed: number
  readonly space: 'w' | 'w+'
  readonly crop: 'auto' | 'centre' | 'quadrant'
  readonly start?: string
  readonly learningRate: number
  readonly out: string
}

/** The picture that is looked for, at the network's size. */
interface Target {
  readonly quadrant: RgbImage
  readonly crop: 'centre' | 'quadrant'
}

const PICTURE = 'projection.png'
const STYLES = 'w.safetensors'
/** Makes differences visible that are too small to be seen. */
const CONTRAST = 4

/** Adds `project`. */
export function registerProject(program: Command, session: Session): void {
  const command = program
    .command('project')
    .argument('<picture>', 'a PNG; JPEG, WebP and others where sharp is installed')
    .description('find the styles with which the model makes a given picture')
    .option('--steps <n>', 'of descent', parseWhole(1, 100_000), 500)
    .option('--seed <n>', 'of everything random', parseCount, 0)
    .addOption(
      new Option('--space <name>', 'one style for all layers, or w+: one for each, closer and less typical')
        .choices(['w', 'w+'])
        .default('w'),
    )
    .addOption(
      new Option('--crop <part>', 'auto takes the quadrant of what is mirrored, and the centre of all else')
        .choices(['auto', 'centre', 'quadrant'])
        .default('auto'),
    )
    .option('--start <file>', 'begin with these styles instead of the mean, such as those of a stopped search')
    .option('--learning-rate <n>', 'the highest of the schedule', parsePositive, 0.1)
    .option('--out <dir>', `folder for ${PICTURE} and ${STYLES}`, 'projection')
  addLookOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint project picture.png --steps 500 --out projection' +
        '\n  latentmint project picture.png --space w+ --start projection/w.safetensors' +
        '\n\nPictures of styles that were found are edited by `latentmint edit --w projection/w.safetensors`.',
    )
    .action((picture: string, options: ProjectOptions) => project(session, picture, options))
}

async function project(session: Session, picture: string, options: ProjectOptions): Promise<void> {
  const { steps, json, out } = options
  const atelier = await openAtelier(session, options, 1)
  const target = await readTarget(picture, atelier, options)
  const search = await startSearch(atelier, target, options)
  try {
    const done = await descend(session, search, options)
    const best = search.best()
    const written = writeResult(atelier, target, best, out)
    const stopped = done < steps
    const distances = { distance: distanceOf(best), meanDistance: distanceOf(search.mean()) }
    const facts = { ...written, crop: target.crop, space: options.space, steps: done, ...distances }
    if (json) session.print(JSON.stringify(facts))
    else print(session, facts)
    if (stopped) throw new ProjectionStopped(`stopped after ${done} of ${steps} steps`, written.w)
  } finally {
    search.dispose()
    atelier.close()
  }
}

async function readTarget(file: string, atelier: Atelier, { crop }: ProjectOptions): Promise<Target> {
  if (!existsSync(file)) throw new ConfigInvalid('there is no such picture', file)
  const picture = await decode(new Uint8Array(readFileSync(file)), file)
  const isPiece = !['woven-sett', 'none'].includes(atelier.recipe.mirror) && isMirrored(picture)
  const part = crop === 'auto' ? (isPiece ? 'quadrant' : 'centre') : crop
  return { quadrant: fitPicture(picture, atelier.bundle.description.G.img_resolution, part), crop: part }
}

/** PNGs as we write them are read by our own decoder, the same everywhere. */
async function decode(bytes: Uint8Array, file: string): Promise<RgbImage> {
  try {
    return decodePng(bytes)
  } catch (error) {
    if (error instanceof PngInvalid) return decodeWithSharp(bytes, file)
    throw error
  }
}

async function startSearch(atelier: Atelier, { quadrant }: Target, options: ProjectOptions): Promise<Projection> {
  const { bundle, explorer, look, chosenLabel } = atelier
  const { G } = bundle.description
  if (G.img_channels !== 3)
    throw new ConfigInvalid(`the model makes ${G.img_channels} channels, expected RGB`, '--model')
  if (look.noise === 'random') throw new ConfigInvalid('a picture is looked for with const noise or none', '--noise')
  const start =
    options.start === undefined
      ? {}
      : { start: readStyles(options.start, explorer.layers, explorer.wDim, sha256(atelier.bytes)) }
  await trainOnWasm(new Uint8Array(readFileSync(wasmPath())))
  const { space, steps, seed, learningRate } = options
  return startProjection(
    bundle,
    Float32Array.from(quadrant.rgb, (byte) => byte / 127.5 - 1),
    {
      ...start,
      space,
      steps,
      seed,
      learningRate,
      labels: chosenLabel,
      noise: look.noise,
    },
  )
}

/** Goes down until the end or Ctrl-C; returns how many steps that were. */
async function descend(session: Session, search: Projection, { steps, json }: ProjectOptions): Promise<number> {
  const progress = session.progress(json).step('project', steps)
  let done = 0
  while (done < steps && !session.signal.aborted) {
    const loss = search.step()
    done++
    progress.advance(1, `loss ${loss.toFixed(4)}`)
    // Lets signals in: a step computes without a pause.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { perceptual, pixel } = search.best()
  progress.done(`${done} steps, perceptual ${perceptual.toFixed(4)}, pixel ${pixel.toFixed(5)}`)
  return done
}

function distanceOf({ perceptual, pixel }: Projected): object {
  return { perceptual, pixel }
}

function writeResult(atelier: Atelier, target: Target, best: Projected, out: string): WrittenPicture & { w: string } {
  const { layers } = atelier.explorer
  const w = writeStyles(join(out, STYLES), best.styles, layers, sha256(atelier.bytes))
  const size = target.quadrant.width
  const found = pictureOf(best.image, size, 3)
  const sheet = writeSheet(
    join(out, PICTURE),
    [
      { picture: atelier.compose(target.quadrant), caption: 'TARGET' },
      { picture: atelier.compose(found), caption: 'PROJECTION' },
      { picture: atelier.compose(difference(target.quadrant, found)), caption: `DIFFERENCE X ${CONTRAST}` },
    ],
    { columns: 3 },
  )
  return { ...sheet, w }
}

/** Gray where two pictures are the same. */
function difference(one: RgbImage, other: RgbImage): RgbImage {
  const rgb = one.rgb.map((value, i) => Math.min(255, Math.max(0, 128 + CONTRAST * ((other.rgb[i] ?? 0) - value))))
  return { ...one, rgb }
}

function print(session: Session, facts: object): void {
  for (const [key, value] of Object.entries(facts)) {
    session.print(`${key.padEnd(14)}${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  }
}
