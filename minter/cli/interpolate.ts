import { basename, dirname, extname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Curve, encodeApng, latentFromSeed, pathThrough, type RgbImage, type Styles } from '../../gan/index.ts'
import { encodeWebp } from '../adapters/sharp-pictures.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import {
  addPaintingOptions,
  type Atelier,
  inSteps,
  type LookOptions,
  openAtelier,
  seedBytes,
  type Seed,
} from './atelier.ts'
import { parseSeeds, parseWhole } from './options.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface InterpolateOptions extends LookOptions {
  readonly seeds: readonly Seed[]
  readonly space: 'z' | 'w'
  readonly curve?: Curve
  readonly frames: number
  readonly fps: number
  readonly loop: boolean
  readonly out: string
}

const BATCH = 16
const FRAME_SCALE = 2

/** Adds `interpolate`. */
export function registerInterpolate(program: Command, session: Session): void {
  const command = program
    .command('interpolate')
    .description('an animation that passes from seed to seed')
    .requiredOption('--seeds <list>', 'what it passes through, in this order', parseSeeds)
    .addOption(new Option('--space <name>', 'where the path lies').choices(['z', 'w']).default('w'))
    .addOption(
      new Option('--curve <name>', 'its form; slerp in z and linear in w when left out').choices([
        'linear',
        'slerp',
        'cubic',
      ]),
    )
    .option('--frames <n>', 'frames in all', parseWhole(2, 3600), 60)
    .option('--fps <n>', 'frames per second', parseWhole(1, 60), 24)
    .option('--loop', 'lead back to the first seed, so that it plays on without a jump', false)
    .option(
      '--out <file>',
      'a .png (animated PNG) or .webp (lossless, by sharp)',
      parseAnimationFile,
      'interpolation.png',
    )
  addPaintingOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint interpolate --seeds 1,2,3 --frames 60 --loop --out walk.png' +
        '\n  latentmint interpolate --seeds 1,2,3 --space z --curve slerp --out walk.webp',
    )
    .action((options: InterpolateOptions) => interpolate(session, options))
}

function parseAnimationFile(text: string): string {
  if (/\.(?:a?png|webp)$/iu.test(text)) return text
  throw new InvalidArgumentError('expected a file name that ends in .png, .apng or .webp')
}

async function interpolate(session: Session, options: InterpolateOptions): Promise<void> {
  const { seeds, fps, out, json } = options
  if (seeds.length < 2) throw new ConfigInvalid('a path takes at least two seeds', '--seeds')
  const atelier = await openAtelier(session, options, FRAME_SCALE)
  try {
    const styles = await framesOf(atelier, options)
    const frames = await inSteps(session, { name: 'interpolate', json, batch: BATCH }, styles, async (batch) =>
      (await atelier.paint(batch)).map((quadrant) => atelier.compose(quadrant)),
    )
    const bytes = await encode(frames, out, fps)
    const file = writeWhole(dirname(out), basename(out), bytes)
    if (!json) return session.print(`${file}  ${sha256(bytes)}`)
    const { space, curve, loop } = { ...options, curve: curveOf(options) }
    const { width, height } = frames[0] ?? { width: 0, height: 0 }
    const about = { psi: atelier.recipe.psi, space, curve, loop, frames: frames.length, fps, width, height, seeds }
    session.print(JSON.stringify({ file, digest: sha256(bytes), bytes: bytes.length, ...about }))
  } finally {
    atelier.close()
  }
}

function curveOf({ curve, space }: InterpolateOptions): Curve {
  return curve ?? (space === 'z' ? 'slerp' : 'linear')
}

/** The styles of all frames. */
async function framesOf(atelier: Atelier, options: InterpolateOptions): Promise<readonly Styles[]> {
  const { seeds, space, frames, loop } = options
  const path = { curve: curveOf(options), loop }
  if (space === 'w') return pathThrough(await atelier.styles(seeds), frames, path)
  const zDim = atelier.bundle.description.G.z_dim
  const latents = seeds.map((seed) => latentFromSeed(seedBytes(seed), zDim))
  const labels = atelier.labels(seeds)
  // A class is a corner of a simplex: the way from one to another is straight.
  const labelPath = labels === null ? null : pathThrough(labels, frames, { ...path, curve: 'linear' })
  return atelier.explorer.styles(pathThrough(latents, frames, path), labelPath)
}

async function encode(frames: readonly RgbImage[], out: string, fps: number): Promise<Uint8Array> {
  if (extname(out).toLowerCase() === '.webp') return encodeWebp(frames, fps)
  return encodeApng(frames, { framesPerSecond: fps })
}
