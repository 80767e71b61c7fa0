import type { Progress, StepProgress } from '../ports.ts'

/** The part of a terminal stream that progress needs. */
export interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** How a run shows itself. */
export interface ProgressOptions {
  readonly terminal: Terminal
  /** Nothing but the last line is wanted. */
  readonly silent: boolean
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

const BAR_WIDTH = 24
const REDRAW_MS = 100
const LINE_MS = 5000

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`
}

/** Rate and time left, from what has been done so far. */
function describeRate(done: number, total: number, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0
  const left = perSecond > 0 ? (total - done) / perSecond : Number.POSITIVE_INFINITY
  const rate = perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1)
  return `${done}/${total}  ${rate}/s  ETA ${duration(left)}`
}

function bar(done: number, total: number): string {
  const filled = Math.round((BAR_WIDTH * Math.min(done, total)) / Math.max(total, 1))
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}]`
}

/** Says nothing. */
export const SILENT: Progress = {
  step: () => ({ advance: () => {}, done: () => {} }),
  note: () => {},
}

/** A bar on a terminal, plain lines in a file, silence when only the result is wanted. */
export function createProgress(options: ProgressOptions): Progress {
  if (options.silent) return SILENT
  const { terminal, now } = options
  const tty = terminal.isTTY === true
  const clear = tty ? '\r\u001B[2K' : ''

  function step(name: string, total?: number): StepProgress {
    const start = now()
    let done = 0
    let shown = start
    const label = name.padEnd(12)
    if (tty) terminal.write(`${clear}${label} ...`)
    return {
      advance: (count = 1, detail = '') => {
        done += count
        if (total === undefined || now() - shown < (tty ? REDRAW_MS : LINE_MS)) return
        shown = now()
        const rate = `${describeRate(done, total, now() - start)}${detail === '' ? '' : `  ${detail}`}`
        terminal.write(tty ? `${clear}${label} ${bar(done, total)} ${rate}` : `${label} ${rate}\n`)
      },
      done: (detail) => {
        terminal.write(`${clear}${label} ${detail}  (${((now() - start) / 1000).toFixed(1)} s)\n`)
      },
    }
  }
  return { step, note: (line) => void terminal.write(`${clear}${line}\n`) }
}
