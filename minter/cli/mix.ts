import type { Command } from 'commander'
import { mixStyles, type RgbImage, type Styles } from '../../gan/index.ts'
import { sha256 } from '../domain/digest.ts'
import type { GridCell } from '../report/picture-grid.ts'
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
import { parseNumbers, parseSeeds } from './options.ts'
import { expectRoom, writeSheet } from './picture-sheet.ts'
import type { Session } from './session.ts'

interface MixOptions extends LookOptions {
  readonly rows: readonly Seed[]
  readonly cols: readonly Seed[]
  readonly layers?: readonly number[]
  readonly out: string
}

/** A place of the table: the seeds that its styles come from. */
interface Place {
  readonly row: Seed | null
  readonly col: Seed | null
  readonly styles: Styles
}

const BATCH = 16
/** The layers of shape and arrangement, as in the official tool. */
const COARSE = 7

/** Adds `mix`. */
export function registerMix(program: Command, session: Session): void {
  const command = program
    .command('mix')
    .description('a table of crosses: the coarse styles of each row with some layers of each column')
    .requiredOption('--rows <seeds>', 'seeds that give all layers but those', parseSeeds)
    .requiredOption('--cols <seeds>', 'seeds that give the named layers', parseSeeds)
    .option('--layers <list>', 'layers taken from the columns, 0 for the coarsest (0-6)', parseNumbers)
    .option('--out <file>', 'the PNG to write', 'mix.png')
  addPaintingOptions(command)
    .addHelpText('after', '\nExample:\n  latentmint mix --rows 1,2,3 --cols 55,100 --layers 2-5 --out mix.png')
    .action((options: MixOptions) => mix(session, options))
}

async function mix(session: Session, options: MixOptions): Promise<void> {
  const { rows, cols, out, json } = options
  const atelier = await openAtelier(session, options, 1)
  try {
    const layers = layersOf(atelier, options.layers).slice(0, options.layers === undefined ? COARSE : undefined)
    expectRoom((rows.length + 1) * (cols.length + 1), 2 * atelier.bundle.description.G.img_resolution)
    const places = await placesOf(atelier, options, layers)
    const quadrants = await inSteps(session, { name: 'mix', json, batch: BATCH }, places, (batch) =>
      atelier.paint(batch.map(({ styles }) => styles)),
    )
    const cells = places.map((place, i) => cellOf(atelier, place, quadrants[i]))
    const sheet = writeSheet(out, [null, ...cells], { columns: cols.length + 1 })
    if (!json) return session.print(`${sheet.file}  ${sheet.digest}`)
    const pictures = places.map(({ row, col }, i) => ({ row, col, pixelDigest: digestOf(quadrants[i]) }))
    session.print(JSON.stringify({ ...sheet, psi: atelier.recipe.psi, layers, pictures }))
  } finally {
    atelier.close()
  }
}

/** From left to right and from top to bottom, without the corner: the columns' own pictures, then row by row. */
async function placesOf(
  atelier: Atelier,
  { rows, cols }: MixOptions,
  layers: readonly number[],
): Promise<readonly Place[]> {
  const styles = await atelier.styles([...rows, ...cols])
  const ofRows = rows.map((row, i) => ({ row, col: null, styles: styles[i] ?? new Float32Array() }))
  const ofCols = cols.map((col, i) => ({ row: null, col, styles: styles[rows.length + i] ?? new Float32Array() }))
  const wDim = atelier.explorer.wDim
  const crossed = ofRows.flatMap((base) => [
    base,
    ...ofCols.map((donor) => ({
      row: base.row,
      col: donor.col,
      styles: mixStyles(base.styles, donor.styles, layers, wDim),
    })),
  ])
  return [...ofCols, ...crossed]
}

function cellOf(atelier: Atelier, { row, col }: Place, quadrant: RgbImage | undefined): GridCell | null {
  if (quadrant === undefined) return null
  const parts = [
    row === null ? '' : col === null ? `ROW ${seedCaption(row)}` : seedCaption(row),
    col === null ? '' : row === null ? `COL ${seedCaption(col)}` : seedCaption(col),
  ]
  return { picture: atelier.compose(quadrant), caption: parts.filter((part) => part !== '').join(' + ') }
}

function digestOf(quadrant: RgbImage | undefined): string {
  return sha256(quadrant?.rgb ?? new Uint8Array())
}
