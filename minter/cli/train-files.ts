import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BundleInvalid, encodePng, mirrorTile, type TrainingRun } from '../../gan/index.ts'
import type { TrainingSource } from '../dataset/training-set.ts'
import { CheckpointDamaged, ConfigInvalid, StorageFailed } from '../errors.ts'
import { type GridCell, pictureGrid } from '../report/picture-grid.ts'
import { writeWhole } from './report-files.ts'

const CHECKPOINT = 'checkpoint.safetensors'
/** The one before, for when the last one is damaged. */
const PREVIOUS = 'checkpoint.previous.safetensors'
const DAMAGED = 'checkpoint.damaged.safetensors'
/** Samples of an unconditional network, and of each class of a conditional one. */
const SAMPLES = 24
const SAMPLES_PER_CLASS = 8

/**
 * Does something with the last checkpoint, or the one before it where the last one is damaged.
 *
 * @param use throws {BundleInvalid} when it cannot read the checkpoint
 * @param say is told that, and why, the last one is not used
 * @throws {ConfigInvalid} when there is none
 * @throws {CheckpointDamaged} when neither can be read
 */
export function useCheckpoint<T>(folder: string, use: (checkpoint: Uint8Array) => T, say: (line: string) => void): T {
  const last = join(folder, CHECKPOINT)
  const files = [last, join(folder, PREVIOUS)].filter((file) => existsSync(file))
  if (files.length === 0) throw new ConfigInvalid('there is no checkpoint to go on from', last)
  const damages = existsSync(last) ? [] : [`${last} is missing`]
  for (const file of files) {
    try {
      const used = use(new Uint8Array(readFileSync(file)))
      if (file !== last) say(`${damages.join('; ')}: using the one before, ${file}`)
      // Out of the way, or the next checkpoint would push out the one that is whole.
      if (file !== last && existsSync(last)) renameSync(last, join(folder, DAMAGED))
      return used
    } catch (error) {
      if (!(error instanceof BundleInvalid)) throw error
      damages.push(`${file} is damaged (${error.message})`)
    }
  }
  throw new CheckpointDamaged(damages.join('; '), folder)
}

/** @throws {ConfigInvalid} when something would be overwritten */
export function expectNoCheckpoint(folder: string): void {
  for (const name of [CHECKPOINT, PREVIOUS]) {
    const file = join(folder, name)
    if (existsSync(file)) throw new ConfigInvalid('there is a checkpoint already: --resume, or another folder', file)
  }
}

/**
 * Writes down where a run stands, and what it makes by now.
 *
 * @throws {StorageFailed} when the disk refuses; the last checkpoint is then still there
 * @throws {TrainingDiverged} when the run is not all numbers
 */
export async function save(run: TrainingRun, folder: string, source: TrainingSource): Promise<void> {
  writeCheckpoint(folder, await run.checkpoint())
  const name = `samples-${run.kimg().toFixed(0).padStart(6, '0')}.png`
  writeWhole(folder, name, await sampleSheet(run, source))
}

/** At any moment, even when the power fails, one of the two is whole: a draft replaces only what was moved aside. */
function writeCheckpoint(folder: string, checkpoint: Uint8Array): void {
  const [last, previous, draft] = [join(folder, CHECKPOINT), join(folder, PREVIOUS), join(folder, `${CHECKPOINT}.tmp`)]
  try {
    const file = openSync(draft, 'w')
    try {
      writeFileSync(file, checkpoint)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (existsSync(last)) renameSync(last, previous)
    renameSync(draft, last)
  } catch (error) {
    rmSync(draft, { force: true })
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new StorageFailed(last, reason, error)
  }
}

/** The same seeds every time: one row for each class, where there are classes. */
async function sampleSheet(run: TrainingRun, { set, mirror }: TrainingSource): Promise<Uint8Array> {
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
      const picture = mirrorTile(own, size, mirror)
      const caption = row === null ? String(seed) : `${classes[row] ?? ''} ${seed}`
      cells.push({ picture, caption })
    }
  }
  return encodePng(pictureGrid(cells, { columns, title: `${run.kimg().toFixed(1)} KIMG` }))
}
