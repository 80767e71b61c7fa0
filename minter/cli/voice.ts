import type { Command } from 'commander'
import type { Progress } from '../ports.ts'
import { createProgress } from './progress.ts'

/** What a command says: results line by line, and how far it is. */
export interface Voice {
  readonly print: (...lines: readonly string[]) => void
  readonly progress: Progress
}

/**
 * Speaks through the streams that the program was given.
 *
 * @param silent when only the result is wanted
 */
export function voiceOf(program: Command, silent: boolean = false): Voice {
  const output = program.configureOutput()
  const terminal = { isTTY: process.stderr.isTTY, write: (text: string) => output.writeErr?.(text) }
  return {
    print: (...lines) => lines.forEach((line) => output.writeOut?.(`${line}\n`)),
    progress: createProgress({ terminal, silent, now: () => performance.now() }),
  }
}
