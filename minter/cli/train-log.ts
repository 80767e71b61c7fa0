import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DistanceGauge, encodePng, type Losses, type TrainingRun } from '../../gan/index.ts'
import { StorageFailed } from '../errors.ts'
import { type Curve, drawPanels, type Panel } from '../report/curves.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'
import type { TrainOptions } from './train-options.ts'

const LOG = 'log.ndjson'
const CURVES = 'curves.png'
/** Between two entries. */
const ENTRY_MS = 10_000

/** One line of the log. */
interface Entry extends Losses {
  readonly kimg: number
  readonly secondsPerKimg: number
}

/** Another kind of line: how far the run is from its pictures. */
interface DistanceEntry {
  readonly kimg: number
  /** On random features. */
  readonly frechet: number
  /** That of other real pictures. */
  readonly frechetFloor: number
  readonly frechetSamples: number
}

/** Where a run says how it goes. */
export interface TrainLog {
  /** Takes what an iteration showed; now and then that becomes an entry and a line. */
  readonly see: (losses: Losses) => void
  /** Takes what the gauge says. */
  readonly compare: (frechet: number, gauge: DistanceGauge) => void
  /** Draws the log. */
  readonly draw: () => void
  /** What a machine wants to know at the end. */
  readonly summary: () => object
}

/** Goes on with the log in the run's folder. */
export function openTrainLog(run: TrainingRun, options: TrainOptions, session: Session): TrainLog {
  const progress = session.progress(options.json)
  const path = join(options.out, LOG)
  const begun = session.elapsed()
  let last = begun
  let lastKimg = run.kimg()
  let entry: Entry | null = null
  let distance: DistanceEntry | null = null
  return {
    see: (losses) => {
      const now = session.elapsed()
      if (now - last < ENTRY_MS && run.kimg() < options.kimg) return
      const secondsPerKimg = (now - last) / 1000 / (run.kimg() - lastKimg)
      entry = { kimg: run.kimg(), secondsPerKimg, ...losses }
      append(path, entry)
      progress.note(describe(entry, options.kimg))
      last = now
      lastKimg = run.kimg()
    },
    compare: (frechet, { floor, seeds }) => {
      distance = { kimg: run.kimg(), frechet, frechetFloor: floor, frechetSamples: seeds.length }
      append(path, distance)
      progress.note(
        `${run.kimg().toFixed(2)} kimg: Frechet distance ${frechet.toPrecision(3)} on random features, ` +
          `${(frechet / floor).toFixed(1)} times that of other real pictures`,
      )
    },
    draw: () => {
      const entries = readLog(path).filter(({ kimg }) => kimg <= run.kimg())
      writeWhole(options.out, CURVES, encodePng(drawPanels(panelsOf(entries), 'KIMG')))
    },
    summary: () => ({
      out: options.out,
      kimg: run.kimg(),
      seconds: (session.elapsed() - begun) / 1000,
      last: entry,
      distance,
      log: path,
      curves: join(options.out, CURVES),
    }),
  }
}

/** @throws {StorageFailed} when the disk refuses */
function append(path: string, entry: Entry | DistanceEntry): void {
  try {
    appendFileSync(path, `${JSON.stringify(entry)}\n`)
  } catch (error) {
    throw new StorageFailed(path, error instanceof Error && 'code' in error ? String(error.code) : String(error), error)
  }
}

function describe(entry: Entry, target: number): string {
  const { kimg, secondsPerKimg, generator, discriminator, realSign, augmentP } = entry
  const minutesLeft = Math.max(0, ((target - kimg) * secondsPerKimg) / 60)
  return [
    `${kimg.toFixed(2)} / ${target} kimg`,
    `${(3600 / secondsPerKimg).toFixed(1)} kimg/h`,
    `ETA ${minutesLeft < 90 ? `${Math.ceil(minutesLeft)} min` : `${(minutesLeft / 60).toFixed(1)} h`}`,
    `G ${generator.toFixed(3)}`,
    `D ${discriminator.toFixed(3)}`,
    `sign(D(real)) ${realSign.toFixed(2)}`,
    ...(augmentP > 0 ? [`p ${augmentP.toFixed(3)}`] : []),
  ].join('  ')
}

/** What a run that was killed had logged beyond its checkpoint is there twice: the later entries count. */
function readLog(path: string): readonly Logged[] {
  if (!existsSync(path)) return []
  const entries: Logged[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = parseEntry(line)
    if (entry === null) continue
    while ((entries.at(-1)?.kimg ?? -1) > entry.kimg) entries.pop()
    const same = entries.at(-1)?.kimg === entry.kimg ? entries.pop() : {}
    entries.push({ ...same, ...entry })
  }
  return entries
}

/** An entry as it was read: older ones know less. */
type Logged = Readonly<Record<string, unknown>> & { readonly kimg: number }

/** null for a line that is none: a process that is killed can leave half of one. */
function parseEntry(line: string): Logged | null {
  try {
    const entry: unknown = JSON.parse(line)
    if (typeof entry !== 'object' || entry === null || !('kimg' in entry)) return null
    return typeof entry.kimg === 'number' ? { ...entry, kimg: entry.kimg } : null
  } catch {
    return null
  }
}

function panelsOf(entries: readonly Logged[]): readonly Panel[] {
  const curve = (name: string, key: keyof Entry | keyof DistanceEntry, change = (value: number) => value): Curve => ({
    name,
    points: entries.flatMap((entry) => {
      const value = entry[key]
      return typeof value === 'number' ? [{ x: entry.kimg, y: change(value) }] : []
    }),
  })
  return [
    { title: 'loss', curves: [curve('G', 'generator'), curve('D', 'discriminator')] },
    { title: 'sign D real', curves: [curve('sign', 'realSign'), curve('p', 'augmentP')] },
    { title: 'R1', curves: [curve('penalty', 'r1')] },
    { title: 'path length', curves: [curve('mean', 'meanPathLength')] },
    { title: 'Frechet', curves: [curve('made', 'frechet'), curve('real', 'frechetFloor')] },
    { title: 'kimg/h', curves: [curve('', 'secondsPerKimg', (seconds) => 3600 / seconds)] },
  ].filter(({ curves }) => curves.some(({ points }) => points.length > 0))
}
