import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng, mirrorTile, type TrainingRun } from '../../gan/index.ts'
import type { TrainingSource } from '../dataset/training-set.ts'
import { ConfigInvalid } from '../errors.ts'
import { type GridCell, pictureGrid } from '../report/picture-grid.ts'
import { defaultRecipe } from './model-files.ts'
import { writeWhole } from './report-files.ts'

const CHECKPOINT = 'checkpoint.safetensors'
/** Samples of an unconditional network, and of each class of a conditional one. */
const SAMPLES = 24
const SAMPLES_PER_CLASS = 8

/** @throws {ConfigInvalid} when there is none */
export function readCheckpoint(folder: string): Uint8Array {
  const file = join(folder, CHECKPOINT)
  if (!existsSync(file)) throw new ConfigInvalid('there is no checkpoint to go on from', file)
  return Uint8Array.from(readFileSync(file))
}

/** @throws {ConfigInvalid} when something would be overwritten */
export function expectNoCheckpoint(folder: string): void {
  const file = join(folder, CHECKPOINT)
  if (existsSync(file)) throw new ConfigInvalid('there is a checkpoint already: --resume, or another folder', file)
}

/** Writes down where a run stands, and what it makes by now. */
export async function save(run: TrainingRun, folder: string, source: TrainingSource): Promise<void> {
  writeWhole(folder, CHECKPOINT, await run.checkpoint())
  const name = `samples-${run.kimg().toFixed(0).padStart(6, '0')}.png`
  writeWhole(folder, name, await sampleSheet(run, source))
}

/** The same seeds every time: one row for each class, where there are classes. */
async function sampleSheet(run: TrainingRun, { set, isQuadrant }: TrainingSource): Promise<Uint8Array> {
  const { classes, size } = set
  const columns = classes.length === 0 ? undefined : SAMPLES_PER_CLASS
  const count = classes.length === 0 ? SAMPLES : SAMPLES_PER_CLASS
  const seeds = Array.from({ length: count }, (_, seed) => seed)
  const rows = classes.length === 0 ? [null] : [...classes.keys()]
  const cells: GridCell[] = []
  for (const row of rows) {
    // One class after the other: they share one device.
    // oxlint-disable-next-line no-await-in-loop
    const rgb = await run.sample(seeds, row === null ? null : seeds.map(() => row))
    for (const seed of seeds) {
      const own = rgb.slice(seed * size * size * 3, (seed + 1) * size * size * 3)
      const picture = mirrorTile(own, size, isQuadrant ? defaultRecipe().mirror : 'none')
      const caption = row === null ? String(seed) : `${classes[row] ?? ''} ${seed}`
      cells.push({ picture, caption })
    }
  }
  return encodePng(pictureGrid(cells, { columns, title: `${run.kimg().toFixed(1)} KIMG` }))
}
