import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Command } from 'commander'
import { composePiece, encodePng, parseRecipe, type Recipe } from '../../gan/index.ts'
import { startCanonicalPool } from '../adapters/canonical-pool.ts'
import { sha256 } from '../domain/digest.ts'
import { Interrupted } from '../errors.ts'
import type { CandidateRenderer, RenderedCandidate } from '../ports.ts'
import { bundlePath, readRecipe } from './model-files.ts'
import { parsePsi, parseSeeds, parseWorkers } from './options.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface RenderOptions {
  readonly seeds: readonly number[]
  readonly psi?: string
  readonly grid: string
  readonly model: string
  readonly workers: number
  readonly json: boolean
}

const BATCH = 16
/** Twice the network's size; the full enlargement would make a grid of sixteen a picture of four million pixels. */
const FACTOR = 2

/** Adds `render`. */
export function registerRender(program: Command, session: Session): void {
  program
    .command('render')
    .description('render seeds with the canonical engine into one picture')
    .requiredOption('--seeds <list>', 'such as 0-15 or 3,5,8', parseSeeds)
    .option('--psi <number>', "truncation; the recipe's own when left out", parsePsi)
    .option('--grid <file>', 'the PNG to write', 'grid.png')
    .option('--model <name>', 'name of a shipped model or path of a bundle', 'ikat-64')
    .option('--workers <n>', 'rendering workers', parseWorkers, session.config.workers)
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint render --seeds 0-15 --psi 0.7 --grid out.png')
    .action(async (options: RenderOptions) => render(session, options))
}

/** Lays square pictures out in rows, as near to a square as they go. */
function gridOf(pictures: readonly Uint8Array[], side: number): { width: number; height: number; rgb: Uint8Array } {
  const columns = Math.ceil(Math.sqrt(pictures.length))
  const width = columns * side
  const height = Math.ceil(pictures.length / columns) * side
  const rgb = new Uint8Array(width * height * 3)
  pictures.forEach((picture, place) => {
    const left = (place % columns) * side
    const top = Math.floor(place / columns) * side
    for (let y = 0; y < side; y++) {
      rgb.set(picture.subarray(y * side * 3, (y + 1) * side * 3), ((top + y) * width + left) * 3)
    }
  })
  return { width, height, rgb }
}

async function renderAll(
  session: Session,
  renderer: CandidateRenderer,
  options: RenderOptions,
): Promise<readonly RenderedCandidate[]> {
  const { seeds } = options
  const step = session.progress(options.json).step('render', seeds.length)
  const batches = Array.from({ length: Math.ceil(seeds.length / BATCH) }, (_, i) =>
    seeds.slice(i * BATCH, (i + 1) * BATCH),
  )
  const rendered = await Promise.all(
    batches.map(async (batch) => {
      if (session.signal.aborted) throw new Interrupted('stopped before all seeds were rendered', 'render')
      const done = await renderer.render(batch)
      step.advance(batch.length)
      return done
    }),
  )
  step.done(`${seeds.length} seeds`)
  return rendered.flat()
}

async function render(session: Session, options: RenderOptions): Promise<void> {
  const path = bundlePath(options.model)
  const own = parseRecipe(JSON.parse(new TextDecoder().decode(readRecipe(path))))
  const recipe: Recipe = { ...own, psi: options.psi ?? own.psi }
  const bundle = new Uint8Array(readFileSync(path))
  const renderer = await startCanonicalPool({ bundle, recipe, workers: options.workers })
  try {
    const rendered = await renderAll(session, renderer, options)
    const size = renderer.resolution
    const preview: Recipe = { ...recipe, upscale: { ...recipe.upscale, factor: FACTOR } }
    const pieces = rendered.map(({ rgb }) => composePiece(rgb, size, preview))
    const png = encodePng(
      gridOf(
        pieces.map(({ rgb }) => rgb),
        pieces[0]?.width ?? 0,
      ),
    )
    const file = writeWhole(dirname(options.grid), basename(options.grid), png)
    if (!options.json) return session.print(`${file}  ${sha256(png)}`)
    const seeds = options.seeds.map((seed, i) => ({ seed, pixelDigest: sha256(rendered[i]?.rgb ?? new Uint8Array()) }))
    session.print(JSON.stringify({ file, digest: sha256(png), psi: recipe.psi, seeds }))
  } finally {
    await renderer.close()
  }
}
