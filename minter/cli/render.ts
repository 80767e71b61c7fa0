import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { renderArtifact, type RgbImage } from '../../gan/index.ts'
import { canonicalJson } from '../domain/canonical-json.ts'
import { type Hex, sha256 } from '../domain/digest.ts'
import {
  addPaintingOptions,
  type Atelier,
  inSteps,
  type LookOptions,
  openAtelier,
  type Seed,
  seedCaption,
} from './atelier.ts'
import { parseSeeds, parseWhole, parseWorkers } from './options.ts'
import { expectRoom, writePicture, writeSheet, type WrittenPicture } from './picture-sheet.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface RenderOptions extends LookOptions {
  readonly seeds: readonly Seed[]
  readonly workers: number
  readonly grid?: string
  readonly out?: string
  readonly columns?: number
  readonly labels: boolean
}

/** What became of one seed. */
interface Rendered {
  readonly seed: Seed
  readonly pixelDigest: Hex
  readonly piece: RgbImage | null
  readonly written: WrittenPicture | null
}

const BATCH = 16
const FEW = 16
/** Twice the network's size; the full enlargement would make a grid of sixteen a picture of four million pixels. */
const GRID_SCALE = 2

/** Adds `render`. */
export function registerRender(program: Command, session: Session): void {
  const command = program
    .command('render')
    .description('render seeds into one labelled picture, or one file for each')
    .requiredOption('--seeds <list>', "such as 0-15 or 3,5,8, or a chain's 0x and 64 hex digits", parseSeeds)
    .option('--grid <file>', 'the PNG to write all of them into (grid.png)')
    .option('--out <dir>', 'the folder to write a PNG for each into: seed0007.png')
    .option('--columns <n>', 'pictures side by side in the grid', parseWhole(1, 1000))
    .option('--no-labels', 'a grid of pictures edge to edge, with no seeds below')
    .option(
      '--workers <n>',
      'threads of the canonical engine; the bytes are the same for any number',
      parseWorkers,
      session.config.workers,
    )
  addPaintingOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint render --seeds 0-15 --psi 0.7 --grid out.png' +
        '\n  latentmint render --seeds 85,265 --out pieces --noise random --noise-seed 3' +
        '\n  latentmint render --seeds 7 --tile 3 --grid cloth.png',
    )
    .action((options: RenderOptions) => render(session, options))
}

async function render(session: Session, options: RenderOptions): Promise<void> {
  const { seeds, out, labels, columns } = options
  const grid = options.grid ?? (out === undefined ? 'grid.png' : undefined)
  // A thread more takes longer to start than a few pictures take to paint.
  const workers = Math.min(options.workers, Math.ceil(seeds.length / FEW))
  const atelier = await openAtelier(session, { ...options, workers }, out === undefined ? GRID_SCALE : null)
  try {
    if (grid !== undefined) expectRoom(seeds.length, sideOf(atelier))
    const rendered = await inSteps(
      session,
      { name: 'render', json: options.json, batch: BATCH * workers },
      seeds,
      (batch) => renderBatch(atelier, options, batch, grid !== undefined),
    )
    const cells = rendered.map(({ seed, piece }) =>
      piece === null ? null : { picture: piece, caption: captionOf(atelier, seed) },
    )
    const sheet = grid === undefined ? null : writeSheet(grid, cells, { columns, plain: !labels })
    if (options.json) return session.print(JSON.stringify({ ...sheet, ...describe(atelier, options, rendered) }))
    if (sheet !== null) session.print(`${sheet.file}  ${sheet.digest}`)
    for (const { written } of rendered) if (written !== null) session.print(`${written.file}  ${written.digest}`)
  } finally {
    atelier.close()
  }
}

/** The seed, and its class where it has one of its own. */
function captionOf(atelier: Atelier, seed: Seed): string {
  return [seedCaption(seed), atelier.className(seed) ?? ''].join(' ').trimEnd()
}

/** Of one composed picture. */
function sideOf(atelier: Atelier): number {
  const size = atelier.bundle.description.G.img_resolution
  return atelier.compose({ width: size, height: size, rgb: new Uint8Array(3 * size * size) }).width
}

async function renderBatch(
  atelier: Atelier,
  options: RenderOptions,
  seeds: readonly Seed[],
  isKept: boolean,
): Promise<readonly Rendered[]> {
  const quadrants = await atelier.paint(await atelier.styles(seeds), seeds)
  return quadrants.map((quadrant, i) => {
    const seed = seeds[i] ?? 0
    const piece = atelier.compose(quadrant)
    const written = options.out === undefined ? null : writePiece(atelier, options, { seed, quadrant, piece })
    // A thousand files are made one after the other; only a grid needs its pictures all at once.
    return { seed, pixelDigest: sha256(quadrant.rgb), piece: isKept ? piece : null, written }
  })
}

/** Where the look is one that a recipe can have, the file is the very one that a token of this seed would have. */
function writePiece(
  atelier: Atelier,
  options: RenderOptions,
  { seed, quadrant, piece }: { readonly seed: Seed; readonly quadrant: RgbImage; readonly piece: RgbImage },
): WrittenPicture {
  const file = join(options.out ?? '.', `seed${String(seed).padStart(4, '0')}.png`)
  if (!isArtifact(atelier, options)) return writePicture(file, piece)
  const { recipe, bytes } = atelier
  const provenance = { model: sha256(bytes), recipeDigest: sha256(canonicalJson(recipe)), seed: String(seed) }
  const png = renderArtifact(quadrant.rgb, quadrant.width, recipe, provenance)
  return { file: writeWhole(dirname(file), basename(file), png), digest: sha256(png) }
}

function isArtifact({ look, chosenLabel }: Atelier, { engine, raw, tile, scale }: RenderOptions): boolean {
  return (
    engine === 'canonical' &&
    look.noise !== 'random' &&
    chosenLabel === null &&
    !raw &&
    tile === 1 &&
    scale === undefined
  )
}

function describe(atelier: Atelier, options: RenderOptions, rendered: readonly Rendered[]): object {
  const { recipe, look, chosenLabel } = atelier
  return {
    psi: recipe.psi,
    cutoff: look.cutoff,
    noise: look.noise,
    ...(look.noise === 'random' ? { noiseSeed: options.noiseSeed } : {}),
    class: chosenLabel === null ? null : [...chosenLabel],
    engine: options.engine,
    seeds: rendered.map(({ seed, pixelDigest, written }) => {
      const name = atelier.className(seed)
      return { seed, ...(name !== null && { class: name }), pixelDigest, ...written }
    }),
  }
}
