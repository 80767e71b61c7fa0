import type { Config } from '../config.ts'
import type { Progress } from '../ports.ts'
import { createProgress } from './progress.ts'

/** What every command has at hand. */
export interface Session {
  readonly config: Config
  /** Aborted by Ctrl-C; its reason is an Interrupted. */
  readonly signal: AbortSignal
  /** Unix seconds of this machine. */
  readonly now: () => number
  /** Milliseconds that only go forward, for durations. */
  readonly elapsed: () => number
  /** A line of the result, to stdout. */
  readonly print: (line: string) => void
  /** How the process ends when the command returns without a failure of its own. */
  readonly end: (code: number) => void
  /** Progress goes to stderr; silent when only the result is wanted. */
  readonly progress: (silent: boolean) => Progress
}

function elapsed(): number {
  return performance.now()
}

/** A session over this process's streams. */
export function createSession(config: Config, signal: AbortSignal): Session {
  return {
    config,
    signal,
    now: () => Math.floor(Date.now() / 1000),
    elapsed,
    print: (line) => void process.stdout.write(`${line}\n`),
    end: (code) => {
      process.exitCode = code
    },
    progress: (silent) => createProgress({ terminal: process.stderr, silent, now: elapsed }),
  }
}
