import type { Command } from 'commander'
import { type Direction, factorizeStyles, moveStyles, type Styles } from '../../gan/index.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import {
  addPaintingOptions,
  type Atelier,
  inSteps,
  layersOf,
  type LookOptions,
  openAtelier,
  type Seed,
  seedCaption,
} from './atelier.ts'
import { parseNumbers, parseSeeds, parseStrength, parseWhole } from './options.ts'
import { expectRoom, writeSheet } from './picture-sheet.ts'
import type { Session } from './session.ts'
import { readStyles } from './style-file.ts'

interface EditOptions extends LookOptions {
  readonly seed?: readonly Seed[]
  readonly w?: string
  readonly direction?: number
  readonly directions?: readonly number[]
  readonly strength: readonly [from: number, to: number]
  readonly frames: number
  readonly layers?: readonly number[]
  readonly out: string
}

/** One picture of the sheet. */
interface Edit {
  readonly direction: number
  readonly strength: number
  readonly styles: Styles
}

const BATCH = 16

/** Adds `edit`. */
export function registerEdit(program: Command, session: Session): void {
  const command = program
    .command('edit')
    .description('move a picture along the directions that the model itself knows (SeFA)')
    .option('--seed <seed>', 'the picture, by its seed', parseSeeds)
    .option('--w <file>', 'the picture, by styles that `project` found')
    .option('--direction <n>', 'which direction, 0 for the strongest', parseWhole(0, 1023))
    .option('--directions <list>', 'a sheet of several, one in each row, such as 0-7', parseNumbers)
    .option('--strength <range>', 'how far, in units of w', parseStrength, parseStrength('-2..2'))
    .option('--frames <n>', 'how many pictures along the way', parseWhole(2, 64), 5)
    .option('--layers <list>', 'look for directions in these layers only, and move only them', parseNumbers)
    .option('--out <file>', 'the PNG to write', 'edit.png')
  addPaintingOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint edit --seed 7 --direction 3 --strength -2..2 --frames 5' +
        '\n  latentmint edit --seed 7 --directions 0-7 --out directions.png' +
        '\n  latentmint edit --w projection/w.safetensors --direction 0 --layers 0-5',
    )
    .action((options: EditOptions) => edit(session, options))
}

async function edit(session: Session, options: EditOptions): Promise<void> {
  const { out, json, frames } = options
  const chosen = directionsOf(options)
  const atelier = await openAtelier(session, options, 1)
  try {
    const start = await startOf(atelier, options)
    const layers = layersOf(atelier, options.layers)
    expectRoom(chosen.length * frames, 2 * atelier.bundle.description.G.img_resolution)
    const found = factorize(session, atelier, options)
    const edits = chosen.flatMap((direction) => alongDirection(found, direction, start, layers, options))
    const quadrants = await inSteps(session, { name: 'edit', json, batch: BATCH }, edits, (batch) =>
      atelier.paint(batch.map(({ styles }) => styles)),
    )
    const cells = quadrants.map((quadrant, i) => ({
      picture: atelier.compose(quadrant),
      caption: captionOf(edits[i], chosen.length),
    }))
    const sheet = writeSheet(out, cells, { columns: frames, title: titleOf(options, chosen) })
    if (!json) return session.print(`${sheet.file}  ${sheet.digest}`)
    const strengths = chosen.map((direction) => ({ direction, strength: found[direction]?.strength }))
    const pictures = quadrants.map(({ rgb }, i) => ({
      direction: edits[i]?.direction,
      strength: edits[i]?.strength,
      pixelDigest: sha256(rgb),
    }))
    session.print(JSON.stringify({ ...sheet, psi: atelier.recipe.psi, layers, directions: strengths, pictures }))
  } finally {
    atelier.close()
  }
}

/** @throws {ConfigInvalid} unless one of the two options says which */
function directionsOf({ direction, directions }: EditOptions): readonly number[] {
  if ((direction === undefined) === (directions === undefined)) {
    throw new ConfigInvalid('name one direction by --direction 3, or several by --directions 0-7', 'edit')
  }
  return directions ?? [direction ?? 0]
}

/** @throws {ConfigInvalid} unless there is one picture to start from */
async function startOf(atelier: Atelier, { seed, w }: EditOptions): Promise<Styles> {
  const [only, ...others] = seed ?? []
  if ((only === undefined) === (w === undefined) || others.length > 0) {
    throw new ConfigInvalid('name one picture, by --seed 7 or by --w w.safetensors', 'edit')
  }
  const { layers, wDim } = atelier.explorer
  if (w !== undefined) return readStyles(w, layers, wDim, sha256(atelier.bytes))
  const [styles] = await atelier.styles([only ?? 0])
  return styles ?? new Float32Array()
}

function factorize(session: Session, atelier: Atelier, options: EditOptions): readonly Direction[] {
  const { bundle } = atelier
  const step = session.progress(options.json).step('factorize')
  const found = factorizeStyles(bundle.generator, bundle.description.G, options.layers)
  step.done(`${found.length} directions`)
  const missing = directionsOf(options).find((direction) => direction >= found.length)
  if (missing === undefined) return found
  throw new ConfigInvalid(`there are directions 0-${found.length - 1}, and no ${missing}`, '--direction')
}

function alongDirection(
  found: readonly Direction[],
  number: number,
  start: Styles,
  layers: readonly number[],
  { strength: [from, to], frames }: EditOptions,
): readonly Edit[] {
  const direction = found[number]
  if (direction === undefined) return []
  return Array.from({ length: frames }, (_, frame) => {
    const strength = from + ((to - from) * frame) / (frames - 1)
    return { direction: number, strength, styles: moveStyles(start, direction, strength, layers) }
  })
}

function captionOf(made: Edit | undefined, rows: number): string {
  if (made === undefined) return ''
  const strength = `${made.strength > 0 ? '+' : ''}${Number(made.strength.toFixed(2))}`
  return rows === 1 ? strength : `${made.direction}: ${strength}`
}

function titleOf({ seed, w }: EditOptions, chosen: readonly number[]): string {
  const [only] = seed ?? []
  const start = only === undefined ? (w ?? '') : `SEED ${seedCaption(only)}`
  return chosen.length === 1 ? `${start}, DIRECTION ${chosen[0]}` : start
}
